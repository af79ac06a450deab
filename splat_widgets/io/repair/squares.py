"""Rotations of which the square was written: two roots for each, and which of them it was.

An exporter decomposes a covariance Σ = U S Vh and writes U Vhᵀ for U. As Σ is symmetric, Vh is Uᵀ,
and U U was written. A rotation by an angle a is the square of those by a/2 and by a/2 + 180° about
the same axis. (A U with determinant -1 is minus one of them, which is the same covariance.) The one
that was there gives the written square once more when its covariance is decomposed; the other one
does not, as the decomposition chooses the signs of U's columns anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from splat_widgets.geometry.covariance import covariance
from splat_widgets.geometry.rotations import multiply, rotation_matrix
from splat_widgets.io.repair.surfaces import NEIGHBOURS, Surfaces, normals_at

_SAME = 0.01  # difference of rotation matrices that come out alike
_PIECE = 65_536


@dataclass(frozen=True, eq=False)
class Roots:
    """The rotations that squares come from."""

    quaternions: np.ndarray  # (N, 4) wxyz
    told: np.ndarray  # (N,) bool: one root alone gives the square again


def roots(squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both roots, (N, 4) each, of (N, 4) unit quaternions wxyz."""
    turned = squares * np.where(squares[:, :1] < 0, -1.0, 1.0)
    first = turned + np.array([1.0, 0, 0, 0])
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    axis, length = turned[:, 1:], np.linalg.norm(turned[:, 1:], axis=1, keepdims=True)
    axis = np.where(length > 1e-12, axis / np.maximum(length, 1e-300), [1.0, 0, 0])
    half = np.concatenate([np.zeros((len(axis), 1)), axis], 1)
    return first, multiply(torch.from_numpy(first), torch.from_numpy(half)).numpy()


def given_again(squares: np.ndarray, scales: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of which root, (N,) bool each, the decomposition gives the written square again."""
    written, answers = matrices(squares), []
    for root in roots(squares):
        sigma = covariance(torch.from_numpy(scales), torch.from_numpy(root)).numpy()
        size = np.square(scales.max(axis=1))[:, None, None]
        left, _, right = np.linalg.svd(sigma / np.maximum(size, 1e-300))
        off = np.linalg.norm(left @ right.transpose(0, 2, 1) - written, axis=(1, 2))
        answers.append(off < _SAME)
    return answers[0], answers[1]


def chosen_roots(squares: np.ndarray, scales: np.ndarray, means: np.ndarray) -> Roots:
    """The root of each square: the one that gives it again, else the one that lies flatter.

    Args:
        squares: (N, 4) unit quaternions wxyz.
        scales: (N, 3) standard deviations.
        means: (N, 3) centres, for the surfaces that neighbours form.
    """
    second = np.zeros(len(squares), bool)
    told = np.zeros(len(squares), bool)
    for first in range(0, len(squares), _PIECE):
        piece = slice(first, first + _PIECE)
        one, other = given_again(squares[piece], scales[piece])
        second[piece], told[piece] = other, one != other
    both = roots(squares)
    rows = np.flatnonzero(~told)
    if len(rows) and len(means) > NEIGHBOURS:
        ground = Surfaces(rows, normals_at(means, rows)[0], scales[rows].argmin(axis=1))
        one, other = (ground.alignments(matrices(root[rows])) for root in both)
        second[rows] = other > one
    return Roots(np.where(second[:, None], both[1], both[0]), told)


def matrices(quaternions: np.ndarray) -> np.ndarray:
    """(N, 3, 3) rotations of (N, 4) wxyz."""
    return rotation_matrix(torch.from_numpy(quaternions)).numpy()
