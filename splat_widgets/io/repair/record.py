"""What was found wrong with a file, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from splat_widgets.scene.gaussians import Gaussians

Fault = Literal["opacity", "scale", "color", "order", "squared", "offsets", "rows"]
"""Opacities or scales as plain values, RGB for harmonics, xyzw for wxyz, U² for U, centres without
offsets, rows that no Gaussian can be made of."""


@dataclass(frozen=True)
class Finding:
    """One fault of a file."""

    fault: Fault
    sentence: str  # what is wrong, with figures
    mended: bool
    remedy: str  # what was done, or why nothing can be

    def __str__(self) -> str:
        return f"{self.sentence} {'Mended' if self.mended else 'Not mended'}: {self.remedy}."


@dataclass(frozen=True, eq=False)
class Repaired:
    """What became of a file."""

    source: Path
    findings: tuple[Finding, ...]
    seen: tuple[str, ...]  # what was looked at and is right, or cannot be told, in sentences
    gaussians: Gaussians  # mended
    path: Path | None = None  # the new file; None: nothing was mended, so nothing was written
    doubts: tuple[str, ...] = ()  # what is probably wrong, and not certain enough to be mended

    def __repr__(self) -> str:
        if not self.findings and not self.doubts:
            return "\n".join([f"{self.source.name}: nothing looks wrong.", *self.seen])
        head = f"{self.source.name}: {' '.join(self.doubts)}".rstrip()
        lines = [head, *map(str, self.findings), *self.seen]
        if self.path is None:
            lines.append("Nothing could be mended, so no file was written.")
        else:
            lines.append(f"Written to {self.path}; {self.source.name} is as it was.")
        return "\n".join(lines)
