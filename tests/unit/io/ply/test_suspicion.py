"""Plain values where encoded ones belong: suspected with figures, read right where one asks."""

from collections.abc import Callable

import builders
import numpy as np
import pytest
import torch
from ply_files import columns, plain, save, trained

import splat_widgets as sw
from splat_widgets.io.ply import read, write

Draw = Callable[[np.random.Generator, int], np.ndarray]


@pytest.mark.parametrize("which", [("opacity",), ("scale",), ("opacity", "scale")])
def test_plain_columns_are_suspected_said_and_read_right(tmp_path, which):
    right = read(save(tmp_path / "right.ply", plain(trained())))
    assert not right.notices and right.source.stored.columns == ()
    path = save(tmp_path / "a.ply", plain(trained(), *which))
    with pytest.warns(UserWarning) as said:
        scene = sw.load(path)
    texts = [str(warning.message) for warning in said]
    assert len(texts) == len(which) and all(text.startswith("a.ply: The col") for text in texts)
    for text, name in zip(texts, which, strict=True):
        assert (
            f'sw.load(path, activated=("{name}",))' in text and "400" in texts[0]
        ) or name != "opacity"
    assert scene.source.stored.columns == which
    if "opacity" in which:  # not changed
        assert 0.5 <= scene.opacities.min() and scene.opacities.max() < 0.7311
    for again in (sw.load(path, activated=which), scene.activated()):
        assert not again.notices and again.source.stored.columns == ()
        torch.testing.assert_close(again.opacities, right.opacities, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(again.scales, right.scales, rtol=1e-5, atol=0)
    part = scene.select([5, 3]).activated()
    torch.testing.assert_close(part.scales, right.scales[[5, 3]], rtol=1e-5, atol=0)


def test_what_is_wrong_for_plain_values_is_a_bad_row(tmp_path):
    values = plain(trained(), "opacity", "scale")
    values["opacity"][3], values["scale_1"][4], values["scale_2"][5] = 1.5, -0.1, 0
    path = save(tmp_path / "a.ply", values)
    scene = read(path, activated=("opacity", "scale"))
    assert len(scene) == 398 and scene.scales.min() > 0
    assert scene.notices[0] == (
        "2 of 400 rows are left out: 1 with scales below zero (scale_1), 1 with opacities outside "
        "[0, 1] (opacity)."
    )
    with pytest.raises(
        ValueError, match="expected activated to name 'opacity' or 'scale', got 'x'"
    ):
        read(path, activated="x")
    assert read(path, activated="scale").scales.max() < 5


def test_nothing_suspected_is_nothing_to_switch(tmp_path):
    scene = read(save(tmp_path / "a.ply", plain(trained())))
    for none in (scene, sw.Scene(scene.gaussians)):
        with pytest.raises(
            ValueError, match=r"expected a scene of a \.ply whose opacities or scales"
        ):
            none.activated()


LEGAL: dict[str, tuple[Draw, Draw]] = {  # logits, logarithms of sizes
    "trained": (lambda g, n: g.normal(0, 3, n), lambda g, n: g.normal(-4, 1.5, n)),
    "faint": (lambda g, n: g.normal(-2.2, 0.1, n), lambda g, n: g.normal(-4, 0.1, n)),
    "half covered": (lambda g, n: g.uniform(0, 1, n) * 0.28, lambda g, n: g.normal(-4, 1, n)),
    "logits of 0.5 to 0.73": (
        lambda g, n: g.uniform(0.5, 0.73, n),
        lambda g, n: g.normal(-4, 1, n),
    ),
    "one opacity": (lambda g, n: np.full(n, 0.4), lambda g, n: np.full(n, -3.0)),
    "millimetres": (lambda g, n: g.normal(0, 3, n), lambda g, n: g.normal(3, 0.8, n).clip(0)),
    "sizes of 1 to 4.5 units": (lambda g, n: g.normal(0, 3, n), lambda g, n: g.uniform(0, 1.5, n)),
    "unit voxels": (lambda g, n: g.normal(0, 3, n), lambda g, n: np.zeros(n)),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("count", [1, 5, 30, 3000])
@pytest.mark.parametrize("name", LEGAL)
def test_legal_files_raise_no_alarm(tmp_path, name, count, seed):
    generator, values = np.random.default_rng(seed), columns(count)
    logits, sizes = LEGAL[name]
    values["opacity"] = logits(generator, count)
    for axis in range(3):
        values[f"scale_{axis}"] = sizes(generator, count)
    if name in ("millimetres", "sizes of 1 to 4.5 units", "unit voxels"):
        values |= {axis: values[axis] * 1000 for axis in "xyz"}
    scene = read(save(tmp_path / "a.ply", plain(values)))
    assert scene.source.stored.columns == () and not scene.notices


PLAIN: dict[str, Draw] = {  # opacities as they are
    "solid": lambda g, n: g.uniform(0.9, 1, n),
    "all one": lambda g, n: np.ones(n),
    "all of one value": lambda g, n: np.full(n, 0.95),
    "all sorts": lambda g, n: g.uniform(0, 1, n),
}


@pytest.mark.parametrize("outlier", [-4.0, 1.5, None])
@pytest.mark.parametrize("name", PLAIN)
def test_plain_opacities_of_all_kinds_and_with_a_row_that_says_otherwise(tmp_path, name, outlier):
    generator, values = np.random.default_rng(2), plain(trained())
    values["opacity"] = PLAIN[name](generator, 400)
    if outlier is not None:
        values["opacity"][7] = outlier
    scene = read(save(tmp_path / "a.ply", values))
    assert scene.source.stored.columns == ("opacity",)
    assert ("all 400" if outlier is None else "399 of 400") in scene.notices[0]
    known = scene.activated().opacities
    np.testing.assert_allclose(known, values["opacity"].clip(0, 1), atol=1e-6)


def test_a_negative_size_does_not_hide_the_others(tmp_path):
    values = plain(trained(), "scale")
    values["scale_1"][3] = -2
    scene = read(save(tmp_path / "a.ply", values))
    assert scene.source.stored.columns == ("scale",) and "only 1 of 1,200" in scene.notices[0]


def test_our_own_files_are_trusted(tmp_path):
    gaussians = builders.make_gaussians(300)
    narrow = sw.Gaussians(
        gaussians.means,
        1 + gaussians.scales,
        gaussians.quaternions,
        0.5 + 0.23 * gaussians.opacities,
        gaussians.sh,
    )
    assert not read(write(tmp_path / "a.ply", narrow)).notices
