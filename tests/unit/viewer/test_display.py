import io
import json
import re
import subprocess
import sys
from pathlib import Path

import builders
import numpy as np
import pytest
import torch
from PIL import Image

from splat_widgets.scene import framing
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.scene import Scene
from splat_widgets.viewer import display

WIDGET = "application/vnd.jupyter.widget-view+json"


def red_ball(center: tuple[float, float, float]) -> Scene:
    generator = torch.Generator().manual_seed(0)
    means = torch.tensor(center) + 0.2 * torch.randn(500, 3, generator=generator)
    sh = torch.tensor([1.7, -1.7, -1.7]).expand(500, 1, 3)
    return Scene(builders.make_balls(means, 0.05, 0.9, sh))


@pytest.mark.parametrize("center", [(0.0, 0.0, 5.0), (3.0, 1.0, -4.0)])
def test_a_scene_shows_a_viewer_and_a_picture_of_itself(center):
    shown, _ = red_ball(center)._repr_mimebundle_()
    assert set(shown) == {WIDGET, "image/png", "text/plain"}
    assert shown["text/plain"].startswith("Scene(500 Gaussians")
    picture = np.asarray(Image.open(io.BytesIO(shown["image/png"])).convert("RGB")).astype(int)
    red = (picture[..., 0] - picture[..., 1]) > 100
    assert 0.005 < red.mean() < 0.9
    rows, columns = np.nonzero(red)
    assert abs(rows.mean() - 192) < 25 and abs(columns.mean() - 192) < 25


def test_without_the_viewer_there_is_still_a_picture(monkeypatch):
    monkeypatch.setattr("splat_widgets.viewer.display.SplatViewer", None)
    assert set(red_ball((0, 0, 3))._repr_mimebundle_()[0]) == {"image/png", "text/plain"}
    some, _ = red_ball((0, 0, 3))._repr_mimebundle_(include=["text/plain"])
    assert set(some) == {"text/plain"}


def test_in_a_cell_the_picture_follows_as_an_output_of_its_own(monkeypatch):
    monkeypatch.setattr(display, "runs_cell", lambda: True)
    shown, _ = red_ball((0, 0, 3))._repr_mimebundle_()
    assert set(shown) == {WIDGET, "text/plain"}
    monkeypatch.setattr("splat_widgets.viewer.display.SplatViewer", None)
    assert set(red_ball((0, 0, 3))._repr_mimebundle_()[0]) == {"image/png", "text/plain"}


@pytest.mark.slow
def test_an_exported_notebook_has_the_picture_in_the_cell_of_the_scene(tmp_path):
    cells = [
        f"import sys; sys.path.insert(0, {str(Path(__file__).parents[3])!r})",
        "import torch\nimport splat_widgets as sw\n"
        "sw.Scene.of(sw.Gaussians(means=torch.tensor([[0., 0, 3]]), scales=torch.full((1, 3), .2), "
        "quaternions=torch.tensor([[1., 0, 0, 0]]), opacities=torch.ones(1), "
        "sh=torch.ones(1, 1, 3)))",
    ]
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell{number}",
                "source": source,
                "metadata": {},
                "outputs": [],
                "execution_count": None,
            }
            for number, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (tmp_path / "scene.ipynb").write_text(json.dumps(notebook))
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "scene.ipynb"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    page = (tmp_path / "scene.html").read_text()
    first, second = page.split('id="cell-id=cell1"')
    assert "sw-still" not in first
    [picture] = re.findall(r'<figure class="sw-still-\w+".*</figure>', second)
    assert picture.count("<img") == second.count("<img") == 1
    assert "data:image/jpeg;base64," in picture
    assert "widget-view+json" in second


def test_states_and_cameras_are_inverse():
    T = torch.eye(4)
    T[:3, :3] = torch.tensor([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    T[:3, 3] = torch.tensor([1.0, 2, 3])
    camera = Camera.centred(300.0, 400, 320, T)
    back = framing.pinhole_of(framing.camera_state(camera, 2.0), 400, 320)
    torch.testing.assert_close(back.T_world_camera, camera.T_world_camera)
    assert back.focal_px == pytest.approx(camera.focal_px)
