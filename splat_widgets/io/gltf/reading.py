"""`.glb` and `.gltf` files to scenes."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import torch

from splat_widgets.conventions import MAX_SH_DEGREE, SH_C0
from splat_widgets.io import extra
from splat_widgets.io.errors import FormatError
from splat_widgets.io.gltf.document import Document
from splat_widgets.io.gltf.layout import EXTENSION, OPACITY, ROTATION, SCALE, coefficient
from splat_widgets.io.plain import plain_path
from splat_widgets.io.room import check_room
from splat_widgets.io.values import Values, joined, scene_of
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene
from splat_widgets.scene.source import Frame

_MESH = (
    "it is a glTF without Gaussians, such as a mesh, which has surfaces; "
    "train Gaussians on photos, or open the file that they were trained to"
)
_MOST_NODES = 100_000
_MOST_TIMES = 4  # as many bytes of Gaussians as its buffers have, for nodes that share a mesh
_SMALL_BYTES = 2**26  # so much is read in any case
_OURS = "splat_widgets "


def read(
    path: str | os.PathLike[str], *, on_bad: str = "drop", activated: Collection[str] = ()
) -> Scene:
    """The Gaussians in a `.glb` or `.gltf`, all of them as one scene; arguments as in `io.read`.

    Each node's transform is applied. A `.gltf` finds its buffers beside it.

    Raises:
        FormatError: for a file that is damaged, cut off, without Gaussians, compressed by another
            extension, with a node that scales unevenly, or whose nodes repeat its Gaussians until
            they are far larger than the file.
        ValueError: for names in `activated`.
        OSError: if the file cannot be opened.
    """
    path = plain_path(path, activated, "a .glb")
    document = Document.of(path)
    notices: list[str] = []
    try:
        pairs = _bounded(document)
        if not pairs:
            raise FormatError(_MESH, path)
        parts = [_placed(_values(document, one, notices), T, path) for one, T in pairs]
        asset = document.json.get("asset", {})
        told = asset.get("extras", {}) if str(asset.get("generator")).startswith(_OURS) else {}
        comments = tuple(str(line) for line in told.get("comments", ()))
        frame = _frame(told.get("frame"))
        kept = _kept(document, pairs[0][0], told) if len(pairs) == 1 else {}
    except FormatError:
        raise
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError) as error:
        told = f"{type(error).__name__}: {error}"[:200]
        raise FormatError(f"its JSON is damaged ({told})", path) from error
    values = joined(parts).half_turned()
    scene = scene_of(path, values, on_bad=on_bad, notices=notices, comments=comments, frame=frame)
    if len(scene) == len(values):
        extra.restore(scene, kept)
    return scene


def _bounded(document: Document) -> list[tuple[dict[str, Any], np.ndarray]]:
    """All of `_primitives`, refused where they are far more than the file holds."""
    accessors, found = document.json.get("accessors", []), []
    total, most, gaussians, coefficients = 0, _SMALL_BYTES, 0, 1
    for primitive, T in _primitives(document):
        names = primitive["attributes"]
        harmonics = sum(coefficient(number) in names for number in range((MAX_SH_DEGREE + 1) ** 2))
        count = int(accessors[names["POSITION"]]["count"]) if "POSITION" in names else 0
        # Position, sizes, rotation, opacity and colours as floats; nothing counts as one Gaussian.
        total += max(count, 1) * 4 * (11 + 3 * max(harmonics, 1))
        if total > most:
            held = document.held_bytes
            most = max(most, _MOST_TIMES * held)
            if count > held:
                raise FormatError(
                    f"its accessor {names['POSITION']} lies outside its buffer; it is damaged or "
                    "cut off",
                    document.path,
                )
        if total > most:
            raise FormatError(
                f"its nodes repeat its Gaussians to more than {_MOST_TIMES} times what the file "
                "holds; save each of them once",
                document.path,
            )
        found.append((primitive, T))
        gaussians, coefficients = gaussians + count, max(coefficients, harmonics)
    check_room(gaussians, coefficients, document.path)
    return found


def _primitives(document: Document) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """Primitives of Gaussians, each with the transform (4, 4) of its node."""
    whole = document.json
    meshes, nodes = whole.get("meshes", []), whole.get("nodes", [])
    roots = range(len(nodes))
    if whole.get("scenes"):
        roots = whole["scenes"][whole.get("scene", 0)].get("nodes", [])
    elif nodes:
        roots = set(roots) - {child for node in nodes for child in node.get("children", ())}
    places = list(_places(nodes, roots, document.path))
    for number, T in places or [(number, np.eye(4)) for number in range(len(meshes))]:
        for primitive in meshes[number]["primitives"]:
            if EXTENSION in primitive.get("extensions", {}):
                yield primitive, T


def _places(nodes: list[Any], roots: Collection[int], path: Path) -> Iterator[tuple[int, Any]]:
    """Meshes of the nodes with their transforms; no node is visited twice."""
    waiting, seen = [(number, np.eye(4)) for number in roots], set()
    while waiting:
        number, above = waiting.pop()
        if number in seen or len(seen) > _MOST_NODES:
            raise FormatError("its nodes form no tree; it is damaged", path)
        seen.add(number)
        node = nodes[number]
        T = above @ _matrix(node)
        if "mesh" in node:
            yield node["mesh"], T
        waiting += [(child, T) for child in node.get("children", ())]


def _matrix(node: dict[str, Any]) -> np.ndarray:
    if "matrix" in node:
        return np.asarray(node["matrix"], float).reshape(4, 4).T
    T = np.eye(4)
    x, y, z, w = np.asarray(node.get("rotation", (0, 0, 0, 1)), float)
    T[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    T[:3, :3] *= np.asarray(node.get("scale", (1, 1, 1)), float)
    T[:3, 3] = node.get("translation", (0, 0, 0))
    return T


def _placed(values: Values, T: np.ndarray, path: Path) -> Values:
    if np.array_equal(T, np.eye(4)):
        return values
    norms = np.linalg.norm(values.quaternions, axis=1, keepdims=True)
    np.divide(values.quaternions, norms, out=values.quaternions, where=norms > 0)
    fields = [torch.from_numpy(np.ascontiguousarray(array)) for array in vars(values).values()]
    try:
        return Values(**Gaussians(*fields).transformed(T).to_numpy())
    except ValueError as error:
        raise FormatError(f"a node cannot be applied to Gaussians: {error}", path) from error


def _values(document: Document, primitive: dict[str, Any], notices: list[str]) -> Values:
    names, path = primitive["attributes"], document.path
    inner = primitive["extensions"][EXTENSION].get("extensions", {})
    if inner and ROTATION not in names:
        raise FormatError(
            f"its Gaussians are compressed by {', '.join(inner)[:80]}; save it without", path
        )
    missing = [name for name in ("POSITION", ROTATION, SCALE, OPACITY) if name not in names]
    if missing:
        raise FormatError(f"expected the attributes of {EXTENSION}, missing {missing}", path)
    means, scales = document.numbers(names["POSITION"]), document.numbers(names[SCALE])
    quaternions = document.numbers(names[ROTATION])
    if scales.size and scales.min() < 0:  # drafts of the extension had logarithms
        notices.append("Its sizes are read as logarithms, as drafts of the extension had them.")
        scales = np.exp(scales)
    values = Values(
        means,
        scales,
        np.ascontiguousarray(quaternions[:, [3, 0, 1, 2]]),
        document.numbers(names[OPACITY]),
        _harmonics(document, names),
    )
    if len({len(array) for array in vars(values).values()}) > 1 or values.means.shape[1:] != (3,):
        raise FormatError("its attributes have different lengths; it is damaged", path)
    return values


def _harmonics(document: Document, names: dict[str, int]) -> np.ndarray:
    """(N, K, 3), of whole bands."""
    degree = -1
    while degree < MAX_SH_DEGREE and all(
        coefficient(number) in names for number in range((degree + 2) ** 2)
    ):
        degree += 1
    if degree < 0:
        if "COLOR_0" not in names:
            raise FormatError("expected colours, got none", document.path)
        return ((document.numbers(names["COLOR_0"])[:, :3] - 0.5) / SH_C0)[:, None]
    count = (degree + 1) ** 2
    return np.stack([document.numbers(names[coefficient(n)]) for n in range(count)], axis=1)


def _frame(told: object) -> Frame:
    return cast("Frame", told) if told in get_args(Frame) else "unknown"


def _kept(document: Document, primitive: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    names = primitive["attributes"]
    wanted = {str(name): f"_{str(name).upper()}" for name in told.get("attributes", ())}
    found = {n: document.numbers(names[way]) for n, way in wanted.items() if way in names}
    whole, flags = (set(map(str, told.get(key, ()))) for key in ("whole", "flags"))
    for name, values in found.items():
        if name in whole:
            found[name] = extra.whole(values)
        elif name in flags and np.isin(values, (0, 1)).all():
            found[name] = values.astype(bool)
    return found
