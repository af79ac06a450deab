"""Matches of two pictures: nearest descriptors that are mutual and clearly the nearest."""

from __future__ import annotations

import numpy as np

from splat_widgets.refinement.records import Features, Matches, Shot

MAX_RATIO = 0.8
"""Largest distance to the nearest descriptor over that to the second nearest (Lowe 2004)."""
_SAME_PLACE = 1e-3  # sides; SIFT gives a corner with two orientations twice


def match(first: Features, second: Features, shots: tuple[Shot, Shot]) -> Matches:
    """The points of two pictures that look alike; each point takes part once.

    Args:
        first: of the first shot's picture.
        second: of the second shot's.
        shots: whose pictures the features are from.
    """
    if min(len(first), len(second)) < 2:
        rows = columns = np.zeros(0, np.int64)
    else:
        rows, columns = _mutual(first.descriptors, second.descriptors)
    here, there = shots[0].to_sides(first.xy_px[rows]), shots[1].to_sides(second.xy_px[columns])
    cells = np.round(np.concatenate([here, there], 1) / _SAME_PLACE)
    once = np.sort(np.unique(cells, axis=0, return_index=True)[1])
    return Matches(here[once], there[once], rows[once], columns[once])


def _mutual(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows (M,) of both (N, D) unit descriptors that are each other's nearest, by far."""
    likeness = first @ second.T  # (N1, N2) cosines
    every = np.arange(len(first))
    nearest = likeness.argmax(1)
    mutual = likeness.argmax(0)[nearest] == every
    best = likeness[every, nearest]
    likeness[every, nearest] = -1
    distance, next_distance = (
        np.sqrt(np.maximum(2 - 2 * cosine, 0)) for cosine in (best, likeness.max(1))
    )
    rows = np.flatnonzero(mutual & (distance < MAX_RATIO * next_distance))
    return rows, nearest[rows].astype(np.int64)
