"""Attributes, photos and selections as the page gets them: headers and bytes.

Everything is in the order of the wire: entry i belongs to the i-th splat that was sent.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

from splat_widgets import attributes
from splat_widgets.inspector.messages import AttributePart
from splat_widgets.scene.scene import Scene

Message = tuple[AttributePart, list[bytes]]

CHUNK_VALUES = 2**20  # 4 MiB of float32


def attribute_messages(scene: Scene, name: str, order: np.ndarray) -> Iterator[Message]:
    """An attribute as float32 values in chunks, with the ranges to show it in.

    Args:
        scene: whose attribute.
        name: of the attribute.
        order: (M,) row of the scene of each splat on the wire.
    """
    attribute = attributes.get(name, scene)
    if attribute.slow:  # the page can say so while it waits
        yield {**_about(name, len(order)), "pending": True}, []
    values = attributes.values(scene, name)
    about: AttributePart = {
        **_about(name, len(order)),
        "limits": attributes.limits(attribute, values),
        "limits_log": attributes.limits(attribute, values, log=True),
    }
    sent = values[order].astype("<f4", copy=False)
    for first in range(0, max(len(sent), 1), CHUNK_VALUES):
        part = sent[first : first + CHUNK_VALUES]
        yield {**about, "first": first, "count": len(part)}, [part.tobytes()]


def attribute_problem(name: str, problem: str) -> Message:
    """The answer for an attribute that cannot be computed."""
    return {**_about(name, 0), "problem": problem}, []


def _about(name: str, total: int) -> AttributePart:
    return {
        "kind": "attribute",
        "name": name,
        "first": 0,
        "count": 0,
        "total": total,
        "limits": (0.0, 1.0),
        "limits_log": (1.0, 10.0),
        "pending": False,
        "problem": "",
    }


def pack(mask: np.ndarray, order: np.ndarray) -> bytes:
    """(N,) bool as bits, one for each splat on the wire, the lowest bit of a byte first."""
    return np.packbits(mask[order], bitorder="little").tobytes()


def unpack(bits: bytes | memoryview, order: np.ndarray, count: int) -> np.ndarray:
    """The inverse of `pack`: (count,) bool.

    Raises:
        ValueError: if there are more or fewer bytes than the splats need.
    """
    packed = np.frombuffer(bits, np.uint8)
    if len(packed) != (len(order) + 7) // 8:
        raise ValueError(
            f"expected {(len(order) + 7) // 8} bytes for {len(order)} splats, got {len(packed)}"
        )
    mask = np.zeros(count, bool)
    mask[order] = np.unpackbits(packed, count=len(order), bitorder="little").view(bool)
    return mask


def png(pixels: np.ndarray) -> bytes:
    """(H, W, 3) uint8 as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()
