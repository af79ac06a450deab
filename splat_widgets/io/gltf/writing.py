"""Scenes to `.glb` files."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from splat_widgets.conventions import SH_C0
from splat_widgets.files import local_path, replacing
from splat_widgets.io import extra
from splat_widgets.io.errors import FormatError
from splat_widgets.io.gltf.layout import (
    BIN_CHUNK,
    BYTE,
    COLOR_SPACE,
    EXTENSION,
    FLOAT,
    JSON_CHUNK,
    MAGIC,
    OPACITY,
    POINTS,
    ROTATION,
    SCALE,
    coefficient,
)
from splat_widgets.io.splat import to_bytes
from splat_widgets.io.values import Values, values_of
from splat_widgets.scene.scene import Scene, SceneLike
from splat_widgets.sizes import format_bytes
from splat_widgets.version import __version__

_MOST_BYTES = 2**32 - 1  # that the header of a .glb can name
_ARRAY_BUFFER = 34962


def write(
    path: str | os.PathLike[str],
    scene: SceneLike,
    *,
    comments: Iterable[str] = (),
    attributes: Iterable[str] = (),
) -> Path:
    """Write a scene as a `.glb`, all or nothing.

    Args:
        path: where to.
        scene: what `Scene.of` takes.
        comments: further lines for the asset's extras.
        attributes: names of the scene's attributes to keep, as `_NAMES`.

    Raises:
        FormatError: for values that no file can hold, attributes that a .glb cannot hold, and more
            than 4.3 GB.
        AttributeLookupError: for an attribute that the scene does not have.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    path, known = local_path(path), Scene.of(scene)
    values = values_of(known).half_turned()
    kept = extra.columns(known, attributes, floats=np.float32, title="a .glb")
    if len({name.upper() for name in kept}) < len(kept):
        raise FormatError(
            f"a .glb has names in capitals, which are not all different of {', '.join(kept)}; "
            "register one under another name, or save a .splatscene"
        )
    kinds = {name: array.dtype.kind for name, array in kept.items()}
    own = {
        "attributes": list(kept),
        "whole": [name for name, kind in kinds.items() if kind in "iu"],
        "flags": [name for name, kind in kinds.items() if kind == "b"],
    }
    kept = {name: array.astype(np.float32) for name, array in kept.items()}
    further = (comments,) if isinstance(comments, str) else tuple(comments)
    columns = [*_columns(values), *((f"_{name.upper()}", array) for name, array in kept.items())]
    text = json.dumps(
        _document(values, columns, known, further, own),
        allow_nan=False,
    )
    head = text.encode("utf-8")
    head += b" " * (-len(head) % 4)
    size = sum(array.nbytes for _, array in columns)
    if 28 + len(head) + size > _MOST_BYTES:
        raise FormatError(
            f"expected at most {format_bytes(_MOST_BYTES)} in a .glb, got {format_bytes(size)}"
        )
    with replacing(path) as partial, partial.open("xb") as file:
        file.write(struct.pack("<4sII", MAGIC, 2, 28 + len(head) + size))
        file.write(struct.pack("<II", len(head), JSON_CHUNK) + head)
        file.write(struct.pack("<II", size, BIN_CHUNK))
        for _, array in columns:
            file.write(array.tobytes())
    return path


def _columns(values: Values) -> Iterator[tuple[str, np.ndarray]]:
    """Attributes with their numbers, in the order of the file."""
    yield "POSITION", values.means
    color = np.column_stack([0.5 + SH_C0 * values.sh[:, 0], values.opacities])
    yield "COLOR_0", to_bytes(color)
    yield ROTATION, np.ascontiguousarray(values.quaternions[:, [1, 2, 3, 0]])
    yield SCALE, values.scales
    yield OPACITY, values.opacities
    for number in range(values.sh.shape[1]):
        yield coefficient(number), np.ascontiguousarray(values.sh[:, number])


def _document(
    values: Values,
    columns: list[tuple[str, np.ndarray]],
    scene: Scene,
    comments: tuple[str, ...],
    attributes: dict[str, list[str]],
) -> dict[str, Any]:
    views, accessors, start = [], [], 0
    for _, array in columns:
        view = {"buffer": 0, "byteOffset": start, "byteLength": array.nbytes}
        views.append({**view, "target": _ARRAY_BUFFER})
        accessors.append(_accessor(len(views) - 1, array))
        start += array.nbytes
    if len(values):
        low, high = values.means.min(axis=0), values.means.max(axis=0)
        accessors[0] |= {"min": low.tolist(), "max": high.tolist()}
    primitive = {
        "mode": POINTS,
        "attributes": {name: number for number, (name, _) in enumerate(columns)},
        "extensions": {
            EXTENSION: {
                "kernel": "ellipse",
                "colorSpace": COLOR_SPACE,
                "projection": "perspective",
                "sortingMethod": "cameraDistance",
            }
        },
    }
    told = {
        "comments": [*scene.comments, *comments],
        "frame": scene.frame,
        **attributes,
    }
    return {
        "asset": {"version": "2.0", "generator": f"splat_widgets {__version__}", "extras": told},
        "extensionsUsed": [EXTENSION],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "Gaussians"}],
        "meshes": [{"primitives": [primitive]}],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": start}],
    }


def _accessor(view: int, array: np.ndarray) -> dict[str, Any]:
    kinds = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}
    width = array.shape[1] if array.ndim > 1 else 1
    found = {"bufferView": view, "count": len(array), "type": kinds[width]}
    if array.dtype == np.uint8:
        return {**found, "componentType": BYTE, "normalized": True}
    return {**found, "componentType": FLOAT}
