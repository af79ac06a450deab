"""Focal length and pose against scenes whose cameras are known."""

import cv2
import numpy as np
import pytest
import torch

from splat_widgets.geometry.pose import focal_from_points, pose_from_points

LANDSCAPE, PORTRAIT, SQUARE = (48, 64), (64, 48), (64, 64)


def point_map(shape, focal_px: float, seed: int = 0) -> np.ndarray:
    """(H, W, 3) points of a wavy scene 2 to 4 units away, in the camera's frame."""
    height, width = shape
    y, x = np.mgrid[:height, :width] + 0.5
    rays = np.stack([(x - width / 2) / focal_px, (y - height / 2) / focal_px, np.ones(shape)], -1)
    phase = np.random.default_rng(seed).uniform(0, 6, 2)
    depth = 3 + np.sin(x / 7 + phase[0]) * np.cos(y / 5 + phase[1])
    return rays * depth[..., None]


def rotation(axis_angle) -> np.ndarray:
    return cv2.Rodrigues(np.array(axis_angle, float))[0]


POSE = np.eye(4)
POSE[:3, :3] = rotation((0.1, -0.3, 0.05))
POSE[:3, 3] = 0.5, -0.1, 0.2


def seen_from(pose: np.ndarray, camera_points: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(camera_points @ pose[:3, :3].T + pose[:3, 3])


def ones(shape) -> torch.Tensor:
    return torch.ones(shape)


@pytest.mark.parametrize("shape", [LANDSCAPE, PORTRAIT, SQUARE])
@pytest.mark.parametrize("focal", [30.0, 70.0, 250.0])
def test_focal_is_exact_without_noise(shape, focal):
    points = torch.from_numpy(point_map(shape, focal))
    assert focal_from_points(points, ones(shape)) == pytest.approx(focal, rel=1e-6)


def test_focal_does_not_depend_on_the_unit():
    points = torch.from_numpy(point_map(SQUARE, 70) * 1e-3).float()
    assert focal_from_points(points, ones(SQUARE)) == pytest.approx(70, rel=1e-5)


def test_focal_resists_noise_and_outliers():
    random = np.random.default_rng(1)
    points = point_map(SQUARE, 70)
    points = points * (1 + 0.01 * random.normal(size=points.shape))
    wild = random.random(SQUARE) < 0.3
    points[wild] = random.uniform((-2, -2, 0.2), (2, 2, 5), (wild.sum(), 3))
    got = focal_from_points(torch.from_numpy(points), ones(SQUARE))
    assert got == pytest.approx(70, rel=0.03)
    rays = points[..., :2] / points[..., 2:]
    pixels = np.stack(np.meshgrid(*[np.arange(64) - 31.5] * 2), -1)
    squares = (pixels * pixels).sum() / (rays * pixels).sum()
    assert abs(squares - 70) > 2 * abs(got - 70)  # what the sum of distances is for


def test_focal_listens_to_the_confidence():
    points, confidence = point_map(SQUARE, 70), ones(SQUARE)
    other = point_map(SQUARE, 40)
    points[:40], confidence[:40] = other[:40], 1.0
    confidence[40:] = 100.0
    assert focal_from_points(torch.from_numpy(points), confidence) == pytest.approx(70, rel=1e-3)
    confidence[40:], confidence[:40] = 1.0, 100.0
    assert focal_from_points(torch.from_numpy(points), confidence) == pytest.approx(40, rel=1e-3)


def test_pose_is_exact_without_noise():
    for shape in (LANDSCAPE, PORTRAIT, SQUARE):
        found = pose_from_points(seen_from(POSE, point_map(shape, 70)), ones(shape), 70)
        assert found is not None
        pose, ratio = found
        assert pose.dtype == torch.float32 and ratio == 1
        np.testing.assert_allclose(pose, POSE, atol=1e-4)


@pytest.mark.parametrize("factor, offset", [(1e-3, 0.0), (1.0, 500.0), (1e3, 0.0)])
def test_pose_at_any_scale_and_place(factor, offset):
    moved = POSE.copy()
    moved[:3, 3] = POSE[:3, 3] * factor + offset
    found = pose_from_points(seen_from(moved, point_map(SQUARE, 70) * factor), ones(SQUARE), 70)
    assert found is not None
    np.testing.assert_allclose(found[0][:3, 3], moved[:3, 3], atol=1e-3 * factor)


def test_pose_resists_noise_and_outliers():
    random = np.random.default_rng(2)
    points = seen_from(POSE, point_map(SQUARE, 70)).numpy()
    points = points + 0.01 * random.normal(size=points.shape)
    wild = random.random(SQUARE) < 0.4
    points[wild] = random.uniform(-3, 3, (wild.sum(), 3))
    found = pose_from_points(torch.from_numpy(points), ones(SQUARE), 70)
    assert found is not None
    pose, ratio = found
    assert 0.5 < ratio < 0.65
    np.testing.assert_allclose(pose, POSE, atol=0.02)


def test_pose_uses_the_confident_half():
    random = np.random.default_rng(3)
    points, confidence = seen_from(POSE, point_map(SQUARE, 70)).numpy(), ones(SQUARE)
    points[:20] = random.uniform(-3, 3, (20, 64, 3))
    confidence[20:] = 5.0
    found = pose_from_points(torch.from_numpy(points), confidence, 70)
    assert found is not None and found[1] == 1


def test_pose_is_reproducible_whatever_the_global_generators_do():
    points = seen_from(POSE, point_map(SQUARE, 70)) + 0.02 * torch.randn(
        (*SQUARE, 3), generator=torch.Generator().manual_seed(0)
    )
    found = []
    for seed in (1, 2):
        cv2.setRNGSeed(seed)
        found.append(pose_from_points(points, ones(SQUARE), 70))
    assert None not in found
    assert torch.equal(found[0][0], found[1][0]) and found[0][1] == found[1][1]


def test_values_that_are_not_finite_are_passed_over():
    points = seen_from(POSE, point_map(SQUARE, 70))
    points[::3] = float("nan")
    points[1, 5] = float("inf")
    confidence = ones(SQUARE)
    confidence[4] = float("nan")
    found = pose_from_points(points, confidence, 70)
    assert found is not None
    np.testing.assert_allclose(found[0], POSE, atol=1e-4)
    own = torch.from_numpy(point_map(SQUARE, 70))
    own[::3] = float("nan")
    assert focal_from_points(own, confidence) == pytest.approx(70, rel=1e-6)


NOTHING = {
    "the same point everywhere": torch.ones(*SQUARE, 3),
    "on the axis": torch.tensor([0.0, 0, 1]).expand(*SQUARE, 3),
    "not finite": torch.full((*SQUARE, 3), float("nan")),
    "at the origin": torch.zeros(*SQUARE, 3),
    "noise": torch.rand((*SQUARE, 3), generator=torch.Generator().manual_seed(0)) - 0.5,
    "enormous": torch.full((*SQUARE, 3), 1e38),
    "on a line": torch.linspace(0, 1, 64 * 64).reshape(*SQUARE, 1) * torch.tensor([1.0, 2, 3]),
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_to_tell_is_none(name):
    assert pose_from_points(NOTHING[name], ones(SQUARE), 70) is None
    if name not in ("noise", "on a line"):
        assert focal_from_points(NOTHING[name], ones(SQUARE)) is None


def test_points_behind_the_camera_give_no_focal_length():
    points = torch.from_numpy(point_map(SQUARE, 70))
    assert focal_from_points(-points, ones(SQUARE)) is None
    points[..., 2] *= -1
    assert focal_from_points(points, ones(SQUARE)) is None


def test_mirrored_points_give_no_focal_length():
    points = torch.from_numpy(point_map(SQUARE, 70)) * torch.tensor([-1.0, -1, 1])
    assert focal_from_points(points, ones(SQUARE)) is None


def test_too_few_points_and_no_focal_length_are_none():
    points = torch.full((*SQUARE, 3), float("nan")).double()
    points[0, :10] = seen_from(POSE, point_map(SQUARE, 70))[0, :10]
    assert pose_from_points(points, ones(SQUARE), 70) is None
    whole = seen_from(POSE, point_map(SQUARE, 70))
    assert pose_from_points(whole, ones(SQUARE), float("nan")) is None
    assert pose_from_points(whole, ones(SQUARE), 0.0) is None


def test_shapes_are_checked():
    with pytest.raises(ValueError, match=r"points \(H, W, 3\)"):
        focal_from_points(torch.zeros(5, 5, 2), torch.zeros(5, 5))
    with pytest.raises(ValueError, match=r"\(5, 6\)"):
        pose_from_points(torch.zeros(5, 5, 3), torch.zeros(5, 6), 70)


@pytest.mark.parametrize("seed", range(4))
def test_pose_is_not_lost_in_noise_of_two_percent_of_the_depth(seed):
    points = point_map(SQUARE, 70, seed)
    noise = 0.02 * np.random.default_rng(seed).normal(size=points.shape)
    found = pose_from_points(seen_from(POSE, points + noise * points[..., 2:]), ones(SQUARE), 70)
    assert found is not None
    turn = cv2.Rodrigues(found[0][:3, :3].double().numpy().T @ POSE[:3, :3])[0]
    assert np.degrees(np.linalg.norm(turn)) < 0.8
    assert np.linalg.norm(found[0][:3, 3].numpy() - POSE[:3, 3]) < 0.06  # 2 % of the depth


def test_wild_points_are_left_out_of_the_last_fit():
    random = np.random.default_rng(7)
    points = point_map(SQUARE, 70)
    points = points + 0.01 * random.normal(size=points.shape) * points[..., 2:]
    wild = random.random(SQUARE) < 0.4
    points[wild] = random.uniform((-2, -2, 1), (2, 2, 5), (wild.sum(), 3))
    found = pose_from_points(seen_from(POSE, points), ones(SQUARE), 70)
    assert found is not None
    turn = cv2.Rodrigues(found[0][:3, :3].double().numpy().T @ POSE[:3, :3])[0]
    assert np.degrees(np.linalg.norm(turn)) < 0.5
