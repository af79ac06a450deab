"""How far Gaussians of a file are from those of the scene."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from splat_widgets.conventions import SH_C0
from splat_widgets.geometry.covariance import covariance
from splat_widgets.io.verify.rows import Rows, ends
from splat_widgets.scene.scene import Scene

KINDS = {
    "position": "position",
    "covariance": "covariance",
    "opacity": "opacity",
    "color": "colour",
    "sh": "spherical harmonics",
}
"""Fields of `Differences`, and what they are called in sentences."""
_NUMPY_FLOATS = (torch.float64, torch.float32, torch.float16)


def rows_of_scene(scene: Scene, index: slice | np.ndarray, *, keeps_offset: bool) -> Rows:
    """Some of a scene's Gaussians, as they should be in a file.

    Args:
        scene: of any device and type.
        index: which ones.
        keeps_offset: coordinates are those of the file that the scene was read from.
    """
    which = torch.from_numpy(index) if isinstance(index, np.ndarray) else index

    def some(values: Tensor) -> np.ndarray:
        values = values.detach()[which].cpu()
        return (values if values.dtype in _NUMPY_FLOATS else values.float()).numpy()

    known, source = scene.gaussians, scene.source
    means = some(known.means)
    if keeps_offset and source is not None and any(source.offset):
        rest = 0 if source.rest is None else some(source.rest)
        means = means.astype(np.float64) + rest + np.array(source.offset)
    return Rows(
        means, some(known.scales), some(known.quaternions), some(known.opacities), some(known.sh)
    )


def reach_of(scene: Scene, *, keeps_offset: bool) -> float:
    """The largest coordinate of a scene; 1 for one without any."""
    low, high = ends(scene.gaussians.means)
    largest = max(abs(low), abs(high))
    if keeps_offset and scene.source is not None:
        largest += max(map(abs, scene.source.offset))
    return largest or 1.0


def color_span_of(scene: Scene) -> float:
    """The range of a scene's colours; 1 for all that lie in [0, 1]."""
    low, high = ends(scene.gaussians.sh[:, 0])
    return max(1.0, SH_C0 * (high - low))


def measured(
    found: Rows, kept: Rows, scene: Rows, reach: float, span: float
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """(M,) for every kind, as `Differences` defines them, and as `Verified.lost` does.

    What the format keeps as it is, is measured once for both.

    Args:
        found: in the file.
        kept: what the format keeps of the scene, of the file's degree.
        scene: what the scene has, in its own range and of its own degree.
        reach: what positions are relative to.
        span: what colours are relative to.
    """
    position = _worst(found.means, scene.means) / reach
    opacity = _worst(found.opacities, scene.opacities)
    covariance_ = _covariances_off(found, kept)
    lost_covariance = covariance_
    if not np.array_equal(kept.scales, scene.scales):
        lost_covariance = _covariances_off(found, scene)
    color = _worst(found.sh[:, :1], kept.sh[:, :1], relative=True)
    sh = _worst(found.sh[:, 1:], kept.sh[:, 1:], relative=True)
    differences = {
        "position": position,
        "covariance": covariance_,
        "opacity": opacity,
        "color": SH_C0 * color / span,
        "sh": sh,
    }
    beyond = scene.sh.shape[1] - found.sh.shape[1]
    further = np.pad(found.sh[:, 1:], ((0, 0), (0, beyond), (0, 0)))
    losses = {
        "position": position,
        "covariance": lost_covariance,
        "opacity": opacity,
        "color": SH_C0 * _worst(found.sh[:, :1], scene.sh[:, :1]),
        "sh": _worst(further, scene.sh[:, 1:]),
    }
    return differences, losses


def _covariances_off(found: Rows, expected: Rows) -> np.ndarray:
    """(M,) norms of the differences of covariances, each of that of the expected one."""
    if np.array_equal(found.scales, expected.scales) and np.array_equal(
        found.quaternions, expected.quaternions
    ):
        return np.zeros(len(found.means))
    scales, turns = (torch.from_numpy(a).double() for a in (expected.scales, expected.quaternions))
    known = covariance(scales, turns).numpy()
    size = np.linalg.norm(known, axis=(1, 2))
    off = np.linalg.norm(_off(_covariance(found), known), axis=(1, 2))
    return np.divide(off, size, out=off.copy(), where=size > 1e-30)


def _worst(found: np.ndarray, expected: np.ndarray, *, relative: bool = False) -> np.ndarray:
    """(M,) largest differences; `relative` to what is expected where that is above 1."""
    if np.array_equal(found, expected):  # most formats keep most values: no need for their maxima
        return np.zeros(len(found))
    off = _off(found, expected)
    if relative:
        off /= np.fmax(1, np.abs(expected))
    return off.reshape(len(off), -1).max(1, initial=0)


def _off(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Absolute differences; what is NaN or infinite in both, which a `.splatscene` keeps, is 0."""
    found, expected = found.astype(np.float64), expected.astype(np.float64)
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    return np.where(same, 0, np.abs(found - expected))


def _covariance(rows: Rows) -> np.ndarray:
    """(M, 3, 3) of R = (w² - |u|²) I + 2 u uᵀ + 2 w [u]×, another formula than the package's."""
    q = rows.quaternions.astype(np.float64)
    q /= np.linalg.norm(q, axis=1, keepdims=True)
    w, u = q[:, 0], q[:, 1:]
    axes = 2 * u[:, :, None] * u[:, None, :]
    axes += (w * w - (u * u).sum(1))[:, None, None] * np.eye(3)
    turn = 2 * w[:, None] * u
    for one, other, third in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        axes[:, other, one] += turn[:, third]
        axes[:, one, other] -= turn[:, third]
    axes *= rows.scales[:, None, :]
    return axes @ axes.transpose(0, 2, 1)
