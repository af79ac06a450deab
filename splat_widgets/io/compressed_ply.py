"""SuperSplat's compressed `.ply`: chunks of 256 Gaussians with a box each, 16 bytes a Gaussian.

Within the box of its chunk, a position has 11, 10 and 11 bits, and so have the logarithms of the
scales; colours, 0.5 + 0.2820948 · dc, and the opacity are bytes, colours within the chunk's range;
a rotation is the three smallest of wxyz with 10 bits each. Spherical harmonics are bytes within
[-4, 4], channel by channel. Axes are those of the scene's `.ply`, without any turn.

Writing puts neighbours beside each other (`morton.morton_order`), so that boxes are small.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np

from splat_widgets.conventions import MAX_SH_DEGREE, SH_C0
from splat_widgets.files import local_path, replacing
from splat_widgets.io.morton import morton_order
from splat_widgets.io.plain import plain_path
from splat_widgets.io.ply.comments import header_lines
from splat_widgets.io.ply.header import Element, Header, read_header
from splat_widgets.io.ply.layout import SIGNATURE, PlyError
from splat_widgets.io.room import check_room
from splat_widgets.io.values import Values, scene_of, values_of
from splat_widgets.scene.scene import Scene, SceneLike
from splat_widgets.version import __version__

ROUNDS = (
    "positions and sizes have 10 to 11 bits within chunks of 256",
    "opacities and colours are bytes",
    "spherical harmonics are bytes within [-4, 4]",
)
CHUNK = 256
_AXES = ("x", "y", "z", "scale_x", "scale_y", "scale_z", "r", "g", "b")
# Lowest and highest value of each, in the order of the file: positions, scales, colours.
_BOX = tuple(
    f"{end}_{axis}"
    for first in range(0, 9, 3)
    for end in ("min", "max")
    for axis in _AXES[first : first + 3]
)
_PACKED = ("packed_position", "packed_rotation", "packed_scale", "packed_color")
_LARGEST_LOG = 20.0  # scales beyond e^20 and below e^-20 are cut off, as SuperSplat does
_SH_RANGE = 8.0  # from -4 to 4
_HALF = np.float32(np.sqrt(2))


def read(
    path: str | os.PathLike[str], *, on_bad: str = "drop", activated: Collection[str] = ()
) -> Scene:
    """The scene in a compressed `.ply`; arguments are those of `io.read`.

    Raises:
        PlyError: for a file that is damaged, cut off or of another layout.
        ValueError: for names in `activated`.
        OSError: if the file cannot be opened.
    """
    path = plain_path(path, activated, "a compressed .ply")
    header = read_header(path)
    chunks, packed, rest = _tables(header, path)
    count = len(packed)
    check_room(count, 1 + rest.shape[1] // 3, path)
    if len(chunks) * CHUNK < count:
        raise PlyError(f"expected a chunk for every {CHUNK} rows, got {len(chunks)}", path)
    box = {name: np.repeat(chunks[name], CHUNK)[:count] for name in chunks.dtype.names or ()}

    def within(axis: str, shares: np.ndarray) -> np.ndarray:
        low, high = box[f"min_{axis}"], box[f"max_{axis}"]
        return low + (high - low) * shares

    position = _unpacked(packed["packed_position"], (11, 10, 11))
    scale = _unpacked(packed["packed_scale"], (11, 10, 11))
    color = _unpacked(packed["packed_color"], (8, 8, 8, 8))
    if "min_r" in box:
        color[:3] = [within(axis, color[n]) for n, axis in enumerate("rgb")]
    sh = np.empty((count, 1 + rest.shape[1] // 3, 3), np.float32)
    sh[:, 0] = (np.stack(color[:3], -1) - 0.5) / SH_C0
    if rest.shape[1]:
        sh[:, 1:] = _harmonics(rest)
    with np.errstate(all="ignore"):  # a damaged box may hold any numbers
        values = Values(
            np.stack([within(axis, position[n]) for n, axis in enumerate("xyz")], -1),
            np.exp(np.stack([within(f"scale_{a}", scale[n]) for n, a in enumerate("xyz")], -1)),
            _rotations(packed["packed_rotation"]),
            color[3],
            sh,
        )
    comments = [c for c in header.comments if not c.startswith(SIGNATURE)]
    return scene_of(path, values, on_bad=on_bad, comments=comments)


def write(path: str | os.PathLike[str], scene: SceneLike, *, comments: Iterable[str] = ()) -> Path:
    """Write a scene as a compressed `.ply`, all or nothing; its rows get another order.

    Raises:
        FormatError: for values that no file can hold.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    path, known = local_path(path), Scene.of(scene)
    values = values_of(known)
    values = values.at(morton_order(values.means))
    further = (comments,) if isinstance(comments, str) else comments
    lines = [f"{SIGNATURE} {__version__}", *known.comments, *further]
    with replacing(path) as partial, partial.open("xb") as file:
        file.write(_header_of(len(values), values.degree, lines))
        for table in _packed_chunks(values):
            file.write(table.tobytes())
        if values.degree:
            channel_major = values.sh[:, 1:].transpose(0, 2, 1)
            steps = ((channel_major / _SH_RANGE + 0.5) * 256).astype(np.int32)
            file.write(steps.clip(0, 255).astype(np.uint8).tobytes())
    return path


def _header_of(count: int, degree: int, comments: Iterable[str]) -> bytes:
    lines = [
        "ply",
        "format binary_little_endian 1.0",
    ]
    lines += [f"{keyword} {text}" for keyword, text in header_lines(comments)]
    lines.append(f"element chunk {-(-count // CHUNK)}")
    lines += [f"property float {name}" for name in _BOX]
    lines.append(f"element vertex {count}")
    lines += [f"property uint {name}" for name in _PACKED]
    if degree:
        lines.append(f"element sh {count}")
        lines += [f"property uchar f_rest_{n}" for n in range(3 * ((degree + 1) ** 2 - 1))]
    return "\n".join([*lines, "end_header", ""]).encode("ascii")


def _packed_chunks(values: Values) -> tuple[np.ndarray, np.ndarray]:
    """The boxes (chunks, 18) float32 and the rows (N, 4) uint32."""
    log_scales = np.log(values.scales).clip(-_LARGEST_LOG, _LARGEST_LOG)
    columns = [values.means, log_scales, 0.5 + SH_C0 * values.sh[:, 0]]
    starts = np.arange(0, len(values), CHUNK)
    boxes, shares = [], []
    for column in columns:
        low = np.minimum.reduceat(column, starts) if len(starts) else column
        high = np.maximum.reduceat(column, starts) if len(starts) else column
        boxes += [low, high]
        low, high = (np.repeat(end, CHUNK, axis=0)[: len(values)] for end in (low, high))
        shares.append((column - low) / np.where(high > low, high - low, 1))
    rows = (
        _to_bits(shares[0].T, (11, 10, 11)),
        _packed_rotations(values.quaternions),
        _to_bits(shares[1].T, (11, 10, 11)),
        _to_bits([*shares[2].T, values.opacities], (8, 8, 8, 8)),
    )
    return np.concatenate(boxes, axis=1).astype("<f4"), np.stack(rows, -1).astype("<u4")


def _to_bits(shares: Iterable[np.ndarray], widths: tuple[int, ...]) -> np.ndarray:
    """(N,) uint32 of numbers in [0, 1], each (N,); the first takes the highest bits."""
    packed = np.uint32(0)
    for share, width in zip(shares, widths, strict=True):
        most = 2**width - 1
        steps = (share * most).round().clip(0, most).astype(np.uint32)
        packed = packed << np.uint32(width) | steps
    return np.asarray(packed)


def _unpacked(packed: np.ndarray, widths: tuple[int, ...]) -> list[np.ndarray]:
    """Numbers in [0, 1], each (N,) float32."""
    parts, place = [], 32
    for width in widths:
        place -= width
        most = 2**width - 1
        parts.append(((packed >> np.uint32(place)) & np.uint32(most)).astype(np.float32) / most)
    return parts


def _packed_rotations(quaternions: np.ndarray) -> np.ndarray:
    """(N,) uint32: which of wxyz is largest, and the three others within ±√½ as 10 bits each."""
    largest = np.abs(quaternions).argmax(axis=1)
    turned = quaternions * np.sign(np.take_along_axis(quaternions, largest[:, None], axis=1))
    others = np.stack([np.delete(np.arange(4), axis) for axis in range(4)])[largest]
    rest = np.take_along_axis(turned, others, axis=1) / _HALF + 0.5
    return largest.astype(np.uint32) << np.uint32(30) | _to_bits(rest.T, (10, 10, 10))


def _rotations(packed: np.ndarray) -> np.ndarray:
    """(N, 4) wxyz."""
    largest = (packed >> np.uint32(30)).astype(np.intp)
    rest = np.stack(_unpacked(packed << np.uint32(2), (10, 10, 10)), -1)
    rest = (rest - 0.5) * _HALF
    found = np.empty((len(packed), 4), np.float32)
    others = np.stack([np.delete(np.arange(4), axis) for axis in range(4)])[largest]
    np.put_along_axis(found, others, rest, axis=1)
    missing = np.sqrt((1 - (rest**2).sum(axis=1)).clip(0))
    np.put_along_axis(found, largest[:, None], missing[:, None], axis=1)
    return found


def _harmonics(rest: np.ndarray) -> np.ndarray:
    """(N, K - 1, 3) of bytes (N, 3 (K - 1)); the lowest and highest byte are the range's ends."""
    shares = (np.arange(256, dtype=np.float32) + 0.5) / 256
    shares[0], shares[255] = 0, 1
    values = ((shares - 0.5) * _SH_RANGE)[rest]
    return values.reshape(len(rest), 3, rest.shape[1] // 3).transpose(0, 2, 1)


def _tables(header: Header, path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Chunks, packed rows and bytes (N, 3 (K - 1)) of the harmonics, as views of the file."""
    if header.form != "binary_little_endian" or any(one.has_lists for one in header.elements):
        raise PlyError("expected binary little endian tables of numbers", path)
    start, tables = header.start, {}
    for element in header.elements:
        row = np.dtype([(name, f"<{kind}") for name, kind in element.columns.items()])
        shape = (element.count,)
        tables[element.name] = (
            np.memmap(path, row, "r", start, shape) if element.count else np.empty(0, row)
        )
        start += element.count * row.itemsize
    _check(header, path)
    rest = tables.get("sh", np.empty(len(tables["vertex"]), []))
    return tables["chunk"], tables["vertex"], _as_bytes(rest, len(tables["vertex"]), path)


def _check(header: Header, path: Path) -> None:
    elements = {element.name: element for element in header.elements}
    if len(elements) < len(header.elements) or not {"chunk", "vertex"} <= elements.keys():
        raise PlyError("expected the elements 'chunk' and 'vertex' once each", path)
    _expect(elements["chunk"], _BOX[:12], "f4", path)
    if "min_r" in elements["chunk"].columns:
        _expect(elements["chunk"], _BOX[12:], "f4", path)
    _expect(elements["vertex"], _PACKED, "u4", path)


def _expect(element: Element, names: Iterable[str], kind: str, path: Path) -> None:
    wrong = [name for name in names if element.columns.get(name) != kind]
    if wrong:
        raise PlyError(f"expected {', '.join(wrong[:4])} in {element.name} as {kind}", path)


def _as_bytes(rest: np.ndarray, count: int, path: Path) -> np.ndarray:
    names = rest.dtype.names or ()
    degrees = [3 * ((degree + 1) ** 2 - 1) for degree in range(MAX_SH_DEGREE + 1)]
    expected = tuple(f"f_rest_{number}" for number in range(len(names)))
    if len(names) not in degrees or names != expected or len(rest) != count:
        raise PlyError(f"expected {degrees[1:]} columns f_rest_* in sh, got {len(names)}", path)
    if rest.dtype.itemsize != len(names):
        raise PlyError("expected the columns of sh as bytes", path)
    return np.ascontiguousarray(rest).view(np.uint8).reshape(count, len(names))
