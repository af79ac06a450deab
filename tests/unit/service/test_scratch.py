"""Files on their way: gone with their process, however it ends, and closed to other users."""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from splat_widgets.service.cluster.storage import store_at

MAKE = (
    "import sys; from splat_widgets.service.scratch import Scratch; kept = Scratch(); "
    "(kept.path / 'photo').write_bytes(b'x'); print(kept.path, flush=True); sys.stdin.read(1)"
)
on_posix = pytest.mark.skipif(os.name != "posix", reason="Windows has other rights")


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def test_the_next_process_clears_what_a_killed_one_has_left(temporary, tmp_path):
    start = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        subprocess.Popen([sys.executable, "-c", MAKE], **start) as killed,
        subprocess.Popen([sys.executable, "-c", MAKE], **start) as alive,
    ):
        photos = [Path(process.stdout.readline().strip()) / "photo" for process in (killed, alive)]
        assert all(photo.is_relative_to(temporary) and photo.is_file() for photo in photos)
        killed.kill()
        killed.wait()
        assert photos[0].is_file()
        store = store_at(f"file://{tmp_path}/shared")
        assert [photo.is_file() for photo in photos] == [False, True]
        alive.communicate("x")  # it ends by itself
    assert [store.scratch] == [folder / "files" for folder in temporary.iterdir()]
    store.close()
    store.close()
    assert list(temporary.iterdir()) == []


@on_posix
def test_storage_in_a_folder_is_closed_to_other_users(temporary, tmp_path):
    (tmp_path / "old" / "photos").mkdir(parents=True)
    (tmp_path / "old" / "photos").chmod(0o755)  # of an older version
    for name, left in (("new", 0o700), ("old", 0o750)):
        store = store_at(f"file://{tmp_path}/{name}")
        source = store.scratch / "photo"
        source.write_bytes(b"x")
        for kind in ("photos", "outputs"):
            store.objects.put(f"{kind}/{'0' * 32}/0", source)
        folders = [path for path in (tmp_path / name).iterdir() if path.is_dir()]
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folders}
        assert modes.pop("photos") == left and set(modes.values()) == {0o700}
        store.close()
