"""Selections and edits as lines of Python, which a script repeats.

The lines call `splat_widgets.regions`; the scene is `scene`, the mask `selection`.
"""

from __future__ import annotations

import base64
import textwrap
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from splat_widgets.inspector.records import SelectHow, Shown
from splat_widgets.scene.framing import PinholeCamera

WIDTH = 96
LISTED = 200  # indices that are written out; more are packed
_COMBINED = {
    "replace": "selection = {0}",
    "add": "selection = selection | {0}",
    "subtract": "selection = selection & ~{0}",
    "intersect": "selection = selection & {0}",
}


@dataclass(frozen=True)
class Step:
    """One selection or edit."""

    lines: tuple[str, ...]
    is_fresh: bool = False  # independent of the selection before it
    is_edit: bool = False  # makes another scene, without a selection
    keeps_rows: bool = False  # of an edit: every Gaussian stays in its row, and selected
    names: tuple[str, ...] = ()  # attributes that the lines use
    words: str = "a change"  # what was done, for the user

    def code(self) -> tuple[str, ...]:
        """Lines of Python."""
        return self.lines


@dataclass(frozen=True, eq=False)
class Assigned(Step):
    """A selection that was assigned in Python; its rows are written when the script is."""

    mask: np.ndarray | None = None  # (N,) bool, read-only

    def code(self) -> tuple[str, ...]:
        """Lines of Python: few rows by number, many as packed bits."""
        mask = np.zeros(0, bool) if self.mask is None else self.mask
        rows = np.flatnonzero(mask)
        if not len(rows):
            return (no_selection(),)
        if len(rows) <= LISTED:
            return _wrapped("selection = regions.at(scene, [", map(str, rows), "])")
        packed = base64.b64encode(zlib.compress(np.packbits(mask).tobytes(), 9)).decode("ascii")
        parts = [f'    "{part}",' for part in textwrap.wrap(packed, WIDTH - 7)]
        return ("selection = regions.from_text(", *parts, f"    count={len(mask)},", ")")


_MODES = {"replace": "select", "add": "add", "subtract": "take away", "intersect": "intersect"}
_WHOLE = {
    "all": "select all",
    "none": "select nothing",
    "invert": "invert the selection",
    "grow": "grow the selection",
}


def in_words(how: SelectHow) -> str:
    """A gesture in words, for example "add with a lasso".

    Raises:
        KeyError, TypeError, ValueError: for an unknown or incomplete gesture.
    """
    match how["kind"]:
        case "all" | "none" | "invert" | "grow":
            return _WHOLE[how["kind"]]
        case "rectangle" | "lasso" | "polygon" | "brush":
            where = f"with a {how['kind']}"
        case "box" | "sphere":
            where = f"inside a {how['kind']}"
        case "range":
            where = f"a range of {how['attribute']}"
        case "density":
            where = f"a region of {' and '.join(how['attributes'])}"
        case "photo":
            where = f"on photo {int(how['photo_view']) + 1}"
        case "pick":
            where = "with a click"
        case unknown:
            raise ValueError(f"an unknown kind of selection: {unknown!r}")
    return f"{_MODES[how['mode']]} {where}"


def selected_by(how: SelectHow, order: np.ndarray, *, dropped: bool) -> Step:
    """The step of a gesture on the page.

    Args:
        how: the gesture, as the page describes it.
        order: (M,) row of the scene of each splat on the wire.
        dropped: whether the page lacks some Gaussians of the scene.

    Raises:
        KeyError, TypeError, ValueError: for an unknown or incomplete gesture.
    """
    return replace(_gesture(how, order, dropped), words=in_words(how))


def _gesture(how: SelectHow, order: np.ndarray, dropped: bool) -> Step:
    shown = how["shown"]
    hides = _shown_code(shown, dropped)
    names = tuple(shown["filters"])
    kind = how["kind"]
    if kind == "none":
        return Step((no_selection(),), is_fresh=True)
    if kind == "all":
        line = f"selection = {hides or 'np.ones(len(scene), bool)'}"
        return Step((line,), is_fresh=not shown["isolate"], names=names)
    if kind == "invert":
        return Step((f"selection = ~selection{_and(hides)}",), names=names)
    if kind == "grow":
        grown = "regions.grow(scene, selection)"
        line = f"selection = selection | {grown}{_and(hides)}" if hides else f"selection = {grown}"
        return Step((line,), names=names)
    before: list[str] = []
    drawn = _drawn_code(shown, moved_only=True)
    match how["kind"]:
        case "rectangle" | "lasso" | "polygon" | "brush":
            camera, points = how["camera"], how["points"]
            before += [*_camera(camera)]
            if how["kind"] == "rectangle":
                (x1, y1), (x2, y2) = map(floats, points)
                region = f"regions.in_rectangle({drawn}, camera, {(x1, y1)}, {(x2, y2)})"
            elif how["kind"] == "brush":
                before += _points(points)
                region = f"regions.in_brush({drawn}, camera, points, {float(how['radius'])})"
            else:
                before += _points(points)
                region = f"regions.in_polygon({drawn}, camera, points)"
            if not how["through"]:
                among = f", among={hides}" if hides else ""
                region += f" & regions.visible({_drawn_code(shown)}, camera{among})"
        case "box":
            center, half = floats(how["center"]), floats(how["half_sizes"])
            region = f"regions.in_box({drawn}, {center}, {half})"
        case "sphere":
            center, radius = floats(how["center"]), float(how["radius"])
            region = f"regions.in_sphere({drawn}, {center}, {radius})"
        case "range":
            names += (how["attribute"],)
            low, high = _bounds((how["low"], how["high"]))
            region = f"regions.in_range(scene, {how['attribute']!r}, {low}, {high})"
        case "density":
            first, second = how["attributes"]
            names += (first, second)
            before += _points(how["points"])
            across, up = map(bool, how["log"])
            log = f", log={(across, up)}" if across or up else ""
            region = f"regions.in_density(scene, {(first, second)!r}, points{log})"
        case "photo":
            before += _points(how["points"])
            region = f"regions.in_photo(scene, {int(how['photo_view'])}, points)"
        case "pick":
            rows = [int(order[wire]) for wire in how["wires"]]
            region = f"regions.at(scene, {rows})"
        case _:
            raise ValueError(f"an unknown kind of selection: {kind!r}")
    whole = f"{region}{_and(hides)}"
    mode = how["mode"]
    if " & " in whole and mode != "replace":
        whole = f"({whole})"
    is_fresh = mode == "replace" and not shown["isolate"]
    return Step((*before, _COMBINED[mode].format(whole)), is_fresh, names=names)


def assigned(mask: np.ndarray) -> Step:
    """The step of a selection that was assigned in Python."""
    return Assigned((), is_fresh=True, words="select from outside this panel", mask=mask)


def found_floaters(threshold: float) -> Step:
    """The step that selects floaters."""
    line = f"selection = regions.floaters(scene, {threshold})"
    return Step((line,), is_fresh=True, words="select floaters")


def appended(steps: tuple[Step, ...], step: Step) -> tuple[Step, ...]:
    """The steps and one more; a fresh selection replaces the selections before it."""
    if step.is_fresh:
        while steps and not steps[-1].is_edit:
            steps = steps[:-1]
    return (*steps, step)


def no_selection() -> str:
    """Code that selects nothing."""
    return "selection = np.zeros(len(scene), bool)"


def _and(hides: str) -> str:
    return f" & {hides}" if hides else ""


def _shown_code(shown: Shown, dropped: bool) -> str:
    """Code for the mask of what was drawn; empty if everything was."""
    options = []
    if shown["filters"]:
        ranges = {name: _bounds(pair) for name, pair in shown["filters"].items()}
        options.append(f"filters={ranges!r}")
    if shown["shown_photos"]:
        options.append(f"shown_photos={[int(photo) for photo in shown['shown_photos']]}")
    if shown["isolate"]:
        options.append("among=selection")
    if not options and not dropped:
        return ""
    return f"regions.shown({', '.join(['scene', *options])})"


def _drawn_code(shown: Shown, moved_only: bool = False) -> str:
    """Code for the Gaussians as drawn; with `moved_only` only with their centres moved."""
    overrides = [one for one in shown["overrides"] if one != "photo_colour"]
    if moved_only:
        overrides = [one for one in overrides if one == "no_offset"]
    options = [repr(overrides)] if overrides else []
    if not moved_only:
        options += [
            f"{name}={float(shown[name])}"
            for name in ("opacity_scale", "splat_scale")
            if shown[name] != 1
        ]
    return f"regions.drawn({', '.join(['scene', *options])})" if options else "scene"


def _camera(camera: PinholeCamera) -> tuple[str, ...]:
    T = floats(camera["T_world_camera"])
    rows = [f"            {list(T[first : first + 4])}," for first in range(0, 16, 4)]
    return (
        "camera = Camera(",
        "    torch.tensor(",
        "        [",
        *rows,
        "        ],",
        "        dtype=torch.float64,",
        "    ),",
        f"    focal_px={float(camera['focal_px'])},",
        f"    principal_point_px={floats(camera['principal_point_px'])},",
        f"    width={int(camera['width'])},",
        f"    height={int(camera['height'])},",
        ")",
    )


def _points(points: Iterable[Sequence[float]]) -> tuple[str, ...]:
    return _wrapped("points = [", (str((x, y)) for x, y in map(floats, points)), "]")


def floats(numbers: Iterable[Any]) -> tuple[float, ...]:
    """Plain floats of what the page sent: nothing else may get into the code."""
    return tuple(float(number) for number in numbers)


def _bounds(pair: Sequence[float | None]) -> tuple[float | None, float | None]:
    low, high = (None if bound is None else float(bound) for bound in pair)
    return low, high


def _wrapped(head: str, entries: Iterable[str], tail: str) -> tuple[str, ...]:
    text = ", ".join(entries)
    if len(head + text + tail) <= WIDTH:
        return (head + text + tail,)
    # Each entry is one word to the wrapper.
    words = text.replace(", (", ",\0(").replace(" ", "\1").replace("\0", " ")
    if "(" not in text:
        words = text
    lines = textwrap.wrap(words, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return (head, *(f"    {line}".replace("\1", " ") for line in lines), tail)
