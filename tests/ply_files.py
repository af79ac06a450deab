"""`.ply` files of other programs that many tests use: columns by name, written by plyfile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from plyfile import PlyData, PlyElement

from splat_widgets.io.ply import ply_columns


def columns(count: int = 30, degree: int = 0) -> dict[str, np.ndarray]:
    """Every column of the 3DGS layout, as doubles around zero."""
    generator = np.random.default_rng(1)
    return {name: generator.normal(0, 1, count) for name in ply_columns(degree)}


def trained(count: int = 400, seed: int = 0) -> dict[str, np.ndarray]:
    """Opacities and sizes as training leaves them: many faint, many solid; sizes over decades."""
    generator, values = np.random.default_rng(seed), columns(count)
    solid = generator.random(count) < 0.4
    values["opacity"] = np.where(
        solid, generator.normal(4, 2, count), generator.normal(-2, 1.5, count)
    )
    for axis in range(3):
        values[f"scale_{axis}"] = generator.normal(-4.5, 1.2, count)
    return values


def plain(values: dict[str, np.ndarray], *which: str) -> dict[str, np.ndarray]:
    """As float32, "opacity" after the sigmoid, "scale" after the exponential."""
    changed = dict(values)
    if "opacity" in which:
        changed["opacity"] = 1 / (1 + np.exp(-values["opacity"]))
    if "scale" in which:
        changed |= {f"scale_{axis}": np.exp(values[f"scale_{axis}"]) for axis in range(3)}
    return {name: array.astype(np.float32) for name, array in changed.items()}


def save(path: Path, values: dict[str, np.ndarray], *, text: bool = False) -> Path:
    """A file with these columns, in their order and of their types."""
    table = np.empty(len(values["x"]), [(name, a.dtype) for name, a in values.items()])
    for name, array in values.items():
        table[name] = array
    PlyData([PlyElement.describe(table, "vertex")], text=text).write(path)
    return path
