"""Reading `transforms.json`, and the errors that name file and key."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from splat_widgets.scene.transforms import TransformsError, read_transforms

EYE = np.eye(4).tolist()


def scene(folder, frame=None, **table):
    """A folder with one black photo of 40 x 30 and its depth, and this table."""
    (folder / "images").mkdir(exist_ok=True)
    Image.new("RGB", (40, 30)).save(folder / "images/a.png")
    Image.fromarray(np.full((30, 40), 2000, np.uint16)).save(folder / "images/depth.png")
    whole = {"file_path": "images/a.png", "transform_matrix": EYE} | (frame or {})
    table = {"fl_x": 30.0, "frames": [whole]} | table
    (folder / "transforms.json").write_text(json.dumps(table))
    return folder


def test_the_camera_of_the_table(tmp_path):
    table = {"fl_x": 31.0, "fl_y": 29.0, "cx": 21, "cy": 14.5, "w": 40, "h": 30, "k1": -0.1}
    (frame,) = read_transforms(scene(tmp_path, **table, camera_model="OPENCV"))
    inner = frame.intrinsics
    assert inner.focal_px == (31, 29) and inner.principal_point_px == (21, 14.5)
    assert (inner.width, inner.height) == (40, 30)
    assert inner.distortion == (-0.1, 0, 0, 0, 0)
    assert frame.depth is None and frame.mask is None


def test_defaults_come_from_the_photo_and_a_frame_overrides_the_table(tmp_path):
    keys = {"camera_angle_x": 2 * math.atan(0.5), "depth_file_path": "images/depth.png"}
    (frame,) = read_transforms(scene(tmp_path, keys, fl_y=50))
    assert frame.intrinsics.focal_px == (30, 50)  # a focal length in pixels counts first
    assert frame.intrinsics.principal_point_px == (20, 15)
    assert frame.depth_unit_metres == 1e-3
    table = json.loads((tmp_path / "transforms.json").read_text())
    del table["fl_x"], table["fl_y"]
    (tmp_path / "transforms.json").write_text(json.dumps(table))
    (frame,) = read_transforms(tmp_path / "transforms.json")
    assert frame.intrinsics.focal_px == pytest.approx((40, 40))


def test_a_pose_is_turned_from_opengl_to_opencv_and_scaled_to_metres(tmp_path):
    # OpenGL's camera looks along its -z. Columns: right, up, back, place.
    right, up, back, place = (0, 1, 0), (0, 0, 1), (1, 0, 0), (6, 4, 2)
    matrix = np.eye(4)
    matrix[:3] = np.column_stack([right, up, back, place])
    keys = {"transform_matrix": matrix[:3].tolist()}  # without the last row, as some files
    (frame,) = read_transforms(scene(tmp_path, keys, applied_scale=2.0))
    T = frame.T_world_camera
    np.testing.assert_allclose(T @ [0, 0, 1, 0], [-1, 0, 0, 0], atol=1e-12)  # forward
    np.testing.assert_allclose(T @ [0, 1, 0, 0], [0, 0, -1, 0], atol=1e-12)  # down
    np.testing.assert_allclose(T @ [0, 0, 0, 1], [3, 2, 1, 1], atol=1e-12)


def test_few_digits_of_a_rotation_are_made_exact(tmp_path):
    matrix = np.eye(4)
    matrix[:2, :2] = [[0.866, -0.5], [0.5, 0.866]]
    (frame,) = read_transforms(scene(tmp_path, {"transform_matrix": matrix.tolist()}))
    R = frame.T_world_camera[:3, :3]
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-12)


def bad(value, row=0, column=0):
    matrix = np.eye(4)
    matrix[row, column] = value
    return {"transform_matrix": matrix.tolist()}


@pytest.mark.parametrize(
    ("frame", "table", "message"),
    [
        ({}, {"frames": []}, "list of 'frames', got \\[\\]"),
        ({}, {"frames": ["a.png"]}, "frame 0: expected an object, got 'a.png'"),
        ({"file_path": None}, {}, "expected a 'file_path', got the keys"),
        ({"file_path": "images/b.jpg"}, {}, "'file_path' names images/b.jpg, but there is no file"),
        ({"depth_file_path": "d.png"}, {}, "a.png.*'depth_file_path' names d.png, but there is no"),
        ({"mask_path": 3}, {}, "expected a path as 'mask_path', got 3"),
        ({}, {"fl_x": "wide"}, "finite number as 'fl_x', got 'wide'"),
        ({}, {"fl_x": float("nan")}, "finite number as 'fl_x', got nan"),
        ({}, {"fl_x": -3}, "focal lengths above 0"),
        ({}, {"cx": 41}, "'cx' and 'cy' inside 40 x 30"),
        ({}, {"w": 40.5, "h": 30}, "whole pixels, got"),
        ({}, {"applied_scale": 0}, "'applied_scale' above 0"),
        ({}, {"depth_unit_scale_factor": 0}, "'depth_unit_scale_factor' above 0"),
        ({}, {"camera_model": "OPENCV_FISHEYE"}, "'OPENCV_FISHEYE'; expected one of PINHOLE"),
        ({}, {"k4": 0.1}, "with 'is_fisheye' or 'k4'.*Undistort"),
        ({"transform_matrix": "I"}, {}, "is not a matrix of numbers"),
        ({"transform_matrix": [1, 2]}, {}, "4 x 4 numbers, got shape \\(2,\\)"),
        (bad(float("nan"), 1, 3), {}, "a.png.*'transform_matrix': expected finite numbers"),
        (bad(1.0, 3, 2), {}, "last row 0 0 0 1"),
        (bad(2.0), {}, "expected a rotation.*stretched by \\[2.0, 1.0, 1.0\\]"),
        (bad(-1.0), {}, "expected a rotation.*determinant -1"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, frame, table, message):
    with pytest.raises(TransformsError, match=message) as error:
        read_transforms(scene(tmp_path, frame, **table))
    assert str(tmp_path / "transforms.json") in str(error.value)


def test_wrong_keys_are_answered_with_the_keys_that_are_there(tmp_path):
    table = {"frames": [{"file_path": "images/a.png", "transform": EYE}], "focal": 3}
    scene(tmp_path)
    (tmp_path / "transforms.json").write_text(json.dumps(table))
    with pytest.raises(TransformsError, match=r"focal length.*'focal'"):
        read_transforms(tmp_path)
    (tmp_path / "transforms.json").write_text(json.dumps(table | {"fl_x": 30}))
    with pytest.raises(TransformsError, match=r"'transform_matrix', got the keys \[.*'transform'"):
        read_transforms(tmp_path)


def test_no_list_and_no_json(tmp_path):
    with pytest.raises(TransformsError, match=r"no transforms\.json at"):
        read_transforms(tmp_path)
    (tmp_path / "transforms.json").write_text('{"frames": [')
    with pytest.raises(TransformsError, match="cannot be read as JSON"):
        read_transforms(tmp_path)


def test_blender_leaves_the_suffix_out(tmp_path):
    (frame,) = read_transforms(scene(tmp_path, {"file_path": "./images/a"}))
    assert frame.image.name == "a.png"


def test_the_example_of_the_readme_is_one(tmp_path):
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    (example,) = re.findall(r"```json\n(.*?)```", readme, flags=re.S)
    (frame,) = json.loads(example)["frames"]
    for name in (frame["file_path"], frame["depth_file_path"]):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    (tmp_path / "transforms.json").write_text(example)
    (read,) = read_transforms(tmp_path)
    assert read.intrinsics.focal_px == (1052.1, 1051.8) and read.depth_unit_metres == 1e-3


def test_cameras_are_read_without_their_photos(tmp_path):
    table = {"fl_x": 30.0, "frames": [{"file_path": "gone/a.jpg", "transform_matrix": EYE}]}
    (tmp_path / "transforms.json").write_text(json.dumps(table | {"w": 40, "h": 30}))
    (frame,) = read_transforms(tmp_path, cameras_only=True)
    assert frame.image.name == "a.jpg" and frame.intrinsics.focal_px == (30, 30)
    with pytest.raises(TransformsError, match="there is no file"):
        read_transforms(tmp_path)
    (tmp_path / "transforms.json").write_text(json.dumps(table))
    with pytest.raises(TransformsError, match=r"a\.jpg"):
        read_transforms(tmp_path, cameras_only=True)
