"""Files that hold plain values where encoded ones belong: suspected, said, never changed.

A `.ply` has logits of opacities and logarithms of scales. Some programs write the opacities and the
standard deviations themselves, which reads without an error: opacities become 0.50 to 0.73, and
every Gaussian is larger than one unit. Range and spread of a column tell the two apart, not with
certainty, so that the reader only says what it sees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import torch

from splat_widgets.io.ply.layout import groups
from splat_widgets.scene.source import LOOKS_PLAIN, Stored

RELEASED_EXPORTER = (
    "It looks written by the exporter released with Splatt3R: its opacities are not logits and its "
    "rotations do not belong to its scales. Reconstruct the scene again for right values."
)

_FEWEST = 8  # rows; fewer lie in any range by chance
_SPREAD = 0.3  # of opacities; logits of one sign and size are closer together
_STEEPER = 1.5  # how much more the logarithms of standard deviations spread than these
_OVERLAP = 4.0  # standard deviations over the distance of neighbours, where splats fill space
_JUDGED = 50_000  # rows that percentiles are taken of


def suspects(
    table: np.ndarray, degree: int, known: Collection[str] = ()
) -> tuple[Stored, tuple[str, ...]]:
    """The columns of (N, columns) float32 rows that look plain, and a sentence on each.

    Those that are `known` to be plain are not looked at.

    Opacities are suspected where all values lie in [0, 1] and either spread over 0.3 of it or are
    all 1. Scales are suspected where none is below 0 and, read as logarithms, they give sizes that
    are all much alike, or that bury the scene, while as they stand they do neither.
    """
    layout = groups(degree)
    opacities, scales = table[:, layout["opacities"]][:, 0], table[:, layout["scales"]]
    seen_opacities = "opacity" not in known and _plain_opacities(opacities)
    seen_scales = "scale" not in known and _plain_scales(scales, table[:, layout["means"]])
    stored = Stored(
        torch.from_numpy(opacities.copy()) if seen_opacities else None,
        torch.from_numpy(scales.copy()) if seen_scales else None,
    )
    return stored, tuple(_sentences(stored))


def is_of_released_exporter(table: np.ndarray, degree: int) -> bool:
    """Whether a file looks like those of the exporter that Splatt3R was released with.

    That exporter writes opacities without the logit, so that all lie in (0, 1). Its scales come
    from an SVD, in descending order, and its rotations do not belong to them. A hundred rows do not
    look like that by chance.
    """
    layout = groups(degree)
    scales, opacities = table[:, layout["scales"]], table[:, layout["opacities"]]
    return bool(
        len(table) >= 100
        and ((opacities > 0) & (opacities < 1)).all()
        and (scales[:, 0] >= scales[:, 1]).all()
        and (scales[:, 1] >= scales[:, 2]).all()
        and (scales[:, 0] - scales[:, 2] > 0.01).mean() > 0.5
    )


def _plain_opacities(values: np.ndarray) -> bool:
    if len(values) < _FEWEST or values.min() < 0 or values.max() > 1:
        return False
    low, high = np.percentile(_some(values), [5, 95])
    return bool(high - low >= _SPREAD or values.min() == 1)


def _plain_scales(scales: np.ndarray, means: np.ndarray) -> bool:
    """Of (N, 3) scales as stored and (N, 3) centres. An axis of -inf is flat and says nothing."""
    if len(scales) < _FEWEST:
        return False
    lowest = scales.min()
    if np.isneginf(lowest):
        lowest = scales.min(where=~np.isneginf(scales), initial=np.inf)
    if lowest < 0:
        return False
    values = _some(scales).astype(np.float64)
    positive = values[values > 0]
    if len(positive) < values.size / 4:  # logarithms of 0 are sizes of one unit
        return False
    spread = np.ptp(np.percentile(positive, [5, 95]))
    spread_of_logs = np.ptp(np.percentile(np.log(positive), [5, 95]))
    if spread_of_logs > _STEEPER * spread + 0.2:
        return True
    low, high = np.percentile(_some(means), [5, 95], axis=0)
    apart = float((high - low).max()) / len(scales) ** (1 / 3)
    middle = float(np.median(positive))
    return middle < _OVERLAP * apart < np.exp(min(middle, 80.0))


def _some(values: np.ndarray) -> np.ndarray:
    """Evenly spaced rows, enough to judge by."""
    return values[:: max(1, len(values) // _JUDGED)]


def _sentences(stored: Stored) -> Iterator[str]:
    if stored.opacities is not None:
        low, middle, high = np.percentile(stored.opacities.numpy(), [0, 50, 100])
        yield (
            f"{LOOKS_PLAIN[0]}: all {len(stored.opacities):,} values lie in [0, 1] "
            f"({low:.3g} to {high:.3g}, median {middle:.3g}), as opacities do and their logits "
            f"hardly ever. Read as logits they become {_sigmoid(low):.2f} to {_sigmoid(high):.2f}. "
            'If they are opacities: sw.load(path, activated=("opacity",)).'
        )
    if stored.scales is not None:
        values = stored.scales.numpy()
        low, middle, high = np.percentile(values[np.isfinite(values)], [0, 50, 100])
        sizes = [f"{np.exp(min(value, 88.0)):.3g}" for value in (low, high)]
        yield (
            f"{LOOKS_PLAIN[1]}: no value is below zero ({low:.3g} to "
            f"{high:.3g}, median {middle:.3g}), as sizes are and their logarithms hardly ever. "
            f"Read as logarithms they become sizes of {sizes[0]} to {sizes[1]}. "
            'If they are sizes: sw.load(path, activated=("scale",)).'
        )


def _sigmoid(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))
