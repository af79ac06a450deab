"""Depth counts where other photos confirm it, unless as many of them see through it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from splat_widgets.refinement.aggregation import Winners
from splat_widgets.refinement.belief import beliefs
from splat_widgets.refinement.correction import CorrectedPrior
from splat_widgets.refinement.records import Pose, Shot, Window
from splat_widgets.refinement.views import Swept, View

N, FOCAL, WALL, NEAR = 64, 1.0, 4.0, 3.6
PATCH = np.zeros((N, N), bool)
PATCH[20:44, 20:44] = True


def _view(x: float) -> View:
    """A photo that faces the wall from a place that is moved to the right."""
    shot = Shot(np.zeros((N, N, 3), np.uint8), Window(-0.5, -0.5, 1.0), (N / 2, N / 2))
    pose = Pose(np.eye(3), np.array([-x, 0.0, 0.0]))
    return View(
        shot, pose, FOCAL, CorrectedPrior(np.full((N, N), WALL), np.empty(0), np.empty((0, 2))), N
    )


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


def test_a_photo_that_looks_elsewhere_takes_nothing_away():
    """Two windows that do not look alike are all that two photos can say, whoever else there is."""
    alone = _beliefs([_wall()] * 2, [0.45] * 2)[0].agreed
    aside = _view(100.0)  # sees none of the wall that the others see
    views, found = [_view(0.0), _view(0.01), aside], [_swept(_wall(), 0.45) for _ in range(3)]
    np.testing.assert_array_equal(beliefs(views, found, _all(3))[0].agreed, alone)
    assert alone[4:-4, 4:-4].all()


def test_few_neighbours_do_not_make_a_majority_a_minority():
    """Seven photos see the patch, three through it; each has four neighbours that may confirm."""
    near = [sorted(range(10), key=lambda j: abs(j - k))[1:5] for k in range(10)]
    found = _beliefs([_wall(NEAR)] * 7 + [_wall()] * 3, neighbours=near)
    inner = (slice(26, 38), slice(26, 38))
    assert all(one.checked[inner].all() for one in found[:4])


def test_a_pole_is_not_taken_for_the_wall_beside_it():
    columns = np.arange(N)
    for width in (4, 5, 7):
        pole = np.zeros(N, bool)
        views = [_view(x) for x in (0.0, 0.31, 0.63, 0.94)]
        depths = []
        for view in views:  # of a pole around x = 0.4 before the wall
            left = (0.4 + view.pose.t[0]) / NEAR * N + N / 2
            pole = (columns + 0.5 >= left - width / 2) & (columns + 0.5 < left + width / 2)
            depths.append(np.tile(np.where(pole, NEAR, WALL), (N, 1)))
        found = [_swept(depth) for depth in depths]
        for depth, one in zip(depths, beliefs(views, found, _all(4)), strict=True):
            assert one.agreed[8:-8][depth[8:-8] == NEAR].all(), width


def test_an_overview_does_not_speak_against_what_a_close_up_shows():
    """Three photos from far behind have pixels four times as large, and miss the patch."""
    back = np.array([0.0, 0.0, 3 * WALL])
    close = [_view(0.0), _view(0.01)]
    far = [replace(_view(0.01 * k), pose=Pose(np.eye(3), back)) for k in range(3)]
    depths = [_wall(3.0)] * 2 + [np.full((N, N), 4 * WALL)] * 3
    found = [_swept(depth) for depth in depths]
    first, *_ = beliefs([*close, *far], found, _all(5))
    assert first.checked[26:38, 26:38].all()
