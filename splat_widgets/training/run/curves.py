"""The curves of a training run, read from its CSV logs, as lines of text."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_LEVELS = "▁▂▃▄▅▆▇█"
_WIDTH = 40


@dataclass(frozen=True)
class Curve:
    """One logged number over the steps of a run."""

    name: str  # the column, after the file's name unless that is `metrics`, Lightning's
    steps: tuple[int, ...]
    values: tuple[float, ...]


def read_curves(folder: Path) -> tuple[Curve, ...]:
    """Every numeric column of every CSV log below a run's folder that has a column `step`.

    A curve skips rows in which its column is empty. The logs of a resumed run are joined; of two
    rows with the same step the later one counts.
    """
    points: dict[str, dict[int, float]] = {}
    for path in sorted(folder.rglob("*.csv"), key=_in_order):
        with path.open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if _number(row.get("step")) is not None]
        for row in rows:
            for column, text in row.items():
                value = _number(text) if isinstance(text, str) else None
                if value is not None and column not in (None, "step", "epoch"):
                    name = column if path.stem == "metrics" else f"{path.stem}/{column}"
                    points.setdefault(name, {})[int(float(row["step"]))] = value
    return tuple(
        Curve(name, *(tuple(part) for part in zip(*sorted(course.items()), strict=True)))
        for name, course in points.items()
        if len(course) > 1
    )


def _in_order(path: Path) -> list[tuple[int, str]]:
    """`version_10` after `version_2`."""
    parts = re.split(r"(\d+)", str(path))
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def as_text(curves: Sequence[Curve]) -> str:
    """One line per curve: name, course, first and last value, and steps."""
    width = max((len(curve.name) for curve in curves), default=0)
    return "\n".join(
        f"{c.name:{width}}  {_course(c.values)}  {c.values[0]:.3g} -> {c.values[-1]:.3g}"
        f"  (steps {c.steps[0]:,} to {c.steps[-1]:,})"
        for c in curves
    )


def _course(values: Sequence[float]) -> str:
    """At most 40 characters, each the mean of a stretch of the values."""
    count = min(_WIDTH, len(values))
    edges = [round(k * len(values) / count) for k in range(count + 1)]
    means = [math.fsum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, high = min(means), max(means)
    span = (high - low) or 1.0
    return "".join(_LEVELS[round((m - low) / span * (len(_LEVELS) - 1))] for m in means)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
