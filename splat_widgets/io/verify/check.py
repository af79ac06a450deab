"""A file against the scene that was written to it."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from splat_widgets.io.formats import Format
from splat_widgets.io.morton import morton_order
from splat_widgets.io.verify.measure import (
    KINDS,
    color_span_of,
    measured,
    reach_of,
    rows_of_scene,
)
from splat_widgets.io.verify.own import wrong_column
from splat_widgets.io.verify.readers import READERS
from splat_widgets.io.verify.record import (
    Differences,
    VerificationError,
    Verified,
    amount,
    number,
)
from splat_widgets.io.verify.rows import NoSecondReader, Rows, SecondReader
from splat_widgets.scene.scene import Scene

logger = logging.getLogger(__name__)

_STEPS = 2  # losses of so many times a format's limit are named beside the verified differences


def verified(path: Path, scene: Scene, form: Format, kept: Collection[str] = ()) -> Verified | str:
    """Read a file back and compare it with the scene that was written to it.

    Args:
        path: of the file.
        scene: what was written; of a format that keeps all with its inspection.
        form: the format.
        kept: names of attributes that the file keeps beside the Gaussians.

    Returns:
        What was found; where no second reader of the format is known, a sentence that says so.

    Raises:
        VerificationError: if it differs by more than the format loses, or cannot be read.
    """
    reader = READERS.get(form.name)
    if reader is None:
        return f"not verified: no second reader of {form.title} is known"
    began_s = time.perf_counter()
    try:
        limits = reader.limits if isinstance(reader.limits, Differences) else reader.limits(scene)
        found, lost = _compared(path, scene, reader, limits, form)
        _check_own(path, scene, reader, form, kept)
    except NoSecondReader as error:
        return f"not verified: no second reader of {error} is known"
    noted = tuple(
        f"{name} up to {amount(getattr(lost, kind))}"
        for kind, name in KINDS.items()
        if getattr(lost, kind) > max(_STEPS * getattr(limits, kind), getattr(found, kind))
    )
    result = Verified(reader.name, found, time.perf_counter() - began_s, lost, noted)
    logger.info("%s, %d Gaussians, %s: %s", form.name, len(scene), result, found)
    return result


def _check_own(
    path: Path, scene: Scene, reader: SecondReader, form: Format, kept: Collection[str]
) -> None:
    try:
        wrong = wrong_column(path, scene, reader, form, kept)
    except Exception as error:  # a reader of another project raises what it likes
        wrong = f"its attributes cannot be read ({error!r})"
    if wrong is not None:
        raise VerificationError(_told(reader, wrong))


@np.errstate(all="ignore")  # what overflows is found to differ
def _compared(
    path: Path, scene: Scene, reader: SecondReader, limits: Differences, form: Format
) -> tuple[Differences, Differences]:
    """From what the format keeps, which is checked, and from the scene itself, which is told."""
    largest, lost = dict.fromkeys(KINDS, 0.0), dict.fromkeys(KINDS, 0.0)
    reach = max(reach_of(scene, keeps_offset=form.keeps_offset), reader.least_reach)
    span = color_span_of(scene) if reader.spans_colors else 1.0
    order, done = None, 0
    if not form.keeps_order:
        order = morton_order(scene.means.detach().cpu().float().numpy())
    for rows in _read(path, reader):
        piece = slice(done, done + len(rows.means))
        if piece.stop > len(scene):
            raise VerificationError(_told(reader, f"it holds more than {len(scene):,} Gaussians"))
        index = piece if order is None else order[piece]
        own = rows_of_scene(scene, index, keeps_offset=form.keeps_offset)
        expected = replace(own, sh=own.sh[:, : (form.max_degree + 1) ** 2])
        if rows.sh.shape[1] != expected.sh.shape[1]:
            what = f"it holds {rows.sh.shape[1]} coefficients of harmonics a colour"
            raise VerificationError(_told(reader, f"{what}, not {expected.sh.shape[1]}"))
        differences, losses = measured(rows, reader.kept(expected), own, reach, span)
        for kind, values in differences.items():
            largest[kind] = max(largest[kind], _checked(kind, values, reader, limits, done))
        for kind, values in losses.items():
            lost[kind] = max(lost[kind], float(values.max(initial=0)))
        done = piece.stop
    if done != len(scene):
        raise VerificationError(
            _told(reader, f"it holds {done:,} Gaussians, the scene {len(scene):,}")
        )
    return Differences(**largest), Differences(**lost)


def _checked(
    kind: str, values: np.ndarray, reader: SecondReader, limits: Differences, before: int
) -> float:
    """The largest of the differences of a piece, refused above the format's limit."""
    values = np.where(np.isnan(values), np.inf, values)  # NaN is larger than anything
    worst, limit = float(values.max(initial=0)), getattr(limits, kind)
    if worst > limit:
        row = int(np.argmax(values > limit))
        raise VerificationError(
            _told(
                reader,
                f"Gaussian {before + row:,} of it has another {KINDS[kind]} than the scene (a "
                f"difference of {number(float(values[row]))}, expected at most {number(limit)})",
            )
        )
    return worst


def _read(path: Path, reader: SecondReader) -> Iterator[Rows]:
    try:
        yield from reader.read(path)
    except (VerificationError, NoSecondReader):
        raise
    except Exception as error:  # a reader of another project raises what it likes
        raise VerificationError(_told(reader, f"it cannot be read ({error})")) from error


def _told(reader: SecondReader, what: str) -> str:
    return (
        f"nothing was saved: the file was read back by {reader.name}, and {what}. An older file is "
        "as it was. verify=False saves without this check"
    )
