"""Paths and files, alone and at every door of the package that takes a path."""

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from splat_widgets import files
from splat_widgets.files import (
    existing_file,
    flushing,
    local_path,
    make_folder,
    open_file,
    replacing,
)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


@pytest.fixture
def umask():
    """Sets the process's umask; puts the earlier one back."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_tilde_is_the_home_folder(home):
    assert local_path("~/a.ply") == home / "a.ply"
    assert local_path(Path("~")) == home
    assert local_path("a/~b") == Path("a/~b")


@pytest.mark.parametrize(
    "address", ["https://host/a.ply", "S3://bucket/a.ply", "file:///a.ply", Path("http://h/a.ply")]
)
def test_an_address_is_refused_with_what_to_do(address):
    with pytest.raises(ValueError, match=r"path on this machine, got the address .*download it"):
        local_path(address)


@pytest.mark.parametrize("name", ["C:\\a.ply", "a:b.ply", "12:30/a.ply", "a//b"])
def test_names_with_colons_are_not_addresses(name):
    assert local_path(name) == Path(name)


@pytest.mark.parametrize("given", [7, None, b"a.ply", ["a.ply"]])
def test_what_is_not_a_path_is_a_type_error(given):
    with pytest.raises(TypeError, match=f"expected a path, got {type(given).__name__}"):
        local_path(given)


@pytest.mark.parametrize("text", ["nul\0byte", "~nobody-of-this-name/a"])
def test_a_path_that_cannot_be(text):
    with pytest.raises(ValueError, match="expected a path, got"):
        local_path(text)


@pytest.mark.parametrize("find", [existing_file, open_file])
def test_what_lies_at_the_path_of_a_file(tmp_path, find):
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "broken").symlink_to("gone")
    for missing in ("gone", "broken", "a/below"):
        with pytest.raises(FileNotFoundError, match=f"found nothing at {tmp_path / missing}"):
            find(tmp_path / missing)
    with pytest.raises(IsADirectoryError, match="found a folder at"):
        find(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    for special in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(OSError, match="found a pipe or device at"):
            find(special)
    for fine in ("a", "link"):
        assert existing_file(tmp_path / fine) == tmp_path / fine
        with open_file(tmp_path / fine) as file:
            assert file.read() == b"content"


def test_a_pipe_put_in_place_of_a_file_does_not_block(tmp_path):
    """In a process of its own: a reader that waits for a writer cannot be interrupted here."""
    script = """
import os, sys
from pathlib import Path
from splat_widgets import files
path = Path(sys.argv[1])
files.existing_file = lambda given: (os.mkfifo(path), path)[1]  # after the first check
before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
try:
    files.open_file(path)
except OSError as error:
    print(error)
after = len(os.listdir("/proc/self/fd")) if before else 0
assert before == after, "the descriptor was left open"
"""
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "pipe")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0 and "pipe or device" in run.stdout, run.stderr


def test_folders_are_made_with_their_parents(home):
    assert make_folder("~/a/b") == make_folder(home / "a" / "b") == home / "a" / "b"
    assert (home / "a" / "b").is_dir()
    (home / "file").write_text("")
    for place in ("file", "file/below"):
        with pytest.raises(NotADirectoryError, match="expected a folder, found a file at"):
            make_folder(home / place)


@pytest.mark.parametrize(("mask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0, 0o666)])
def test_a_written_file_has_the_permissions_of_a_new_one(tmp_path, umask, mask, expected):
    umask(mask)
    path = tmp_path / "a.txt"
    for _ in range(2):  # new, and in place of an earlier one
        with replacing(path) as partial:
            partial.write_text("x")
        assert mode(path) == expected
        path.chmod(0o777)


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    for error in (OSError("full"), KeyboardInterrupt()):
        with pytest.raises(type(error)), replacing(path) as partial:
            partial.write_text("half")
            raise error
    with pytest.raises(FileNotFoundError), replacing(path):
        pass  # wrote nothing
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_the_file_is_on_the_disk_before_its_name_changes(tmp_path, monkeypatch):
    calls = []
    real_sync, real_replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (calls.append(os.fstat(fd)), real_sync(fd))[1])
    monkeypatch.setattr(
        Path, "replace", lambda s, t: (calls.append("replace"), real_replace(s, t))[1]
    )
    with replacing(tmp_path / "a.txt") as partial:
        partial.write_text("x")
        assert partial.name == "a.txt" and partial.stat().st_dev == tmp_path.stat().st_dev
    file, renamed, folder = calls
    assert file.st_ino == (tmp_path / "a.txt").stat().st_ino and renamed == "replace"
    assert folder.st_ino == tmp_path.stat().st_ino


def test_where_a_file_can_go(home):
    with replacing("~/new/folder/a.txt") as partial:
        partial.write_text("x")
    assert (home / "new/folder/a.txt").read_text() == "x"
    (home / "link").symlink_to("new/folder/a.txt")
    with replacing(home / "link") as partial:
        partial.write_text("y")
    assert (home / "link").is_symlink() and (home / "new/folder/a.txt").read_text() == "y"
    long = home / ("x" * 255)
    with replacing(long) as partial:
        partial.write_text("z")
    assert long.read_text() == "z"
    os.mkfifo(home / "pipe")
    for place, found in (("new", "folder"), ("pipe", "pipe or device")):
        with pytest.raises(OSError, match=f"to write, found a {found} at"), replacing(home / place):
            pytest.fail("the block ran")
    (home / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links"), replacing(home / "loop"):
        pytest.fail("the block ran")
    with pytest.raises(NotADirectoryError), replacing(long / "below"):
        pytest.fail("the block ran")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full (free some space, or choose another folder)"),
        (errno.EFBIG, "larger than this disk or account allows"),
        (errno.EROFS, "this folder cannot be written to (choose another one)"),
        (errno.EACCES, "this folder cannot be written to"),
    ],
)
@pytest.mark.parametrize("where", ["tempfile.mkdtemp", "os.fsync", "pathlib.Path.replace"])
def test_a_full_disk_and_a_closed_folder_are_said_in_words(
    tmp_path, monkeypatch, number, said, where
):
    def fail(*_args, **_options):
        raise OSError(number, os.strerror(number), str(tmp_path / ".splat-x" / "a.txt"))

    path = tmp_path / "a.txt"
    path.write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr(where, fail)
        with pytest.raises(OSError, match="nothing was written, ") as caught:
            with replacing(path) as partial:
                partial.write_text("new")
    assert said in str(caught.value) and caught.value.errno == number
    assert caught.value.filename == str(path)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_other_errors_of_a_block_stay_as_they_are(tmp_path):
    other = PermissionError(errno.EACCES, "Permission denied", "/elsewhere/a.txt")
    for error in (other, OSError("wrote 3 frames"), OSError(errno.EIO, "Input/output error")):
        with pytest.raises(OSError) as caught, replacing(tmp_path / "a.txt"):
            raise error
        assert caught.value is error


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="limits of files as POSIX has them")
def test_every_save_that_is_cut_short_leaves_the_old_file(tmp_path):
    """In a process whose files may have 20 kB: each save fails half way, for real."""
    run = subprocess.run(
        [sys.executable, "-c", SAVES, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("nothing was written, the file would be larger") == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "a.ply", "model"]


SAVES = """
import resource, signal, sys
from pathlib import Path
import torch
import splat_widgets as sw
from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights import save_folder

folder, n = Path(sys.argv[1]), 3000
scene = sw.Gaussians(torch.rand(n, 3), torch.rand(n, 3) + 0.1, torch.rand(n, 4) + 0.1,
                     torch.rand(n), torch.rand(n, 1, 3))
model = Splatt3R(Splatt3RConfig.micro())
saves = {
    "a.ply": lambda path: sw.save(scene, path),
    "a.html": lambda path: replaced(path),
    "model/config.json": lambda path: save_folder(model, path.parent, source="a", license="b"),
}

def replaced(path):
    from splat_widgets.files import replacing
    with replacing(path) as partial:
        partial.write_text("x" * 99_999)

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
(folder / "model").mkdir()
for name in saves:
    (folder / name).write_text("old")
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
for name, save in saves.items():
    try:
        save(folder / name)
    except OSError as error:
        print(error)
    assert (folder / name).read_text() == "old", name
"""


def test_a_block_within_a_block_for_its_partial_is_part_of_it(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"older")
    with pytest.raises(ValueError), replacing(path) as outer, replacing(outer) as inner:
        assert inner == outer
        inner.write_bytes(b"new")
        raise ValueError
    assert path.read_bytes() == b"older" and [*tmp_path.iterdir()] == [path]
    with replacing(path) as outer:
        with replacing(outer) as inner:
            inner.write_bytes(b"new")
        with flushing(outer), replacing(tmp_path / "b.bin") as other:
            other.write_bytes(outer.read_bytes())
    assert path.read_bytes() == (tmp_path / "b.bin").read_bytes() == b"new"


def test_a_file_goes_to_the_disk_while_it_grows(tmp_path, monkeypatch):
    sent = threading.Event()
    monkeypatch.setattr(files, "_FLUSH_BYTES", 2)
    monkeypatch.setattr(files, "_flush", lambda _: sent.set())
    path = tmp_path / "a.bin"
    with flushing(path), path.open("wb", buffering=0) as file:
        file.write(b"abc")
        assert sent.wait(30)
        sent.clear()
        file.write(b"d")  # less, but nothing follows
        assert sent.wait(30)


def test_a_disk_that_fails_once_while_the_file_grows_is_told(tmp_path, monkeypatch):
    path, tried = tmp_path / "a.bin", threading.Event()
    path.write_bytes(b"older")
    failures = [OSError(errno.EIO, "Input/output error")]

    def fsync(_):
        tried.set()
        if failures:
            raise failures.pop()

    monkeypatch.setattr(files, "_FLUSH_BYTES", 1)
    monkeypatch.setattr(files.os, "fsync", fsync)
    with pytest.raises(OSError, match="Input/output"), replacing(path) as partial:
        with flushing(partial):
            partial.write_bytes(b"new")
            assert tried.wait(30)
    assert path.read_bytes() == b"older" and [*tmp_path.iterdir()] == [path]


def test_without_another_thread_a_file_is_flushed_at_its_end(tmp_path, monkeypatch):
    def start(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(files.threading.Thread, "start", start)
    with replacing(tmp_path / "a.bin") as partial, flushing(partial):
        partial.write_bytes(b"new")
    assert (tmp_path / "a.bin").read_bytes() == b"new"
