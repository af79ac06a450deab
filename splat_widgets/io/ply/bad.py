"""Rows that no Gaussian can be made of: found, counted, left out or refused."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from splat_widgets.io.ply.layout import SCALES, groups, ply_columns
from splat_widgets.io.values import wrong_rows

LARGEST_LOG_SCALE = float(np.log(np.finfo(np.float32).max))  # 88.7
_MANY = 0.05  # share of rows that shows that a column is not what its reader was told
_LOGITS = "the opacities look like logits, which is usual: do not name opacity as activated"
_LOGARITHMS = "the scales look like logarithms, which is usual: do not name scale as activated"


@dataclass(frozen=True)
class Fault:
    """What is wrong in one column, or in a few that belong together."""

    what: str  # "with ...", for counting rows
    column: str
    expected: str
    rows: np.ndarray  # (N,) bool
    advice: str = ""  # if so many rows have it that the column holds something else

    @property
    def sentence(self) -> str:
        """Column, expected, how many rows, the first, and what to do if these are many."""
        return wrong_rows(self.column, self.rows, self.expected) + self.hint

    @property
    def hint(self) -> str:
        """The advice where it is due, else nothing."""
        return f"; {self.advice}" if self.advice and self.rows.mean() > _MANY else ""


def find_faults(table: np.ndarray, degree: int, activated: Collection[str]) -> list[Fault]:
    """What is wrong in (N, columns) float32 rows.

    Normals are not looked at. A scale of zero (a logarithm of -inf) is a flat axis, which is
    right, and so are opacities of 0 and 1 (logits of -inf and inf).
    """
    found = [*_not_finite(table, degree), *_out_of_range(table, degree, activated)]
    return [fault for fault in found if fault.rows.any()]


def counted(faults: list[Fault], count: int) -> str:
    """How many of `count` rows are left out, and why; a row counts for its first fault."""
    seen = np.zeros(count, bool)
    reasons: dict[str, tuple[int, list[str]]] = {}
    for fault in faults:
        number, columns = reasons.get(fault.what, (0, []))
        fresh = int((fault.rows & ~seen).sum())
        reasons[fault.what] = (number + fresh, [*columns, fault.column])
        seen |= fault.rows
    listed = ", ".join(
        f"{number:,} with {what} ({', '.join(columns[:4])}{', …' if len(columns) > 4 else ''})"
        for what, (number, columns) in reasons.items()
        if number
    )
    hints = "".join(dict.fromkeys(fault.hint for fault in faults))
    return f"{int(seen.sum()):,} of {count:,} rows are left out: {listed}{hints}."


def _not_finite(table: np.ndarray, degree: int) -> Iterator[Fault]:
    layout = groups(degree)
    wrong = ~np.isfinite(table)
    if not wrong.any():  # nearly always, and quick
        return
    wrong[:, layout["opacities"]] &= ~np.isinf(table[:, layout["opacities"]])
    wrong[:, layout["scales"]] &= ~np.isneginf(table[:, layout["scales"]])
    if not wrong.any():
        return
    for place, column in enumerate(ply_columns(degree)):
        yield Fault("numbers that are not finite", column, "finite numbers", wrong[:, place])


def _out_of_range(table: np.ndarray, degree: int, activated: Collection[str]) -> Iterator[Fault]:
    layout = groups(degree)
    scales, opacities = table[:, layout["scales"]], table[:, layout["opacities"]]
    if "scale" not in activated and not (scales > LARGEST_LOG_SCALE).any():
        axes = ()  # nearly always, and quick
    else:
        axes = enumerate(SCALES)
    for axis, column in axes:
        if "scale" in activated:
            wrong, expected = scales[:, axis] < 0, "standard deviations of at least 0"
            yield Fault("scales below zero", column, expected, wrong, _LOGARITHMS)
        else:
            wrong = (scales[:, axis] > LARGEST_LOG_SCALE) & (scales[:, axis] < np.inf)
            expected = "logarithms below 88.7"
            yield Fault("scales beyond all numbers", column, expected, wrong)
    if "opacity" in activated:
        plain = opacities[:, 0]
        wrong = (plain < -0.001) | (plain > 1.001)  # a rounding error is let through
        yield Fault("opacities outside [0, 1]", "opacity", "opacities in [0, 1]", wrong, _LOGITS)
    w, x, y, z = table[:, layout["quaternions"]].T
    zero = (w == 0) & (x == 0) & (y == 0) & (z == 0)
    yield Fault("a quaternion of zero", "rot_0 to rot_3", "quaternions other than zero", zero)
