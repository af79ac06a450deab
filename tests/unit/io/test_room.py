"""A scene that does not fit is refused before anything is allocated, with both numbers."""

import builders
import pytest
import torch

import splat_widgets as sw
from splat_widgets import memory
from splat_widgets.io import formats, room

SCENE = builders.make_balls(torch.rand(300, 3, generator=torch.Generator().manual_seed(0)) + 1)


@pytest.mark.parametrize("form", formats.WRITABLE, ids=lambda form: form.name)
def test_every_format_is_refused_by_its_header(form, tmp_path, monkeypatch):
    path = sw.save(SCENE, tmp_path / f"scene{form.suffix}", format=form.name, verify=False)
    assert len(sw.load(path)) == 300  # small scenes are opened whatever is free
    monkeypatch.setattr(room, "_SMALL_BYTES", 0)
    monkeypatch.setattr(memory, "free_bytes", lambda: 2**30)
    assert len(sw.load(path)) == 300
    monkeypatch.setattr(memory, "free_bytes", lambda: 1000)
    with pytest.raises(room.NoRoomError, match=r"takes up to [\d.]+ kB .* 1 kB are free; close"):
        sw.load(path)


def test_both_numbers_are_said_of_what_a_header_promises(tmp_path, monkeypatch):
    path = sw.save(SCENE, tmp_path / "scene.ply")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"vertex 300", b"vertex 90000000"))
    with path.open("ab") as file:
        file.truncate(90_000_000 * 68 + 2000)  # a hole: it takes no room on the disk
    monkeypatch.setattr(memory, "free_bytes", lambda: 3 * 10**9)
    with pytest.raises(room.NoRoomError, match=r"its 90,000,000 .* 22\.3 GB .* 3 GB are free"):
        sw.load(path)


def test_who_knows_better_opens_it_all_the_same(tmp_path, monkeypatch):
    path = sw.save(SCENE, tmp_path / "scene.ply")
    monkeypatch.setattr(room, "_SMALL_BYTES", 0)
    monkeypatch.setattr(memory, "free_bytes", lambda: 1000)
    for text in ("", "0"):
        monkeypatch.setenv(room.ANY_SIZE, text)
        with pytest.raises(room.NoRoomError, match=f"{room.ANY_SIZE}=1 opens it"):
            sw.load(path)
    monkeypatch.setenv(room.ANY_SIZE, "1")
    assert len(sw.load(path)) == 300
