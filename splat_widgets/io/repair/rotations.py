"""What the rotations of a file are: as they should be, x first, or squares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from splat_widgets.io.ply.suspicion import has_sorted_scales
from splat_widgets.io.repair.record import Finding
from splat_widgets.io.repair.squares import chosen_roots, given_again, matrices, roots
from splat_widgets.io.repair.surfaces import ENOUGH, Surfaces, surfaces

_BETTER = 0.1  # agreement by which another reading has to be better, at least
_ERRORS = 8.0  # and in standard errors of an agreement
_PLAIN_TO_SEE = 0.5  # agreement that only right rotations reach
_ROUND = 1.02  # longest axis over the shortest, below which a rotation hardly matters
_CHANCE = {1: 1 / 2, 2: 2 / 3}  # mean |cos| of directions at random, and of the better of two
_ORDERS = {"wxyz": [0, 1, 2, 3], "xyzw": [3, 0, 1, 2]}  # columns that become w, x, y, z


@dataclass(frozen=True, eq=False)
class Rotations:
    """The rotations of a file, mended, and what was found."""

    quaternions: np.ndarray  # (N, 4) wxyz float64
    findings: tuple[Finding, ...]
    seen: tuple[str, ...]
    are_squares: bool = False


@dataclass(frozen=True)
class _Reading:
    """One way to read the four columns."""

    order: str
    squared: bool
    agreement: float  # of the thinnest axes with the surfaces: 0 by chance, 1 without exception

    def __str__(self) -> str:
        return f"{self.agreement:.2f} with {self.order}{' as squares' if self.squared else ''}"


def judged(
    quaternions: np.ndarray, scales: np.ndarray, means: np.ndarray, *, released: bool
) -> Rotations:
    """Find out what the rotations are, and mend them.

    Args:
        quaternions: (N, 4) of unit length, the columns rot_0 to rot_3.
        scales: (N, 3) standard deviations, as they should be.
        means: (N, 3) centres.
        released: opacities and scales look as the exporter released with Splatt3R leaves them.
    """
    q, s = quaternions.astype(np.float64), scales.astype(np.float64)
    if not len(s) or (s.max(1) > _ROUND * s.min(1)).mean() < 0.01:
        return Rotations(q, (), ("The Gaussians are round: their rotations do not matter.",))
    is_sorted = has_sorted_scales(np.log(np.maximum(s, 1e-38)))
    ground = surfaces(means, s)
    if len(ground.rows) < ENOUGH:
        if released:
            return _unsquared(q, s, means, _Reading("xyzw", True, 0.0), "", True)
        told = "The order of the quaternions cannot be told: too few Gaussians lie on surfaces."
        return Rotations(q, (), (told,))
    readings = [_Reading(o, False, _agreement(ground, [_turned(q, o, ground)])) for o in _ORDERS]
    if is_sorted:
        readings += [_Reading(o, True, _squares_agree(q, s, o, ground)) for o in _ORDERS]
    right = _right_one(readings, len(ground.rows), released)
    figures = "normals of the surfaces agree " + ", ".join(map(str, readings))
    if right.squared:
        return _unsquared(q, s, means, right, figures, released)
    if right.order == "xyzw":
        return Rotations(q[:, _ORDERS["xyzw"]], (_of_order(figures),), ())
    return Rotations(q, (), (f"The rotations look right: {figures}.",))


def _right_one(readings: Sequence[_Reading], count: int, released: bool) -> _Reading:
    """The reading that is believed: as the columns stand, unless another one is clearly better."""
    margin = max(_BETTER, _ERRORS * 0.58 / np.sqrt(count))  # |cos| by chance has a spread of 0.29
    as_it_stands, best = readings[0], max(readings, key=lambda one: one.agreement)
    if released:  # its look speaks for squares with x first, where the surfaces do not contradict
        squares = next((one for one in readings if one.squared and one.order == "xyzw"), None)
        if squares is not None and squares.agreement > best.agreement - margin:
            return squares
    # Right rotations may agree little, but hardly less than by chance.
    is_wrong = best.agreement > _PLAIN_TO_SEE or as_it_stands.agreement < 0
    is_better = best.agreement > as_it_stands.agreement + margin
    return best if is_wrong and is_better else as_it_stands


def _turned(q: np.ndarray, order: str, ground: Surfaces) -> np.ndarray:
    return matrices(q[ground.rows][:, _ORDERS[order]])


def _squares_agree(q: np.ndarray, s: np.ndarray, order: str, ground: Surfaces) -> float:
    """Agreement of the roots; where nothing else tells which root it was, of the flatter one."""
    squares = q[ground.rows][:, _ORDERS[order]]
    one, other = given_again(squares, s[ground.rows])
    both = [matrices(root) for root in roots(squares)]
    told = one != other
    if told.sum() < ENOUGH:
        return _agreement(ground, both)
    chosen = np.where(other[:, None, None], both[1], both[0])
    return _agreement(ground.part(told), [chosen[told]])


def _agreement(ground: Surfaces, readings: Sequence[np.ndarray]) -> float:
    """Of the better of one or two readings of each Gaussian."""
    found = np.max([ground.alignments(one) for one in readings], axis=0).mean()
    chance = _CHANCE[len(readings)]
    return float((found - chance) / (1 - chance))


def _of_order(figures: str) -> Finding:
    return Finding(
        "order",
        "Quaternions are written x first" + (f": {figures}." if figures else "."),
        True,
        "the columns were put into the order w, x, y, z",
    )


def _unsquared(
    q: np.ndarray, s: np.ndarray, means: np.ndarray, known: _Reading, figures: str, released: bool
) -> Rotations:
    found = chosen_roots(q[:, _ORDERS[known.order]], s, means)
    findings = tuple(_of_squares(found.told, known, figures, released))
    return Rotations(found.quaternions, findings, (), are_squares=True)


def _of_squares(
    told: np.ndarray, known: _Reading, figures: str, released: bool
) -> Iterator[Finding]:
    if known.order == "xyzw":
        yield _of_order(figures)
    why = "the scales descend in each row, as a singular value decomposition leaves them"
    if released:
        why += ", and the file looks written by the exporter released with Splatt3R"
    if figures:
        why += f"; {figures}"
    rest = int((~told).sum())
    remedy = f"the root was taken; for {len(told) - rest:,} of {len(told):,} only one is possible"
    if rest:
        remedy += f", for {rest:,} the one that lies flatter on its surface, which may be wrong"
    yield Finding("squared", f"Rotations are the squares of the right ones: {why}.", True, remedy)
