"""The pythreejs point cloud: what is put into its buffers."""

import sys

import ipywidgets
import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets import attributes
from splat_widgets.attributes.colormaps import colours
from splat_widgets.inspector import points as module
from splat_widgets.inspector.point_set import frustum
from splat_widgets.inspector.points import points, thinned
from splat_widgets.scene.cameras import Camera
from splat_widgets.viewer import SplatViewer

three = pytest.importorskip("pythreejs")
pytestmark = pytest.mark.skipif(
    ipywidgets.__version__.startswith("7"), reason="pythreejs draws nothing with ipywidgets 7"
)


def parts(renderer) -> list:
    """Points and line segments of a renderer, in their order."""
    return [c for c in renderer.scene.children if isinstance(c, three.Points | three.LineSegments)]


def array(thing, name: str) -> np.ndarray:
    return thing.geometry.attributes[name].array


def test_points_carry_positions_and_the_colours_of_an_attribute(scene) -> None:
    renderer = points(scene, "confidence", max_points=300, offsets=True)
    assert isinstance(renderer, three.Renderer)
    cloud, cameras, arrows = parts(renderer)
    rows = thinned(np.arange(800), 300)
    np.testing.assert_array_equal(array(cloud, "position"), scene.gaussians.means[rows])
    values = attributes.values(scene, "confidence")
    low, high = attributes.limits(attributes.get("confidence"), values)
    np.testing.assert_array_equal(
        array(cloud, "color"), colours(values, "viridis", low, high)[rows]
    )
    assert array(cameras, "position").shape == (2 * 16, 3)
    ends = array(arrows, "position").reshape(-1, 2, 3)
    np.testing.assert_allclose(ends[:, 1] - ends[:, 0], scene.offsets[rows], atol=1e-6)


def test_own_colours_are_the_display_colours_of_degree_0(gaussians) -> None:
    (cloud,) = parts(points(gaussians))
    expected = np.clip(0.5 + 0.28209479177387814 * gaussians.sh[:, 0].numpy(), 0, 1)
    np.testing.assert_allclose(array(cloud, "color"), expected, atol=1e-6)


def test_files_and_scenes_with_holes(gaussians, tmp_path) -> None:
    path = sw.save(gaussians, tmp_path / "foreign.ply")
    (cloud,) = parts(points(path, "opacity"))
    assert array(cloud, "position").shape == (200, 3)
    gaussians.means[3] = torch.nan
    (cloud,) = parts(points(gaussians, "hue", colormap="gray", color_range=(0, 360)))
    assert array(cloud, "position").shape == (199, 3)
    assert np.isfinite(array(cloud, "position")).all()


def test_a_frustum_passes_through_the_corners_of_the_picture() -> None:
    T = torch.eye(4)
    T[:3, 3] = torch.tensor([1.0, 2, 3])
    camera = Camera(T, 10.0, (4.0, 3.0), 8, 6)
    lines = frustum(camera, 2.0)
    assert lines.shape == (8, 2, 3)
    np.testing.assert_allclose(lines[:4, 0], np.tile([1, 2, 3], (4, 1)))
    uv, depth = camera.project(torch.from_numpy(lines[:4, 1]).float())
    np.testing.assert_allclose(uv, [[0, 0], [8, 0], [8, 6], [0, 6]], atol=1e-5)
    np.testing.assert_allclose(depth, 2)
    np.testing.assert_allclose(lines[4:, 1], np.roll(lines[4:, 0], -1, axis=0))


def test_thinning_is_even_and_keeps_the_order() -> None:
    rows = np.arange(100, 110)
    assert thinned(rows, 4).tolist() == [100, 102, 105, 107]
    assert thinned(rows, 10) is rows


def test_where_pythreejs_cannot_draw_our_viewer_shows_the_same(scene, monkeypatch) -> None:
    known = sw.Scene.of(scene)
    monkeypatch.setattr(ipywidgets, "__version__", "7.7.1")
    with pytest.warns(UserWarning, match=r"needs ipywidgets 8, and this is 7\.7\.1"):
        shown = points(scene, "confidence", max_points=300, offsets=True)
    assert isinstance(shown, SplatViewer)
    assert shown.display == "points" and shown.show_cameras
    assert len(shown.scene.known_cameras) == 2
    rows = thinned(np.arange(800), 300)
    np.testing.assert_array_equal(shown.scene.means[:300], known.means[rows])
    values = attributes.values(scene, "confidence")
    low, high = attributes.limits(attributes.get("confidence"), values)
    rgb = 0.5 + 0.28209479177387814 * shown.scene.sh[:, 0].numpy()
    np.testing.assert_allclose(rgb[:300], colours(values, "viridis", low, high)[rows], atol=1e-6)
    # A row of dots from the point to the centre of each.
    dots = shown.scene.means[300:].reshape(300, -1, 3)
    np.testing.assert_allclose(dots[:, 0], known.points[rows], atol=1e-6)
    np.testing.assert_allclose(dots[:, -1], known.means[rows], atol=1e-6)
    np.testing.assert_allclose(
        np.diff(dots, axis=1), np.diff(dots, axis=1)[:, :1].repeat(dots.shape[1] - 1, 1), atol=1e-5
    )
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "pythreejs", None)
    with pytest.warns(UserWarning, match="cannot be imported"):
        assert isinstance(points(scene, cameras=False), SplatViewer)
    assert module.missing() is not None


def test_it_says_what_it_is_in_one_line_and_leaves_a_picture(scene) -> None:
    cloud = points(scene, max_points=300)
    data = cloud._repr_mimebundle_()
    assert data["text/plain"] == repr(cloud) == "PointCloud(300 of 800 points)"
    still = cloud._kept.bundle()
    assert still["image/jpeg"][:2] == b"\xff\xd8" and ":has(canvas)" in still["text/html"]


def test_bad_arguments_are_refused(scene, gaussians) -> None:
    with pytest.raises(AttributeError, match="`points`"):
        points(gaussians, offsets=True)
    with pytest.raises(TypeError, match="None"):
        points(None)
    with pytest.raises(ValueError, match="max_points"):
        points(scene, max_points=0)
    with pytest.raises(KeyError, match="did you mean"):
        points(scene, "opacty")
    with pytest.raises(ValueError, match="low < high"):
        points(scene, "opacity", color_range=(1, 0))
