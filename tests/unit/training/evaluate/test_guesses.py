from dataclasses import replace

import pytest
import torch

from splat_widgets.training.evaluate.guesses import (
    best_depth,
    mean_point_map,
    nearest_photos,
    plane,
    training_scenes,
    warped_photos,
)
from splat_widgets.training.procedural.scenes import Targets, in_camera, render_pairs


def test_plane_lies_at_its_depth_behind_every_pixel():
    pairs = render_pairs(range(2), 16, shadows=False)
    points = plane(pairs, 2.5)
    assert torch.allclose(in_camera(points, pairs.T_first_camera)[:, 0, ..., 2], torch.tensor(2.5))
    ray = pairs.points[:, 0] / pairs.points[:, 0, ..., 2:]
    assert torch.allclose(points[:, 0] / 2.5, ray, atol=1e-4)


def test_best_depth_is_that_of_a_world_that_is_a_plane():
    pairs = render_pairs(range(4), 32, shadows=False)
    wall = replace(pairs, points=plane(pairs, 3.7), valid=torch.ones_like(pairs.valid))
    assert 3.7 / 1.06 < best_depth([wall]) < 3.7 * 1.06  # candidates are 10 % apart


def test_mean_point_map_is_the_mean_of_the_scenes():
    scenes = training_scenes(16, 32)
    assert torch.cat([block.seeds for block in scenes]).tolist() == list(range(16))
    mean = mean_point_map(scenes, 32)
    pairs = render_pairs(range(16), 32, shadows=False)
    valid = pairs.valid[..., None]
    direct = torch.where(valid, pairs.points, 0.0).sum(0) / valid.sum(0).clamp_min(1)
    many = (pairs.valid.sum(0) > 12)[..., None].expand_as(direct)
    off = (mean - direct).abs()[many]
    assert off.median() < 0.15  # metres; interpolated from every fourth pixel
    assert mean[..., 16, 16, 2].mean() > 2 and mean[0, 16, 0, 0] < -1 < 1 < mean[0, 16, 31, 0]


def as_targets(pairs, views):
    return replace(
        pairs,
        targets=Targets(
            *(getattr(pairs, n)[:, views] for n in ("images", "points", "valid", "T_first_camera"))
        ),
    )


def test_the_nearest_photo_of_a_cameras_own_view_is_its_own():
    pairs = as_targets(render_pairs(range(3), 32, shadows=False), [1, 0])
    images, which = nearest_photos(pairs)
    assert which.tolist() == [[1, 0]] * 3 and torch.equal(images, pairs.targets.images)
    # No way between the two cameras: the plane's depth does not matter.
    assert torch.allclose(warped_photos(pairs, 2.0), images, atol=1e-4)


def test_a_picture_of_a_plane_is_moved_rightly():
    pairs = render_pairs(range(1), 32, shadows=False)
    x = torch.arange(32) + 0.5
    # A wall at 4 m that grows brighter to the right; the target stands 0.3 m to the right.
    per_pixel = float(4 / pairs.focal_px)
    ramp = (0.5 + 0.1 * (x - 16) * per_pixel).expand(3, 32, 32)
    target = torch.eye(4)
    target[0, 3] = 0.3
    pairs = replace(
        pairs,
        images=torch.stack([ramp, 0 * ramp])[None],
        T_first_camera=torch.stack([torch.eye(4), 9 * torch.ones(4, 4)])[None],
        targets=Targets(
            ramp[None, None], pairs.points[:, :1], pairs.valid[:, :1], target[None, None]
        ),
    )
    moved = warped_photos(pairs, 4.0)[0, 0]
    inside = slice(4, int(31 - 0.3 / per_pixel))
    assert torch.allclose(moved[..., inside], ramp[..., inside] + 0.03, atol=1e-4)


def test_pairs_without_targets_have_no_nearest_photo():
    with pytest.raises(ValueError, match="targets=1"):
        nearest_photos(render_pairs(range(1), 16, shadows=False))
