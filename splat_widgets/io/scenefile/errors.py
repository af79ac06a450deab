"""Why a scene file cannot be read or written."""

from __future__ import annotations

from pathlib import Path


class SceneFileError(ValueError):
    """A `.splatscene` that cannot be read, or a scene that it cannot hold: expected, got."""

    def __init__(self, reason: str, path: Path | None = None) -> None:
        """`reason` says what is wrong, without the file's name; `path` is the file."""
        super().__init__(reason if path is None else f"{path.name}: {reason}")
        self.reason = reason
