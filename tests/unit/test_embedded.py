"""What the package carries beside its model."""

import importlib.util
from pathlib import Path

import torch

import splat_widgets as sw
from splat_widgets.embedded import demo_pair, demo_scene

MAKE = Path(__file__).parents[1] / "data" / "ball" / "make.py"


def test_the_bundled_scene_is_what_its_script_makes():
    spec = importlib.util.spec_from_file_location("make_ball", MAKE)
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    ball, bundled = make.ball(), sw.load(demo_scene())
    assert bundled.sh_degree == 3 and len(bundled) == make.COUNT
    assert demo_scene().stat().st_size <= 200_000
    for name in ("means", "scales", "opacities", "quaternions"):
        torch.testing.assert_close(
            getattr(bundled, name), getattr(ball, name), atol=1e-5, rtol=1e-4
        )
    # The colours hang on the JPEG's decoder, which may round otherwise by a level or two.
    assert float((bundled.sh - ball.sh).abs().max()) < 0.02


def test_its_colour_changes_with_the_direction_in_every_degree():
    bundled = sw.load(demo_scene())
    for degree in range(1, 4):
        assert float(sw.attributes.values(bundled, f"sh_energy_{degree}").min()) > 0.01
    front = sw.Camera.centred(300.0, 64, 64)
    flat, whole = (sw.render(bundled, front, sh_degree=degree).color for degree in (0, 3))
    assert float((whole - flat).abs().max()) > 0.2


def test_the_photos_are_there():
    assert [path.suffix for path in demo_pair()] == [".jpg", ".jpg"]
