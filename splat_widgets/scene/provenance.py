"""Where the weights behind a scene come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, repr=False)
class Provenance:
    """Where a model's weights come from."""

    source: str  # "official", "embedded" or the path as it was given
    path: Path  # the file or folder that was read
    sha256: str | None  # of the weights' file; None for a local .ckpt
    license: str  # terms of the weights, in words
    notice: str | None = None  # one line for the panel; None for the released weights
    revision: str | None = None  # commit on the Hub, if they come from there

    def __repr__(self) -> str:
        digest = f", sha256 {self.sha256[:8]}…" if self.sha256 else ""
        return f"Provenance({self.source}, {self.license}{digest})"
