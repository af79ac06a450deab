"""What Voila is told: a folder of ours alone, that is gone afterwards."""

import ast
import json
import os
from pathlib import Path

import pytest

from splat_widgets import cli
from splat_widgets.app import launch as app
from splat_widgets.app.options import AppOptions
from splat_widgets.app.session import session


@pytest.fixture
def started(monkeypatch):
    """What would be started: the command, its environment, and the files it reads."""
    seen = {}

    def run(command):
        folder = Path(command[-1].partition("=")[2])
        seen["command"], seen["folder"] = command, folder
        seen["environment"] = dict(os.environ)
        seen["rights"] = folder.stat().st_mode & 0o777
        seen["voila"] = json.loads((folder / "voila.json").read_text())
        [cell] = json.loads(Path(command[3]).read_text())["cells"]
        seen["call"] = ast.parse(cell["source"]).body[-1].value
        return 7

    monkeypatch.setattr(app.child, "run", run)
    monkeypatch.setattr(app, "_announce", lambda options: None)
    monkeypatch.setattr(app, "find_spec", lambda name: name)
    return seen


def test_a_local_model(started):
    assert cli.main(["app", "--no-browser", "-m", "embedded", "--idle", "30"]) == 7
    assert {k.arg: k.value.value for k in started["call"].keywords} == {"model": "embedded"}
    voila = started["voila"]
    assert voila["Voila"]["ip"] == "127.0.0.1" and voila["Voila"]["port_retries"] == 0
    assert len(voila["Voila"]["token"]) >= 32
    assert voila["Voila"]["token"] not in " ".join(started["command"])  # `ps` shows commands
    assert voila["MappingKernelManager"]["cull_idle_timeout"] == 1800
    template = Path(started["environment"]["JUPYTER_PATH"].split(os.pathsep)[1])
    assert (template / "voila" / "templates" / app.TEMPLATE / "index.html.j2").is_file()
    assert started["rights"] == 0o700 or os.name != "posix"
    assert not started["folder"].exists()


def test_a_service_whose_token_stands_in_no_file(started, monkeypatch, tmp_path):
    monkeypatch.delenv("SPLAT_WIDGETS_TOKEN", raising=False)
    monkeypatch.setattr("splat_widgets.service.connect.connect", lambda url, token: None)
    (tmp_path / "token").write_text("the-token-of-a-service")
    arguments = ["--service", "http://gpu-box:8000", "--token-file", str(tmp_path / "token")]
    assert cli.main(["app", *arguments]) == 7
    assert [k.arg for k in started["call"].keywords] == ["service"]
    assert started["environment"]["SPLAT_WIDGETS_TOKEN"] == "the-token-of-a-service"
    assert "the-token-of-a-service" not in json.dumps(started["voila"])
    assert "SPLAT_WIDGETS_TOKEN" not in os.environ


def test_a_service_that_does_not_answer_is_told_before_anything_starts(started, capsys):
    assert cli.main(["app", "--service", "http://127.0.0.1:9", "--no-browser"]) == 1
    told = capsys.readouterr().err
    assert "http://127.0.0.1:9" in told and "Traceback" not in told
    assert started == {}


def test_without_voila_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(app, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'splat-widgets\[app\]'"):
        app.launch(AppOptions.resolve())


def test_a_session_without_a_studio_says_why():
    shown = session(service="http://127.0.0.1:9/<b>")
    assert 'role="alert"' in shown.data and "<b>" not in shown.data
