"""Folders to train from, read by pycolmap, by NumPy and by our own readers."""

import dataclasses
import json

import builders
import numpy as np
import pytest
import torch
from PIL import Image
from plyfile import PlyData

import splat_widgets as sw
from splat_widgets.io.posed import export_colmap, export_nerfstudio
from splat_widgets.photos.photo import load_photos
from splat_widgets.scene.colmap import read_colmap
from splat_widgets.scene.given import given_cameras
from splat_widgets.scene.transforms import read_transforms


@pytest.fixture(scope="module")
def of_files(tmp_path_factory):
    """The scene of a landscape and a portrait that lie in files, and their paths."""
    folder = tmp_path_factory.mktemp("photos")
    paths = [folder / "left one.jpg", folder / "right.png"]
    for path, pixels in zip(paths, builders.PHOTOS, strict=True):
        Image.fromarray(pixels).save(path)
    return sw.reconstruct(paths, model=builders.KnownPredictor(), progress=False), paths


def pixels_of(path):
    """(H, W, 3) uint8 RGB."""
    with Image.open(path) as image:
        return np.asarray(image)


def matrices(model):
    """World to camera of pycolmap's images by name."""
    return {i.name: np.array(i.cam_from_world().matrix()) for i in model.images.values()}


def test_points_have_the_colours_of_the_pictures_beside_them(known, tmp_path):
    # As after one exposure was given to all photos: the Gaussians are darker, the pictures are not.
    darker = dataclasses.replace(known.gaussians, sh=known.sh - 0.5)
    changed = dataclasses.replace(
        known,
        gaussians=darker,
        reconstruction=dataclasses.replace(known.reconstruction, gaussians=darker),
    )
    folders = tmp_path / "before", tmp_path / "after"
    for scene, folder in zip((known, changed), folders, strict=True):
        export_nerfstudio(scene, folder, picture="crop", max_points=200)
    before, after = (PlyData.read(folder / "points3D.ply")["vertex"] for folder in folders)
    picture = pixels_of(next(iter(sorted((folders[1] / "images").iterdir()))))
    for channel, name in enumerate(("red", "green", "blue")):
        np.testing.assert_array_equal(after[name], before[name])
        assert np.isin(after[name][:50], picture[..., channel]).all()


def test_points_stay_at_their_pixels_whatever_the_offsets(known, tmp_path):
    offsets = torch.randn_like(known.means) * 0.3
    moved = dataclasses.replace(known.gaussians, means=known.means + offsets)
    record = dataclasses.replace(
        known.reconstruction,
        gaussians=moved,
        offsets=known.reconstruction.offsets + offsets,
    )
    changed = dataclasses.replace(known, gaussians=moved, reconstruction=record)
    for scene, name in ((known, "a"), (changed, "b")):
        export_nerfstudio(scene, tmp_path / name, max_points=200)
    before, after = (PlyData.read(tmp_path / n / "points3D.ply")["vertex"] for n in ("a", "b"))
    for axis in "xyz":
        np.testing.assert_allclose(after[axis], before[axis], atol=1e-5)


@pytest.mark.parametrize("picture", ["whole", "crop"])
@pytest.mark.parametrize("binary", [True, False])
def test_pycolmap_reads_poses_cameras_points_and_tracks(known, tmp_path, binary, picture):
    pycolmap = pytest.importorskip("pycolmap")
    done = export_colmap(known, tmp_path / "a", binary=binary, picture=picture, max_points=500)
    model = pycolmap.Reconstruction(str(tmp_path / "a" / "sparse" / "0"))
    assert len(model.images) == 2 and len(model.points3D) == 500 == done.num_points
    for name, camera in zip(done.pictures, known.cameras, strict=True):
        expected = np.linalg.inv(camera.T_world_camera.double().numpy())[:3]
        np.testing.assert_allclose(matrices(model)[name], expected, atol=1e-6)
    for image in model.images.values():
        shape = pixels_of(tmp_path / "a" / "images" / image.name).shape
        assert (image.camera.height, image.camera.width, 3) == shape
    positions = np.array([p.xyz for _, p in sorted(model.points3D.items())])
    points = (known.means - known.reconstruction.offsets).double().numpy()
    distance = np.abs(positions[:, None] - points[None]).sum(-1)
    nearest = distance.argmin(1)
    assert distance.min(1).max() < 1e-6
    crops = np.stack([photo.pixels for photo in known.photos])
    own = crops[
        tuple(getattr(known.reconstruction, n).numpy()[nearest] for n in ("view", "row", "col"))
    ]
    np.testing.assert_array_equal([p.color for _, p in sorted(model.points3D.items())], own)
    assert (known.confidence.numpy()[nearest] >= known.confidence.median().item()).all()
    for number, point in sorted(model.points3D.items()):
        # pycolmap's own projection of the point, beside the place where it is said to be seen.
        for element in point.track.elements:
            image = model.image(element.image_id)
            seen = image.points2D[element.point2D_idx]
            assert seen.point3D_id == number
            assert np.linalg.norm(image.project_point(point.xyz) - seen.xy) < 1.5
        own = [e.image_id for e in point.track.elements]
        assert len(set(own)) == len(own) >= 1


def test_a_point_is_seen_where_the_photo_shows_its_colour(tmp_path):
    """The places of features are in pixels of the written picture."""
    scene = sw.Scene.of(builders.make_scene())
    photo = scene.photos[0]
    export_colmap(scene, tmp_path / "a", picture="crop", binary=False, max_points=50)
    lines = (tmp_path / "a" / "sparse" / "0" / "images.txt").read_text().splitlines()
    values = np.array(lines[2].split(), float).reshape(-1, 3)
    points = (tmp_path / "a" / "sparse" / "0" / "points3D.txt").read_text().splitlines()[1:]
    positions = np.array([line.split()[1:4] for line in points], float)
    exact = 0
    for x, y, point in values:
        at = (
            np.abs((scene.means - scene.reconstruction.offsets).numpy() - positions[int(point) - 1])
            .sum(1)
            .argmin()
        )
        if scene.view[at] == 0:
            assert (x, y) == pytest.approx((float(scene.col[at]) + 0.5, float(scene.row[at]) + 0.5))
            exact += 1
    assert exact > 5 and photo.pixels.shape[0] == builders.SIDE


@pytest.mark.parametrize("picture", ["whole", "crop"])
def test_transforms_by_our_reader_and_by_a_formula(known, tmp_path, picture):
    done = export_nerfstudio(known, tmp_path / "a", picture=picture, max_points=300)
    frames = read_transforms(done)
    table = json.loads((tmp_path / "a" / "transforms.json").read_text())
    for frame, row, camera in zip(frames, table["frames"], known.cameras, strict=True):
        pose = camera.T_world_camera.double().numpy()
        np.testing.assert_allclose(frame.T_world_camera, pose, atol=1e-6)
        # OpenGL: the third axis points backwards, the second up.
        right, up, back, place = np.array(row["transform_matrix"])[:3].T
        np.testing.assert_allclose([right, -up, -back, place], pose[:3].T, atol=1e-6)
        point = known.means[known.view == frames.index(frame)][17].double().numpy()
        x, y, z = point - place
        ahead = -back @ (x, y, z)
        u = row["cx"] + row["fl_x"] * (right @ (x, y, z)) / ahead
        v = row["cy"] - row["fl_y"] * (up @ (x, y, z)) / ahead
        ours, depth = camera.uncropped().project(torch.from_numpy(point))
        photo = known.photos[frames.index(frame)]
        if picture == "crop":
            left, top, side = photo.crop
            ours = (ours - torch.tensor([left, top])) * (photo.pixels.shape[0] / side)
        assert (u, v) == pytest.approx(tuple(ours.tolist()), abs=1e-4)
        assert ahead == pytest.approx(float(depth), abs=1e-6)
        assert pixels_of(frame.image).shape == (row["h"], row["w"], 3)
    cloud = PlyData.read(tmp_path / "a" / table["ply_file_path"])["vertex"]
    assert len(cloud) == done.num_points == 300 and table["world"] == known.frame
    points = (known.means - known.reconstruction.offsets).numpy().tolist()
    assert {tuple(map(float, (p["x"], p["y"], p["z"]))) for p in cloud} <= set(map(tuple, points))


def test_what_is_exported_gives_back_its_cameras(of_files, tmp_path):
    scene, paths = of_files
    colmap = scene.export_colmap(tmp_path / "colmap")
    nerfstudio = scene.export_nerfstudio(tmp_path / "nerfstudio")
    assert colmap.pictures == ("left_one.png", "right.png")
    exported = sorted((tmp_path / "colmap" / "images").iterdir())
    for given in (paths, exported):
        photos = load_photos(given, image_size=64)
        for source in (colmap, nerfstudio, scene.cameras):
            for camera, ours in zip(given_cameras(source, photos), scene.cameras, strict=True):
                whole = ours.uncropped()
                torch.testing.assert_close(
                    camera.T_world_camera, whole.T_world_camera.double(), atol=1e-6, rtol=0
                )
                assert camera.focal_px == pytest.approx(whole.focal_px, rel=1e-6)
                assert camera.principal_point_px == pytest.approx(
                    (camera.width / 2, camera.height / 2)
                )


def test_our_own_cameras_say_which_crop_they_are_of(known):
    for camera, photo in zip(known.cameras, known.photos, strict=True):
        whole = camera.uncropped()
        assert (whole.width, whole.height) == photo.original_size
        x, y = photo.to_original(3.0, 7.0)
        ray = torch.tensor([7.5, 3.5]) - torch.tensor(camera.principal_point_px)
        there = torch.tensor([x, y]) - torch.tensor(whole.principal_point_px)
        torch.testing.assert_close(ray / camera.focal_px, there.float() / whole.focal_px)
    moved = dataclasses.replace(known.cameras[0], T_world_camera=torch.eye(4))
    assert moved.resized(96, 96).uncropped().focal_px == pytest.approx(
        known.cameras[0].uncropped().focal_px
    )


def test_refusals_leave_everything_as_it_was(known, tmp_path, monkeypatch):
    folder = tmp_path / "a"
    (folder / "mine").mkdir(parents=True)
    with pytest.raises(FileExistsError, match="expected a new or empty folder"):
        known.export_colmap(folder)
    (folder / "mine").rmdir()
    with monkeypatch.context() as patched:
        patched.setattr(Image.Image, "save", lambda *_: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            known.export_nerfstudio(folder)
    assert [*tmp_path.iterdir()] == [folder] and not [*folder.iterdir()]
    known.export_nerfstudio(folder)
    with pytest.raises(ValueError, match="got Gaussians alone"):
        export_colmap(known.gaussians, tmp_path / "b")
    with pytest.raises(ValueError, match="picture='whole' or 'crop', got 'x'"):
        known.export_colmap(tmp_path / "b", picture="x")
    with pytest.raises(ValueError, match="max_points"):
        known.export_colmap(tmp_path / "b", max_points=-1)
    none = dataclasses.replace(known.reconstruction, cameras=(None, None))
    with pytest.raises(ValueError, match="expected a scene with a known camera"):
        export_colmap(none, tmp_path / "b")
    one = dataclasses.replace(known.reconstruction, cameras=(known.cameras[0], None))
    done = export_colmap(one, tmp_path / "b", max_points=10)
    assert len(done.left_out) == 1 and "is left out: its camera is not known" in repr(done)


def test_pictures_keep_every_pixel(known, tmp_path):
    done = known.export_colmap(tmp_path / "a")
    for name, photo in zip(done.pictures, known.photos, strict=True):
        np.testing.assert_array_equal(pixels_of(tmp_path / "a/images" / name), photo.whole)
    assert [image.name for image in read_colmap(done)] == sorted(done.pictures)
