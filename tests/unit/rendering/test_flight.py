"""Flights past saved cameras: where the path goes, what is written, and what is refused."""

import builders
import cv2
import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets.rendering import through
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.scene import Scene


def camera(x: float, turn: float, focal_px: float = 40.0) -> Camera:
    T = torch.eye(4, dtype=torch.float64)
    T[:3, :3] = torch.from_numpy(cv2.Rodrigues(np.array([0.0, turn, 0.0]))[0])
    T[0, 3] = x
    return Camera.centred(focal_px, 32, 24, T)


def test_a_path_passes_its_cameras_smoothly_and_evenly() -> None:
    stops = [camera(0, 0), camera(1, 0.5), camera(3, 1.5, 60.0)]
    path = through(stops, 301)
    x = np.array([float(one.center_world[0]) for one in path])
    turn = np.array([cv2.Rodrigues(one.T_world_camera[:3, :3].numpy())[0][1, 0] for one in path])
    assert x[0] == 0 and x[-1] == pytest.approx(3) and path[-1].focal_px == pytest.approx(60)
    np.testing.assert_allclose(turn, 0.5 * x, atol=0.02)  # in step on the way too
    nearest = np.abs(x - 1).argmin()
    assert nearest == pytest.approx(100, abs=2) and abs(turn[nearest] - 0.5) < 0.01
    speed = np.diff(x)
    assert speed.min() > 0 and speed.max() < 1.3 * speed.mean()
    assert np.abs(np.diff(speed)).max() < 0.02 * speed.mean() + 1e-9, "no jerk at the camera"


def test_halfway_of_two_cameras_is_halfway() -> None:
    middle = through([camera(0, 0), camera(2, 1.0)], 3)[1]
    assert float(middle.center_world[0]) == pytest.approx(1)
    expected = cv2.Rodrigues(np.array([0.0, 0.5, 0.0]))[0]
    np.testing.assert_allclose(middle.T_world_camera[:3, :3], expected, atol=1e-9)


def test_the_same_camera_twice_rests() -> None:
    path = through([camera(0, 0), camera(0, 0), camera(1, 0)], 50)
    assert all(torch.isfinite(one.T_world_camera).all() for one in path)


@pytest.mark.parametrize("name", ["a.mp4", "a.gif"])
def test_a_flight_past_views_is_a_video(tmp_path, name) -> None:
    scene = Scene.of(builders.make_scene())
    viewer = sw.view(scene)
    viewer.saved_cameras = [scene.cameras[0], {**viewer.camera, "position": (0.2, 0, -0.5)}]
    reports: list[tuple[int, int]] = []
    path = viewer.film(
        tmp_path / name, seconds=0.5, fps=10, size=33, progress=lambda *done: reports.append(done)
    )
    video = cv2.VideoCapture(str(path))
    sides = [video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT)]
    assert sides == [32, 24] and reports[-1] == (5, 5)
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 5
    video.release()


def test_cancelling_leaves_no_file(tmp_path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    scene = Scene.of(builders.make_scene())
    with pytest.raises(KeyboardInterrupt):
        scene.film(tmp_path / "a.gif", seconds=1, size=16, progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("cameras", "options", "told"),
    [
        ([], {}, "at least two cameras.*bookmark"),
        ([camera(0, 0)], {}, "got 1"),
        (None, {"seconds": 0}, "above 0"),
        (None, {"seconds": float("nan")}, "above 0"),
        (None, {"seconds": 1e9}, "at most 36,000 frames"),
        (None, {"size": 0}, "whole pixels above 0"),
        ([camera(0, 0), {"position": (0, 0, 0)}], {}, "expected a camera with"),
    ],
)
def test_flights_that_cannot_be_are_refused(tmp_path, cameras, options, told) -> None:
    scene = Scene.of(builders.make_scene())
    with pytest.raises(ValueError, match=told):
        scene.film(tmp_path / "a.gif", cameras, progress=False, **options)
    with pytest.raises(TypeError, match=r"such as `viewer\.camera`"):
        scene.film(tmp_path / "a.gif", [1, 2], progress=False)


def test_saved_cameras_survive_in_a_scene_file_and_move_with_the_scene(tmp_path) -> None:
    inspector = sw.inspect(builders.make_scene())
    inspector.saved_cameras = [inspector.camera, {**inspector.camera, "position": (0.5, 0, 0)}]
    inspector.move((1, 2, 3))
    assert inspector.saved_cameras[1]["position"] == (1.5, 2, 3)
    again = sw.inspect(sw.load(sw.save(inspector, tmp_path / "a.splatscene")))
    assert again.saved_cameras == inspector.saved_cameras
    assert "saved_cameras=" in str(again.script)
    again.scene = builders.make_scene(seed=1)
    assert again.saved_cameras == []
