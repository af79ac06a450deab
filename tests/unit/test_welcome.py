"""What the first cell of the notebooks installs and says."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from IPython.core.inputtransformer2 import TransformerManager

from splat_widgets import welcome as module
from splat_widgets.models.weights import hub
from splat_widgets.version import SOURCE
from splat_widgets.welcome import welcome

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def first_cell(path: Path) -> str:
    cells = json.loads(path.read_text())["cells"]
    return "".join(next(one for one in cells if one["cell_type"] == "code")["source"])


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a cell in an empty folder; gives back the magics that it called."""
    monkeypatch.chdir(tmp_path)
    called: list[str] = []

    def run(cell: str) -> list[str]:
        def magic(name: str, line: str) -> None:
            called.append(f"{name} {line}".format(**scope))  # as IPython fills in variables

        scope: dict = {"get_ipython": lambda: SimpleNamespace(run_line_magic=magic)}
        exec(TransformerManager().transform_cell(cell), scope)
        return called

    return run


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_installs_nothing_where_the_package_is(path: Path, run, capsys):
    assert run(first_cell(path)) == []
    assert welcome() in capsys.readouterr().out


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_alone_installs_the_wheel_beside_it_or_from_its_one_address(
    path: Path, run, monkeypatch, tmp_path
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    extra = "[train]" if "train" in path.stem else ""
    source = SOURCE.replace("splat-widgets", "splat-widgets" + extra, 1)
    assert f'(wheels or ["{source}"])' in first_cell(path), "run `python notebooks/first_cell.py`"
    with pytest.raises(FileNotFoundError, match=r"put splat_widgets-.*whl beside this notebook"):
        run(first_cell(path).replace(f'["{source}"]', '[""]'))
    wheel = tmp_path / "splat_widgets-0.1.0-py3-none-any.whl"
    wheel.touch()
    assert run(first_cell(path)) == [f'pip install -q "./{wheel.name}{extra}"']


def test_without_a_gpu_the_seconds_are_told(monkeypatch):
    monkeypatch.setenv("SPLAT_WIDGETS_DEVICE", "cpu")
    monkeypatch.setattr(hub, "cached", lambda: None)
    said = welcome()
    assert "no GPU: the official weights then take 24 s for two photos instead of 1 s" in said
    assert "3.2 GB to download once" in said and hub.LICENSE in said


def test_a_gpu_is_named_and_what_is_cached_is_not_downloaded(monkeypatch):
    monkeypatch.setattr(module, "pick_device", lambda device: torch.device("cuda", 0))
    card = SimpleNamespace(name="Tesla T4", total_memory=16 * 10**9)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda place: card)
    monkeypatch.setattr(hub, "cached", lambda: "there")
    said = welcome()
    assert "runs on the GPU Tesla T4 with 16 GB." in said
    assert "in your Hub cache" in said and "download" not in said
