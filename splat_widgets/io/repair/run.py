"""Mend a `.ply`: look, say, write a new file."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from splat_widgets import io
from splat_widgets.files import existing_file, local_path
from splat_widgets.io import formats, ply
from splat_widgets.io.errors import FormatError
from splat_widgets.io.ply.suspicion import RELEASED_EXPORTER
from splat_widgets.io.repair import colors, rotations
from splat_widgets.io.repair.record import Finding, Repaired
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene
from splat_widgets.scene.source import LOOKS_PLAIN, Column

logger = logging.getLogger(__name__)

_SIGMOID_OF_1 = 0.7311
OFFSETS = Finding(
    "offsets",
    "Exports of Splatt3R from before November 2024 hold the surface points instead of the "
    "Gaussians' centres; whether this is one of them cannot be told from the file.",
    False,
    "the offsets are nowhere in it; reconstruct the scene again for them",
)


def repair(path: str | os.PathLike[str], output: str | os.PathLike[str] | None = None) -> Repaired:
    """Find out what is wrong with a `.ply` that another program wrote, and write it anew, mended.

    Opacities after the sigmoid, sizes instead of their logarithms, colours instead of coefficients
    of harmonics, quaternions with x first, and the rotations of the exporter released with Splatt3R
    are recognised. What looks right is left as it is. Columns beside those of Gaussians are not
    kept.

    Args:
        path: of the file, which is not changed.
        output: of the new file, which must not be there yet; None: beside the old one, with
            `-repaired` in its name. Nothing is written where nothing could be mended.

    Returns:
        What was found, with figures; what was done; the mended Gaussians; the new file's path.

    Raises:
        FileExistsError: if something lies at `output`.
        FormatError: for a file that is no `.ply` of Gaussians.
        OSError: if it cannot be read or written.
    """
    source = existing_file(path)
    target = source.with_name(f"{source.stem}-repaired.ply") if output is None else output
    target = local_path(target)
    if target.exists():
        raise FileExistsError(f"expected a new file, found one at {target}; name another one")
    found = diagnosed(source)
    for line in (*found.findings, *found.seen):
        logger.info("%s", line)
    mended = [finding for finding in found.findings if finding.mended]
    if not mended:
        return found
    scene = ply.read(source)
    told = scene.source.settled() if scene.source is not None else None
    whole = Scene(found.gaussians, source=told)
    lines = [f"repaired by splat_widgets: {finding.fault}: {finding.remedy}" for finding in mended]
    return replace(found, path=Path(io.write(target, whole, comments=lines)))


def diagnosed(path: Path) -> Repaired:
    """What is wrong with a `.ply`, and its Gaussians mended; nothing is written."""
    form = formats.of_file(path)
    if form.name != "ply":
        raise FormatError(f"it is {form.title}, and only those of a plain .ply are mended", path)
    scene = ply.read(path)
    findings: list[Finding] = []
    seen: list[str] = []
    released = RELEASED_EXPORTER in scene.notices
    stored = set(() if scene.source is None else scene.source.stored.columns)
    plain: list[Column] = [*stored, *(["opacity"] if released and "opacity" not in stored else [])]
    activated = ply.read(path, activated=plain) if plain else scene
    for name, begin in zip(("opacity", "scale"), LOOKS_PLAIN, strict=True):
        notice = next((line for line in scene.notices if line.startswith(begin)), RELEASED_EXPORTER)
        if name not in plain:
            seen += _opacities(scene) if name == "opacity" else [_sizes(scene)]
        else:
            sentence = notice.partition(" If they are ")[0].partition(" Reconstruct the")[0]
            findings.append(Finding(name, sentence, True, "the values were taken as they stand"))
    findings += [
        Finding("rows", line, True, "the new file is without them")
        for line in activated.notices
        if "rows are left out" in line
    ]
    known = activated.gaussians
    values = known.to_numpy()
    turned = rotations.judged(
        values["quaternions"], values["scales"], values["means"], released=released
    )
    dc, colour = colors.judged(values["sh"][:, 0])
    if isinstance(colour, str):
        seen.append(colour)
    else:
        findings.append(colour)
    findings += [*turned.findings, *([OFFSETS] if released and turned.are_squares else ())]
    sh = known.sh.clone()
    sh[:, 0] = torch.from_numpy(dc.astype(np.float32))
    mended = Gaussians(
        known.means,
        known.scales,
        torch.from_numpy(turned.quaternions.astype(np.float32)),
        known.opacities,
        sh,
    )
    doubts = () if "opacity" in plain else tuple(_doubts(scene))
    return Repaired(path, tuple(findings), (*seen, *turned.seen), mended, doubts=doubts)


def _middle(scene: Scene) -> tuple[float, float]:
    """Between which values 96 % of the opacities lie."""
    low, high = np.percentile(scene.opacities.double().numpy(), [2, 98])
    return float(low), float(high)


def _is_doubtful(low: float, high: float) -> bool:
    """Whether opacities, read as logits, are what numbers from 0 to 1 become."""
    return low >= 0.5 and high <= _SIGMOID_OF_1


def _doubts(scene: Scene) -> Iterator[str]:
    low, high = _middle(scene)
    if _is_doubtful(low, high):
        yield (
            "its opacities are probably plain values and not logits. Read as logits, 96 % of them "
            f"become {low:.3g} to {high:.3g}, as numbers from 0 to 1 do; those of trained scenes "
            "spread from 0 to 1. All may be as faint as they stand, so that they were not mended: "
            'sw.load(path, activated=("opacity",)) takes them as opacities.'
        )


def _opacities(scene: Scene) -> Iterator[str]:
    low, high = _middle(scene)
    if not _is_doubtful(low, high):
        yield f"The opacities look right: as logits they become {low:.3g} to {high:.3g}."


def _sizes(scene: Scene) -> str:
    low, high = np.percentile(scene.scales.double().numpy(), [2, 98])
    return f"The scales look right: as logarithms they become sizes of {low:.3g} to {high:.3g}."
