from dataclasses import replace

import numpy as np
import pytest
import torch

from splat_widgets.refinement.sweep import (
    BORDER,
    FEWEST_PLANES,
    UNSEEN_COST,
    WINDOWS,
    Neighbour,
    Reference,
    cost_volume,
    inverse_factors,
    window_means,
)

N, FOCAL, SHIFT, DEPTH = 40, 50.0, 0.4, 2.0


def _texture(width: int, height: int, seed: int = 0) -> torch.Tensor:
    g = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 1, height // 3, width // 3, generator=g) * 255
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic")[0, 0]


def _reference(grey: torch.Tensor) -> Reference:
    size = N + 2 * BORDER
    steps = (torch.arange(size) + 0.5 - size / 2) / FOCAL
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    return Reference(grey, DEPTH * torch.stack([x, y, torch.ones_like(x)], -1))


def _neighbour(picture: torch.Tensor, shift: float = SHIFT) -> Neighbour:
    """A camera beside the reference's whose principal point is its picture's middle."""
    height, width = picture.shape
    K = np.array([[FOCAL, 0, width / 2], [0, FOCAL, height / 2], [0, 0, 1]])
    return Neighbour(picture, K @ np.column_stack([np.eye(3), [-shift, 0, 0]]))


def _wall(moved_px: int) -> tuple[Reference, Neighbour]:
    """A wall at DEPTH * FOCAL SHIFT / (DEPTH moved_px): it moves by whole pixels."""
    size = N + 2 * BORDER
    wide = _texture(size + 60, size)
    reference = _reference(wide[:, 30:-30].contiguous())
    return reference, _neighbour(wide[:, 30 + moved_px : wide.shape[1] - 30 + moved_px])


def test_window_means_are_those_of_a_loop():
    picture = torch.rand(2, 17, 19, generator=torch.Generator().manual_seed(0))
    narrow, wide = window_means(picture)
    assert narrow.shape == wide.shape == (2, 7, 9)
    for row, column in ((0, 0), (3, 5), (6, 8)):
        means = [
            picture[:, row + down : row + down + 5, column + right : column + right + 5].mean(
                (1, 2)
            )
            for down in (0, 3, 6)
            for right in (0, 3, 6)
        ]
        torch.testing.assert_close(narrow[:, row, column], means[4])
        torch.testing.assert_close(wide[:, row, column], torch.stack(means).mean(0))
    assert WINDOWS == (5, 5 + 6) and BORDER == 5


@pytest.mark.parametrize("moved_px", [8, 12])
def test_cost_is_least_at_the_walls_depth(moved_px):
    reference, neighbour = _wall(moved_px)
    true = moved_px / (FOCAL * SHIFT / DEPTH)  # factor on the inverse depth of the base
    factors = true * np.array([0.7, 0.85, 1.0, 1.15, 1.3])
    costs = cost_volume(reference, [neighbour], factors, lambda: None)
    inside = costs[5:-5, 20:-5]
    assert (inside.argmin(-1) == 2).float().mean() > 0.99
    assert inside[..., 2].max() < 0.01


def test_of_two_neighbours_the_better_counts():
    reference, good = _wall(10)
    noise = Neighbour(_texture(*reversed(good.grey.shape), seed=5), good.projection)
    alone = cost_volume(reference, [good], np.ones(1), lambda: None)
    both = cost_volume(reference, [noise, good], np.ones(1), lambda: None)
    assert (both <= alone + 1e-6).all()
    assert both[5:-5, 20:-5].max() < 0.01


def test_what_a_neighbour_does_not_hold_or_has_behind_it_costs_like_noise():
    reference, neighbour = _wall(10)
    far = cost_volume(reference, [_neighbour(neighbour.grey, 50.0)], np.ones(1), lambda: None)
    assert (far == UNSEEN_COST).all()
    turned = Neighbour(neighbour.grey, neighbour.projection @ np.diag([1, 1, -1, 1.0]))
    assert (cost_volume(reference, [turned], np.ones(1), lambda: None) == UNSEEN_COST).all()


def test_what_lies_just_beyond_a_neighbours_border_is_not_seen():
    reference, neighbour = _wall(8)
    moved = 1.0 * FOCAL * SHIFT / DEPTH  # pixels to the left, at factor 1
    width = neighbour.grey.shape[1]
    cut = replace(neighbour, grey=neighbour.grey[:, : width // 2].contiguous())
    costs = cost_volume(reference, [cut], np.ones(1), lambda: None)[..., 0]
    # Where the pixels lie in the neighbour: around its middle, moved.
    places = np.arange(N) + 0.5 - N / 2 + width / 2 - moved
    unseen = (places < 0) | (places > width // 2)
    assert 0 < unseen.sum() < N
    assert (costs[:, unseen] == UNSEEN_COST).all()
    assert (costs[:, ~unseen] != UNSEEN_COST).all()


def test_from_plane_to_plane_a_point_moves_by_about_a_pixel():
    reference, neighbour = _wall(10)
    factors = inverse_factors(reference, [neighbour], near=0.25, far=4.0)
    np.testing.assert_allclose(factors[[0, -1]], [1 / 4, 4])
    step_px = np.diff(factors) * FOCAL * SHIFT / DEPTH
    assert (step_px <= 1.01).all() and (step_px > 0.9).all()
    still = inverse_factors(reference, [_neighbour(neighbour.grey, 1e-4)], near=0.25, far=4.0)
    assert len(still) == FEWEST_PLANES


def test_what_tick_raises_ends_the_work():
    reference, neighbour = _wall(10)

    def stop():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        cost_volume(reference, [neighbour], np.ones(1), stop)
