import pytest
import torch

from splat_widgets.geometry.rotations import rotation_matrix
from splat_widgets.scene.cameras import Camera


def pose() -> torch.Tensor:
    T = torch.eye(4)
    T[:3, :3] = rotation_matrix(torch.tensor([0.9, 0.1, -0.3, 0.2]))
    T[:3, 3] = torch.tensor([0.3, -0.2, 0.5])
    return T


def test_the_optical_axis_hits_the_principal_point():
    camera = Camera.centred(500.0, 512, 384, pose())
    ahead = camera.center_world + 2.0 * camera.T_world_camera[:3, 2]
    uv, depth = camera.project(ahead)
    torch.testing.assert_close(uv, torch.tensor([256.0, 192.0]), atol=1e-3, rtol=0)
    torch.testing.assert_close(depth, torch.tensor(2.0))


def test_x_is_right_and_y_is_down():
    camera = Camera.centred(100.0, 200, 200)
    uv, _ = camera.project(torch.tensor([0.1, 0.2, 1.0]))
    torch.testing.assert_close(uv, torch.tensor([110.0, 120.0]))


def test_world_to_camera_inverts_the_pose():
    camera = Camera.centred(1.0, 2, 2, pose())
    torch.testing.assert_close(camera.T_camera_world @ camera.T_world_camera, torch.eye(4))


def test_resizing_keeps_the_view():
    camera = Camera.centred(500.0, 512, 384, pose())
    points = torch.rand(20, 3) + camera.center_world + 3 * camera.T_world_camera[:3, 2]
    half, _ = camera.resized(256, 192).project(points)
    torch.testing.assert_close(half * 2, camera.project(points)[0])
    with pytest.raises(ValueError, match="aspect ratio"):
        camera.resized(256, 256)


def test_refuses_sizes_that_are_no_pixels():
    for width, height in ((0, 2), (-3, 2), (2.5, 2)):
        with pytest.raises(ValueError, match="whole pixels"):
            Camera(torch.eye(4), 1.0, (1, 1), width, height)
    with pytest.raises(ValueError, match="finite focal"):
        Camera(torch.eye(4), float("inf"), (1, 1), 2, 2)


@pytest.mark.parametrize(("kwargs", "message"), [({"focal_px": 0.0}, "focal"), ({}, "4, 4")])
def test_refuses_nonsense(kwargs: dict, message: str):
    T = torch.eye(4) if kwargs else torch.eye(3)
    with pytest.raises(ValueError, match=message):
        Camera(T, kwargs.get("focal_px", 1.0), (1, 1), 2, 2)
