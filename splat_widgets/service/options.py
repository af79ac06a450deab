"""The fields of a request as options of a run, checked by the doors that a kernel has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from splat_widgets.conventions import PATCH_SIZE
from splat_widgets.reconstruction.choices import Choices
from splat_widgets.service.cameras import camera_of
from splat_widgets.service.outputs import MEDIA_TYPES
from splat_widgets.service.records import Options
from splat_widgets.settings import Settings

PHOTOS = "photos"
"""Name of the parts that hold photos."""
LARGEST_IMAGE = 1024  # px, of what the network sees
FIELDS: Mapping[str, str] = {
    "refine": "auto, true or false: whether the photos decide about depth and Gaussians.",
    "size": "Side of the grid of Gaussians of each refined photo, px: a multiple of 16.",
    "format": f"Of the result that wait=true gives back: {', '.join(MEDIA_TYPES)}.",
    "image_size": f"Side of the crops for the network, px: a multiple of {PATCH_SIZE}.",
    "focal_px": "JSON: a focal length in px of the upright photo, or one or null for each.",
    "crops": "JSON: [x, y, side] in px of the upright photo, or null, for each photo.",
    "cameras": "JSON: a known camera for each photo.",
    "keep_all": "true keeps the Gaussians of every photo where several show one surface.",
    "same_exposure": "false keeps each photo's own exposure instead of one for all.",
    "single": "true takes one photo alone, which is paired with itself.",
}
"""Names of the fields, and what they mean."""


def options_of(fields: Mapping[str, str], count: int, most: int | None = None) -> Options:
    """The options of a request with so many photos.

    Raises:
        ValueError: for a field or a value that cannot be, in words that a kernel would use.
    """
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise ValueError(f"expected fields out of {', '.join(FIELDS)}, got {unknown[0][:40]!r}")
    least = 1 if _flag(fields, "single") else 2
    if count < least or (most is not None and count > most):
        upper = "more" if most is None else str(most)
        hint = "; add single=true to have it paired with itself" if count == 1 else ""
        raise ValueError(f"expected {least} to {upper} photos, got {count}{hint}")
    refine = fields.get("refine", "auto")
    crops = _json(fields, "crops")
    if crops is not None:
        crops = tuple(_crop(crop) for crop in _each(crops, "crops", count))
    focals = _json(fields, "focal_px")
    cameras = _json(fields, "cameras")
    checked = Choices.checked(
        count,
        refine=refine if refine == "auto" else _flag(fields, "refine"),
        gaussian_size=_whole(fields, "size"),
        focal_px=focals,
        cameras=cameras and [camera_of(one) for one in _each(cameras, "cameras", count)],
        crops=crops,
        keep_all=_flag(fields, "keep_all"),
        same_exposure="same_exposure" not in fields or _flag(fields, "same_exposure"),
    )
    form = fields.get("format", "ply")
    if form not in MEDIA_TYPES:
        raise ValueError(f"expected a format out of {', '.join(MEDIA_TYPES)}, got {form[:40]!r}")
    return Options(
        refine=checked.refine,
        gaussian_size=checked.gaussian_size,
        image_size=_image_size(fields),
        focals_px=None if focals is None else checked.focals_px,
        crops=None if crops is None else crops,
        cameras=None if cameras is None else tuple(cameras),
        keep_all=checked.keep_all,
        same_exposure=checked.same_exposure,
        format=form,
    )


def _flag(fields: Mapping[str, str], name: str) -> bool:
    text = fields.get(name, "false").lower()
    if text not in ("true", "false", "1", "0"):
        expected = "auto, true or false" if name == "refine" else "true or false"
        raise ValueError(f"expected {name} as {expected}, got {text[:40]!r}")
    return text in ("true", "1")


def _whole(fields: Mapping[str, str], name: str) -> int | None:
    text = fields.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise ValueError(f"expected {name} as a whole number of pixels, got {text[:40]!r}")
    return int(text)


def _image_size(fields: Mapping[str, str]) -> int | None:
    size = _whole(fields, "image_size")
    if size is not None and size > LARGEST_IMAGE:
        raise ValueError(f"expected image_size of at most {LARGEST_IMAGE} px, got {size}")
    return Settings.resolve("image_size", environ={}, image_size=size).image_size


def _json(fields: Mapping[str, str], name: str) -> Any:
    text = fields.get(name, "").strip()
    if not text:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected {name} as JSON, got {text[:40]!r}") from error


def _each(values: Any, name: str, count: int) -> list[Any]:
    if not isinstance(values, list) or len(values) != count:
        raise ValueError(f"expected {name} as a JSON list with one entry for each photo")
    return values


def _crop(value: Any) -> tuple[float, float, float] | None:
    if value is None:
        return None
    is_crop = isinstance(value, list) and len(value) == 3
    if not is_crop or not all(type(edge) in (int, float) and abs(edge) < 1e6 for edge in value):
        raise ValueError(f"expected a crop as [x, y, side] in pixels, got {str(value)[:40]}")
    x, y, side = (float(edge) for edge in value)
    return x, y, side
