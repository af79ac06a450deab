"""Depth counts where other photos confirm it, unless as many of them see through it."""

import numpy as np
import pytest
import torch

from splat_widgets.refinement.aggregation import Winners
from splat_widgets.refinement.belief import beliefs
from splat_widgets.refinement.correction import CorrectedPrior
from splat_widgets.refinement.records import Pose, Shot, Window
from splat_widgets.refinement.views import Swept, View

N, FOCAL, WALL, NEAR = 64, 1.0, 4.0, 3.0
PATCH = np.zeros((N, N), bool)
PATCH[20:44, 20:44] = True


def _view(x: float) -> View:
    """A photo that faces the wall from a place that is moved to the right."""
    shot = Shot(np.zeros((N, N, 3), np.uint8), Window(-0.5, -0.5, 1.0), (N / 2, N / 2))
    pose = Pose(np.eye(3), np.array([-x, 0.0, 0.0]))
    return View(shot, pose, FOCAL, CorrectedPrior(np.full((N, N), WALL), np.empty(0)), N)


def _swept(depth: np.ndarray, cost: float = 0.1) -> Swept:
    flat = torch.full((N, N), cost)
    winners = Winners(flat, flat, torch.full((N, N), 0.5), torch.zeros(N, N, dtype=torch.bool))
    return Swept(depth, winners, np.zeros((N, N), np.float32))


def _all(count: int) -> list[list[int]]:
    return [[j for j in range(count) if j != k] for k in range(count)]


def _beliefs(depths, costs=None, neighbours=None):
    count = len(depths)
    views = [_view(0.01 * k) for k in range(count)]  # so near that a patch stays in its place
    found = [_swept(d, c) for d, c in zip(depths, costs or [0.1] * count, strict=True)]
    return beliefs(views, found, neighbours or _all(count))


def _wall(patch: float = WALL) -> np.ndarray:
    return np.where(PATCH, patch, WALL)


def test_what_one_other_photo_confirms_counts():
    first, second = _beliefs([_wall(), _wall()])
    assert first.checked[4:-4, 4:-4].all() and second.checked[4:-4, 4:-4].all()
    first, second = _beliefs([_wall(NEAR), _wall()])
    assert not first.checked[24:40, 24:40].any()


def test_windows_that_do_not_look_alike_need_two_that_confirm():
    alike, unlike = 0.1, 0.45
    first, *_ = _beliefs([_wall()] * 3, [unlike, alike, alike])
    assert first.agreed[4:-4, 4:-4].all()
    first, *_ = _beliefs([_wall(NEAR), _wall(NEAR), _wall()], [unlike, alike, alike])
    assert not first.agreed[24:40, 24:40].any()
    # Of two photos the one other is all that can be asked.
    first, _ = _beliefs([_wall(), _wall()], [unlike, alike])
    assert first.agreed[4:-4, 4:-4].all()


@pytest.mark.parametrize(
    ("near", "far", "stays"), [(2, 1, True), (2, 2, False), (4, 2, False), (5, 2, True)]
)
def test_what_about_as_many_photos_see_through_goes(near, far, stays):
    """`near` photos see a patch before the wall, `far` ones the wall; one alone is not sure."""
    found = _beliefs([_wall(NEAR)] * near + [_wall()] * far)
    inner = (slice(26, 38), slice(26, 38))
    for one in found[:near]:
        assert one.checked[inner].all() == one.checked[inner].any() == stays
    for one in found[near:]:
        assert one.checked[inner].all() == one.checked[inner].any() == (far > 1)


def test_the_order_of_photos_does_not_matter():
    depths = [_wall(NEAR), _wall(NEAR), _wall(), _wall()]
    forward, views = _beliefs(depths), [_view(0.01 * k) for k in range(4)]
    order = [2, 0, 3, 1]
    turned = beliefs([views[k] for k in order], [_swept(depths[k]) for k in order], _all(4))
    for k, one in zip(order, turned, strict=True):
        np.testing.assert_array_equal(one.checked, forward[k].checked)
