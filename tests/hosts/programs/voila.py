"""Voila: a notebook as an application; its page runs all cells, a reload means a new kernel."""

from __future__ import annotations

from collections.abc import Sequence

from hosts.programs.jupyter import Jupyter, installed
from hosts.records import Absent

# Code for later hangs on a button, since nobody can run a cell.
BUTTON = """
import ipywidgets
_button = ipywidgets.Button(description="later")
def _later(_):
{code}
_button.on_click(_later)
_button
"""


class Voila(Jupyter):
    """The user sees outputs only."""

    name = "voila"

    def start(self) -> None:
        self.server.start(
            [
                *(self.python, "-m", "voila", "--no-browser", f"--port={self.server.port}"),
                *(f"--token={self.server.token}", str(self.root)),
            ],
            alive=f"/?token={self.server.token}",
        )

    def versions(self) -> str:
        return installed("voila", "ipywidgets", "ipykernel")

    def open(self, cells: Sequence[str], later: str = "") -> None:
        indented = "\n".join(f"    {line}" for line in later.splitlines())
        name = self.write([*cells, BUTTON.format(code=indented)] if later else cells)
        self.page.goto(self.url(f"/voila/render/{name}"))

    def run_later(self) -> None:
        self.page.get_by_role("button", name="later").click()

    def reload(self) -> None:
        self.page.reload()

    def restart(self) -> None:
        raise Absent("nobody can restart a kernel")

    def reopen(self) -> None:
        raise Absent("opening runs the notebook")

    def close(self) -> None:
        self.page.goto("about:blank")
