"""COLMAP models: what pycolmap writes is read back, as text and binary."""

import numpy as np
import pytest

from splat_widgets.scene.colmap import ColmapError, read_colmap

CAMERAS = "# comment\n1 SIMPLE_PINHOLE 40 30 35 20 15\n2 OPENCV 60 40 50 51 30 20 0.1 0.2 0.3 0.4\n"
IMAGES = """# comment
7 1 0 0 0 1 2 3 1 b with spaces.jpg

3 0 0 1 0 0 0 0 2 folder/a.jpg
1.5 2.5 -1 3 4 5
"""


def write(folder, cameras=CAMERAS, images=IMAGES):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cameras.txt").write_text(cameras)
    (folder / "images.txt").write_text(images)
    return folder


def random_model(pycolmap):
    """Five photos of three camera models, with features and points."""
    rng = np.random.default_rng(0)
    model = pycolmap.Reconstruction()
    kinds = {
        "SIMPLE_PINHOLE": [500.0, 320, 240],
        "SIMPLE_RADIAL": [510.0, 321, 241, 0.01],
        "OPENCV": [520.0, 521, 322, 242, 0.1, -0.01, 0.002, 0.003],
    }
    for number, (kind, params) in enumerate(kinds.items(), start=1):
        camera = pycolmap.Camera(model=kind, width=640, height=480, params=params, camera_id=number)
        model.add_camera_with_trivial_rig(camera)
    for number in range(1, 6):
        quaternion = rng.normal(size=4)
        pose = pycolmap.Rigid3d(
            pycolmap.Rotation3d(quaternion / np.linalg.norm(quaternion)), rng.normal(size=3)
        )
        image = pycolmap.Image(
            name=f"photos/{number}.jpg",
            keypoints=rng.uniform(0, 400, (number, 2)),
            camera_id=1 + number % 3,
            image_id=number,
        )
        model.add_image_with_trivial_frame(image, pose)
    return model


@pytest.mark.parametrize("kind", ["text", "binary"])
def test_what_pycolmap_writes_is_read(tmp_path, kind):
    pycolmap = pytest.importorskip("pycolmap")
    model = random_model(pycolmap)
    (model.write_text if kind == "text" else model.write_binary)(str(tmp_path))
    read = read_colmap(tmp_path)
    assert [image.name for image in read] == [f"photos/{k}.jpg" for k in range(1, 6)]
    for number, image in enumerate(read, start=1):
        theirs = model.image(number)
        T = np.linalg.inv(np.vstack([theirs.cam_from_world().matrix(), [0, 0, 0, 1]]))
        np.testing.assert_allclose(image.T_world_camera, T, atol=1e-9)
        camera = model.camera(theirs.camera_id)
        inner = image.intrinsics
        assert (inner.width, inner.height) == (640, 480)
        assert inner.focal_px == (camera.focal_length_x, camera.focal_length_y)
        assert inner.principal_point_px == (camera.principal_point_x, camera.principal_point_y)
        lens = [*camera.params[camera.extra_params_idxs()], 0, 0, 0, 0, 0][:5]
        np.testing.assert_array_equal(inner.distortion or (0,) * 5, lens)


def test_a_model_in_the_folder_of_a_project(tmp_path):
    write(tmp_path / "sparse" / "0")
    first, second = read_colmap(tmp_path)
    assert (first.name, second.name) == ("b with spaces.jpg", "folder/a.jpg")
    np.testing.assert_array_equal(first.T_world_camera[:3, 3], [-1, -2, -3])
    np.testing.assert_array_equal(second.T_world_camera[:3, :3], np.diag([-1, 1, -1]))
    assert second.intrinsics.focal_px == (50, 51)
    assert second.intrinsics.distortion == (0.1, 0.2, 0.3, 0.4, 0)


@pytest.mark.parametrize(
    ("cameras", "images", "message"),
    [
        ("1 FOV 40 30 35 35 20 15 1\n", IMAGES, "cannot use the camera model FOV"),
        ("1 PINHOLE 40 30 35 20 15\n", IMAGES, "expected 4 numbers"),
        ("1 SIMPLE_PINHOLE 40 30 nan 20 15\n", IMAGES, "expected 3 numbers, got"),
        ("1 SIMPLE_PINHOLE 40 30 -35 20 15\n", IMAGES, "focal lengths above 0"),
        ("1 SIMPLE_PINHOLE 40\n", IMAGES, "damaged"),
        (CAMERAS, "7 1 0 0 0 1 2 3 9 b.jpg\n\n", "no such camera"),
        (CAMERAS, "7 1 1 0 0 1 2 3 1 b.jpg\n\n", "expected a unit quaternion"),
        (CAMERAS, "7 1 0 0 0 nan 2 3 1 b.jpg\n\n", "expected a unit quaternion"),
        (CAMERAS, "# nothing\n", "no image is registered"),
        (CAMERAS, "7 1 0 0\n\n", "damaged"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, cameras, images, message):
    with pytest.raises(ColmapError, match=message):
        read_colmap(write(tmp_path, cameras, images))


def test_no_model(tmp_path):
    with pytest.raises(ColmapError, match="no COLMAP model"):
        read_colmap(tmp_path)


@pytest.mark.parametrize("name", ["cameras.bin", "images.bin"])
def test_a_binary_file_that_is_cut_off(tmp_path, name):
    pycolmap = pytest.importorskip("pycolmap")
    random_model(pycolmap).write_binary(str(tmp_path))
    whole = (tmp_path / name).read_bytes()
    for length in (0, 5, 20, len(whole) // 2, len(whole) - 3):
        (tmp_path / name).write_bytes(whole[:length])
        with pytest.raises(ColmapError):
            read_colmap(tmp_path)
