"""Numbers of one's own: kept as they were given, and found again for any part of their scene.

Where some Gaussians have no value, floats are NaN; whole numbers and flags are masked, so that they
keep their type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from splat_widgets import notices
from splat_widgets.attributes.pixel_maps import at_pixels, masked_maps
from splat_widgets.scene.scene import Scene

_VISIBLE = 1e-6  # of the range of the values: more than this is seen in a plot
_ADVICE = {
    "c": "register its `.real`, its `.imag` or `np.abs(…)` of it",
    "M": "`.astype('int64')` counts its ticks",
    "m": "`.astype('int64')` counts its ticks",
}


def as_array(source: Any) -> np.ndarray:
    """A copy of numbers of any kind, masked if they were; half floats in 32 bits."""
    if isinstance(source, Tensor):
        source = source.detach().cpu()
        source = (source.float() if source.dtype == torch.bfloat16 else source).numpy()
    if not np.ma.isMaskedArray(source):
        source = np.asarray(source)
    kind = source.dtype.newbyteorder("=")
    values = source.astype(np.float32 if kind == np.float16 else kind)
    if np.ma.isMaskedArray(values) and (values.dtype.kind == "f" or not np.ma.is_masked(values)):
        return values.filled(np.nan) if values.dtype.kind == "f" else values.data
    return values


def is_real(values: np.ndarray) -> bool:
    """Whether they are flags, whole numbers or floats of at most 64 bits."""
    return values.dtype.kind in "biuf" and values.dtype.itemsize <= 8


def lookup(name: str, source: Any, scene: Scene) -> Callable[[Scene], np.ndarray]:
    """A function that gives the values again, for the scene or a selection of it.

    Raises:
        ValueError: for an array of another shape or kind, or two values for one pixel.
    """
    values, count = as_array(source), len(scene)
    if not is_real(values):
        advice = _ADVICE.get(values.dtype.kind, "`np.asarray(…, float)` converts many kinds")
        raise ValueError(
            f"expected {name!r} to be flags, whole numbers or floats of at most 64 bits, got "
            f"{values.dtype}; {advice}"
        )
    if not scene.has("maps"):
        _check_shape(name, values, (f"({count},)",), values.shape == (count,))
        return lambda _: values
    sizes = [tuple(maps.confidence.shape) for maps in scene.maps]
    if values.ndim == 3 and [one.shape for one in values] == sizes:
        maps = tuple(values)
    else:
        shapes = (f"({count},)", f"one map per photo, {sizes}")
        _check_shape(name, values, shapes, values.shape == (count,))
        maps = masked_maps(scene, values)
        if not are_same(as_array(at_pixels(scene, maps, values.dtype)), values):
            raise ValueError(
                f"{name!r} has different values for one pixel, because the scene holds some "
                "Gaussians more than once; register it before they are repeated"
            )
    return lambda other: as_array(at_pixels(other, maps, values.dtype))


def filled(name: str, values: np.ndarray) -> np.ndarray:
    """Values without a mask: floats with NaN in its place, of 64 bits where 32 would round."""
    if not np.ma.isMaskedArray(values):
        return values
    known = values.compressed()
    if not is_held(known, np.float64):
        notices.tell(
            f"{name!r} has no value for some of these Gaussians, so its whole numbers are given as "
            "floats of 64 bits, which round them. Of a selection that all have one they are exact."
        )
    kind = np.float32 if is_held(known, np.float32) else np.float64
    return np.ma.filled(values.astype(kind), np.nan)


@np.errstate(all="ignore")
def in_32_bits(values: np.ndarray) -> np.ndarray:
    """Values as float32, NaN where they are masked; what is too large becomes infinite."""
    if np.ma.isMaskedArray(values):
        return np.ma.filled(values.astype(np.float32), np.nan)
    return np.ascontiguousarray(values, np.float32)


@np.errstate(all="ignore")
def is_held(values: np.ndarray, kind: type[np.floating]) -> bool:
    """Whether a floating type has exactly these numbers."""
    if values.dtype.kind == "b":
        return True
    rounded = values.astype(kind)
    if values.dtype.kind == "f":
        return bool(((rounded == values) | np.isnan(values)).all())
    # Compared as whole numbers: as floats both would be rounded alike.
    limits = np.iinfo(values.dtype)
    inside = (rounded >= float(limits.min)) & (rounded < float(limits.max) + 1)
    return bool(inside.all()) and np.array_equal(rounded.astype(values.dtype), values)


@np.errstate(all="ignore")
def tell_rounding(name: str, values: np.ndarray, rounded: np.ndarray) -> None:
    """Say once that float32 shows other numbers than were given, if that can be seen."""
    known = ~np.isnan(rounded)
    here, there = values[known], rounded[known].astype(np.float64)
    if np.ma.isMaskedArray(here):
        here = here.data
    if not len(here) or is_held(here, np.float32):
        return
    exact = here.astype(np.float64)
    if here.dtype.kind == "f" and np.array_equal(np.isfinite(exact), np.isfinite(there)):
        finite = np.isfinite(exact)
        exact, there = exact[finite], there[finite]
        if np.abs(exact - there).max(initial=0) <= _VISIBLE * np.ptp(exact):
            return
    notices.tell(
        f"{name!r} has numbers that 32 bits round: `values`, plots and selections have them so, "
        "`exact_values` and a .splatscene as they were given."
    )


def are_same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether values are equal, masks included; NaN is NaN."""
    if not np.array_equal(np.ma.getmaskarray(one), np.ma.getmaskarray(other)):
        return False
    if np.ma.isMaskedArray(one):
        one, other = one.compressed(), np.ma.array(other).compressed()
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _check_shape(name: str, values: np.ndarray, expected: tuple[str, ...], good: bool) -> None:
    if not good:
        raise ValueError(
            f"expected values of {name!r} of shape {' or '.join(expected)}, got {values.shape}; "
            "select from them what was selected from the scene"
        )
