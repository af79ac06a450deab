"""Environments with Google Colab's versions, made once, beside those of this session.

Python 3.13 serves the classic Notebook. PyPI's torch for it brings gigabytes of CUDA on Linux, so
the kernel is the Python of this session, with the same versions and the pinned CPU build; on 3.13
the first cells of the notebooks run, and our package is imported over a stub of torch.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hosts.programs.first_cell import first_cells
from hosts.records import Absent
from hosts.server import REPOSITORY

FOLDER = Path(sys.prefix) / "colab"
# From 3.6.8 on the extension cannot make its own `Output` ("_deserialize_state is not a function"),
# nor what has one in it. Colab has a manager of its own in its place.
NOTEBOOK = ("notebook<7", "jupyter_client<8", "widgetsnbextension==3.6.6", "setuptools<81")


@dataclass(frozen=True)
class Environments:
    """Interpreters, and what was found in making them."""

    served: str  # Python 3.13 with the classic Notebook
    kernel: str
    note: str


def environments() -> Environments:
    """Make what is missing, install our wheel on the kernel's side, and compare the versions.

    Raises:
        Absent: without a Python 3.13.
    """
    pins = _lines(Path(__file__).parents[1] / "colab.txt")
    theirs = next(line for line in pins if line.startswith("torch=="))
    pins.remove(theirs)
    torch = next(one for one in _lines(REPOSITORY / "constraints.txt") if one.startswith("torch=="))
    served = _environment("notebook", _python_313(), [*NOTEBOOK, *pins])
    kernel = _environment("kernel", sys.executable, [torch, *pins])
    bare = _environment("bare", _python_313(), pins)
    _pip(kernel, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(FOLDER), str(REPOSITORY))
    wheel = max(FOLDER.glob("splat_widgets-*.whl"), key=lambda path: path.stat().st_mtime)
    _pip(kernel, "install", "--quiet", str(wheel))
    said = first_cells(bare, wheel, theirs.removeprefix("torch=="), partial(_pip, bare))
    return Environments(served, kernel, f"over Colab's packages on Python 3.13 {said}")


def _environment(name: str, python: str, wanted: Sequence[str]) -> str:
    folder = FOLDER / name
    own = str(folder / "bin" / "python")
    complete, whole = folder / "complete", "\n".join(wanted)
    if not complete.exists() or complete.read_text() != whole:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-m", "venv", str(folder)], check=True)
        _pip(own, "install", "--quiet", *wanted)
        complete.write_text(whole)
    return own


def _python_313() -> str:
    pyenv = sorted(Path.home().glob(".pyenv/versions/3.13*/bin/python"))
    for python in (*map(str, pyenv), shutil.which("python3.13") or ""):  # pyenv's own may be a shim
        if python and subprocess.run([python, "-c", ""], capture_output=True).returncode == 0:
            return python
    raise Absent("not tried: no Python 3.13 here")


def _pip(python: str, *arguments: str) -> str:
    done = subprocess.run([python, "-m", "pip", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-500:])
    return done.stdout


def _lines(path: Path) -> list[str]:
    return re.findall(r"^[\w-]+==.+$", path.read_text(), flags=re.M)
