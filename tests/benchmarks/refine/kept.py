"""Rows of a long table, kept as they come: a run that was cut off goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import splat_widgets

_FOLDERS = ("refinement", "geometry", "models", "embedded", "training/procedural")

Row = dict[str, float]


class Kept:
    """Rows by name, in a file that belongs to the code and the weights that they come from.

    Args:
        folder: of the file; None: nothing is kept.
        table: what the rows are of, options included.
    """

    def __init__(self, folder: Path | None, table: str) -> None:
        self._rows: dict[str, Row] = {}
        self._path = None if folder is None else folder / f"{table}-{_digest()}.jsonl"
        if self._path is not None and self._path.is_file():
            lines = self._path.read_text().splitlines()
            self._rows = {one["name"]: one["row"] for one in map(json.loads, lines)}

    def row(self, name: str, make: Callable[[], Row]) -> Row:
        """The row of a name, which is made if it is not there yet."""
        if name not in self._rows:
            self._rows[name] = make()
            if self._path is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("a") as file:
                    file.write(json.dumps({"name": name, "row": self._rows[name]}) + "\n")
        return self._rows[name]


def _digest() -> str:
    """Of the sources and weights that decide about the rows."""
    root, found = Path(splat_widgets.__file__).parent, hashlib.sha256()
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".py", ".safetensors"):
                found.update(path.read_bytes())
    return found.hexdigest()[:8]
