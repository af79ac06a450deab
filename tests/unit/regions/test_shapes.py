"""Regions of the picture and of space, against one Gaussian and one edge at a time."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from splat_widgets import regions
from splat_widgets.scene.cameras import Camera

STAR = [(2.0, 3.0), (17.0, 3.5), (5.0, 16.0), (9.5, 0.5), (14.0, 17.0)]  # crosses itself


def crossings(x: float, y: float, polygon) -> int:
    """Edges that a ray from a point to the right meets."""
    count = 0
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if min(y1, y2) <= y < max(y1, y2):
            count += x1 + (y - y1) / (y2 - y1) * (x2 - x1) > x
    return count


def test_rectangle_and_polygon_on_the_picture(gaussians, camera, pixels) -> None:
    gaussians.means[3, 2] = -5  # behind the camera
    gaussians.means[4, 0] = torch.nan
    x, y, depth = pixels(gaussians, camera).T
    front = depth > 0
    rectangle = regions.in_rectangle(gaussians, camera, (15, 4), (3, 18))
    assert np.array_equal(rectangle, front & (x >= 3) & (x <= 15) & (y >= 4) & (y <= 18))
    assert 5 < rectangle.sum() < 195
    star = regions.in_polygon(gaussians, camera, STAR)
    twin = [bool(crossings(a, b, STAR) % 2) for a, b in zip(x, y, strict=True)]
    assert np.array_equal(star, front & np.array(twin))
    assert not np.array_equal(star, rectangle) and not star[3] and not star[4]


def test_box_and_ball_include_their_border(gaussians) -> None:
    means = gaussians.means
    means[0] = torch.tensor([1.0, 2.0, 4.5])
    means[1] = torch.tensor([1.0, 2.0, 4.50001])
    means[2] = torch.nan
    box = regions.in_box(gaussians, (0, 2, 4), (1, 0.5, 0.5))
    assert box[0] and not box[1] and not box[2]
    for index in range(3, 200):
        x, y, z = means[index].tolist()
        assert box[index] == (abs(x) <= 1 and abs(y - 2) <= 0.5 and abs(z - 4) <= 0.5)
    ball = regions.in_sphere(gaussians, (1, 2, 4), 0.5)
    assert ball[0] and not ball[1] and not ball[2]
    ball = regions.in_sphere(gaussians, (0, 0, 4), 1.3)
    expected = [math.dist(m, (0, 0, 4)) <= 1.3 for m in means[3:].tolist()]
    assert ball[3:].tolist() == expected and 5 < sum(expected) < 190


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda s, c: regions.in_polygon(s, c, [(0, 0), (1, 1)]), "three"),
        (lambda s, c: regions.in_polygon(s, c, [(0, 0), (1, 1), (np.nan, 0)]), "finite"),
        (lambda s, c: regions.in_box(s, (0, 0), (1, 1, 1)), "three finite"),
        (lambda s, c: regions.in_box(s, (0, 0, 0), (1, 1, -1)), "half_sizes"),
        (lambda s, c: regions.in_sphere(s, (0, 0, 0), -1), "radius"),
        (lambda s, c: regions.in_photo(s, 2, STAR), "from 0 to 1"),
        (lambda s, c: regions.grow(s, np.ones(3, bool)), "shape"),
        (lambda s, c: regions.grow(s, np.ones(800, bool), -1), "steps"),
    ],
)
def test_bad_regions_are_refused(scene, camera, call, match) -> None:
    with pytest.raises(ValueError, match=match):
        call(scene, camera)


def test_what_is_nearer_than_is_drawn_is_in_no_region_of_the_picture(gaussians) -> None:
    means = gaussians.means.clone()
    means[:, :2], means[:, 2] = 0, 0.005
    means[0, 2] = 0.02
    near = replace(gaussians, means=means)
    inside = regions.in_rectangle(near, Camera.centred(100, 64, 64), (0, 0), (64, 64))
    assert inside.tolist() == [True] + [False] * 199
