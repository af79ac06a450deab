"""Pixels that two scenes share, against a search through all of them."""

from dataclasses import replace

import builders
import numpy as np
import torch

from splat_widgets.comparison.pixels import match, shared_views
from splat_widgets.photos.photo import load_photos
from splat_widgets.scene.reconstruction import Reconstruction
from splat_widgets.scene.scene import Scene


def scene_of(photos: list[np.ndarray], side: int) -> Scene:
    """A scene of grids of `side` pixels on these photos."""
    one = Scene.of(builders.make_scene())
    maps = [
        replace(
            one.maps[0],
            **{
                name: getattr(one.maps[0], name).flatten(0, 1)[:1].expand(side, side, *more)
                for name, more in (("points", (3,)), ("offsets", (3,)), ("scales", (3,)))
            },
            quaternions=torch.tensor([1.0, 0, 0, 0]).expand(side, side, 4),
            opacities=torch.ones(side, side),
            confidence=torch.ones(side, side),
            sh=torch.zeros(side, side, 1, 3),
        )
        for _ in photos
    ]
    known = dict(
        photos=load_photos(photos, image_size=side),
        cameras=one.cameras[: len(photos)],
        pose_inlier_ratios=(None,) * len(photos),
        timings=one.timings,
    )
    return Scene.of(Reconstruction.of_maps(maps, **known))


def place(scene: Scene, row: int) -> tuple[str, float, float]:
    """Photo and place in it of a Gaussian."""
    pixel = scene.source_pixel(row)
    return str(scene.photos[pixel.view].pixels.mean()), pixel.x, pixel.y


A, B = builders.photo(0), builders.photo(1, 60, 90)


def test_one_grid_agrees_row_by_row_and_another_order_by_photo():
    ab, ba = scene_of([A, B], 16), scene_of([B, A], 16)
    assert match(ab, scene_of([A, B], 16)).is_row_by_row
    found = match(ab, ba)
    assert found.views == (1, 0) and found.num_matched == 512 and not found.is_row_by_row
    for row in (0, 100, 300, 511):
        assert place(ab, int(found.rows[row])) == place(ba, row)
    assert np.array_equal(found.rows[found.back], np.arange(512))
    turned = match(ba, ab)
    assert np.array_equal(found.turned.rows, turned.rows) and found.turned.views == turned.views


def test_a_finer_grid_agrees_with_the_pixel_around_it():
    coarse, fine = scene_of([A], 16), scene_of([A], 48)
    found = match(coarse, fine)
    assert found.num_matched == 48 * 48
    x, y = (np.array([place(coarse, row)[axis] for row in range(256)]) for axis in (1, 2))
    for row in range(0, 48 * 48, 97):
        _, at_x, at_y = place(fine, row)
        nearest = int(np.argmin((x - at_x) ** 2 + (y - at_y) ** 2))
        assert found.rows[row] == nearest
    # One coarse pixel is nine fine ones, and they are it.
    mask = np.arange(256) == 40
    finer = found.carried(mask)
    assert finer.sum() == 9
    assert np.array_equal(match(fine, coarse).carried(finer), mask)


def test_a_photo_that_stands_twice_takes_two_where_there_are_two():
    a_twice = scene_of([A, A], 16)
    assert shared_views(scene_of([A, B], 16), a_twice) == (0, 0)
    assert shared_views(a_twice, scene_of([A, A], 16)) == (0, 1)
    assert shared_views(a_twice, scene_of([B, A], 16)) == (None, 0)


def test_what_shares_no_pixel_says_why():
    ab = scene_of([A, B], 16)
    alone = Scene.of(ab.gaussians)
    for first, second, words in (
        (ab, alone, "one of the scenes lacks photos"),
        (alone, ab, "one of the scenes lacks photos"),
        (alone, alone, "neither scene has photos"),
        (ab, scene_of([builders.photo(7)], 16), "share no photo"),
    ):
        found = match(first, second)
        assert words in found.problem and found.num_matched == 0
        assert not found.carried(np.ones(len(first), bool)).any()


def test_gaussians_that_were_left_out_match_nothing():
    ab = scene_of([A, B], 16)
    part = ab[np.arange(512) % 3 != 0]
    found = match(part, ab)
    assert found.num_matched == len(part) and (found.rows[::3] == -1).all()
    assert np.array_equal(np.flatnonzero(found.carried(np.ones(len(part), bool))), found.back)
