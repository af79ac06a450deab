import json
import socket
import sys
from dataclasses import replace

import pytest
import torch

import splat_widgets as sw
from splat_widgets import cli
from splat_widgets.embedded import demo_pair
from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights import save_folder
from splat_widgets.rendering import turntable, write_video


def test_demo_writes_scene_picture_and_page(tmp_path, capsys):
    assert cli.main(["demo", "-o", str(tmp_path)]) == 0
    scene = sw.load(tmp_path / "scene.ply")
    assert 2 * 128 * 128 < len(scene) <= 2 * 256 * 256  # refined
    assert (tmp_path / "preview.png").read_bytes().startswith(b"\x89PNG")
    assert "</html>" in (tmp_path / "scene.html").read_text()
    printed = capsys.readouterr().out
    assert "photos determine cameras and depth" in printed
    assert "Gaussians" in printed and "splat-widgets lab" in printed


def test_reconstruct_names_the_bad_photo_and_shows_no_traceback(tmp_path, capsys):
    bad = tmp_path / "notes.jpg"
    bad.write_text("not a picture")
    arguments = ["reconstruct", str(demo_pair()[0]), str(bad), "-m", "embedded"]
    assert cli.main([*arguments, "-o", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert "notes.jpg" in error and "Traceback" not in error
    assert not (tmp_path / "out" / "scene.ply").exists()


def test_a_video_beside_the_scene(tmp_path, monkeypatch, capsys):
    module = sys.modules[write_video.__module__]
    monkeypatch.setattr(module, "turntable", lambda scene: turntable(scene, num_frames=2, size=32))
    arguments = ["reconstruct", *map(str, demo_pair()), "-m", "embedded", "-o", str(tmp_path)]
    assert cli.main([*arguments, "--video", "turn.avi"]) == 1
    assert "expected a name that ends in .mp4" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())  # told before the work, not after it
    assert cli.main([*arguments, "--video", "turn.mp4"]) == 0
    assert (tmp_path / "turn.mp4").read_bytes()[4:8] == b"ftyp"
    assert "turn.mp4" in capsys.readouterr().out


def test_a_missing_file_is_one_line(tmp_path, capsys):
    missing = str(tmp_path / "missing.jpg")
    assert cli.main(["reconstruct", missing, missing, "-m", "embedded"]) == 1
    assert "missing.jpg" in capsys.readouterr().err


def test_a_photo_that_is_not_there_is_named_before_a_model_is_loaded(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sw, "load_model", None)  # not reached
    for wrong, found in (("gone.jpg", "nothing"), (tmp_path, "a folder")):
        photos = [str(demo_pair()[0]), str(wrong)]
        assert cli.main(["reconstruct", *photos, "-o", str(tmp_path / "out")]) == 1
        assert f"found {found} at" in capsys.readouterr().err


def test_unknown_commands_and_options_are_refused():
    for arguments in (["fly"], ["demo", "--wings", "2"]):
        with pytest.raises(SystemExit, match="2"):
            cli.main(arguments)


def test_health_prints_the_settings(capsys):
    assert cli.main(["health"]) == 0
    printed = capsys.readouterr().out
    assert "device" in printed and "memory" in printed


def test_lab_copies_the_notebooks_once(tmp_path, monkeypatch):
    called = []
    monkeypatch.setattr(cli.child, "run", lambda command: called.append(command) or 0)
    assert cli.main(["lab", str(tmp_path)]) == 0
    notebook = tmp_path / cli.QUICKSTART
    assert len(list(tmp_path.glob("*.ipynb"))) >= 3
    for copy in tmp_path.glob("*.ipynb"):
        assert json.loads(copy.read_text())["nbformat"] == 4
    notebook.write_text("mine")
    assert cli.main(["lab", str(tmp_path), "--no-browser"]) == 0
    assert notebook.read_text() == "mine"
    assert "--no-browser" in called[1]


def test_lab_takes_options_without_a_folder_and_runs_as_root(tmp_path, monkeypatch, capsys):
    called = []
    monkeypatch.setattr(cli.child, "run", lambda command: called.append(command[3:]) or 0)
    monkeypatch.chdir(tmp_path)
    notebook = str(tmp_path / cli.QUICKSTART)
    monkeypatch.setattr(cli.os, "geteuid", lambda: 1000, raising=False)
    assert cli.main(["lab", "--port", "8889", "--no-browser"]) == 0
    assert called.pop() == [notebook, "--port", "8889", "--no-browser"]
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(cli.os, "geteuid", lambda: 0, raising=False)
    assert cli.main(["lab"]) == 0
    assert called.pop() == [notebook, "--allow-root"]
    assert "--allow-root" in capsys.readouterr().out


@pytest.mark.parametrize("error", [ArithmeticError, RuntimeError])
def test_errors_written_for_people_are_one_line(monkeypatch, capsys, error):
    def fail():
        raise error("what to do")

    monkeypatch.setattr("splat_widgets.health.health", fail)
    assert cli.main(["health"]) == 1
    assert capsys.readouterr().err == "splat-widgets: what to do\n"


def test_the_output_folder_is_a_setting_and_made_before_the_run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SPLAT_WIDGETS_OUTPUT_DIR", str(tmp_path / "results"))
    bad = tmp_path / "notes.jpg"
    bad.write_text("not a picture")
    assert cli.main(["reconstruct", str(bad), "-m", "embedded"]) == 1
    assert (tmp_path / "results" / "scene").is_dir()
    (tmp_path / "file").write_text("in the way")
    capsys.readouterr()
    monkeypatch.setattr(sw, "load_model", None)  # not reached
    assert cli.main(["reconstruct", str(bad), "-o", str(tmp_path / "file")]) == 1
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_a_single_photo_is_noticed_and_the_file_names_the_weights(tmp_path, capsys):
    photo = str(demo_pair()[0])
    assert cli.main(["reconstruct", photo, "-m", "embedded", "-o", str(tmp_path)]) == 0
    assert "Only one photo was given" in capsys.readouterr().out
    header = (tmp_path / "scene.ply").read_bytes()[:3000]
    assert b"comment weights: embedded, sha256 " in header and b"comment license: " in header


def test_evaluate_prints_verdicts_and_tables_and_writes_numbers(
    tmp_path, capsys, few_training_scenes
):
    sizes = replace(Splatt3RConfig.micro(), image_size=32, descriptor_dim=0)
    torch.manual_seed(0)
    model = save_folder(Splatt3R(sizes), tmp_path / "model", source="a test", license="none")
    numbers = tmp_path / "new" / "numbers.json"
    arguments = ["evaluate", str(model), "--scenes", "3", "--photos", "1", "--json"]
    arguments.append(str(numbers))
    assert cli.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "mean point map" in printed and "| --- |" not in printed
    assert "Refined with the photos (1 scenes of 512 px" in printed
    written = json.loads(numbers.read_text())
    assert written["num_scenes"] == 3 and written["photos"]["num_scenes"] == 1
    few = ["evaluate", str(model), "--scenes", "3", "--photos", "0", "--markdown"]
    assert cli.main(few) == 0
    printed = capsys.readouterr().out
    assert "| this network |" in printed and "Refined with" not in printed
    assert cli.main(["evaluate", str(model), "--scenes", "0"]) == 1
    assert "at least one scene" in capsys.readouterr().err
    assert cli.main(["evaluate", str(model), "--json", str(numbers / "below.json")]) == 1
    assert "expected a folder, found a file at" in capsys.readouterr().err


def test_a_service_that_cannot_listen_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert cli.main(["serve", "-m", "embedded", "--port", port]) == 1
    assert f"cannot listen at 127.0.0.1:{port}" in capsys.readouterr().err
    assert cli.main(["serve", "--host", "0.0.0.0"]) == 1
    assert "expected a token for the address 0.0.0.0" in capsys.readouterr().err
    monkeypatch.setattr(cli, "_importable", lambda name: name != "fastapi")
    assert cli.main(["serve"]) == 1
    assert "pip install 'splat-widgets[serve]'" in capsys.readouterr().err
