"""What reading a file back found, and the path that `save` returns with it."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from splat_widgets.sizes import format_bytes

EXACT = 1e-12
"""Two formulas in float64 differ by less."""


class VerificationError(ValueError):
    """A file that reads back as another scene; it was not put into its place."""


@dataclass(frozen=True)
class Differences:
    """The largest difference of each kind between a file and what its format keeps of the scene.

    Formats of bytes cut values off at the ends of their range; `Verified.lost` has that too.
    """

    position: float = 0.0  # of the largest coordinate of the scene
    covariance: float = 0.0  # Frobenius norm of the difference, of that of the scene's covariance
    opacity: float = 0.0  # absolute
    color: float = 0.0  # of the colour that all directions see, in display values
    sh: float = 0.0  # of the coefficients beyond degree 0; of those above 1 relative, as of colours

    @property
    def worst(self) -> float:
        """The largest of them."""
        return max(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True)
class Verified:
    """How well a file, read back by a reader that is not its writer, agrees with the scene."""

    reader: str  # whose it is, in words
    differences: Differences  # from what the format keeps of the scene
    seconds: float  # what it took
    # From the scene itself, also where its values are beyond the format's range and where its
    # harmonics are of more degrees. Colours and harmonics are absolute here, however large.
    lost: Differences = Differences()
    noted: tuple[str, ...] = ()  # those far beyond the steps of the format: "colour up to 1.3"

    @property
    def sentence(self) -> str:
        """For a line of status: "verified to 2e-7", and what the file loses beyond that."""
        worst = self.differences.worst
        exact = worst < EXACT
        told = "verified, without any difference" if exact else f"verified to {number(worst)}"
        return f"{told}; the file loses: {', '.join(self.noted)}" if self.noted else told

    def __str__(self) -> str:
        return f"{self.sentence} (read back by {self.reader})"


class Saved(type(Path())):
    """The path of a file that was written, with what was found when it was read back."""

    bytes: int = 0  # size of the file
    verified: Verified | None = None  # None: it was not read back
    unverified: str = ""  # why not; empty where it was

    @classmethod
    def at(cls, path: Path, found: Verified | str) -> Saved:
        """The record of a file that is in its place; `found` may say why it was not read back."""
        saved = cls(path)
        saved.bytes = path.stat().st_size
        if isinstance(found, str):
            saved.unverified = found
        else:
            saved.verified = found
        return saved

    @property
    def sentence(self) -> str:
        """What reading it back found, in words."""
        return self.unverified if self.verified is None else self.verified.sentence

    def with_segments(self, *segments: str | os.PathLike[str]) -> Path:
        """Paths that are made from it are paths alone."""
        return Path(*segments)

    def __reduce__(self) -> tuple[Any, ...]:
        return Path, (str(self),)

    def __repr__(self) -> str:
        told = f", {format_bytes(self.bytes)}, {self.sentence}" if self.bytes else ""
        return f"Saved({str(self)!r}{told})"


def amount(value: float) -> str:
    """A loss with two digits: 0.25, 1.3, 18, 2e9."""
    return f"{value:.2g}" if value < 100 else f"{value:.0e}".replace("e+0", "e").replace("e+", "e")


def number(value: float) -> str:
    """A difference with one digit: 2e-7, 0.003."""
    if value >= 1e-3:
        return f"{value:.1g}"
    digits, exponent = f"{value:.0e}".split("e")
    return f"{digits}e{int(exponent)}"
