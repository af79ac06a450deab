"""Classic Notebook 6.5 with Google Colab's versions; `colab.py` makes its two environments."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence

from hosts.programs import colab
from hosts.programs.jupyter import Jupyter


class Classic(Jupyter):
    """Outputs stand in the page itself; on Colab each has a frame of its own."""

    name = "classic"
    kernel_name = "colab"  # "python3" is always the server's own Python

    def start(self) -> None:
        made = colab.environments()
        self.python, self.kernel, self.note = made.served, made.kernel, made.note
        spec = self.server.folder / "data" / "kernels" / self.kernel_name / "kernel.json"
        spec.parent.mkdir(parents=True)
        run = [self.kernel, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec.write_text(json.dumps({"argv": run, "display_name": "Python 3", "language": "python"}))
        self.server.start(
            [
                *(self.python, "-m", "notebook", "--no-browser", "--allow-root"),
                *("--ip=127.0.0.1", f"--port={self.server.port}"),
                f"--NotebookApp.token={self.server.token}",
                f"--notebook-dir={self.root}",
            ],
            alive=f"/api/status?token={self.server.token}",
            PYTHONWARNINGS="ignore",
            JUPYTER_PATH="",  # extensions of its own environment only
            JUPYTER_CONFIG_PATH="",
        )

    def versions(self) -> str:
        served = _ask(self.python, "notebook", "widgetsnbextension")
        kernel = _ask(self.kernel, "ipywidgets", "ipykernel", "traitlets", "torch")
        return f"{served}; kernel {kernel}; {self.note}"

    def open(self, cells: Sequence[str], later: str = "") -> None:
        self._later = len(cells)
        self._show(self.write([*cells, later] if later else cells))
        self.page.evaluate(f"() => Jupyter.notebook.execute_cell_range(0, {len(cells)})")

    def run_later(self) -> None:
        self.page.evaluate(f"() => Jupyter.notebook.execute_cells([{self._later}])")

    def reload(self) -> None:
        self._save()
        self.page.reload()
        self._wait_for_kernel()

    def restart(self) -> None:
        self.page.evaluate("() => { Jupyter.notebook.kernel.restart() }")

    def reopen(self) -> None:
        self._save()
        self.close()
        self._show(self.copy_of_opened())

    def close(self) -> None:
        self.page.evaluate(
            "() => { globalThis.Jupyter?.notebook && Jupyter.notebook.session.delete() }"
        )

    def _show(self, name: str) -> None:
        self.page.goto(self.url(f"/notebooks/{name}"))
        self._wait_for_kernel()

    def _save(self) -> None:
        self.page.evaluate("() => Jupyter.notebook.save_notebook()")

    def _wait_for_kernel(self) -> None:
        self.page.wait_for_function(
            "() => globalThis.Jupyter?.notebook?.kernel?.info_reply?.banner !== undefined"
            " && Jupyter.notebook.kernel.is_connected()"
        )


def _ask(python: str, *names: str) -> str:
    code = (
        "import platform; from importlib.metadata import version; "
        f"print('Python', platform.python_version(), *(f'{{n}} {{version(n)}}' for n in {names}), "
        "sep=', ')"
    )
    answer = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return answer.stdout.strip().replace("Python, ", "Python ")
