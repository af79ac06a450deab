"""What a file will not keep of a scene, in words, before it is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from splat_widgets import attributes
from splat_widgets.attributes.given import is_held
from splat_widgets.io.formats import Format
from splat_widgets.io.scenefile import own_names
from splat_widgets.scene.scene import Scene

_THUMBNAILS = "photos beyond thumbnails"


def lost(
    form: Format, scene: Scene, kept: Collection[str] = (), photos: str | None = None
) -> tuple[str, ...]:
    """Parts of a scene that a format does not keep, or keeps less exactly.

    Args:
        form: the format.
        scene: the scene.
        kept: names of the attributes that the file was asked to keep.
        photos: how a format that keeps all was asked to keep photos: "small" as thumbnails.
    """
    if form.keeps_all:
        return (_THUMBNAILS,) if photos == "small" and scene.reconstruction is not None else ()
    return tuple(_parts(form, scene, kept))


def told(form: Format, scene: Scene, kept: Collection[str] = (), photos: str | None = None) -> str:
    """One line on what a format does not keep; empty if it keeps all."""
    parts, title = lost(form, scene, kept, photos), form.title[:1].upper() + form.title[1:]
    if not parts:
        return ""
    if form.keeps_all:
        return f"{title} of photos={photos!r} keeps the photos as thumbnails, and all else."
    return f"{title} does not keep {'; '.join(parts)}. A .splatscene keeps all."


def _parts(form: Format, scene: Scene, kept: Collection[str]) -> Iterator[str]:
    if scene.reconstruction is not None:
        yield "photos, cameras" + (" and maps" if "confidence" in kept else ", confidence and maps")
    elif scene.known_cameras:
        yield "cameras"
    if missing := [name for name in own_names(scene) if name not in kept]:
        yield f"attributes of your own ({', '.join(missing)})"
    if form.rounds_attributes and (names := [name for name in kept if _is_wide(scene, name)]):
        yield f"more than 32 bits a number of your own ({', '.join(names)})"
    if scene.sh_degree > form.max_degree:
        yield f"spherical harmonics beyond degree {form.max_degree}"
    if scene.comments and not form.keeps_comments:
        yield "comments on where the scene comes from"
    if scene.source is not None and any(scene.source.offset) and not form.keeps_offset:
        yield "what was taken off its coordinates (scene.source.offset)"
    if not form.keeps_order:
        yield "the order of the Gaussians"
    if form.rounds:
        yield f"full precision ({', '.join(form.rounds)})"


def _is_wide(scene: Scene, name: str) -> bool:
    """Whether floats of 32 bits round an attribute."""
    values = attributes.exact_values(scene, name)
    return values.dtype == np.float64 and not is_held(values, np.float32)
