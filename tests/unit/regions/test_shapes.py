"""Regions against slow twins: one Gaussian, one edge, one pair at a time."""

import math

import numpy as np
import pytest
import torch

from splat_widgets import attributes, regions
from splat_widgets.regions.visibility import transmittance
from splat_widgets.scene.cameras import Camera

STAR = [(2.0, 3.0), (17.0, 3.5), (5.0, 16.0), (9.5, 0.5), (14.0, 17.0)]  # crosses itself


@pytest.fixture
def camera() -> Camera:
    T = torch.eye(4)
    c, s = math.cos(0.3), math.sin(0.3)
    T[:3, :3] = torch.tensor([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    T[:3, 3] = torch.tensor([0.2, -0.1, 0.4])
    return Camera(T, 25.0, (9.0, 11.0), 20, 22)


def pixels(scene, camera: Camera) -> np.ndarray:
    """(N, 3) x, y, depth by homogeneous coordinates, float64."""
    means = scene.gaussians.means if hasattr(scene, "gaussians") else scene.means
    world = np.concatenate([means.double().numpy(), np.ones((len(means), 1))], 1)
    local = world @ np.linalg.inv(camera.T_world_camera.double().numpy()).T
    K = np.array([[camera.focal_px, 0, 9.0], [0, camera.focal_px, 11.0], [0, 0, 1]])
    projected = local[:, :3] @ K.T
    return np.concatenate([projected[:, :2] / projected[:, 2:], projected[:, 2:]], 1)


def crossings(x: float, y: float, polygon) -> int:
    """Edges that a ray from a point to the right meets."""
    count = 0
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if min(y1, y2) <= y < max(y1, y2):
            count += x1 + (y - y1) / (y2 - y1) * (x2 - x1) > x
    return count


def test_rectangle_and_polygon_on_the_picture(gaussians, camera) -> None:
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


def test_a_point_enclosed_twice_is_outside() -> None:
    inside = regions.inside_polygon(np.array([9.0, 9.6]), np.array([7.0, 2.0]), STAR)
    assert inside.tolist() == [False, True]


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


def test_ranges_compare_in_float32_and_leave_out_nan(scene) -> None:
    values = attributes.values(scene, "confidence")
    exact = float(values[17])
    assert regions.in_range(scene, "confidence", exact, exact)[17]
    above = regions.in_range(scene, "confidence", exact + 1e-12, None)
    assert above[17], "a bound that no float32 tells apart is the same bound"
    nan = attributes.register("gaps", np.where(values > 3, np.nan, values), scene=scene)
    inside = regions.in_range(scene, nan.name)
    assert np.array_equal(inside, values <= 3)


def test_polygon_in_the_plane_of_two_attributes(scene) -> None:
    a, b = (attributes.values(scene, name).astype(float) for name in ("opacity", "confidence"))
    square = [(0.2, 2), (0.8, 2), (0.8, 3), (0.2, 3)]
    plain = regions.in_density(scene, ("opacity", "confidence"), square)
    assert np.array_equal(plain, (a > 0.2) & (a < 0.8) & (b > 2) & (b < 3))
    triangle = [(0.01, 2), (1, 2), (1, 3.5)]
    curved = regions.in_density(scene, ("opacity", "confidence"), triangle, log=(True, False))
    # On a logarithmic axis the long side is a straight line in log10 a.
    below = b < 2 + 1.5 * (np.log10(a) + 2) / 2
    assert np.array_equal(curved, (a > 0.01) & (a < 1) & (b > 2) & below)
    assert not np.array_equal(
        curved, regions.in_density(scene, ("opacity", "confidence"), triangle)
    )


def test_polygon_on_a_photo_takes_pixel_centres_of_that_photo(scene, side) -> None:
    part = scene.select(torch.randperm(800)[:600])
    mask = regions.in_photo(part, 1, [(2, 3), (6, 3), (6, 8.5), (2, 8.5)])
    # Centres at 2.5 ... 5.5 and 3.5 ... 7.5; that at 8.5 lies on the border, which counts once.
    expected = (part.view == 1) & (part.col >= 2) & (part.col < 6) & (part.row >= 3)
    expected &= part.row <= 7
    assert np.array_equal(mask, expected.numpy()) and mask.any()


def test_growing_follows_the_pixel_grid_within_a_photo(scene, side) -> None:
    mask = np.zeros(800, bool)
    start = side * side + 5 * side + 0  # second photo, row 5, column 0
    mask[start] = True
    grown = np.flatnonzero(regions.grow(scene, mask)) - side * side
    assert grown.tolist() == [4 * side, 5 * side, 5 * side + 1, 6 * side]
    twice = regions.grow(scene, mask, 2)
    rows, cols = scene.row.numpy(), scene.col.numpy()
    near = (scene.view.numpy() == 1) & (abs(rows - 5) + cols <= 2)
    assert np.array_equal(twice, near)
    assert np.array_equal(regions.grow(scene, mask, 0), mask)
    gap = scene.select(np.arange(800) != start + 1)  # a pixel without a Gaussian stops it
    grown = regions.grow(gap, np.delete(mask, start + 1), 2)
    assert not grown[np.flatnonzero((gap.view == 1) & (gap.row == 5) & (gap.col == 2))].any()


def test_transmittance_against_one_pair_at_a_time(gaussians, camera) -> None:
    gaussians.scales.mul_(0.2)
    x, y, depth = pixels(gaussians, camera).T
    inside = (x >= 0) & (x < 20) & (y >= 0) & (y < 22) & (depth > 0.01)
    W = np.linalg.inv(camera.T_world_camera.double().numpy())[:3, :3]
    local = (gaussians.means.double().numpy() @ W.T) + np.linalg.inv(
        camera.T_world_camera.double().numpy()
    )[:3, 3]
    conics = []
    for index in range(200):
        u, v, z = local[index]
        tan_x = np.clip(u / z, (-9 - 3) / 25, (20 - 9 + 3) / 25)
        tan_y = np.clip(v / z, (-11 - 3.3) / 25, (22 - 11 + 3.3) / 25)
        J = np.array([[25 / z, 0, -25 * tan_x / z], [0, 25 / z, -25 * tan_y / z]])
        cov = J @ W @ gaussians.covariances[index].double().numpy() @ W.T @ J.T
        conics.append(np.linalg.inv(cov + 0.3 * np.eye(2)))
    expected = np.full(200, np.nan)
    for i in np.flatnonzero(inside):
        through = 1.0
        for j in range(200):
            if 0.01 < depth[j] < 0.98 * depth[i]:
                d = np.array([x[i] - x[j], y[i] - y[j]])
                alpha = float(gaussians.opacities[j]) * math.exp(-d @ conics[j] @ d / 2)
                through *= 1 - min(alpha, 0.99) if alpha >= 1 / 255 else 1.0
        expected[i] = through
    found = transmittance(gaussians, camera)
    np.testing.assert_allclose(found, expected, atol=2e-4)  # the projection is float32
    clear = np.abs(np.nan_to_num(expected, nan=0) - 0.5) > 1e-3
    visible = regions.visible(gaussians, camera)
    assert np.array_equal(visible[clear], (expected >= 0.5)[clear])
    assert 3 < visible.sum() < inside.sum()


def test_a_wall_hides_what_is_behind_it_unless_it_is_not_shown(gaussians, camera) -> None:
    front = Camera.centred(25.0, 20, 22)
    gaussians.scales.mul_(0.2)
    gaussians.means[0] = torch.tensor([0.0, 0, 1])
    gaussians.scales[0] = 5.0
    gaussians.opacities[0] = 1.0
    seen = np.flatnonzero(regions.visible(gaussians, front))
    assert 0 in seen and (gaussians.means[seen, 2] <= 1).all()
    among = np.arange(200) != 0
    seen = regions.visible(gaussians, front, among=among)
    assert seen.sum() > 5 and not seen[0]


def test_floaters_along_the_grid_and_in_space(scene, gaussians) -> None:
    stretch = attributes.values(scene, "grid_stretch")
    assert np.array_equal(regions.floaters(scene, 2), stretch > 2)
    gaussians.means[9] = torch.tensor([60.0, 0, 0])
    assert np.flatnonzero(regions.floaters(gaussians, 20)).tolist() == [9]


def test_shown_is_what_passes_everything(scene) -> None:
    scene.gaussians.sh[11, 0, 0] = torch.nan
    among = np.arange(800) % 2 == 1
    mask = regions.shown(scene, {"opacity": (0.2, None)}, "second", among)
    opacity = scene.gaussians.opacities.numpy()
    expected = (opacity >= np.float32(0.2)) & (scene.view.numpy() == 1) & among
    assert np.array_equal(mask, expected)
    assert not regions.shown(scene)[11] and regions.shown(scene).sum() == 799


def test_gaussians_as_drawn(scene) -> None:
    drawn = regions.drawn(scene, ["no_offset", "isotropic", "opaque"], 0.5, 2.0)
    torch.testing.assert_close(drawn.means, scene.points)
    volume = scene.gaussians.scales.prod(-1)
    torch.testing.assert_close(drawn.scales.prod(-1), 8 * volume)
    assert (drawn.scales == drawn.scales[:, :1]).all()
    assert (drawn.opacities == 0.5).all()
    coloured = regions.drawn(scene, ["photo_colour"], 3.0)
    assert (coloured.opacities <= 1).all() and torch.equal(coloured.means, scene.gaussians.means)
    grey = attributes.values(scene, "residual")
    same = attributes.values(type(scene)(**{**scene.__dict__, "gaussians": coloured}), "residual")
    assert same.max() == 0 and grey.max() > 0


def test_masks_as_text(gaussians) -> None:
    assert np.flatnonzero(regions.at(gaussians, [3, -1])).tolist() == [3, 199]


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


def test_what_needs_photos_says_so(gaussians) -> None:
    for call in (
        lambda: regions.in_photo(gaussians, 0, STAR),
        lambda: regions.grow(gaussians, np.zeros(200, bool)),
    ):
        with pytest.raises(TypeError, match="needs a Reconstruction"):
            call()
