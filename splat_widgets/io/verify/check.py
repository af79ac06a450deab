"""A file against the scene that was written to it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
from torch import Tensor

from splat_widgets.conventions import SH_C0
from splat_widgets.geometry.covariance import covariance
from splat_widgets.io.verify.of_ply import rows_of_ply
from splat_widgets.io.verify.of_splatscene import rows_of_splatscene
from splat_widgets.io.verify.record import (
    EXACT,
    Differences,
    VerificationError,
    Verified,
    number,
)
from splat_widgets.io.verify.rows import Rows, SecondReader
from splat_widgets.scene.scene import Scene

logger = logging.getLogger(__name__)

READERS: dict[str, SecondReader] = {
    "ply": SecondReader(
        "plyfile",
        rows_of_ply,
        # Logarithms of sizes and logits in 32 bits; opacities keep away from 0 and 1 by 1e-6.
        Differences(position=1e-6, covariance=1e-4, opacity=1e-5, color=1e-5, sh=1e-5),
        keeps_offset=True,
    ),
    "splatscene": SecondReader(
        "zipfile and NumPy", rows_of_splatscene, Differences(EXACT, EXACT, EXACT, EXACT, EXACT)
    ),
}
"""By name of the format; of others no second reader is known."""

_NAMES = {
    "position": "position",
    "covariance": "covariance",
    "opacity": "opacity",
    "color": "colour",
    "sh": "spherical harmonics",
}


def verified(path: Path, scene: Scene, format_name: str) -> Verified | None:
    """Read a file back and compare it with the scene that was written to it.

    Args:
        path: of the file.
        scene: what was written.
        format_name: as in `io.formats`.

    Returns:
        What was found; None if no second reader of the format is known.

    Raises:
        VerificationError: if it differs by more than the format loses, or cannot be read.
    """
    reader = READERS.get(format_name)
    if reader is None:
        return None
    began_s = time.perf_counter()
    found = _compared(path, scene, reader)
    result = Verified(reader.name, found, time.perf_counter() - began_s)
    logger.info("%s, %d Gaussians, %s: %s", format_name, len(scene), result, found)
    return result


@np.errstate(all="ignore")  # what overflows is found to differ
def _compared(path: Path, scene: Scene, reader: SecondReader) -> Differences:
    largest = dict.fromkeys(_NAMES, 0.0)
    reach = _reach(scene, reader)
    done = 0
    for rows in _read(path, reader):
        piece = slice(done, done + len(rows.means))
        if piece.stop > len(scene):
            raise VerificationError(_told(reader, f"it holds more than {len(scene):,} Gaussians"))
        for kind, values in _differences(rows, scene, piece, reach, reader).items():
            # NaN is larger than anything.
            values = np.where(np.isnan(values), np.inf, values)
            limit = getattr(reader.limits, kind)
            if len(values) and (worst := float(values.max())) > largest[kind]:
                largest[kind] = worst
                if worst > limit:
                    row = done + int(np.argmax(values > limit))
                    raise VerificationError(
                        _told(
                            reader,
                            f"Gaussian {row:,} has another {_NAMES[kind]} than the scene "
                            f"(a difference of {number(float(values[row - done]))}, expected at "
                            f"most {number(limit)})",
                        )
                    )
        done = piece.stop
    if done != len(scene):
        raise VerificationError(
            _told(reader, f"it holds {done:,} Gaussians, the scene {len(scene):,}")
        )
    return Differences(**largest)


def _read(path: Path, reader: SecondReader) -> Iterator[Rows]:
    try:
        yield from reader.read(path)
    except VerificationError:
        raise
    except Exception as error:  # a reader of another project raises what it likes
        raise VerificationError(_told(reader, f"it cannot be read ({error})")) from error


def _told(reader: SecondReader, what: str) -> str:
    return (
        f"nothing was saved: the file was read back by {reader.name}, and {what}. An older file is "
        "as it was. verify=False saves without this check"
    )


def _differences(
    rows: Rows, scene: Scene, piece: slice, reach: float, reader: SecondReader
) -> dict[str, np.ndarray]:
    """Of each Gaussian of a piece: (M,) for every kind."""
    known = scene.gaussians
    scales, quaternions = (_doubles(values[piece]) for values in (known.scales, known.quaternions))
    expected = covariance(scales, quaternions).numpy()
    off = np.linalg.norm(_off(_covariance(rows), expected), axis=(1, 2))
    size = np.linalg.norm(expected, axis=(1, 2))
    ours = _doubles(known.sh[piece]).numpy()
    degrees = min(rows.sh.shape[1], ours.shape[1])
    ours = ours[:, :degrees]
    sh = _off(rows.sh[:, :degrees], ours) / np.fmax(1, np.abs(ours))
    beyond = sh[:, 1:].max(axis=(1, 2)) if degrees > 1 else np.zeros(len(ours))
    means = _means(scene, piece, reader)
    return {
        "position": _off(rows.means, means).max(1) / reach,
        "covariance": np.divide(off, size, out=off.copy(), where=size > 1e-30),
        "opacity": _off(rows.opacities, _doubles(known.opacities[piece]).numpy()),
        "color": SH_C0 * sh[:, 0].max(1),
        "sh": beyond,
    }


def _off(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Absolute differences; what is NaN or infinite in both, which a `.splatscene` keeps, is 0."""
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    return np.where(same, 0, np.abs(found - expected))


def _covariance(rows: Rows) -> np.ndarray:
    """(M, 3, 3) of R = (w² - |u|²) I + 2 u uᵀ + 2 w [u]×, another formula than the package's."""
    q = rows.quaternions / np.linalg.norm(rows.quaternions, axis=1, keepdims=True)
    w, u = q[:, 0], q[:, 1:]
    axes = 2 * u[:, :, None] * u[:, None, :]
    axes += (w * w - (u * u).sum(1))[:, None, None] * np.eye(3)
    turn = 2 * w[:, None] * u
    for one, other, third in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        axes[:, other, one] += turn[:, third]
        axes[:, one, other] -= turn[:, third]
    axes *= rows.scales[:, None, :]
    return axes @ axes.transpose(0, 2, 1)


def _means(scene: Scene, piece: slice, reader: SecondReader) -> np.ndarray:
    """(M, 3) coordinates as they should be in the file."""
    means = _doubles(scene.gaussians.means[piece]).numpy()
    source = scene.source
    if not reader.keeps_offset or source is None or not any(source.offset):
        return means
    rest = 0 if source.rest is None else source.rest[piece].numpy()
    return means + rest + np.array(source.offset)


def _reach(scene: Scene, reader: SecondReader) -> float:
    """The largest coordinate of a scene; 1 for one without any."""
    means = scene.gaussians.means.detach()
    largest = float(means.nan_to_num(0, 0, 0).abs().max()) if len(means) else 0.0
    if reader.keeps_offset and scene.source is not None:
        largest += max(map(abs, scene.source.offset))
    return largest or 1.0


def _doubles(values: Tensor) -> Tensor:
    return values.detach().cpu().double()


assert set(_NAMES) == {field.name for field in fields(Differences)}
