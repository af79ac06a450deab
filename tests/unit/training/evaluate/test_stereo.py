import numpy as np
import pytest
import torch
from torch.nn import functional as F

from splat_widgets.training.evaluate.metrics import pose_errors
from splat_widgets.training.evaluate.stereo import stereo

SIZE, FOCAL = 192, 200.0


def texture(seed):
    """A sum of soft noise of several sizes, in [0, 1]: something to match everywhere."""
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros(1, 1, 1024, 1024)
    for cells in (64, 128, 256):
        noise = torch.rand(1, 1, cells, cells, generator=generator)
        total += F.interpolate(noise, size=(1024, 1024), mode="bicubic")
    return ((total - total.min()) / (total.max() - total.min()))[0, 0]


def look(pose, seed=0):
    """Two walls that meet in an edge, seen from a camera: picture and points in the world.

    The walls are z = 5 - |x| / 2; rays are cast one wall at a time in closed form.
    """
    y, x = torch.meshgrid(torch.arange(SIZE) + 0.5, torch.arange(SIZE) + 0.5, indexing="ij")
    rays = torch.stack([(x - SIZE / 2) / FOCAL, (y - SIZE / 2) / FOCAL, torch.ones_like(x)], -1)
    rays, origin = rays @ pose[:3, :3].T, pose[:3, 3]
    best = torch.full((SIZE, SIZE), torch.inf)
    for sign in (-1.0, 1.0):
        normal = torch.tensor([0.5 * sign, 0.0, 1.0])
        along = (5 - origin @ normal) / (rays @ normal)
        side = (origin + along[..., None] * rays)[..., 0] * sign >= 0
        best = torch.where(side & (along > 0), torch.minimum(best, along), best)
    points = origin + best[..., None] * rays
    place = points[..., :2] / 5
    picture = F.grid_sample(texture(seed)[None, None], place[None], align_corners=False)
    return picture[0].expand(3, -1, -1), points


def camera(shift, degrees=0.0):
    angle = torch.tensor(degrees).deg2rad()
    pose = torch.eye(4)
    pose[0, 0] = pose[2, 2] = angle.cos()
    pose[0, 2], pose[2, 0] = angle.sin(), -angle.sin()
    pose[:3, 3] = torch.tensor(shift)
    return pose


@pytest.mark.parametrize(
    "pose",
    [camera((0.5, 0.02, 0.05), -4.0), camera((-0.6, 0.0, 0.0), 5.0), camera((0.03, 0.5, 0.0))],
    ids=["right", "left", "below"],
)
def test_pose_and_points_of_a_textured_scene(pose):
    first, truth1 = look(torch.eye(4))
    second, truth2 = look(pose)
    scene = stereo(first, second, FOCAL)
    assert scene is not None and scene.num_inliers > 50
    rotation, direction = pose_errors(scene.T_first_second, pose)
    assert rotation < 0.3 and direction < 1.5
    assert scene.T_first_second[:3, 3].norm() == pytest.approx(1, abs=1e-5)
    unit = pose[:3, 3].norm()
    for points, truth, found in zip(scene.points, (truth1, truth2), scene.found, strict=True):
        assert found.float().mean() > 0.75
        error = (unit * points - truth).norm(dim=-1) / truth.norm(dim=-1)
        assert error[found].median() < 0.01


def test_points_lie_on_the_rays_of_their_pixels():
    scene = stereo(look(torch.eye(4))[0], look(camera((0.5, 0.0, 0.0)))[0], FOCAL)
    assert scene is not None
    points, found = scene.points[0].numpy(), scene.found[0].numpy()
    rows, columns = np.nonzero(found)
    x, y, z = points[found].T
    np.testing.assert_allclose(FOCAL * x / z + SIZE / 2 - 0.5, columns, atol=1e-2)
    np.testing.assert_allclose(FOCAL * y / z + SIZE / 2 - 0.5, rows, atol=1e-2)


def test_pictures_without_texture_or_in_common_have_no_answer():
    assert stereo(torch.full((3, 64, 64), 0.5), torch.full((3, 64, 64), 0.5), 64.0) is None
    scene = stereo(look(torch.eye(4), seed=1)[0], look(torch.eye(4), seed=2)[0], FOCAL)
    assert scene is None


def test_a_camera_that_goes_straight_ahead_gives_a_pose_but_no_points():
    pose = camera((0.0, 0.0, 1.0))
    scene = stereo(look(torch.eye(4))[0], look(pose)[0], FOCAL)
    assert scene is not None and not scene.found.any()
    assert max(pose_errors(scene.T_first_second, pose)) < 2
