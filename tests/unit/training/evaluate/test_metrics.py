import math
from dataclasses import replace

import pytest
import torch

from splat_widgets.geometry.harmonics import rgb_to_dc
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.training.evaluate.metrics import (
    aligned,
    depth_errors,
    errors_by_confidence,
    picture_scores,
    point_errors,
    pose_errors,
    pose_of_maps,
    target_pictures,
)
from splat_widgets.training.procedural.scenes import Targets, in_camera, render_pairs


@pytest.fixture(scope="module")
def pairs():
    return render_pairs(range(1_000_000_000, 1_000_000_004), 64, targets=2)


def turned(axis, degrees, shift=(0.0, 0.0, 0.0)):
    """A pose that turns about an axis, by the matrix exponential."""
    x, y, z = (torch.tensor(axis).double() / torch.tensor(axis).double().norm()).tolist()
    generator = torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]], dtype=torch.float64)
    pose = torch.eye(4, dtype=torch.float64)
    pose[:3, :3] = torch.matrix_exp(math.radians(degrees) * generator)
    pose[:3, 3] = torch.tensor(shift)
    return pose


def test_the_truth_has_no_error(pairs):
    assert point_errors(pairs.points, pairs).abs().max() == 0
    relative, close = depth_errors(pairs.points, pairs)
    assert relative.abs().max() == 0 and (close == 1).all()
    confidence = torch.ones_like(pairs.points[..., 0])
    for scene in range(4):
        # Sky has no true point; what stands there in its place is on the pixel's ray, too.
        pose = pose_of_maps(pairs.points[scene], confidence[scene])
        rotation, direction = pose_errors(pose, pairs.T_first_camera[scene, 1])
        assert rotation < 0.05 and direction < 1.0


def test_a_wrong_metre_is_an_error_only_until_it_is_scaled_away(pairs):
    bigger = 1.2 * pairs.points
    first = point_errors(bigger, pairs)[:, 0]
    assert torch.allclose(first, torch.full((4,), 0.2), atol=1e-5)  # seen from the origin itself
    assert point_errors(aligned(bigger, pairs), pairs).max() < 1e-5
    relative, close = depth_errors(bigger, pairs)
    assert torch.allclose(relative[:, 0], torch.full((4,), 0.2), atol=1e-5)
    assert (close[:, 0] == 1).all()
    assert (depth_errors(1.3 * pairs.points, pairs)[1][:, 0] == 0).all()


def test_pixels_without_a_truth_do_not_count(pairs):
    half = torch.zeros_like(pairs.valid)
    half[..., :32] = True
    judged = replace(pairs, valid=pairs.valid & half)
    broken = torch.where(half[..., None], pairs.points, 1e6)
    assert point_errors(broken, judged).abs().max() == 0
    assert depth_errors(broken, judged)[0].abs().max() == 0
    nothing = replace(pairs, valid=torch.zeros_like(pairs.valid))
    assert point_errors(pairs.points, nothing).isnan().all()
    assert depth_errors(pairs.points, nothing)[0].isnan().all()


def test_second_view_is_judged_along_its_own_axis(pairs):
    own = in_camera(pairs.points, pairs.T_first_camera)
    own = torch.cat([own[:, :1], own[:, 1:] * 1.1], 1)  # 10 % farther from the second camera
    R, t = pairs.T_first_camera[..., :3, :3], pairs.T_first_camera[..., :3, 3]
    moved = torch.einsum("bvij,bvhwj->bvhwi", R, own) + t[:, :, None, None]
    relative, _ = depth_errors(moved, pairs)
    assert torch.allclose(relative[:, 1], torch.full((4,), 0.1), atol=1e-4)
    assert torch.allclose(point_errors(moved, pairs)[:, 1], torch.full((4,), 0.1), atol=1e-4)


@pytest.mark.parametrize("degrees", [0.001, 3.0, 90.0, 179.0])
def test_angles_of_poses(degrees):
    truth = turned((1, 2, 3), 20, (1.0, 0, 0))
    estimate = truth @ turned((0.3, -1, 0.2), degrees)
    estimate[:3, 3] = 5 * turned((0, 0, 1), 30)[:3, :3] @ truth[:3, 3]  # its length is free
    rotation, direction = pose_errors(estimate, truth)
    assert rotation == pytest.approx(degrees, rel=1e-5)
    assert direction == pytest.approx(30, rel=1e-6)


def test_a_pose_that_is_not_there_or_does_not_move():
    truth = turned((0, 1, 0), 12, (0.2, 0, 0))
    assert all(math.isnan(value) for value in pose_errors(None, truth))
    rotation, direction = pose_errors(torch.eye(4), truth)
    assert rotation == pytest.approx(12) and math.isnan(direction)


def test_true_pictures_have_perfect_scores_and_targets_with_nothing_to_see_none(pairs):
    scores = picture_scores(pairs.targets.images, pairs)
    assert scores[:, 0].isinf().all()
    assert torch.allclose(scores[:, 1], torch.ones(4)) and scores[:, 2].abs().max() == 0
    grey = picture_scores(torch.full_like(pairs.targets.images, 0.5), pairs)
    assert (grey[:, 0] < 25).all() and (grey[:, 1] < 0.9).all() and (grey[:, 2] > 0.2).all()
    unseen = replace(pairs.targets, valid=torch.zeros_like(pairs.targets.valid))
    assert picture_scores(unseen.images, replace(pairs, targets=unseen)).isnan().all()


def test_a_target_that_is_a_camera_of_the_pair_is_no_novel_view(pairs):
    poses = pairs.targets.T_first_camera.clone()
    poses[0, 0] = torch.eye(4)
    poses[1] = pairs.T_first_camera[1, 1]
    judged = replace(pairs, targets=replace(pairs.targets, T_first_camera=poses))
    drawn = 0.5 * pairs.targets.images
    before, after = picture_scores(drawn, pairs), picture_scores(drawn, judged)
    assert after[1].isnan().all() and torch.equal(after[2:], before[2:])
    second = picture_scores(
        drawn[:, 1:],
        replace(
            pairs,
            targets=Targets(
                *(
                    getattr(pairs.targets, name)[:, 1:]
                    for name in ("images", "points", "valid", "T_first_camera")
                )
            ),
        ),
    )
    assert torch.equal(after[0], second[0])


def test_splats_of_the_true_surface_show_the_targets(pairs):
    scene = 1
    points = pairs.points[scene].flatten(0, 2)
    depth = pairs.depth[scene].flatten()
    colour = pairs.images[scene].movedim(1, -1).flatten(0, 2)
    size = 0.6 * depth / pairs.focal_px[scene]
    splats = Gaussians(
        means=points,
        scales=size[:, None].expand(-1, 3).contiguous(),
        quaternions=torch.tensor([1.0, 0, 0, 0]).repeat(len(points), 1),
        opacities=torch.full((len(points),), 0.95),
        sh=rgb_to_dc(colour)[:, None],
    )
    drawn = target_pictures(splats, pairs, scene)
    assert drawn.shape == (2, 3, 64, 64)
    one = pairs.select(torch.tensor([scene]))
    scores = picture_scores(drawn[None], one)[0]
    flat = picture_scores(torch.full_like(drawn, float(colour.mean()))[None], one)[0]
    assert scores[0] > flat[0] + 3 and scores[1] > flat[1] and scores[2] < flat[2]


def test_errors_are_sorted_by_confidence(pairs):
    generator = torch.Generator().manual_seed(0)
    off = torch.rand(pairs.valid.shape, generator=generator)
    own = in_camera(pairs.points, pairs.T_first_camera).norm(dim=-1)
    points = pairs.points + torch.stack([off * own, 0 * own, 0 * own], -1)
    parts = errors_by_confidence(points, 1 / off.clamp_min(1e-6), pairs, 10)
    # Uniform errors, the worst first: the tenths' medians are 0.95, 0.85, ...
    expected = torch.arange(0.95, 0, -0.1).expand(4, 10)
    assert torch.allclose(parts, expected, atol=0.04)
    blind = errors_by_confidence(points, torch.ones_like(off), pairs, 2)
    assert (blind[:, 0] - blind[:, 1]).abs().max() < 0.1
