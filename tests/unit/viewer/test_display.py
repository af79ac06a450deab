import io

import numpy as np
import pytest
import torch
from PIL import Image

from splat_widgets.gaussians import Gaussians
from splat_widgets.geometry.cameras import Camera
from splat_widgets.viewer import framing

WIDGET = "application/vnd.jupyter.widget-view+json"


def red_ball(center: tuple[float, float, float]) -> Gaussians:
    generator = torch.Generator().manual_seed(0)
    return Gaussians(
        means=torch.tensor(center) + 0.2 * torch.randn(500, 3, generator=generator),
        scales=torch.full((500, 3), 0.05),
        quaternions=torch.tensor([1.0, 0, 0, 0]).expand(500, 4),
        opacities=torch.full((500,), 0.9),
        sh=torch.tensor([1.7, -1.7, -1.7]).expand(500, 1, 3),
    )


@pytest.mark.parametrize("center", [(0.0, 0.0, 5.0), (3.0, 1.0, -4.0)])
def test_gaussians_show_a_viewer_and_a_picture_of_themselves(center):
    shown = red_ball(center)._repr_mimebundle_()
    assert set(shown) == {WIDGET, "image/png", "text/plain"}
    assert shown["text/plain"].startswith("Gaussians(500")
    picture = np.asarray(Image.open(io.BytesIO(shown["image/png"])).convert("RGB")).astype(int)
    red = (picture[..., 0] - picture[..., 1]) > 100
    assert 0.005 < red.mean() < 0.9
    rows, columns = np.nonzero(red)
    assert abs(rows.mean() - 192) < 25 and abs(columns.mean() - 192) < 25


def test_without_the_viewer_there_is_still_a_picture(monkeypatch):
    monkeypatch.setattr("splat_widgets.viewer.display.SplatViewer", None)
    assert set(red_ball((0, 0, 3))._repr_mimebundle_()) == {"image/png", "text/plain"}
    assert set(red_ball((0, 0, 3))._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}


def test_states_and_cameras_are_inverse():
    T = torch.eye(4)
    T[:3, :3] = torch.tensor([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    T[:3, 3] = torch.tensor([1.0, 2, 3])
    camera = Camera.centred(300.0, 400, 320, T)
    back = framing.pinhole_of(framing.camera_state(camera, 2.0), 400, 320)
    torch.testing.assert_close(back.T_world_camera, camera.T_world_camera)
    assert back.focal_px == pytest.approx(camera.focal_px)
