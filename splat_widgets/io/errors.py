"""Why a scene's file cannot be read or written."""

from __future__ import annotations

from pathlib import Path


class FormatError(ValueError):
    """A file that cannot be read as a scene, or a scene that a format cannot hold."""

    def __init__(self, reason: str, path: Path | None = None) -> None:
        """`reason` says what is wrong, without the file's name; `path` is the file."""
        super().__init__(reason if path is None else f"{path.name}: {reason}")
        self.reason = reason
