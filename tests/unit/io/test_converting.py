"""`splat-widgets convert`: from format to format, with what was lost, never over a file."""

import torch

from splat_widgets import cli, io


def test_a_scene_changes_its_format(tmp_path, scene, capsys):
    source = io.save(scene, tmp_path / "a.splatscene")
    assert cli.main(["convert", str(source), str(tmp_path / "new" / "b.spz")]) == 0
    told = capsys.readouterr().out
    assert "MiB, verified to" in told
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
    assert "expected a file name that ends in .splatscene, .ply, " in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
