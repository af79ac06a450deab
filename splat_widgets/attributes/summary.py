"""`describe(scene)`: the attributes of a scene in numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from splat_widgets.attributes.registry import AttributeLookupError, get
from splat_widgets.attributes.table import chosen, values
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.scene import Scene, SceneLike

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("min", "p1", "median", "p99", "max", "mean", "std")


@dataclass(frozen=True)
class Statistics:
    """One attribute in numbers; those after `finite` are of the finite values, NaN if none is."""

    name: str
    label: str
    unit: str
    count: int
    finite: int
    min: float
    p1: float  # percentiles interpolate linearly between values
    median: float
    p99: float
    max: float
    mean: float
    std: float  # of the population: divided by the number of finite values

    @classmethod
    def of(cls, array: np.ndarray, name: str, label: str = "", unit: str = "") -> Statistics:
        """Statistics of (N,) values."""
        good = array[np.isfinite(array)]
        numbers = [float("nan")] * 7
        if len(good):
            low, p1, median, p99, high = np.percentile(good, [0, 1, 50, 99, 100])
            # Sums of half a million float32 numbers need float64.
            spread = (good.mean(dtype=np.float64), good.std(dtype=np.float64))
            numbers = [float(number) for number in (low, p1, median, p99, high, *spread)]
        return cls(name, label or name, unit, len(array), len(good), *numbers)


@dataclass(frozen=True)
class Description:
    """Statistics of several attributes of one scene: a table, by name."""

    title: str
    rows: tuple[Statistics, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Statistics]:
        return iter(self.rows)

    def __getitem__(self, name: str) -> Statistics:
        for row in self.rows:
            if row.name == name:
                return row
        listed = ", ".join(row.name for row in self.rows)
        raise AttributeLookupError(f"expected one of {listed}, got {name!r}")

    def to_dataframe(self) -> pd.DataFrame:
        """The numbers as a pandas table indexed by name.

        Raises:
            ImportError: if pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_dataframe needs pandas: `pip install pandas`") from error
        return pd.DataFrame([vars(row) for row in self.rows]).set_index("name")

    def __repr__(self) -> str:
        cells = [["", "unit", "finite", *_COLUMNS], *(self._cells(row) for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) if place < 2 else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in cells
        ]
        return "\n".join([self.title, *lines])

    def _repr_html_(self) -> str:
        # No colours of our own: Jupyter styles tables for its light and dark themes.
        head = "".join(f'<th scope="col">{name}</th>' for name in ("unit", "finite", *_COLUMNS))
        body = []
        for row in self.rows:
            _, unit, *numbers = self._cells(row)
            body.append(
                f'<tr><th scope="row" title="{escape(row.label)}" style="text-align:left">'
                f'{escape(row.name)}</th><td style="text-align:left">{escape(unit)}</td>'
                + "".join(f"<td>{number}</td>" for number in numbers)
                + "</tr>"
            )
        return (
            f'<table><caption style="text-align:left">{escape(self.title)}</caption>'
            f'<thead><tr><th scope="col" style="text-align:left">attribute</th>{head}</tr></thead>'
            f"<tbody>{''.join(body)}</tbody></table>"
        )

    @staticmethod
    def _cells(row: Statistics) -> list[str]:
        finite = "all" if row.finite == row.count else f"{row.finite:,}"
        return [row.name, row.unit, finite, *(f"{getattr(row, c) + 0.0:.4g}" for c in _COLUMNS)]


def describe(
    scene: SceneLike, names: Iterable[str] | str | None = None, *, camera: Camera | None = None
) -> Description:
    """Count, range, percentiles, mean and standard deviation of attributes.

    Args:
        scene: what `Scene.of` takes.
        names: which; "all"; None for all but the slow ones and the single SH coefficients.
        camera: as in `values`.

    Raises:
        AttributeLookupError: as `values`.
    """
    known, rows = Scene.of(scene), []
    for name in chosen(known, names, camera):
        attribute = get(name, known)
        array = values(known, name, camera=camera)
        rows.append(Statistics.of(array, name, attribute.label, attribute.unit))
    return Description(f"{len(known):,} Gaussians", tuple(rows))
