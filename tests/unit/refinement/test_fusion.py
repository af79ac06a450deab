"""A surface that several photos see is told once, and the pictures stay whole."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from splat_widgets.refinement.fusion import keep_masks
from splat_widgets.refinement.gaussians import footprint_maps
from splat_widgets.refinement.overlap import surfaces
from splat_widgets.refinement.records import DenseDepth, Pose, Shot, Window
from splat_widgets.rendering import render
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.maps import PhotoMaps, gaussians_of
from splat_widgets.training.procedural.scenes import render_pairs

WINDOW = Window(-0.5, -0.5, 1.0)
STILL = Pose(np.eye(3), np.zeros(3))


def shot(n=16):
    return Shot(np.zeros((n, n, 3), np.uint8), WINDOW, (n / 2, n / 2))


def wall(n=16, depth=2.0, checked=True, error=0.1):
    """A photo of a wall that faces it."""
    field = np.full((n, n), depth)
    mask = np.full((n, n), checked)
    return DenseDepth(field, mask, np.full((n, n), error, np.float32), field)


def masks(denses, poses=None, focals=None):
    count = len(denses)
    shots = [shot(len(dense.depth)) for dense in denses]
    focals = focals or [1.0] * count
    shown = surfaces(denses, shots, poses or [STILL] * count, focals)
    return keep_masks(shown, denses, shots, focals)


def test_the_checked_photo_tells():
    first, second = masks([wall(checked=False, error=0.0), wall(error=0.5)])
    assert not first.any() and second.all()


def test_then_the_finer_one_and_the_better_match():
    first, second = masks([wall(error=0.1), wall(error=0.2)])
    assert first.all() and not second.any()
    first, second = masks([wall(16), wall(32)])
    assert not first.any() and second.all()


def test_surfaces_at_different_depths_both_stay():
    first, second = masks([wall(depth=2.0), wall(depth=2.2)])
    assert first.all() and second.all()


@pytest.mark.parametrize(("depth", "stays"), [(1.5, False), (2.1, False), (2.4, True)])
def test_a_guess_before_another_surface_or_close_behind_it_goes(depth, stays):
    guess, seen = masks([wall(depth=depth, checked=False), wall(depth=2.0)])
    assert guess.all() == guess.any() == stays and seen.all()


def test_what_the_better_photo_does_not_see_stays():
    aside = Pose(np.eye(3), np.array([-1.0, 0, 0]))  # half of the wall
    first, second = masks([wall(error=0.3), wall(error=0.1)], [STILL, aside])
    assert second.all()
    assert first[:, :8].all() and not first[:, 10:].any()  # one column more, at the seam


def test_a_seam_brings_no_guess_back_onto_what_another_photo_shows():
    aside = Pose(np.eye(3), np.array([-1.0, 0, 0]))
    guess, second = masks([wall(checked=False), wall()], [STILL, aside])
    seen, _ = masks([wall(error=0.3), wall(error=0.1)], [STILL, aside])
    assert second.all()
    assert guess[:, :8].all() and not guess[:, 8:].any(), "the second photo sees half of the wall"
    assert seen[:, 8].all(), "what is checked reaches one column farther"


def test_a_pixel_goes_only_for_one_that_stays():
    # The middle wall gives way to the first, so that the last, which agrees with the middle one
    # alone, has to stay.
    near, middle, far = wall(depth=2.0, error=0.0), wall(depth=2.03), wall(depth=2.06, error=0.3)
    first, second, third = masks([near, middle, far])
    assert first.all() and not second.any() and third.all()


def test_the_order_of_photos_does_not_matter():
    rng = np.random.default_rng(0)
    denses = [
        replace(wall(), checked=rng.random((16, 16)) < 0.5, depth=rng.uniform(1.98, 2.02, (16, 16)))
        for _ in range(4)
    ]
    poses = [Pose(np.eye(3), np.array([x, 0, 0])) for x in (0, 0.3, -0.2, 0.1)]
    order = [2, 0, 3, 1]
    there = masks([denses[k] for k in order], [poses[k] for k in order])
    here = masks(denses, poses)
    for mask, photo in zip(there, order, strict=True):
        np.testing.assert_array_equal(mask, here[photo])


@pytest.mark.parametrize("seed", [3, 5])
def test_fewer_gaussians_show_the_same_pictures(seed):
    """Drawn from the photos' cameras and from one between them, with depth that is noisy."""
    n = 64
    pairs = render_pairs([seed], n, targets=3, supersample=3)
    assert pairs.targets is not None
    images = torch.cat([pairs.images, pairs.targets.images], 1)[0]
    points = torch.cat([pairs.points, pairs.targets.points], 1)[0].double().numpy()
    T = torch.cat([pairs.T_first_camera, pairs.targets.T_first_camera], 1)[0].double()
    focal = float(pairs.focal_px) / n
    rng = np.random.default_rng(0)
    denses, poses, maps, cameras = [], [], [], []
    for image, place, pose in zip(images, points, T, strict=True):
        cameras.append(Camera(pose.float(), focal * n, (n / 2, n / 2), n, n))
        matrix = np.linalg.inv(pose.numpy())
        poses.append(Pose(matrix[:3, :3], matrix[:3, 3]))
        depth = poses[-1].apply(place)[..., 2] * np.exp(rng.normal(size=(n, n)) * 0.003)
        error = np.zeros((n, n), np.float32)
        checked = np.kron(rng.random((4, 4)) < 0.8, np.ones((n // 4, n // 4))) > 0
        dense = DenseDepth(depth, checked, error, depth)
        colours = image.movedim(0, -1).numpy()
        denses.append(dense)
        maps.append(footprint_maps(dense, colours, WINDOW, focal, poses[-1], _confidences(n)))
    shots, focals = [shot(n)] * 4, [focal] * 4
    shown = surfaces(denses[:4], shots, poses[:4], focals)
    kept = keep_masks(shown, denses[:4], shots, focals)
    share = np.mean([mask.mean() for mask in kept])
    assert share < 0.7, share
    whole = gaussians_of(maps[:4])
    fewer = whole.select(torch.from_numpy(np.concatenate([mask.ravel() for mask in kept])))
    for number, (camera, image) in enumerate(zip(cameras, images, strict=True)):
        before, after = (_psnr(render(scene, camera).color, image) for scene in (whole, fewer))
        assert after > before - 0.5, (number, before, after)


def _confidences(n):
    nothing = torch.zeros(n, n, 3)
    return PhotoMaps(
        points=nothing,
        confidence=torch.ones(n, n),
        offsets=nothing,
        scales=nothing,
        quaternions=torch.zeros(n, n, 4),
        opacities=torch.zeros(n, n),
        sh=torch.zeros(n, n, 1, 3),
    )


def _psnr(picture, truth):
    return float(-10 * torch.log10((picture.clamp(0, 1) - truth.movedim(0, -1)).square().mean()))
