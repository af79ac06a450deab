"""The first cell of every notebook, run on Colab's Python with Colab's packages around it.

PyPI's torch for Linux brings gigabytes of CUDA. A stand-in tells pip that Colab's torch is there,
and each cell runs as far as its first line that needs a real one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hosts.server import REPOSITORY

NEEDS_TORCH = "from splat_widgets.welcome"
PACKAGE = "splat-widgets"
Pip = Callable[..., str]


def first_cells(python: str, wheel: Path, torch: str, pip: Pip) -> str:
    """What they install, and what imports then, in words; the environment is left as it was.

    Args:
        python: of an environment with neither torch nor our package.
        wheel: of our package; it lies beside the notebook.
        torch: version that the stand-in has.
        pip: runs that environment's pip.

    Raises:
        RuntimeError: if a cell does not run, with the end of what it printed.
    """
    stand_in = _stand_in(python, torch)
    before = packages(pip)
    said = ""
    try:
        notebooks = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
        for notebook in notebooks:
            _run(python, _cell(notebook), wheel)
            said = said or _imports(python)
            pip("uninstall", "--yes", "--quiet", PACKAGE)
        after = packages(pip)
    finally:
        if new := sorted(packages(pip).keys() - before.keys()):
            pip("uninstall", "--yes", "--quiet", *new)
        shutil.rmtree(stand_in)
    replaced = [name for name in before if after.get(name) != before[name]]
    return (
        f"the first cells of {len(notebooks)} notebooks install the wheel and replace "
        f"{', '.join(replaced) or 'none'}, {said}"
    )


def packages(pip: Pip) -> dict[str, str]:
    """Versions by name of what is installed, without our package."""
    lines = (line.split("==") for line in pip("list", "--format=freeze").splitlines())
    return {name.lower(): version for name, version in lines if name != PACKAGE}


def _cell(notebook: Path) -> str:
    cells = json.loads(notebook.read_text())["cells"]
    source = "".join(next(one for one in cells if one["cell_type"] == "code")["source"])
    return source[: source.index(NEEDS_TORCH)]


def _run(python: str, cell: str, wheel: Path) -> None:
    with TemporaryDirectory() as folder:
        shutil.copy(wheel, folder)
        (Path(folder) / "cell.ipy").write_text(cell + "\nimport splat_widgets\n")
        # As a kernel has it: the folder of the notebook, and nothing of this repository.
        environment = {**os.environ, "PYTHONPATH": "", "IPYTHONDIR": folder}
        command = [python, "-m", "IPython", "--no-banner", "--colors=NoColor", "cell.ipy"]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600
        )
    said = done.stdout + done.stderr
    if done.returncode or "Error" in said:
        raise RuntimeError(f"the first cell does not run: {said[-800:]}")


def _imports(python: str) -> str:
    """What of the package imports, over a stub of torch."""
    script = Path(__file__).with_name("imported.py")
    environment = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run([python, str(script)], capture_output=True, text=True, env=environment)
    return (done.stdout or done.stderr).strip().splitlines()[-1]


def _stand_in(python: str, version: str) -> Path:
    """The record of an installed torch, without a module; returns its folder."""
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    place = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    folder = Path(place) / f"torch-{version}.dist-info"
    folder.mkdir(exist_ok=True)
    about = f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n"
    (folder / "METADATA").write_text(about)
    (folder / "RECORD").write_text("")
    (folder / "INSTALLER").write_text("hosts\n")
    return folder
