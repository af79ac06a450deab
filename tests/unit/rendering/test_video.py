"""Videos are read back by other readers than wrote them, or at least by another part of them."""

from __future__ import annotations

import sys

import builders
import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from splat_widgets.rendering import render, to_uint8, turntable, write_frames, write_video
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians

FORMATS = [".mp4", ".webm", ".gif", ".webp"]


def frames(count: int = 6, width: int = 64, height: int = 48):
    """A bright square that moves to the right over a dark red ground."""
    for k in range(count):
        frame = np.full((height, width, 3), (80, 10, 20), np.uint8)
        frame[10:30, 4 + 6 * k : 24 + 6 * k] = (40, 220, 120)
        yield frame


def read(path):
    """Frames (N, H, W, 3) RGB and frames a second."""
    if path.suffix in (".mp4", ".webm"):
        video = cv2.VideoCapture(str(path))
        result = []
        while (got := video.read())[0]:
            result.append(got[1][..., ::-1])
        fps = video.get(cv2.CAP_PROP_FPS)
        video.release()
        return np.stack(result), fps
    with Image.open(path) as image:
        result, durations = [], []
        for number in range(image.n_frames):
            image.seek(number)
            result.append(np.asarray(image.convert("RGB")))
            durations.append(image.info["duration"])
        assert image.info["loop"] == 0
    return np.stack(result), 1000 / np.mean(durations)


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_was_written_is_read_back(tmp_path, suffix):
    path = write_frames(tmp_path / f"clip{suffix}", frames(), fps=10)
    got, fps = read(path)
    expected = np.stack(list(frames()))
    assert got.shape == expected.shape and fps == pytest.approx(10, rel=0.01)
    assert np.abs(got.astype(int) - expected).mean() < 6  # colours at half resolution, 256 colours
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def scene() -> Gaussians:
    random = torch.Generator().manual_seed(0)
    means = torch.rand(40, 3, generator=random) * 2 - 1
    sh = torch.randn(40, 1, 3, generator=random)
    return builders.make_balls(means + torch.tensor([0, 0, 6.0]), 0.15, sh=sh)


def test_a_scene_from_its_cameras(tmp_path):
    cameras = turntable(scene(), num_frames=5, size=64)
    done = []
    path = write_video(
        tmp_path / "turn.webp",
        scene(),
        cameras,
        background=(0.2, 0.3, 0.4),
        progress=lambda number, total: done.append((number, total)),
    )
    got, _ = read(path)
    assert done == [(k, 5) for k in range(1, 6)]
    for frame, camera in zip(got, cameras, strict=True):
        expected = to_uint8(render(scene(), camera, background=(0.2, 0.3, 0.4)).color)
        assert np.abs(frame.astype(int) - expected).mean() < 4


def test_by_default_it_is_a_turntable(tmp_path, monkeypatch):
    few = turntable(scene(), num_frames=3, size=32)
    monkeypatch.setattr(sys.modules[write_video.__module__], "turntable", lambda chosen: few)
    assert read(write_video(tmp_path / "a.gif", scene()))[0].shape == (3, 32, 32, 3)


def test_a_bar_says_how_much_is_left_unless_silenced(tmp_path, capsys):
    cameras = turntable(scene(), num_frames=3, size=16)
    write_video(tmp_path / "a.gif", scene(), cameras)
    shown = capsys.readouterr()
    assert "3/3" in shown.err and "frame/s" in shown.err and not shown.out
    write_video(tmp_path / "a.gif", scene(), cameras, progress=False)
    assert capsys.readouterr() == ("", "")
    with pytest.raises(TypeError, match="a function, None or False as progress, got 3"):
        write_video(tmp_path / "b.gif", scene(), cameras, progress=3)  # type: ignore[arg-type]


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_rendered(tmp_path):
    (tmp_path / "a.gif").mkdir()
    (tmp_path / "file").touch()
    rendered = []
    for place in ("a.gif", "file/b.gif"):
        with pytest.raises(OSError, match="expected a f"):
            write_video(tmp_path / place, scene(), progress=lambda *now: rendered.append(now))
    assert not rendered


def test_no_graph_is_kept(tmp_path):
    leaf = scene().means.requires_grad_()
    gaussians = Gaussians(
        leaf,
        *(getattr(scene(), n) for n in ("scales", "quaternions")),
        scene().opacities,
        scene().sh,
    )
    write_video(tmp_path / "a.gif", gaussians, turntable(gaussians, num_frames=1, size=16))
    assert leaf.grad is None


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_failure_leaves_the_old_file_alone(tmp_path, suffix):
    path = tmp_path / f"clip{suffix}"
    path.write_bytes(b"the old one")

    def interrupted():
        for frame in frames(2):
            yield frame
            assert [p.name for p in tmp_path.iterdir()] == [path.name], "nothing hidden meanwhile"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_frames(path, interrupted())
    assert path.read_bytes() == b"the old one"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_frames_that_were_lost_are_an_error(tmp_path, monkeypatch):
    original = cv2.VideoWriter

    class Forgetful:
        fourcc = original.fourcc

        def __init__(self, *arguments):
            self.writer = original(*arguments)
            self.isOpened, self.release = self.writer.isOpened, self.writer.release

        def write(self, frame):
            if frame[12, 6].sum() > 300:  # the first frame alone has its square here
                self.writer.write(frame)

    monkeypatch.setattr(cv2, "VideoWriter", Forgetful)
    with pytest.raises(OSError, match="wrote 6 frames, but the file has 1"):
        write_frames(tmp_path / "clip.mp4", frames())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("clip.avi", {}, r"ends in \.mp4, \.webm, \.gif, \.webp, got 'clip.avi'"),
        ("clip", {}, "ends in"),
        ("clip.mp4", {"fps": 0}, "0.1 to 100 frames a second"),
    ],
)
def test_names_and_rates(tmp_path, name, options, message):
    with pytest.raises(ValueError, match=message):
        write_frames(tmp_path / name, frames(), **options)


def test_sizes_that_a_format_cannot_have(tmp_path):
    for size in ((63, 48), (64, 47), (8, 64)):
        with pytest.raises(ValueError, match="even sides from 16 to 8192"):
            write_frames(tmp_path / "clip.webm", frames(3, *size))
        write_frames(tmp_path / "clip.gif", frames(3, *size))
    camera = Camera.centred(20.0, 33, 20)
    with pytest.raises(ValueError, match="got 33 x 20"):  # before anything is rendered
        write_video(tmp_path / "clip.mp4", scene(), [camera])


def test_frames_that_are_no_pictures(tmp_path):
    with pytest.raises(ValueError, match="at least one frame"):
        write_frames(tmp_path / "clip.mp4", [])
    with pytest.raises(ValueError, match=r"uint8.*to_uint8"):
        write_frames(tmp_path / "clip.mp4", [np.zeros((32, 32, 3))])
    with pytest.raises(ValueError, match="frame 1 has"):
        write_frames(tmp_path / "clip.gif", [*frames(1, 32, 32), *frames(1, 32, 34)])
    with pytest.raises(ValueError, match="at least one camera"):
        write_video(tmp_path / "clip.gif", scene(), [])
    views = [Camera.centred(20.0, 32, side) for side in (32, 34)]
    with pytest.raises(ValueError, match="one size, got"):
        write_video(tmp_path / "clip.gif", scene(), views)
