"""Every function that takes a path from a user treats it as `files.py` says."""

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import builders
import numpy as np
import pytest
from PIL import Image

import splat_widgets as sw
from splat_widgets import io
from splat_widgets.cli import main
from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights import CheckpointError, save_folder
from splat_widgets.page import bundle
from splat_widgets.page.snapshot import Snapshot
from splat_widgets.photos.photo import load_photo
from splat_widgets.rendering.video import write_frames, write_video
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.transforms import read_transforms
from splat_widgets.training.posed.writing import write_transforms
from splat_widgets.training.procedural.scenes import render_pairs
from splat_widgets.upload import FileUploadPanel, UploadPanel

FRAMES = [np.full((16, 16, 3), 60 * number, np.uint8) for number in range(3)]


def snapshot(path) -> None:
    picture = Snapshot(path, 1.0)
    picture.deliver(b"\x89PNG")
    picture.result(0)


def video(path) -> None:
    write_video(path, builders.make_gaussians(5), [Camera.centred(20.0, 16, 16)] * 2)


WRITERS: dict[str, tuple[str, Callable]] = {
    "save": ("a.ply", lambda path: sw.save(builders.make_gaussians(5), path)),
    "io.write": ("a.ply", lambda path: io.write(path, builders.make_gaussians(5))),
    "write_page": ("a.html", lambda path: sw.write_page(path, builders.make_gaussians(5))),
    "write_frames": ("a.gif", lambda path: write_frames(path, FRAMES)),
    "write_video": ("A.MP4", video),
    "snapshot": ("a.png", snapshot),
}
SCENE_READERS: dict[str, Callable] = {
    "load": sw.load,
    "io.read": io.read,
    "ply.read": io.ply.read,
    "view": sw.view,
    "inspect": sw.inspect,
    "write_page": lambda path: sw.write_page("page.html", path),
    "studio": lambda path: sw.Studio().open_scene(path),
}
PHOTO_READERS: dict[str, Callable] = {
    "load_photo": lambda path: load_photo(path, image_size=16),
    "panel": lambda path: UploadPanel().add(path),
    "plain panel": lambda path: FileUploadPanel().add(path),
}
each_writer = pytest.mark.parametrize("door", WRITERS)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """The home and working folder of the tests, with a bundle for pages."""
    (tmp_path / "bundle.js").write_text("// built")
    monkeypatch.setattr(bundle, "BUNDLE_PATH", tmp_path / "bundle.js")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    return home


@pytest.fixture
def no_waiting():
    """Ends a test that waits for a pipe: the signal interrupts the call."""

    def stop(*_):
        pytest.fail("it waits for the pipe")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def umask():
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def content(door: str, home: Path) -> Path:
    """A file that the reader of this name can read."""
    if door in SCENE_READERS:
        return io.write(home / "good.ply", builders.make_gaussians(5))
    path = home / "good.png"
    Image.fromarray(FRAMES[1]).save(path)
    return path


@each_writer
def test_a_file_is_written_to_the_home_folder_and_to_new_folders(door, home):
    name, write = WRITERS[door]
    write(f"~/new/folder/{name}")
    written = home / "new" / "folder" / name
    assert written.stat().st_size > 0 and list(written.parent.iterdir()) == [written]
    assert not (home / "~").exists()


@each_writer
@pytest.mark.parametrize(("mask", "expected"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_written_file_follows_the_umask(door, home, umask, mask, expected):
    name, write = WRITERS[door]
    umask(mask)
    write(home / name)
    assert stat.S_IMODE((home / name).stat().st_mode) == expected


@each_writer
def test_a_failure_leaves_the_old_file_and_nothing_else(door, home, monkeypatch):
    name, write = WRITERS[door]
    (home / name).write_text("old")

    def full(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="the disk is full"):
        write(home / name)
    assert (home / name).read_text() == "old" and list(home.iterdir()) == [home / name]


@each_writer
def test_folders_pipes_and_addresses_are_not_written_over(door, home, no_waiting):
    name, write = WRITERS[door]
    (home / "folder" / name).mkdir(parents=True)
    with pytest.raises(IsADirectoryError, match="expected a file to write, found a folder at"):
        write(home / "folder" / name)
    os.mkfifo(home / name)
    with pytest.raises(OSError, match="expected a file to write, found a pipe or device at"):
        write(home / name)
    assert stat.S_ISFIFO((home / name).stat().st_mode)
    with pytest.raises(ValueError, match="expected a path on this machine, got the address"):
        write(f"https://host/{name}")


@pytest.mark.parametrize("door", [*SCENE_READERS, *PHOTO_READERS])
def test_a_file_is_read_from_the_home_folder(door, home):
    read = (SCENE_READERS | PHOTO_READERS)[door]
    read(f"~/{content(door, home).name}")


@pytest.mark.parametrize("door", [*SCENE_READERS, *PHOTO_READERS, "reconstruct"])
def test_what_is_not_a_file_is_refused_alike(door, home, no_waiting):
    # `reconstruct` tries the photos before it loads a model.
    reconstruct = {"reconstruct": lambda path: sw.reconstruct([path], progress=False)}
    read = (SCENE_READERS | PHOTO_READERS | reconstruct)[door]
    suffix = content(door, home).suffix
    (home / f"folder{suffix}").mkdir()
    os.mkfifo(home / f"pipe{suffix}")
    for name, found in (("gone", "nothing"), ("folder", "a folder"), ("pipe", "a pipe or device")):
        expected = f"expected a file, found {found} at .*home"
        with pytest.raises((OSError, ValueError), match=expected):
            read(home / f"{name}{suffix}")
    with pytest.raises(ValueError, match="got the address 'https://host/a"):
        read(f"https://host/a{suffix}")


def test_folders_of_models_runs_and_training_data(home):
    sizes = Splatt3RConfig.micro()
    assert save_folder(Splatt3R(sizes), "~/new/model", source="a test", license="none").is_dir()
    (scene,) = write_transforms(render_pairs([3], 32, supersample=1), "~/new/data")
    assert scene.parent == home / "new" / "data" and len(read_transforms(scene)) == 2
    assert read_transforms(f"~/new/data/{scene.name}/transforms.json")
    (home / "file").write_text("mine")
    with pytest.raises(NotADirectoryError, match="expected a folder, found a file at"):
        write_transforms(render_pairs([3], 32, supersample=1), "~/file")
    assert (home / "file").read_text() == "mine" and not (home / "~").exists()


def test_a_pipe_or_an_address_is_not_a_model(home, no_waiting):
    os.mkfifo(home / "pipe.ckpt")
    with pytest.raises(CheckpointError, match="expected a file, found a pipe or device at"):
        sw.load_model("~/pipe.ckpt")
    with pytest.raises(CheckpointError, match=r"https://host/a\.ckpt"):
        sw.load_model("https://host/a.ckpt")


def test_folders_of_commands(home, capsys):
    (home / "file").write_text("mine")
    for arguments in (["demo", "-o", "~/file"], ["lab", "~/file"]):
        assert main(arguments) == 1
        assert "expected a folder, found a file at" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "read"), [("config.json", sw.load_model), ("transforms.json", read_transforms)]
)
def test_a_pipe_inside_a_folder_is_refused_at_once(name, read, home, no_waiting):
    os.mkfifo(home / name)
    with pytest.raises(ValueError, match="found a pipe or device at"):
        read(home)
