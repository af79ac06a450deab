"""The numbers of several scenes side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from splat_widgets import attributes
from splat_widgets.attributes import Description
from splat_widgets.scene.scene import Scene

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("count", "finite", "min", "p1", "median", "p99", "max", "mean", "std")


def describe_all(scenes: Sequence[Scene], names: Sequence[str]) -> tuple[Description, ...]:
    """Statistics of the same attributes of each scene."""
    return tuple(attributes.describe(scene, names) for scene in scenes)


def beside(found: Sequence[Description], titles: Sequence[str]) -> pd.DataFrame:
    """One row for each attribute; columns of two levels: statistic, scene.

    Raises:
        ImportError: if pandas is not installed.
    """
    parts = {title: one.to_dataframe() for title, one in zip(titles, found, strict=True)}
    try:
        import pandas as pd
    except ImportError as error:  # said by `to_dataframe` before
        raise ImportError("table needs pandas: `pip install pandas`") from error
    both = pd.concat({title: part[list(COLUMNS)] for title, part in parts.items()}, axis=1)
    order = [(name, title) for name in COLUMNS for title in titles]
    table = both.swaplevel(axis=1).reindex(columns=pd.MultiIndex.from_tuples(order))
    table.columns.names = ["statistic", "scene"]
    table.attrs["units"] = {row.name: row.unit for row in found[0]}
    return table
