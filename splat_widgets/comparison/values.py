"""How an attribute differs between two scenes: per pixel, as maps, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from PIL import Image

from splat_widgets import attributes
from splat_widgets.attributes import Statistics
from splat_widgets.attributes.colormaps import Colormap, colours
from splat_widgets.attributes.pixel_maps import spread
from splat_widgets.attributes.records import SYMMETRIC, Attribute, limits
from splat_widgets.comparison.frames import Alignment
from splat_widgets.comparison.pixels import PixelMatch
from splat_widgets.comparison.sheets import png, sheet, with_bar
from splat_widgets.inspector.records import AttributeItem
from splat_widgets.scene.scene import Scene

DIFFERENCE_COLORMAP: Colormap = "coolwarm"
BINS = 61  # odd: the middle one is around no difference
_SHEET_PX = 256  # a map of fewer pixels is drawn larger
_POWERS = {"m": 1, "m²": 2, "m³": 3}  # of the unit of length
_FRAMED = ("position", "rotation")  # groups of attributes that belong to a frame
_FRAMED_TOO = ("offset_x", "offset_y", "offset_z")
_PLACES = ("view", "row", "col")  # numbers of photos and pixels, which differ in name alone


@dataclass(frozen=True, eq=False, repr=False)
class AttributeDifference:
    """The second scene minus the first, wherever both have a pixel; shows itself as maps.

    Where scenes share no pixels, `maps` is empty, `values` too, and `problem` says why; the
    statistics of both scenes are there nevertheless.
    """

    attribute: Attribute
    titles: tuple[str, str]
    first: Statistics  # of all Gaussians of the first scene
    second: Statistics
    difference: Statistics  # of `values`
    values: np.ndarray  # (M,) float32, second minus first, in the order of the second scene
    maps: tuple[np.ndarray, ...]  # (H, W) float32 for each photo of the second; NaN: no pixel
    photos: tuple[str, ...]  # their names
    problem: str = ""

    @property
    def limits(self) -> tuple[float, float]:
        """Ends of the colour scale: as far to both sides as 99 of 100 values."""
        return limits(replace(self.attribute, range=SYMMETRIC), self.values)

    @property
    def histogram(self) -> tuple[np.ndarray, np.ndarray]:
        """(BINS,) counts within `limits`, and (BINS + 1,) edges."""
        finite = self.values[np.isfinite(self.values)]
        return np.histogram(finite, BINS, self.limits)

    @property
    def pictures(self) -> tuple[np.ndarray, ...]:
        """(H, W, 3) uint8 for each map, grey where there is no pixel."""
        low, high = self.limits
        return tuple(
            np.rint(255 * colours(one.ravel(), DIFFERENCE_COLORMAP, low, high))
            .astype(np.uint8)
            .reshape(*one.shape, 3)
            for one in self.maps
        )

    def __repr__(self) -> str:
        if self.problem:
            return f"AttributeDifference({self.attribute.title}: {self.problem})"
        found, (one, other) = self.difference, self.titles
        return (
            f"AttributeDifference({self.attribute.title} of {other} minus {one}: median "
            f"{found.median:.4g}, from {found.p1:.4g} to {found.p99:.4g} in 98 % of "
            f"{found.count:,} pixels)"
        )

    def picture(self) -> Image.Image:
        """The maps with their colour bar, beside each other.

        Raises:
            ValueError: if the scenes share no pixels.
        """
        if self.problem:
            raise ValueError(f"expected scenes that share pixels, and {self.problem}")
        low, high = self.limits
        drawn = [
            with_bar(_enlarged(picture), DIFFERENCE_COLORMAP, low, high)
            for picture in self.pictures
        ]
        one, other = self.titles
        return sheet(drawn, self.photos, f"{self.attribute.title}: {other} − {one}")

    def _repr_png_(self) -> bytes | None:
        return None if self.problem else png(self.picture())


def has_one_meaning(item: AttributeItem, alignments: Sequence[Alignment]) -> bool:
    """Whether an attribute's numbers can be compared between scenes that stand so.

    Coordinates and directions belong to one frame, numbers of photos and pixels to one scene.
    """
    if item["slow"] or item["group"] == "coefficients" or item["name"] in _PLACES:
        return False
    is_one_frame = all(np.array_equal(one.T_scene_first, np.eye(4)) for one in alignments)
    is_framed = item["group"] in _FRAMED or item["name"] in _FRAMED_TOO
    return is_one_frame or not is_framed


def compare_values(
    name: str,
    scenes: tuple[Scene, Scene],
    titles: tuple[str, str],
    match: PixelMatch,
    units: tuple[Alignment, Alignment],
) -> AttributeDifference:
    """An attribute of two scenes.

    Args:
        name: of the attribute.
        scenes: the two.
        titles: of the two.
        match: their pixels.
        units: where each stands: lengths are given in the unit of the comparison's first scene.

    Raises:
        AttributeLookupError: if a scene lacks it.
    """
    attribute = attributes.get(name, scenes[0])
    power = _POWERS.get(attribute.unit, 0)
    one, other = (
        attributes.values(scene, name) / np.float32(unit.scale**power)
        for scene, unit in zip(scenes, units, strict=True)
    )
    both = match.rows >= 0
    found = np.full(len(other), np.nan, np.float32)
    found[both] = other[both] - one[match.rows[both]]
    if attribute.colormap == "twilight" and attribute.unit == "°":
        found = (found + 180) % 360 - 180  # angles go round
    label, unit = attribute.label, attribute.unit
    has_maps = not match.problem
    return AttributeDifference(
        attribute=attribute,
        titles=titles,
        first=Statistics.of(one, name, label, unit),
        second=Statistics.of(other, name, label, unit),
        difference=Statistics.of(found[both], name, label, unit),
        values=found[both],
        maps=spread(scenes[1], found) if has_maps else (),
        photos=tuple(photo.name for photo in scenes[1].photos) if has_maps else (),
        problem=match.problem,
    )


def _enlarged(picture: np.ndarray) -> np.ndarray:
    times = max(1, ceil(_SHEET_PX / picture.shape[1]))
    return picture.repeat(times, 0).repeat(times, 1)
