"""The `.spz` of Niantic: columns of few bits each, compressed; versions 1 to 4 are read.

Positions are fixed point numbers of 24 bits, logarithms of scales bytes of 1/16, opacities bytes,
colours bytes of 0.5 + 0.15 · dc, spherical harmonics bytes within [-1, 1], coefficient by
coefficient, each with red, green and blue. Version 1 has half floats as positions; rotations are
xyz as bytes in versions 1 and 2, and later the three smallest of xyzw with 10 bits each. Versions 1
to 3 are one gzip stream; version 4 has a zstd stream for each column.

Axes are x right, y up, z back; reading and writing turns ours, y down and z forward, half around x.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np

from splat_widgets.conventions import MAX_SH_DEGREE
from splat_widgets.files import local_path, replacing
from splat_widgets.io import spz_streams
from splat_widgets.io.errors import FormatError
from splat_widgets.io.head import Head
from splat_widgets.io.plain import plain_bytes
from splat_widgets.io.smallest_three import pack, unpack
from splat_widgets.io.splat import to_bytes
from splat_widgets.io.spz_streams import MAGIC, Header
from splat_widgets.io.values import Values, scene_of, values_of
from splat_widgets.scene.scene import Scene, SceneLike

ROUNDS = (
    "sizes are told apart from 6 % on",
    "opacities and colours are bytes",
    "spherical harmonics are bytes within [-1, 1]",
)
_COLOR = 0.15  # display colours of a coefficient of 1 around 0.5
_MOST_BITS = 20  # of a coordinate's fraction: a micrometre, if the unit is a metre


def is_one(head: Head) -> bool:
    """Whether a file begins as a `.spz` of any version does."""
    return head.data.startswith(MAGIC) or head.inflated.startswith(MAGIC)


def read(
    path: str | os.PathLike[str], *, on_bad: str = "drop", activated: Collection[str] = ()
) -> Scene:
    """The scene in a `.spz`; arguments are those of `io.read`.

    Raises:
        FormatError: for a file that is damaged, cut off or of a newer version; for version 4
            without the package that unpacks it.
        ValueError: for names in `activated`.
        OSError: if the file cannot be opened.
    """
    path, data = plain_bytes(path, activated, "a .spz")
    header, columns = spz_streams.unpacked(data, path)
    notices = []
    if header.degree > MAX_SH_DEGREE:
        notices.append(
            f"Spherical harmonics of degree {header.degree} are read up to degree "
            f"{MAX_SH_DEGREE}; the finer part of the colours is left out."
        )
    values = _decoded(header, columns).half_turned()
    return scene_of(path, values, on_bad=on_bad, notices=notices)


def write(
    path: str | os.PathLike[str],
    scene: SceneLike,
    *,
    comments: Iterable[str] = (),
    version: int = 3,
) -> Path:
    """Write a scene as a `.spz`, all or nothing; it has no place for comments.

    Positions get as many bits as the scene's extent leaves, spherical harmonics all 8.

    Args:
        path: where to.
        scene: what `Scene.of` takes.
        comments: are not kept.
        version: 3, which every reader knows, or 4, which takes the extra `formats`.

    Raises:
        FormatError: for values that the format cannot hold.
        ValueError: for another version.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    if version not in (3, 4):
        raise ValueError(f"expected version=3 or 4 of a .spz, got {version!r}")
    path, values = local_path(path), values_of(Scene.of(scene)).half_turned()
    bits = _fraction_bits(values.means)
    columns = _encoded(values, bits)
    header = Header(version, len(values), values.degree, bits)
    data = spz_streams.packed(header, columns)
    with replacing(path) as partial:
        partial.write_bytes(data)
    return path


def _fraction_bits(means: np.ndarray) -> int:
    """As many as leave room for the largest coordinate."""
    largest = float(np.abs(means).max(initial=0))
    for bits in range(_MOST_BITS, -1, -1):
        if largest * 2**bits < 2**23 - 1:
            return bits
    raise FormatError(f"expected coordinates below 8,388,607, got {largest:,.0f}; move the scene")


def _encoded(values: Values, bits: int) -> dict[str, np.ndarray]:
    """The columns of bytes, each (N, bytes of a Gaussian)."""
    fixed = (values.means.astype(np.float64) * 2**bits).round().astype("<i4")
    xyzw = values.quaternions[:, [1, 2, 3, 0]]
    columns = {
        "positions": fixed.view(np.uint8).reshape(-1, 3, 4)[:, :, :3].reshape(len(fixed), 9),
        "alphas": to_bytes(values.opacities)[:, None],
        "colors": to_bytes(values.sh[:, 0] * _COLOR + 0.5),
        "scales": ((np.log(values.scales) + 10) * 16).round().clip(0, 255).astype(np.uint8),
        "rotations": pack(xyzw).astype("<u4").view(np.uint8).reshape(-1, 4),
    }
    if values.degree:
        rest = (values.sh[:, 1:] * 128).round() + 128
        columns["sh"] = (
            rest.clip(0, 255).astype(np.uint8).reshape(len(values), 3 * (values.sh.shape[1] - 1))
        )
    return columns


def _decoded(header: Header, columns: dict[str, np.ndarray]) -> Values:
    """What the columns say, in the file's own axes."""
    count = header.count
    k = (min(header.degree, MAX_SH_DEGREE) + 1) ** 2
    sh = np.empty((count, k, 3), np.float32)
    sh[:, 0] = (columns["colors"] / np.float32(255) - 0.5) / _COLOR
    if header.degree:
        rest = columns["sh"].reshape(count, (header.degree + 1) ** 2 - 1, 3)[:, : k - 1]
        sh[:, 1:] = (rest.astype(np.float32) - 128) / 128
    return Values(
        means=_positions(header, columns["positions"]),
        scales=np.exp(columns["scales"].astype(np.float32) / 16 - 10),
        quaternions=_rotations(header, columns["rotations"]),
        opacities=columns["alphas"][:, 0].astype(np.float32) / 255,
        sh=sh,
    )


def _positions(header: Header, data: np.ndarray) -> np.ndarray:
    if header.version == 1:
        return data.view("<f2").astype(np.float32)
    wide = np.zeros((len(data), 3, 4), np.uint8)
    wide[:, :, 1:] = data.reshape(-1, 3, 3)  # the sign is in the highest byte
    fixed = wide.view("<i4")[..., 0] >> 8
    return (fixed * 0.5**header.fraction_bits).astype(np.float32)


def _rotations(header: Header, data: np.ndarray) -> np.ndarray:
    """(N, 4) wxyz."""
    if header.version < 3:
        xyz = data.astype(np.float32) / 127.5 - 1
        w = np.sqrt((1 - (xyz**2).sum(axis=1, keepdims=True)).clip(0))
        return np.concatenate([w, xyz], axis=1)
    return unpack(data.view("<u4")[:, 0])[:, [3, 0, 1, 2]]
