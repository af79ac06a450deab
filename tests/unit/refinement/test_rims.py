import numpy as np
import pytest

from splat_widgets.refinement import grids, rims
from splat_widgets.refinement.covering import tangents
from splat_widgets.refinement.records import Window

COUNT, DEPTH = 64, 2.0
RAYS = grids.rays(Window(-0.5, -0.5, 1.0), 1.0, COUNT)
POINTS = DEPTH * RAYS
STEPS = tangents(np.full((COUNT, COUNT), DEPTH), RAYS)
SPACING = DEPTH / COUNT


def nothing(points: np.ndarray) -> np.ndarray:
    return np.zeros(len(points), bool)


def right_half(points: np.ndarray) -> np.ndarray:
    return points[:, 0] > 0


@pytest.mark.parametrize("side", range(4))
def test_every_second_disc_of_a_border_reaches_outwards_and_stands_behind(side):
    steps, offsets = (np.rot90(one, side) for one in rims.drawn_out(STEPS, POINTS, nothing))
    points = np.rot90(POINTS, side)
    moved = np.linalg.norm(offsets[0], axis=-1) > 0
    assert moved.sum() in (COUNT // 2, COUNT // 2 + 1)  # a corner may belong to the next border
    ends = (points + offsets)[0]
    outwards = np.abs(ends[moved, :2]).max(-1) / ends[moved, 2]
    assert (outwards > 0.5).all() and (outwards < 0.5 + rims.REACH).all()
    assert (ends[moved, 2] > DEPTH).all()
    lengths = np.linalg.norm(steps[0], axis=-1).max(-1) / SPACING
    assert (lengths[moved] > 2).all() and np.allclose(lengths[~moved], 1)
    assert not offsets[1:-1, 1:-1].any()
    np.testing.assert_array_equal(steps[1:-1, 1:-1], np.rot90(STEPS, side)[1:-1, 1:-1])


def test_no_border_reaches_over_what_another_photo_shows():
    steps, offsets = rims.drawn_out(STEPS, POINTS, right_half)
    assert not offsets[:, COUNT // 2 :].any()
    np.testing.assert_array_equal(steps[:, COUNT // 2 :], STEPS[:, COUNT // 2 :])
    assert offsets[:, 0].any()
