"""Files that hold plain values where encoded ones belong: suspected, said, never changed.

A `.ply` has logits of opacities and logarithms of scales. Some programs write the opacities and the
standard deviations themselves, which reads without an error: opacities become 0.50 to 0.73, and
every Gaussian is larger than one unit. Range and spread of a column tell the two apart, not with
certainty, so that the reader only says what it sees. A few rows that say otherwise hide nothing:
columns are judged by their percentiles.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import torch

from splat_widgets.io.ply.layout import groups
from splat_widgets.scene.source import LOOKS_PLAIN, Stored

RELEASED_EXPORTER = (
    "It looks written by the exporter released with Splatt3R: its opacities are not logits and its "
    "rotations do not belong to its scales. Reconstruct the scene again for right values, or mend "
    "the file: sw.repair(path)."
)

_FEWEST = 8  # rows; fewer lie in any range by chance
_OUTLIERS = 0.005  # share of rows that may say otherwise
_SPREAD = 0.3  # of opacities; logits of one sign and size are closer together
_SOLID = 0.75  # opacities that are all solid; as logits they would all be 0.68 to 0.73
_SMALL = 0.5  # sizes; logarithms that are all from 0 to this are sizes of 1.0 to 1.6 units
_STEEPER = 1.5  # how much more the logarithms of standard deviations spread than these
_OVERLAP = 4.0  # standard deviations over the distance of neighbours, where splats fill space
_JUDGED = 50_000  # rows that percentiles are taken of


def suspects(
    table: np.ndarray, degree: int, known: Collection[str] = ()
) -> tuple[Stored, tuple[str, ...]]:
    """The columns of (N, columns) float32 rows that look plain, and a sentence on each.

    Those that are `known` to be plain are not looked at.

    Opacities are suspected where nearly all values lie in [0, 1] and either spread over 0.3 of it
    or are solid. Scales are suspected where hardly any is below 0 and, read as logarithms, they
    give sizes that are all much alike, or that bury the scene, while as they stand they do neither.
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
        and _nearly_all((opacities > 0) & (opacities < 1))
        and has_sorted_scales(scales)
    )


def has_sorted_scales(scales: np.ndarray) -> bool:
    """Whether (N, 3) scales descend in nearly every row, as an SVD leaves them, and differ."""
    differ = np.mean(scales[:, 0] - scales[:, 2] > 0.01) if len(scales) else 0
    return bool(differ > 0.5 and _nearly_all((np.diff(scales, axis=1) <= 0).all(axis=1)))


def _plain_opacities(values: np.ndarray) -> bool:
    inside = (values >= 0) & (values <= 1)
    if len(values) < _FEWEST or not _nearly_all(inside):
        return False
    low, high = np.percentile(_some(values[inside]), [5, 95])
    return bool(high - low >= _SPREAD or low >= _SOLID)


def _plain_scales(scales: np.ndarray, means: np.ndarray) -> bool:
    """Of (N, 3) scales as stored and (N, 3) centres. An axis of -inf is flat and says nothing."""
    flat = np.isneginf(scales)
    if len(scales) < _FEWEST or not _nearly_all((flat | (scales >= 0)).all(axis=1)):
        return False
    values = _some(scales).astype(np.float64)
    positive = values[values > 0]
    if len(positive) < values.size / 4:  # logarithms of 0 are sizes of one unit
        return False
    percentiles = np.percentile(positive, [5, 50, 95])
    logs = np.log(percentiles)
    if np.ptp(logs) > _STEEPER * np.ptp(percentiles) + 0.2 and (
        # Sizes are skewed and their logarithms are not; of logarithms it is the other way round.
        percentiles[2] < _SMALL or abs(_skewness(logs)) < abs(_skewness(percentiles))
    ):
        return True
    low, high = np.percentile(_some(means), [5, 95], axis=0)
    apart = float((high - low).max()) / len(scales) ** (1 / 3)
    middle = float(np.median(positive))
    return middle < _OVERLAP * apart < np.exp(min(middle, 80.0))


def _skewness(percentiles: np.ndarray) -> float:
    """-1 to 1, of the 5th, 50th and 95th percentile; 0 where the middle lies in the middle."""
    low, middle, high = percentiles
    return float((high + low - 2 * middle) / max(high - low, 1e-12))


def _nearly_all(fits: np.ndarray | np.bool_) -> bool:
    """Whether all rows but a few fit; one of fifty may always be wrong."""
    wrong = np.size(fits) - int(np.count_nonzero(fits))
    return wrong <= max(_OUTLIERS * np.size(fits), np.size(fits) >= 50)


def _some(values: np.ndarray) -> np.ndarray:
    """Evenly spaced rows, enough to judge by."""
    return values[:: max(1, len(values) // _JUDGED)]


def _sentences(stored: Stored) -> Iterator[str]:
    if stored.opacities is not None:
        values = stored.opacities.numpy()
        inside = values[(values >= 0) & (values <= 1)]
        low, middle, high = np.percentile(inside, [0, 50, 100])
        yield (
            f"{LOOKS_PLAIN[0]}: {_count(inside, values)} values lie in [0, 1] "
            f"({low:.3g} to {high:.3g}, median {middle:.3g}), as opacities do and their logits "
            f"hardly ever. Read as logits they become {_sigmoid(low):.2f} to {_sigmoid(high):.2f}. "
            'If they are opacities: sw.load(path, activated=("opacity",)).'
        )
    if stored.scales is not None:
        values = stored.scales.numpy()
        values = values[np.isfinite(values)]
        sizes = values[values >= 0]
        low, middle, high = np.percentile(sizes, [0, 50, 100])
        read = [f"{np.exp(min(value, 88.0)):.3g}" for value in (low, high)]
        none = "no value is" if len(sizes) == len(values) else f"{_below(sizes, values)} values are"
        yield (
            f"{LOOKS_PLAIN[1]}: {none} below zero ({low:.3g} to "
            f"{high:.3g}, median {middle:.3g}), as sizes are and their logarithms hardly ever. "
            f"Read as logarithms they become sizes of {read[0]} to {read[1]}. "
            'If they are sizes: sw.load(path, activated=("scale",)).'
        )


def _count(some: np.ndarray, every: np.ndarray) -> str:
    if len(some) == len(every):
        return f"all {len(every):,}"
    return f"{len(some):,} of {len(every):,}"


def _below(some: np.ndarray, every: np.ndarray) -> str:
    return f"only {len(every) - len(some):,} of {len(every):,}"


def _sigmoid(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))
