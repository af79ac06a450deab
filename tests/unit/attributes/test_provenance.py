"""What a reconstruction knows, pixel by pixel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from splat_widgets.attributes import AttributeLookupError, available, images, values
from splat_widgets.geometry.harmonics import dc_to_rgb, rgb_to_dc


def test_confidence_and_pixels_are_as_predicted(scene):
    for i in (0, 7, 399, 400, 777):
        number, row, col = (int(values(scene, name)[i]) for name in ("view", "row", "col"))
        assert values(scene, "confidence")[i] == scene.maps[number].confidence[row, col]
        assert number * 400 + row * 20 + col == i


def test_offsets_are_length_and_direction(scene):
    offsets = scene.gaussians.means.numpy().astype(np.float64) - scene.points.numpy()
    length = np.linalg.norm(offsets, axis=1)
    np.testing.assert_allclose(values(scene, "offset_length"), length, atol=1e-6)
    for axis, name in enumerate("xyz"):
        direction = values(scene, f"offset_{name}") * values(scene, "offset_length")
        np.testing.assert_allclose(direction, offsets[:, axis], atol=1e-6)


def test_no_offset_has_no_direction(make_scene):
    scene = make_scene()
    scene = replace(scene, offsets=torch.zeros_like(scene.offsets))
    assert np.isnan(values(scene, "offset_x")).all()
    assert (values(scene, "offset_length") == 0).all()


def test_residual_is_predicted_minus_photographed(scene):
    expected = []
    for i in range(len(scene)):
        photo = scene.photos[scene.view[i]].pixels[scene.row[i], scene.col[i]] / 255
        expected.append(dc_to_rgb(scene.gaussians.sh[i, 0].double()).numpy() - photo)
    expected = np.array(expected)
    for channel, name in enumerate(("red", "green", "blue")):
        np.testing.assert_allclose(
            values(scene, f"residual_{name}"), expected[:, channel], atol=1e-6
        )
    length = np.linalg.norm(expected, axis=1)
    np.testing.assert_allclose(values(scene, "residual"), length, atol=1e-6)


def test_an_unchanged_colour_has_no_residual_at_all(scene):
    photo = np.concatenate([view.pixels.reshape(-1, 3) for view in scene.photos]) / 255
    sh = rgb_to_dc(torch.from_numpy(photo).float())[:, None]
    scene = replace(scene, gaussians=replace(scene.gaussians, sh=sh))
    assert (values(scene, "residual") == 0).all()


def test_own_depth_is_that_of_the_camera_that_saw_it(scene):
    for number, camera in enumerate(scene.cameras):
        here = scene.view == number
        _, depth = camera.project(scene.gaussians.means[here])
        np.testing.assert_allclose(values(scene, "own_depth")[here.numpy()], depth, rtol=1e-5)
        assert (depth > 1).all()
    assert not np.allclose(values(scene, "own_depth")[400:], values(scene, "depth")[400:])


def test_footprint_is_how_far_the_largest_scale_reaches_in_the_photo(scene):
    for i in (3, 250, 420, 799):
        camera = scene.cameras[scene.view[i]]
        center = scene.gaussians.means[i].double()
        across = camera.T_world_camera[:3, 0].double()  # parallel to the image plane
        reached = center + across * scene.gaussians.scales[i].max()
        uv, _ = camera.project(torch.stack([center, reached]))
        apart = (uv[1] - uv[0]).norm().item()
        assert values(scene, "footprint")[i] == pytest.approx(apart, rel=1e-4)


def test_footprint_of_gaussians_alone_needs_a_camera(scene):
    camera = scene.cameras[1]
    found = values(scene.gaussians, "footprint", camera=camera)
    np.testing.assert_allclose(found[400:], values(scene, "footprint")[400:], rtol=1e-5)
    assert "footprint" not in {a.name for a in available(scene.gaussians)}
    assert "footprint" in {a.name for a in available(scene.gaussians, camera=camera)}
    with pytest.raises(AttributeLookupError, match=r"'footprint' needs a camera: pass `camera=`"):
        values(scene.gaussians, "footprint")


def test_an_unknown_camera_leaves_nan_and_none_at_all_is_said(scene):
    second = replace(scene, cameras=(scene.cameras[0], None))
    assert np.isfinite(values(second, "footprint")[:400]).all()
    assert np.isnan(values(second, "footprint")[400:]).all()
    assert np.isnan(values(second, "own_depth")[400:]).all()
    assert np.isfinite(values(second, "normal_x")).all()
    neither = replace(scene, cameras=(None, None))
    with pytest.raises(AttributeLookupError, match="none could be estimated"):
        values(neither, "footprint")


def test_behind_the_camera_there_is_no_footprint(scene):
    behind = replace(scene.gaussians, means=-scene.gaussians.means)
    assert np.isnan(values(behind, "footprint", camera=scene.cameras[0])[:400]).all()


@pytest.mark.parametrize("pick", ["mask", "indices"])
def test_every_attribute_stays_aligned_after_select(scene, pick):
    index = np.random.default_rng(3).permutation(len(scene))[:150]
    which = index if pick == "indices" else np.isin(np.arange(len(scene)), index)
    kept = scene.select(which)
    for attribute in available(scene):
        np.testing.assert_allclose(
            values(kept, attribute.name),
            values(scene, attribute.name)[which],
            rtol=1e-6,
            err_msg=attribute.name,
        )


def test_images_put_values_where_their_pixels_are(scene):
    kept = scene.select(scene.row > 4)
    first, second = images(kept, "confidence")
    assert np.isnan(first[:5]).all()
    np.testing.assert_array_equal(first[5:], scene.maps[0].confidence[5:].numpy())
    np.testing.assert_array_equal(second[5:], scene.maps[1].confidence[5:].numpy())
    with pytest.raises(AttributeError, match="Gaussians alone"):
        images(scene.gaussians, "opacity")
