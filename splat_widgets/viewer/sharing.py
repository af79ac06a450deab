"""What a page of its own shows beside its splats: an attribute, the selection, the view."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Any, TypedDict, cast

import numpy as np
import torch

from splat_widgets import attributes
from splat_widgets.scene.framing import CameraState, check_state
from splat_widgets.scene.inspection import Inspection
from splat_widgets.scene.rows import selection_index
from splat_widgets.scene.scene import Scene
from splat_widgets.viewer.photos import numbered
from splat_widgets.viewer.wire import EncodedScene


class SharedColour(TypedDict):
    """An attribute that colours the splats."""

    label: str
    unit: str
    colormap: str
    low: float
    high: float
    log: bool
    values: str  # base64 of float32, one for each splat on the wire


class Shared(TypedDict):
    """What a written page carries beside its scene."""

    colour: SharedColour | None
    selection: str  # base64 of bits, one for each splat on the wire; "" for none


@dataclass(frozen=True)
class Wishes:
    """What is to be shown, chosen by the caller or as an inspector shows it."""

    attribute: str = ""
    colormap: str = ""
    range: tuple[float, float] | None = None
    log: bool | None = None  # None: as suits the attribute
    selection: np.ndarray | None = None  # (N,) bool
    camera: CameraState | None = None

    @classmethod
    def of(cls, given: Any, scene: Scene, attribute: str | None, selection: Any) -> Wishes:
        """Those of a call.

        Args:
            given: an inspector, or anything else that holds the scene.
            scene: the scene.
            attribute: name of an attribute; None: the inspector's.
            selection: mask or rows; None: the inspector's.

        Raises:
            ValueError, TypeError, IndexError: for a selection that is not of this scene.
            AttributeLookupError: for an attribute that the scene does not have.
        """
        tell = getattr(type(given), "__inspection__", None)
        found: Inspection | None = None if tell is None else tell(given)
        shown = cls() if found is None else _shown(found)
        if attribute is not None and attribute != shown.attribute:
            shown = replace(shown, attribute=attribute, colormap="", range=None, log=None)
        if shown.attribute:
            attributes.get(shown.attribute, scene)  # one that is not there is refused at once
        if selection is not None:
            mask = np.zeros(len(scene), bool)
            mask[selection_index(selection, len(scene), torch.device("cpu")).numpy()] = True
            shown = replace(shown, selection=mask)
        return shown


def shared(scene: Scene, encoded: EncodedScene, wishes: Wishes) -> Shared:
    """What a page carries of these wishes."""
    mask, order = wishes.selection, encoded.order
    bits = b"" if mask is None or not mask.any() else np.packbits(mask[order], bitorder="little")
    return {"colour": _colour(scene, order, wishes), "selection": _text(bytes(bits))}


def without_photos(encoded: EncodedScene) -> EncodedScene:
    """The scene with its cameras, but neither pictures nor names of their photos."""
    photos = [numbered(photo["number"]) for photo in encoded.header["photos"]]
    return replace(encoded, header={**encoded.header, "photos": photos})


def _shown(found: Inspection) -> Wishes:
    settings = found.settings
    pair = tuple(settings.get("color_range", ()))
    camera = settings.get("camera")
    return Wishes(
        attribute=settings.get("color_by", ""),
        colormap=settings.get("colormap", ""),
        range=cast("tuple[float, float]", pair) if len(pair) == 2 else None,
        log=bool(settings.get("color_log", False)),
        selection=found.selection.numpy(),
        camera=None if camera is None else check_state(dict(camera)),
    )


def _colour(scene: Scene, order: np.ndarray, wishes: Wishes) -> SharedColour | None:
    if not wishes.attribute:
        return None
    attribute = attributes.get(wishes.attribute, scene)
    values = attributes.values(scene, wishes.attribute)
    log = attribute.log if wishes.log is None else wishes.log
    low, high = wishes.range or attributes.limits(attribute, values, log=log)
    return {
        "label": attribute.label,
        "unit": attribute.unit,
        "colormap": wishes.colormap or attribute.colormap,
        "low": float(low),
        "high": float(high),
        "log": bool(log),
        "values": _text(values[order].astype("<f4").tobytes()),
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
