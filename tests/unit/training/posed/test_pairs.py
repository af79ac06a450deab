"""Pairs of posed photos: procedural scenes written to disk come back."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from splat_widgets.scene.transforms import TransformsError, read_transforms
from splat_widgets.training.posed.pairs import PosedPairs, overlaps
from splat_widgets.training.posed.photos import half_field, load_posed_photo
from splat_widgets.training.posed.writing import write_transforms
from splat_widgets.training.procedural.scenes import Pairs, render_pairs


def edit(folder, change) -> None:
    """Change the table of a scene in place."""
    path = folder / "transforms.json"
    table = json.loads(path.read_text())
    change(table)
    path.write_text(json.dumps(table))


def pixels_of(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def assert_same(loaded: Pairs, truth: Pairs, metres: float) -> None:
    """One pair that came from disk; `metres` is the depth's rounding."""
    assert torch.equal(loaded.valid, truth.valid)
    torch.testing.assert_close(loaded.T_first_camera, truth.T_first_camera, atol=2e-6, rtol=0)
    torch.testing.assert_close(loaded.focal_px, truth.focal_px)
    assert (loaded.images - truth.images).abs().max() <= 0.5 / 255 + 1e-6
    off = (loaded.points - truth.points).norm(dim=-1)[truth.valid]
    assert off.max() <= 1.5 * metres + 1e-5  # along a ray whose z is 1


@pytest.fixture(scope="module")
def truth() -> Pairs:
    """A room and an outdoor scene, whose sky has no depth."""
    pairs = render_pairs(range(20, 32), 32)
    sky = (~pairs.valid).any((1, 2, 3)).nonzero()[0, 0]
    room = pairs.valid.all(3).all(2).all(1).nonzero()[0, 0]
    return pairs.select(torch.stack([room, sky]))


@pytest.mark.parametrize(("kind", "metres"), [("npy", 0.0), ("png", 5e-4)])
def test_what_was_written_comes_back(tmp_path, truth, kind, metres):
    write_transforms(truth, tmp_path, depth=kind)
    stream = PosedPairs(tmp_path, 32, 1, photometric=False, min_overlap=0.05)
    assert len(stream) == 2
    turned = set()
    for _ in range(20):
        loaded = next(stream)
        index = int((truth.focal_px - loaded.focal_px).abs().argmin())
        expected = truth.select(torch.tensor([index]))
        in_order = bool((loaded.images - expected.images).abs().max() < 0.01)
        turned.add((index, in_order))
        assert_same(loaded, expected if in_order else expected.swapped(), metres)
    assert len(turned) == 4  # both scenes, in either order
    assert (loaded.points[~loaded.valid].isfinite()).all()


def test_the_world_may_be_any_frame(tmp_path, truth):
    """A turned and moved world in other units: only how the cameras stand to each other counts."""
    (folder,) = write_transforms(truth.select(torch.tensor([0])), tmp_path, depth="npy")
    angle, move = 0.7, np.array([3.0, -8, 2])
    R = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])

    def change(table):
        table["applied_scale"] = 0.25
        for frame in table["frames"]:
            T = np.array(frame["transform_matrix"])
            frame["transform_matrix"] = np.eye(4).tolist()
            frame["transform_matrix"][:3] = np.column_stack(
                [R @ T[:3, :3], 0.25 * (R @ T[:3, 3] + move)]
            ).tolist()

    edit(folder, change)
    loaded = next(PosedPairs(folder, 32, 1, photometric=False, min_overlap=0.05))
    expected = truth.select(torch.tensor([0]))
    if (loaded.images - expected.images).abs().max() > 0.01:
        expected = expected.swapped()
    assert_same(loaded, expected, 0)


def rewrite_photo(folder, number: int, pixels: np.ndarray, depth: np.ndarray, **keys) -> None:
    """Another photo for a frame, with its own camera."""
    Image.fromarray(pixels).save(folder / f"images/{number:04d}.png")
    np.save(folder / f"depth/{number:04d}.npy", depth)

    def change(table):
        table["frames"][number] |= {"h": pixels.shape[0], "w": pixels.shape[1]} | keys

    edit(folder, change)


def test_a_photo_that_is_not_square_and_off_centre(tmp_path, truth):
    """Pixels around the square that was written, more on one side, are cut off again."""
    (folder,) = write_transforms(truth.select(torch.tensor([0])), tmp_path, depth="npy")
    random = np.random.default_rng(0)
    for number, ((top, bottom), (left, right)) in enumerate([((0, 0), (5, 20)), ((11, 3), (2, 2))]):
        pixels = pixels_of(folder / f"images/{number:04d}.png")
        depth = np.load(folder / f"depth/{number:04d}.npy")
        around = ((top, bottom), (left, right))
        wide = np.pad(pixels, (*around, (0, 0)))
        wide[np.pad(np.zeros(depth.shape), around, constant_values=1) > 0] = random.integers(256)
        wide_depth = np.pad(depth, around, constant_values=0.5)
        place = {"cx": left + 16, "cy": top + 16}
        # The square that is kept reaches as far as the nearest border allows: 16 + min(...).
        rewrite_photo(folder, number, wide, wide_depth, **place)
        inner = read_transforms(folder)[number].intrinsics
        assert half_field(inner) * inner.focal_px[0] == pytest.approx(
            16 + min(top, bottom, left, right)
        )
    frames = read_transforms(folder)
    expected = truth.select(torch.tensor([0]))
    for number, frame in enumerate(frames):
        view = load_posed_photo(frame, 32, 16 / frame.intrinsics.focal_px[0])
        assert (view.image.float() / 255 - expected.images[0, number]).abs().max() < 0.6 / 255
        torch.testing.assert_close(view.depth.float(), expected.depth[0, number], atol=1e-4, rtol=0)


def test_photos_of_two_focal_lengths_agree_after_loading(tmp_path, truth):
    """The second photo in double size with a doubled focal length along x alone."""
    (folder,) = write_transforms(truth.select(torch.tensor([0])), tmp_path, depth="npy")
    pixels = pixels_of(folder / "images/0001.png")
    depth = np.load(folder / "depth/0001.npy")
    focal = float(truth.focal_px[0])
    rewrite_photo(folder, 1, pixels.repeat(2, 1), depth, fl_x=2 * focal, cx=32, cy=16)
    edit(folder, lambda table: table["frames"][1].update(depth_file_path="depth/0001.npy"))
    with pytest.raises(TransformsError, match="to have the shape of the photo, 64 x 32"):
        PosedPairs(folder, 32, 1)
    np.save(folder / "depth/0001.npy", depth.repeat(2, 1))
    loaded = next(PosedPairs(folder, 32, 1, photometric=False, min_overlap=0.05))
    expected = truth.select(torch.tensor([0]))
    torch.testing.assert_close(loaded.focal_px, expected.focal_px)
    if (loaded.images[:, 0] - expected.images[:, 0]).abs().mean() > 0.02:
        loaded = loaded.swapped()
    torch.testing.assert_close(loaded.points, expected.points, atol=1e-4, rtol=0)
    assert (loaded.images - expected.images).abs().mean() < 0.03  # doubled and shrunk again


def turned_photo(folder, orientation: int) -> None:
    """The first photo stored turned, so that EXIF brings it back."""
    back = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}[orientation]
    path = folder / "images/0000.png"
    exif = Image.Exif()
    exif[0x0112] = orientation
    with Image.open(path) as photo:
        stored = photo.transpose(back)
    assert stored.size == photo.size[::-1]
    stored.save(path, exif=exif)


@pytest.mark.parametrize("orientation", [6, 8])
def test_a_photo_that_exif_turns(tmp_path, truth, orientation):
    (folder,) = write_transforms(truth.select(torch.tensor([0])), tmp_path, depth="npy")
    pixels = np.pad(pixels_of(folder / "images/0000.png"), ((0, 0), (4, 4), (0, 0)))
    depth = np.pad(np.load(folder / "depth/0000.npy"), ((0, 0), (4, 4)))
    rewrite_photo(folder, 0, pixels, depth, cx=20)
    turned_photo(folder, orientation)
    loaded = next(PosedPairs(folder, 32, 1, photometric=False, min_overlap=0.05))
    expected = truth.select(torch.tensor([0]))
    if (loaded.images[:, 0] - expected.images[:, 0]).abs().mean() > 0.01:
        expected = expected.swapped()
    assert_same(loaded, expected, 0)


def test_the_camera_of_the_stored_pixels_of_a_turned_photo_is_refused(tmp_path, truth):
    (folder,) = write_transforms(truth.select(torch.tensor([0])), tmp_path, depth="npy")
    pixels = np.zeros((32, 40, 3), np.uint8)
    rewrite_photo(folder, 0, pixels, np.ones((32, 40), np.float32), cx=20)
    turned_photo(folder, 6)
    edit(folder, lambda t: t["frames"][0].update(w=32, h=40, cx=16, cy=20))
    np.save(folder / "depth/0000.npy", np.ones((40, 32), np.float32))
    frame = read_transforms(folder)[0]
    with pytest.raises(TransformsError, match=r"= 32 x 40, got 40 x 32 .upright.; if EXIF turns"):
        load_posed_photo(frame, 32, 0.1)


def test_a_photo_of_a_pair_needs_depth(tmp_path, truth, caplog):
    (folder,) = write_transforms(truth.select(torch.tensor([0])), tmp_path)
    edit(folder, lambda table: table["frames"][1].pop("depth_file_path"))
    with pytest.raises(TransformsError, match="Add a depth map"):
        load_posed_photo(read_transforms(folder)[1], 32, 0.2)
    with pytest.raises(TransformsError, match="no two of 1 photos with depth share 30%"):
        PosedPairs(folder, 32, 1)
    assert "1 of 2 photos have no depth" in caplog.text


def test_files_that_are_not_depth(tmp_path, truth):
    (folder,) = write_transforms(truth.select(torch.tensor([0])), tmp_path)
    Image.new("L", (32, 32), 100).save(folder / "depth/0000.png")
    with pytest.raises(TransformsError, match=r"16-bit grey PNG.*got uint8"):
        PosedPairs(folder, 32, 1)
    (folder / "depth/0000.png").write_bytes(b"\x89PNG nothing")
    with pytest.raises(TransformsError, match="cannot read the depth map"):
        PosedPairs(folder, 32, 1)


def three_rooms(tmp_path, count: int = 2):
    pairs = render_pairs([5, 7, 10], 32, targets=count)
    return pairs, write_transforms(pairs, tmp_path, depth="npy")


def test_targets_are_in_the_frame_of_the_pair(tmp_path):
    """All four views of a scene are one set of points, whichever two make the pair."""
    pairs, folders = three_rooms(tmp_path)
    stream = PosedPairs(folders[0], 32, 2, targets=2, photometric=False, min_overlap=0.2)
    batch = next(stream)
    assert batch.targets is not None and batch.targets.images.shape == (2, 2, 3, 32, 32)
    known = torch.cat([pairs.images[0], pairs.targets.images[0]])
    poses = torch.cat([pairs.T_first_camera[0], pairs.targets.T_first_camera[0]])
    points = torch.cat([pairs.points[0], pairs.targets.points[0]])
    for b in range(2):
        images = torch.cat([batch.images[b], batch.targets.images[b]])
        which = [int((known - image).abs().mean((1, 2, 3)).argmin()) for image in images]
        assert sorted(which) == [0, 1, 2, 3]
        got = torch.cat([batch.points[b], batch.targets.points[b]])
        R, t = poses[which[0], :3, :3], poses[which[0], :3, 3]
        torch.testing.assert_close(got @ R.T + t, points[which], atol=2e-5, rtol=1e-5)


def test_streams_reproduce_resume_and_vary(tmp_path):
    _, folders = three_rooms(tmp_path)
    first, again = (PosedPairs(folders, 32, 3, seed=4, targets=1) for _ in range(2))
    a, b = next(first), next(again)
    assert torch.equal(a.images, b.images) and torch.equal(a.points, b.points)
    state = first.state_dict()
    expected = [next(first) for _ in range(2)]
    again.load_state_dict(state)
    for batch in expected:
        other = next(again)
        assert torch.equal(batch.images, other.images)
        assert torch.equal(batch.targets.images, other.targets.images)
    plain = PosedPairs(folders, 32, 3, seed=4, targets=1, photometric=False)
    assert (next(plain).images - a.images).abs().mean() > 0.02


def test_a_run_may_change_batches_and_targets_and_share_out(tmp_path):
    """What `training.fit` asks of a stream."""
    _, folders = three_rooms(tmp_path)
    stream, other = (PosedPairs(folders, 32, 1, seed=4) for _ in range(2))
    assert next(stream).targets is None
    stream.batch_size = 3
    stream.set_targets(1)
    batch = next(stream)
    assert batch.targets is not None and batch.targets.images.shape == (3, 1, 3, 32, 32)
    stream.set_targets(0)
    assert next(stream).targets is None
    other.skip(100)
    drawn = [torch.cat([next(s).seeds for _ in range(8)]) for s in (stream, other)]
    assert len(drawn[0]) == 24 and len(drawn[1]) == 8
    again = PosedPairs(folders, 32, 1, seed=4)
    assert not torch.equal(drawn[1], torch.cat([next(again).seeds for _ in range(8)]))
    with pytest.raises(ValueError, match="at least 0, got -1"):
        stream.set_targets(-1)


def test_two_photos_have_no_target(tmp_path, truth):
    folders = write_transforms(truth, tmp_path, depth="npy")
    with pytest.raises(TransformsError, match="needs at least three photos"):
        PosedPairs(folders, 32, 1, min_overlap=0.05, targets=1)


def test_overlap_is_that_of_the_pictures(tmp_path):
    """Small depth maps agree with the procedural scenes' own count at full resolution."""
    pairs = render_pairs(range(40, 46), 64)
    for k, folder in enumerate(write_transforms(pairs, tmp_path, depth="npy")):
        seen, baseline = overlaps(read_transforms(folder))
        assert seen[0, 0] > 0.95 and seen[1, 1] > 0.95
        assert seen[0, 1] == pytest.approx(float(pairs.overlap[k]), abs=0.08)
        middle = pairs.depth[k, 0][pairs.valid[k, 0]].median()
        step = pairs.T_first_camera[k, 1, :3, 3].norm()
        assert baseline[0, 1] == pytest.approx(float(step / middle), rel=0.03)


def test_photos_of_different_things_do_not_make_a_pair(tmp_path, truth):
    (folder,) = write_transforms(truth.select(torch.tensor([0])), tmp_path)
    away = np.diag([-1.0, 1, -1, 1])  # the second camera looks back

    def change(table):
        table["frames"][1]["transform_matrix"] = (
            np.array(table["frames"][0]["transform_matrix"]) @ away
        ).tolist()

    edit(folder, change)
    with pytest.raises(TransformsError, match="OpenGL axes, or lower `min_overlap`"):
        PosedPairs(folder, 32, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_size": 40}, "multiple of 16, got 40"),
        ({"batch_size": 0}, "at least 1 pair"),
        ({"min_overlap": 0.0}, "min_overlap in"),
    ],
)
def test_sizes_out_of_range(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        PosedPairs(tmp_path, **{"image_size": 32, "batch_size": 1} | arguments)


def test_folders_without_scenes(tmp_path):
    with pytest.raises(TransformsError, match=r"no transforms\.json in"):
        PosedPairs(tmp_path, 32, 1)
