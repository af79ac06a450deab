"""Edits of the scene as lines of Python; each makes another scene."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from splat_widgets.inspector.steps import Step, floats


def kept(keep: bool) -> Step:
    """The step that keeps the selection, or deletes it."""
    line = f"scene = scene.select({'' if keep else '~'}selection)"
    words = "keep the selection" if keep else "delete the selection"
    return Step((line,), is_edit=True, words=words)


def cropped(center: Sequence[float], half_sizes: Sequence[float]) -> Step:
    """The step that deletes everything outside a box."""
    box = f"{floats(center)}, {floats(half_sizes)}"
    line = f"scene = scene.select(regions.in_box(scene, {box}))"
    return Step((line,), True, is_edit=True, words="crop to a box")


def placed(call: str, *numbers: Any, words: str, **more: Any) -> Step:
    """The step that puts the scene elsewhere; the selection stays.

    Args:
        call: the scene's method, such as "moved".
        numbers: its arguments: numbers, points, or lists of points.
        words: what was done, for the user.
        more: its arguments by name.
    """
    arguments = [*map(_plain, numbers), *(f"{name}={_plain(v)}" for name, v in more.items())]
    lines = (f"scene = scene.{call}({', '.join(arguments)})",)
    if len(lines[0]) > 96:
        lines = (f"scene = scene.{call}(", *(f"    {one}," for one in arguments), ")")
    return Step(lines, is_edit=True, keeps_rows=True, words=words)


def merged(T: Any, path: str | None, name: str | None = None) -> Step:
    """The step that adds another scene.

    Args:
        T: (4, 4) from its frame to this one's.
        path: of the file that it came from; without one the script expects it as `other`.
        name: what the notebook calls it, an identifier.
    """
    load = "# `other` is the scene that was merged"
    if name is not None:
        load = f"other = {name}"
    elif path is not None:
        load = f"other = sw.load({path!r})"
    rows = [f"        {list(floats(row))}," for row in np.asarray(T, np.float64)]
    lines = (load, "scene = scene.merged(", "    other,", "    [", *rows, "    ],", ")")
    return Step(lines, is_edit=True, words="merge another scene")


def _plain(value: Any) -> str:
    """Numbers alone: nothing else may get into the code."""
    numbers = np.asarray(value.cpu() if isinstance(value, torch.Tensor) else value, np.float64)
    if numbers.ndim == 2:
        return f"[{', '.join(str(floats(row)) for row in numbers)}]"
    return str(floats(numbers)) if numbers.ndim else str(float(numbers))
