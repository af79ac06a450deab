"""Files of the output folder, and bytes for and from the browser."""

import os

import pytest

from splat_widgets import io
from splat_widgets.io.folder import saved_files
from splat_widgets.studio.files import (
    file_bytes,
    read_bytes,
    stem_of,
    title_of,
    write_new,
)

from .conftest import scene


def test_files_get_names_of_their_own(tmp_path):
    folder = tmp_path / "new" / "folder"
    first, second = (write_new(scene(3), folder) for _ in range(2))
    assert [first.name, second.name] == ["scene-001.ply", "scene-002.ply"]
    first.unlink()
    assert write_new(scene(3), folder).name == "scene-001.ply"
    assert len(io.read(second)) == 3
    assert set(saved_files(folder)) == {"scene-001.ply", "scene-002.ply"}


@pytest.mark.parametrize(
    ("names", "title", "stem"),
    [
        (["a.jpg", "b c.png"], "a.jpg + b c.png", "a-b-c"),
        (["a.jpg", "b.jpg", "c.jpg"], "a.jpg + b.jpg + c.jpg", "a-b-1-more"),
        ([f"{i}.png" for i in range(6)], "0.png + 1.png + 4 more", "0-1-4-more"),
        (["../../etc/passwd", ".."], "../../etc/passwd + ..", "passwd"),
        (["é" * 99 + ".jpg"], "é" * 99 + ".jpg", "é" * 24),
        (["<b>.jpg"], "<b>.jpg", "b"),
        ([], "scene", "scene"),
    ],
)
def test_a_scene_is_named_after_its_photos_whatever_they_are_called(names, title, stem):
    assert (title_of(names), stem_of(names)) == (title, stem)


def test_a_failed_save_leaves_nothing(tmp_path, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("splat_widgets.studio.files.io.write", full)
    with pytest.raises(OSError, match="No space"):
        write_new(scene(3), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_folder_no_files(tmp_path):
    assert saved_files(tmp_path / "none") == []


def test_bytes_are_those_of_the_saved_file_or_new_ones(tmp_path):
    saved = io.write(tmp_path / "scene.ply", scene(3))
    assert file_bytes(scene(3), saved, "x.ply") == saved.read_bytes()
    saved.unlink()
    assert len(read_bytes(file_bytes(scene(5), saved, "x.ply"), "a.ply")) == 5
    assert list(tmp_path.iterdir()) == []
    for form in io.formats.WRITABLE:  # a saved file of another format is not taken
        data = file_bytes(scene(5), io.write(tmp_path / "b.ply", scene(3)), f"x{form.suffix}")
        assert len(read_bytes(data, f"x{form.suffix}")) == (3 if form.name == "ply" else 5)


def test_bytes_that_are_not_a_scene_are_refused_without_a_file_name():
    with pytest.raises(io.FormatError) as caught:
        read_bytes(b"GIF89a", "../a b/photo.gif")
    assert caught.value.reason.startswith("it is no scene in a known format (.")
    with pytest.raises(io.PlyError) as caught:
        read_bytes(b"ply\nformat ascii 1.0\n", "a.ply")
    assert caught.value.reason == "expected 'end_header' in the first MB, got none"


def test_whole_scenes_come_first_then_plys_newest_first(tmp_path):
    for age, name in enumerate(("a.splatscene", "b.ply", "c.splatscene", "d.ply", "e.txt")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000 + age, 1000 + age))
    assert saved_files(tmp_path) == ["c.splatscene", "a.splatscene", "d.ply", "b.ply"]


def test_bytes_of_a_whole_scene(tmp_path):
    path = io.save(scene(4), tmp_path / "a.splatscene")
    found = read_bytes(path.read_bytes(), path.name)
    assert len(found) == 4 and found.path is None
    with pytest.raises(io.SceneFileError, match="cut off"):
        read_bytes(path.read_bytes()[:-30], path.name)
