"""Matches of two pictures: nearest descriptors that are mutual and clearly the nearest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from splat_widgets.refinement.records import Features, Matches, Shot

MAX_RATIO = 0.8
"""Largest distance to the nearest descriptor over that to the second nearest (Lowe 2004)."""
LOOSE_RATIO = 0.9
"""Of matches that count only once cameras are known: up to 1.6 times as many are true."""
_ENOUGH = 200  # matches of strong features: weak ones would only make the cameras less precise
_ROWS = 512  # of descriptors that are compared at once: fits a cache that cores share
_SAME_PLACE = 1e-3  # sides; SIFT gives a corner with two orientations twice


def match(first: Features, second: Features, shots: tuple[Shot, Shot]) -> Matches:
    """The points of two pictures that look alike, and further ones that do less clearly.

    Each point takes part once. Where strong features give few matches, weak ones take part too.

    Args:
        first: of the first shot's picture.
        second: of the second shot's.
        shots: whose pictures the features are from.
    """
    found = _matched(first, second, shots)
    if len(found) >= _ENOUGH or first.closer is None or second.closer is None:
        return found
    found = _matched(first.closer(), second.closer(), shots)
    weak = (found.first_index >= len(first)) | (found.second_index >= len(second))
    return replace(found, has_weak=bool(weak.any()))


def _matched(first: Features, second: Features, shots: tuple[Shot, Shot]) -> Matches:
    if min(len(first), len(second)) < 2:
        rows = columns = np.zeros(0, np.int64)
        ratios = np.zeros(0)
    else:
        rows, columns, ratios = _mutual(first.descriptors, second.descriptors)
    order = np.argsort(ratios >= MAX_RATIO, kind="stable")
    rows, columns, clear = rows[order], columns[order], int((ratios < MAX_RATIO).sum())
    here, there = shots[0].to_sides(first.xy_px[rows]), shots[1].to_sides(second.xy_px[columns])
    cells = np.round(np.concatenate([here, there], 1) / _SAME_PLACE)
    once = np.sort(np.unique(cells, axis=0, return_index=True)[1])
    every = Matches(here, there, rows, columns)
    return replace(every.select(once[once < clear]), looser=every.select(once[once >= clear]))


def _mutual(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows (M,) of both (N, D) unit descriptors that are each other's nearest, and their ratios."""
    nearest = np.empty(len(first), np.int64)
    best, next_best = np.empty((2, len(first)), np.float32)  # cosines
    likest, nearest_back = np.full(len(second), -2, np.float32), np.zeros(len(second), np.int64)
    for start in range(0, len(first), _ROWS):
        block = slice(start, start + _ROWS)
        likeness = first[block] @ second.T
        every = np.arange(len(likeness))
        # Down the columns torch is several times as fast as numpy.
        likest_here, rows_here = (v.numpy() for v in torch.from_numpy(likeness).max(0))
        more = likest_here > likest
        likest[more], nearest_back[more] = likest_here[more], rows_here[more] + start
        nearest[block] = chosen = likeness.argmax(1)
        best[block] = likeness[every, chosen]
        likeness[every, chosen] = -1
        next_best[block] = likeness.max(1)
    distance, next_distance = (
        np.sqrt(np.maximum(2 - 2 * cosine, 0)) for cosine in (best, next_best)
    )
    mutual = nearest_back[nearest] == np.arange(len(first))
    rows = np.flatnonzero(mutual & (distance < LOOSE_RATIO * next_distance))
    ratios = distance[rows] / np.maximum(next_distance[rows], 1e-12)
    return rows, nearest[rows], ratios
