"""Cameras that a user gives: matched to the photos, or refused with a sentence."""

import dataclasses
import json
import math

import numpy as np
import pytest
import torch

from splat_widgets.photos.photo import load_photos
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.given import given_cameras
from tests.builders import photo as picture


def arrays(count=2):
    return load_photos([picture(k) for k in range(count)], image_size=32)  # 90 x 60


def files(folder, names):
    """Photos of these file names."""
    from PIL import Image

    for number, name in enumerate(names):
        Image.fromarray(picture(number)).save(folder / name)
    return load_photos([folder / name for name in names], image_size=32)


def record(x=0.0, **changes):
    pose = torch.eye(4, dtype=torch.float64)
    pose[0, 3] = x
    return dataclasses.replace(Camera.centred(80, 90, 60, pose), **changes)


def colmap(folder, names, model="SIMPLE_PINHOLE 90 60 80 45 30"):
    (folder / "cameras.txt").write_text(f"1 {model}\n")
    rows = [f"{k} 1 0 0 0 {-k} 0 0 1 {name}\n\n" for k, name in enumerate(names)]
    (folder / "images.txt").write_text("".join(rows))
    return folder


def places(cameras):
    return [float(camera.center_world[0]) for camera in cameras]


def test_records_are_taken_in_order():
    cameras = given_cameras([record(3), record(5)], arrays())
    assert places(cameras) == [3, 5]
    assert cameras[0].focal_px == 80 and cameras[0].principal_point_px == (45, 30)


def test_a_model_is_matched_by_file_name_whatever_the_order(tmp_path):
    photos = files(tmp_path, ["b.png", "a.png"])
    source = colmap(tmp_path, ["deep/a.png", "b.png", "unused.png"])
    assert places(given_cameras(source, photos)) == [1, 0]
    source = colmap(tmp_path, ["a.jpg", "b.jpg"])  # the same photos in another format
    assert places(given_cameras(source, photos)) == [1, 0]


def test_photos_without_a_file_are_matched_by_order(tmp_path):
    assert places(given_cameras(colmap(tmp_path, ["a.png", "b.png"]), arrays())) == [0, 1]
    with pytest.raises(ValueError, match="for each of the 3 photos, got 2"):
        given_cameras(tmp_path, arrays(3))


def test_transforms(tmp_path):
    photos = files(tmp_path, ["b.png", "a.png"])
    frames = []
    for place, name in enumerate(["a", "b"]):
        pose = np.diag([1.0, -1, -1, 1])
        pose[0, 3] = place
        frames.append({"file_path": f"images/{name}.png", "transform_matrix": pose.tolist()})
    table = {"camera_angle_x": 2 * math.atan(0.5), "w": 90, "h": 60, "frames": frames}
    (tmp_path / "transforms.json").write_text(json.dumps(table))
    for source in (tmp_path, str(tmp_path / "transforms.json")):
        cameras = given_cameras(source, photos)
        assert places(cameras) == [1, 0]
        assert cameras[0].focal_px == pytest.approx(90)
        torch.testing.assert_close(cameras[1].T_world_camera, torch.eye(4).double())


def test_a_photo_without_camera_is_named(tmp_path):
    photos = files(tmp_path, ["a.png", "c.png"])
    with pytest.raises(ValueError, match=r"one camera for c\.png, found 0 among the 2.*a\.png"):
        given_cameras(colmap(tmp_path, ["a.png", "b.png"]), photos)
    with pytest.raises(ValueError, match=r"one camera for a\.png, found 2"):
        given_cameras(colmap(tmp_path, ["left/a.png", "right/a.png", "c.png"]), photos)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("SIMPLE_RADIAL 90 60 80 45 30 0.05", "lens bends the corners by 2.1 %"),
        ("PINHOLE 90 60 80 90 45 30", "square pixels"),
        ("SIMPLE_PINHOLE 60 90 80 30 45", r"60x90 px, but .* has 90x60 px when upright"),
    ],
)
def test_cameras_that_cannot_be_used(tmp_path, model, message):
    with pytest.raises(ValueError, match=message):
        given_cameras(colmap(tmp_path, ["a.png", "b.png"], model), arrays())


def test_a_lens_that_bends_nothing_is_a_pinhole(tmp_path):
    source = colmap(tmp_path, ["a.png", "b.png"], "SIMPLE_RADIAL 90 60 80 45 30 0.0")
    assert given_cameras(source, arrays())[0].focal_px == 80


def test_records_that_cannot_be_used():
    bent = torch.eye(4)
    bent[0, 0] = 1.1
    unknown = torch.full((4, 4), math.nan)
    mirrored = torch.diag(torch.tensor([-1.0, 1, 1, 1]))
    for pose, message in (
        (bent, "expected a rotation"),
        (unknown, "finite"),
        (mirrored, "right-handed"),
    ):
        with pytest.raises(ValueError, match=f"camera 2: T_world_camera: .*{message}"):
            given_cameras([record(), record(T_world_camera=pose)], arrays())
    with pytest.raises(ValueError, match="principal point"):
        given_cameras([record(principal_point_px=(math.nan, 3.0)), record()], arrays())
    with pytest.raises(ValueError, match="each of the 2 photos, got 1"):
        given_cameras([record()], arrays())
    with pytest.raises(TypeError, match=r"list of `sw\.Camera`, got Camera"):
        given_cameras(record(), arrays())
    with pytest.raises(TypeError, match="got int as camera 1"):
        given_cameras([3, record()], arrays())


def test_no_source(tmp_path):
    with pytest.raises(ValueError, match="found neither"):
        given_cameras(tmp_path / "gone", arrays())


def test_cameras_far_from_the_origin_are_refused():
    """float32 Gaussians at map coordinates would fall on a grid of half a metre."""
    T = torch.eye(4, dtype=torch.float64)
    T[:3, 3] = torch.tensor([4.5e5, 5.4e6, 300.0])
    other = T.clone()
    other[0, 3] += 0.4
    photos = load_photos([np.zeros((100, 150, 3), np.uint8)] * 2, image_size=32)
    cameras = [Camera.centred(100.0, 150, 100, pose) for pose in (T, other)]
    with pytest.raises(ValueError, match=r"near the origin .* subtract"):
        given_cameras(cameras, photos)


@pytest.mark.parametrize("focal_px", [15.0, 700.0])
def test_a_focal_length_that_no_lens_has_is_refused(focal_px):
    cameras = [record(), record(1, focal_px=focal_px)]
    with pytest.raises(
        ValueError, match=f"camera 2: expected a focal length of 18 to 600 px.*{focal_px:.0f}"
    ):
        given_cameras(cameras, arrays())
