"""`splat-widgets convert`: from format to format, with what was lost, never over a file."""

from pathlib import Path

import torch
from plyfile import PlyData

from splat_widgets import cli, io
from splat_widgets.io import converting


def test_a_scene_changes_its_format(tmp_path, scene, capsys):
    source = io.save(scene, tmp_path / "a.splatscene")
    assert cli.main(["convert", str(source), str(tmp_path / "new" / "b.spz")]) == 0
    told = capsys.readouterr().out
    assert "kB, verified to" in told
    assert "read" in told and "a.splatscene: Scene(" in told and "b.spz (" in told
    assert "A .spz does not keep photos, cameras, confidence and maps" in told
    assert cli.main(["convert", str(tmp_path / "new" / "b.spz"), str(tmp_path / "c.ply")]) == 0
    assert (io.read(tmp_path / "c.ply").means - scene.gaussians.means).abs().max() < 1e-5


def test_nothing_is_replaced_without_force(tmp_path, gaussians, capsys):
    source, other = io.save(gaussians, tmp_path / "a.ply"), tmp_path / "b.splat"
    other.write_bytes(b"mine")
    assert cli.main(["convert", str(source), str(other)]) == 1
    assert "is there already; --force replaces it" in capsys.readouterr().err
    assert other.read_bytes() == b"mine"
    assert cli.main(["convert", str(source), str(other), "--force"]) == 0
    assert torch.equal(io.read(other).means, gaussians.means)


def test_a_foreign_file_is_one_line(tmp_path, capsys):
    (tmp_path / "a.obj").write_bytes(b"v 0 0 0\nf 1 1 1\n")
    assert cli.main(["convert", str(tmp_path / "a.obj"), str(tmp_path / "b.ply")]) == 1
    assert "a.obj: it is an OBJ" in capsys.readouterr().err
    assert not (tmp_path / "b.ply").exists()


def test_a_target_without_an_ending_is_asked_for_one(tmp_path, gaussians, capsys):
    source = io.save(gaussians, tmp_path / "a.ply")
    assert cli.main(["convert", str(source), str(tmp_path / "b")]) == 1
    said = capsys.readouterr().err
    assert "expected a file name that ends in .splatscene, .ply, " in said
    assert "for a folder name a format, such as --format spz" in said
    assert not (tmp_path / "b").exists()


def test_a_folder_of_scenes_is_converted_and_a_bad_file_is_named(tmp_path, gaussians, capsys):
    folder, out = tmp_path / "in", tmp_path / "out"
    io.save(gaussians, folder / "a.splatscene")
    io.save(gaussians, folder / "b.compressed.ply")
    (folder / "notes.txt").write_text("no scene")
    (folder / "c.ply").write_bytes(b"not a ply at all")
    assert cli.main(["convert", str(folder), str(out), "--format", "spz"]) == 1
    told = capsys.readouterr()
    assert "failed: c.ply: " in told.out and "1 of 3 files were not converted" in told.err
    assert sorted(path.name for path in out.iterdir()) == ["a.spz", "b.spz"]
    assert all(len(io.read(path)) == len(gaussians) for path in out.iterdir())


def test_a_pattern_that_the_shell_left_is_followed(tmp_path, gaussians, capsys):
    io.save(gaussians, tmp_path / "a.ply")
    pattern, out = str(tmp_path / "*.ply"), tmp_path / "out"
    assert cli.main(["convert", pattern, str(out), "--format", "splat"]) == 0
    assert [path.name for path in out.iterdir()] == ["a.splat"]
    assert cli.main(["convert", str(tmp_path / "*.glb"), str(out), "--format", "splat"]) == 1
    assert "expected files that fit the pattern, found none at" in capsys.readouterr().err


def test_several_scenes_need_a_format_and_names_of_their_own(tmp_path, gaussians, capsys):
    a, b = io.save(gaussians, tmp_path / "a.ply"), io.save(gaussians, tmp_path / "a.spz")
    assert cli.main(["convert", str(a), str(b), str(tmp_path / "out")]) == 1
    assert "in a format such as --format spz" in capsys.readouterr().err
    assert cli.main(["convert", str(a), str(b), str(tmp_path / "out"), "--format", "glb"]) == 1
    told = capsys.readouterr()
    assert "failed: a.spz: 2 files would become a.glb" in told.out
    assert "2 of 2 files were not converted" in told.err
    assert cli.main(["convert", str(a), str(tmp_path / "out"), "--format", "ksplat"]) == 1
    assert "which is only read" in capsys.readouterr().err


def test_a_format_bad_rows_and_plain_columns_are_chosen(tmp_path, gaussians, capsys):
    source, packed = tmp_path / "a.ply", tmp_path / "b.ply"

    io.save(gaussians, source)
    table = PlyData.read(source, mmap=False)
    table["vertex"]["x"][3] = float("nan")
    table["vertex"]["opacity"] = gaussians.opacities.numpy()
    table["vertex"]["scale_0"], table["vertex"]["scale_1"], table["vertex"]["scale_2"] = (
        gaussians.scales.T.numpy()
    )
    table.write(source)
    how = ["--format", "compressed-ply", "--activated", "opacity,scale"]
    assert cli.main(["convert", str(source), str(packed), *how, "--on-bad", "raise"]) == 1
    assert "the first at row 3" in capsys.readouterr().err and not packed.exists()
    assert cli.main(["convert", str(source), str(packed), *how]) == 0
    assert "1 of" in capsys.readouterr().out
    found = io.read(packed)
    assert io.formats.of_file(packed).name == "compressed-ply"
    rest = [row for row in range(len(gaussians)) if row != 3]
    assert len(found) == len(rest)
    assert abs(found.opacities.mean() - gaussians.opacities[rest].mean()) < 3e-3
    assert cli.main(["convert", str(source), str(packed), "--activated", "sizes", "--force"]) == 1
    assert "expected activated to name" in capsys.readouterr().err


def test_two_of_one_name_do_not_keep_the_others_from_being_converted(tmp_path, gaussians, capsys):
    for name in ("a.ply", "a.spz", "b.ply"):
        io.save(gaussians, tmp_path / "in" / name)
    assert (
        cli.main(["convert", str(tmp_path / "in"), str(tmp_path / "out"), "--format", "glb"]) == 1
    )
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.glb"]
    assert "2 of 3 files were not converted" in capsys.readouterr().err


def test_patterns_may_be_of_any_kind_and_in_folders(tmp_path, gaussians, monkeypatch):
    written = [io.save(gaussians, tmp_path / "in" / name) for name in ("a.ply", "b.ply")]
    assert converting.scene_files([tmp_path / "i*" / "a.ply"]) == (written[0],)
    assert converting.scene_files([tmp_path / "in" / "?.ply"]) == tuple(written)
    assert converting.scene_files([tmp_path / "in" / "[b-z].ply"]) == (written[1],)
    monkeypatch.chdir(tmp_path)
    assert [str(path) for path in converting.scene_files(["i?/b*"])] == [str(Path("in/b.ply"))]


def test_a_target_of_another_ending_than_its_format_is_told(tmp_path, gaussians, capsys):
    source = io.save(gaussians, tmp_path / "a.ply")
    assert cli.main(["convert", str(source), str(tmp_path / "y.spz"), "--format", "ply"]) == 0
    assert "noticed: It is a .ply, whatever its name says" in capsys.readouterr().out


def test_columns_that_are_not_plain_as_was_said_are_told_to_look_encoded(
    tmp_path, gaussians, capsys
):
    source, target = str(io.save(gaussians, tmp_path / "a.ply")), str(tmp_path / "b.ply")
    for column, hint in (("opacity", "look like logits"), ("scale", "look like logarithms")):
        how = ["--activated", column, "--force"]
        cli.main(["convert", source, target, *how])
        told = capsys.readouterr()
        assert hint in told.out + told.err and f"do not name {column}" in told.out + told.err
        assert cli.main(["convert", source, target, *how, "--on-bad", "raise"]) == 1
        assert hint in capsys.readouterr().err
