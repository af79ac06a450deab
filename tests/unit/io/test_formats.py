"""Formats by content when read, by name when written."""

import gzip
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from splat_widgets import attributes, io
from splat_widgets.scene.provenance import Provenance
from splat_widgets.scene.refinement import Refinement
from splat_widgets.scene.scene import Scene


@pytest.mark.parametrize("name", ["scene.ply", "SCENE.PLY", "a.b.ply"])
def test_the_suffix_chooses_the_format(tmp_path, gaussians, name):
    assert io.write(str(tmp_path / name), gaussians, comments=["by me"]) == tmp_path / name
    assert b"comment by me\n" in (tmp_path / name).read_bytes()
    torch.testing.assert_close(io.read(tmp_path / name).means, gaussians.means)


@pytest.mark.parametrize("further", [["by me"], "by me"])
def test_a_scene_keeps_its_own_comments(tmp_path, scene, further):
    origin = Provenance("embedded", tmp_path, None, "free")
    known = replace(scene, provenance=origin)
    for path in (
        io.save(known, tmp_path / "a.ply", comments=further),
        io.write(tmp_path / "b.ply", known, comments=further),
    ):
        head = path.read_bytes().split(b"end_header")[0]
        assert head.index(b"comment license: free") < head.index(b"comment by me\n")


def test_a_tilde_is_the_home_folder(tmp_path, gaussians, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert io.save(gaussians, "~/new/a.ply") == tmp_path / "new" / "a.ply"
    assert io.write("~/b.ply", gaussians) == tmp_path / "b.ply"
    assert len(io.read("~/b.ply")) == len(gaussians)
    with pytest.raises(ValueError, match="~nobody-of-this-name"):
        io.read("~nobody-of-this-name/a.ply")


def test_save_makes_folders_but_not_for_nothing(tmp_path, gaussians):
    assert io.save(gaussians, tmp_path / "a" / "b" / "scene.ply").is_file()
    with pytest.raises(ValueError, match="ends in"):
        io.save(gaussians, tmp_path / "c" / "scene.obj")
    with pytest.raises(TypeError, match="expected a scene"):
        io.save(42, tmp_path / "c" / "scene.ply")
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("name", ["scene.obj", "scene", "scene.ply.gz", ".ply"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path, gaussians, name):
    with pytest.raises(ValueError, match=r"ends in .*\.ply, .*got "):
        io.write(tmp_path / "new" / name, gaussians)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name, right", [("x.gltf", ".glb"), ("x_meta.json", ".sog")])
def test_endings_that_are_only_read_name_the_one_to_write(tmp_path, gaussians, name, right):
    with pytest.raises(ValueError, match=rf"ends in {right}, got .*{name}.* read and not written"):
        io.save(gaussians, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_no_gaussians_are_refused_where_they_would_be_an_empty_file(tmp_path, gaussians):
    with pytest.raises(io.FormatError, match=r"a \.splat without Gaussians is an empty file"):
        io.save(gaussians[:0], tmp_path / "a.splat")
    assert not list(tmp_path.iterdir())


def written_as(suffix: str) -> tuple[str, ...]:
    return io.formats.for_writing(Path(f"a{suffix}")).suffixes


@pytest.mark.parametrize("suffix", [one.suffix for one in io.formats.WRITABLE])
@pytest.mark.parametrize("name", ["photo.jpg", "noext", "other.ply", "other.splatscene"])
def test_the_content_tells_the_format_and_a_wrong_name_is_said_once(
    tmp_path, gaussians, suffix, name
):
    written = io.write(tmp_path / f"right{suffix}", gaussians)
    expected, path = io.read(written), written.rename(tmp_path / name)
    scene = io.read(path)
    assert torch.equal(scene.means, expected.means) and torch.equal(scene.sh, expected.sh)
    own = [line for line in scene.notices if "whatever its name says" in line]
    assert len(own) == (0 if name.endswith(written_as(suffix)) else 1)
    assert not own or suffix in own[0]


LFS_POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 123456789\n"
)


@pytest.mark.parametrize("suffix", [".ply", ".spz", ".sog", ".splat", ".splatscene"])
def test_a_pointer_with_the_name_of_a_scene_is_called_what_it_is(tmp_path, suffix):
    (tmp_path / f"scene{suffix}").write_bytes(LFS_POINTER)
    with pytest.raises(io.FormatError, match="is a Git LFS pointer, not the scene"):
        io.read(tmp_path / f"scene{suffix}")


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is empty"),
        (bytes(100), "zeros only"),
        (b"# made by\nv 0 0 0\nv 1 0 0\nf 1 2 1\n", "is an OBJ; a mesh has surfaces"),
        (b"solid cube\n", "is an STL"),
        (b"LASF" + bytes(300), "LAS point cloud"),
        (b"#usda 1.0\n", "USD"),
        (b"\xff\xd8\xff\xe0", "sw.reconstruct"),
        (b"\x80\x02}q", "pickle"),
        (b"<!doctype html>", "web page"),
        (LFS_POINTER, "Git LFS pointer, not the scene; run `git lfs pull`"),
        (LFS_POINTER[:128], "Git LFS pointer"),  # as long as four rows of a .splat
        (gzip.compress(b"ply\nformat", mtime=0), "gzip file with a .ply in it"),
        (b'{"camera_model": "OPENCV"}', "cameras of photos"),
        (b"what is this", "no scene in a known format"),
    ],
)
def test_foreign_files_are_told_what_they_are(tmp_path, content, words):
    path = tmp_path / "scene.dat"
    path.write_bytes(content)
    with pytest.raises(io.FormatError, match=rf"scene\.dat: it .*{words}"):
        io.read(path)


@pytest.mark.parametrize(
    "inside, words",
    [("a.usdc", "USDZ"), ("x/data.pkl", "PyTorch"), ("a.ply", r"\.ply in it"), ("b", "without a")],
)
def test_foreign_archives_too(tmp_path, inside, words):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(inside, b"1")
    with pytest.raises(io.FormatError, match=words):
        io.read(tmp_path / "a.zip")


def test_what_a_format_does_not_keep_is_told_once(tmp_path, scene, capsys):
    attributes.register("mine", torch.ones(len(scene.gaussians)), scene=scene)
    for name in ("a.ply", "b.ply"):
        io.save(scene, tmp_path / name)
    told = capsys.readouterr().out
    assert told.count("A .ply does not keep photos, cameras") == 1 and "(mine)" in told
    io.save(scene, tmp_path / "a.splatscene")
    io.save(scene.gaussians, tmp_path / "c.ply")
    assert not capsys.readouterr().out


def test_options_belong_to_formats(tmp_path, gaussians):
    with pytest.raises(ValueError, match=r"expected a \.splatscene to keep photos in"):
        io.save(gaussians, tmp_path / "a.ply", photos="small")
    with pytest.raises(TypeError, match="got 'colour'"):
        io.write(tmp_path / "a.ply", gaussians, colour=1)
    with pytest.raises(ValueError, match=r"expected a format \(.*ply.*\), got 'e57'"):
        io.save(gaussians, tmp_path / "a.ply", format="e57")
    assert io.save(gaussians, tmp_path / "a.dat", format="ply").read_bytes()[:3] == b"ply"


def test_swapped_or_foreign_arguments_are_refused(tmp_path, gaussians):
    with pytest.raises(TypeError, match="path comes first in `write`, last in `save`"):
        io.write(gaussians, tmp_path / "a.ply")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="got dict"):
        io.write(tmp_path / "a.ply", {"means": gaussians.means})
    with pytest.raises(TypeError, match="expected a path, got int"):
        io.read(3)  # type: ignore[arg-type]


def test_only_our_own_scenes_claim_a_frame(tmp_path, scene):
    first = b"comment frame: first camera, OpenCV axes"
    given = b"comment frame: the world of the cameras that were given"
    verdict = Refinement(True, True, "", "It holds.", (), (), (), (), (), "given")
    named = {
        "first_camera": (scene, first),
        "given": (replace(scene, refinement=verdict), given),
        "unknown": (scene.gaussians, b"comment written by"),
    }
    for frame, (kind, line) in named.items():
        saved = io.save(kind, tmp_path / f"{frame}.ply")
        head = saved.read_bytes().split(b"end_header")[0]
        assert Scene.of(kind).frame == frame and line in head
        assert (b"comment frame" in head) == (frame != "unknown")
        again = io.read(saved)
        assert again.frame == again.select([2, 1]).frame == frame
        twice = io.save(again, tmp_path / "twice.ply").read_bytes().split(b"end_header")[0]
        assert twice == head


def test_comments_of_others_survive_and_ours_are_not_doubled(tmp_path, gaussians):
    path = io.save(gaussians, tmp_path / "a.ply")
    head, _, body = path.read_bytes().partition(b"end_header\n")
    foreign = [b"Vertical Axis: z", "license CC-BY-4.0 © Zoë".encode()]
    lines = [line for line in head.splitlines() if not line.startswith(b"comment")]
    lines[2:2] = [b"comment " + line for line in foreign]
    path.write_bytes(b"\n".join([*lines, b"end_header\n"]) + body)
    scene = io.read(path)
    assert scene.comments == ("Vertical Axis: z", "license CC-BY-4.0 © Zoë")
    for comments in ("by me", ()):
        path = io.save(scene, tmp_path / "b.ply", comments=comments)
        scene = io.read(path).select([0, 1])
        head = path.read_bytes().partition(b"end_header\n")[0]
        assert head.count(b"comment Vertical Axis: z\n") == head.count(b"comment by me\n") == 1
        assert b"comment license CC-BY-4.0 \\xa9 Zo\\xeb\n" in head and b"frame" not in head
        assert head.count(b"written by splat_widgets") == 1
