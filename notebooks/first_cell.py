"""Write the first cell of every notebook, which installs the package where it is not, on Colab say.

A notebook travels alone, so each holds the address; it stands once, in `splat_widgets/version.py`:

    python notebooks/first_cell.py
"""

from __future__ import annotations

import json
from pathlib import Path

from splat_widgets.version import SOURCE

FOLDER = Path(__file__).parent
EXTRAS = {"03_train.ipynb": ("train", "pytorch_lightning")}  # extra, and a module that it brings
CELL = """\
from importlib.util import find_spec
from pathlib import Path

# On Colab, or in a fresh environment: the wheel beside this notebook, or an address of it.
if {missing}:
    wheels = [f"./{{one}}{wanted}" for one in sorted(Path().glob("splat_widgets-*.whl"))]
    source = "..{wanted}" if Path("../pyproject.toml").exists() else (wheels or ["{source}"])[-1]
    if not source:
        raise FileNotFoundError("put splat_widgets-….whl beside this notebook (upload it on Colab)")
    %pip install -q "{{source}}"

from splat_widgets.welcome import welcome

print(welcome())"""


def cell(notebook: str) -> str:
    """The source of the first code cell of a notebook of this name."""
    extra, module = EXTRAS.get(notebook, ("", ""))
    wanted = f"[{extra}]" if extra else ""
    missing = 'find_spec("splat_widgets") is None'
    if module:
        missing += f' or find_spec("{module}") is None'
    source = SOURCE.replace("splat-widgets", f"splat-widgets{wanted}", 1)
    return CELL.format(missing=missing, wanted=wanted, source=source)


def write(path: Path) -> None:
    """Put the cell into a notebook."""
    notebook = json.loads(path.read_text())
    first = next(one for one in notebook["cells"] if one["cell_type"] == "code")
    first["source"] = cell(path.name).splitlines(keepends=True)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*.ipynb")):
        write(path)
