"""Gaussians as bytes for the page: the layout, the order, the chunks.

A chunk is a range of splats, stored field by field (planar), little-endian, as `FIELDS` lists, with
the harmonics of degree 1 and up at its end. `client/src/page/wire.ts` reads it.

The preview takes 32 bytes a splat: float32 centres, float16 for the rest. To fit, the quaternion
travels as three numbers: a half turn about a local axis leaves an ellipsoid as it is, so one is
chosen that makes w the largest component: w = sqrt(1 - x² - y² - z²) >= 1/2 is well determined.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from splat_widgets.conventions import SH_C0, sh_coefficients
from splat_widgets.page.chunks import DOWN_BYTES
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import bounds, initial_state, pinhole
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.viewer.photos import numbered
from splat_widgets.viewer.records import CameraPhoto, Metres, SceneHeader

# name, numbers per splat, always float32?
FIELDS = (
    ("centres", 3, True),
    ("log_scales", 3, False),
    ("quaternions", 3, False),  # x, y, z with w > 0
    ("rgb", 3, False),  # display value at degree 0, not clamped
    ("opacities", 1, False),
)
_ROW = 2048  # chunks hold whole rows of the page's data textures
_MIN_SCALE = 1e-10  # a flat Gaussian has a scale of 0, whose logarithm no float holds
_HALF_MAX = 65504.0


@dataclass(frozen=True)
class EncodedScene:
    """A scene ready to be sent."""

    header: SceneHeader
    chunks: tuple[tuple[int, int, bytes], ...]  # first splat, number of splats, bytes
    order: np.ndarray  # (N,) int64: index in the Gaussians of each splat on the wire
    num_dropped: int  # Gaussians left out because a value is not finite

    @property
    def nbytes(self) -> int:
        """Bytes of all chunks together."""
        return sum(len(data) for _, _, data in self.chunks)


def bytes_per_splat(sh_degree: int, exact: bool) -> int:
    """Size of one splat on the wire."""
    rest = 3 * (sh_coefficients(sh_degree) - 1)
    return sum(width * (4 if exact or wide else 2) for _, width, wide in FIELDS) + rest * (
        4 if exact else 2
    )


def encode(
    gaussians: Gaussians,
    cameras: Sequence[Camera] = (),
    *,
    photos: Sequence[CameraPhoto] = (),
    metres: Metres = "unknown",
    exact: bool = False,
    chunk_bytes: int = DOWN_BYTES,
) -> EncodedScene:
    """Encode a scene, the most important splats first.

    Args:
        gaussians: the scene, world frame.
        cameras: input cameras; the first one's view is what the viewer begins with.
        photos: of the cameras; without them the cameras are numbered in their order.
        metres: whose unit of length the scene has.
        exact: float32 for every value.
        chunk_bytes: upper bound on a chunk's size, unless one row of 2048 splats is larger.
    """
    fields = gaussians.to_numpy()
    finite = np.isfinite(fields["means"]).all(1) & np.isfinite(fields["opacities"])
    finite &= np.isfinite(fields["scales"]).all(1) & np.isfinite(fields["quaternions"]).all(1)
    finite &= np.isfinite(fields["sh"]).all((1, 2))
    kept = np.flatnonzero(finite)
    state = initial_state(fields["means"][kept], cameras)
    order = kept[_importance_order(fields, kept, np.asarray(state["position"]))]
    planes = _planes(fields, order, exact)

    per_splat = bytes_per_splat(gaussians.sh_degree, exact)
    step = max(_ROW, chunk_bytes // per_splat // _ROW * _ROW)
    chunks = tuple(
        (first, min(step, len(order) - first), _chunk(planes, first, first + step))
        for first in range(0, len(order), step)
    )
    header: SceneHeader = {
        "scene": _scene_id(chunks),
        "count": len(order),
        "sh_degree": gaussians.sh_degree,
        "exact": exact,
        "chunks": len(chunks),
        "chunk_splats": step,
        "bounds": bounds(fields["means"][kept]),
        "cameras": [pinhole(camera) for camera in cameras],
        "photos": list(photos) or [numbered(k) for k, _ in enumerate(cameras, start=1)],
        "metres": metres,
        "camera": state,
    }
    return EncodedScene(header, chunks, order, len(finite) - len(kept))


def _importance_order(
    fields: dict[str, np.ndarray], kept: np.ndarray, eye: np.ndarray
) -> np.ndarray:
    # Opacity times the area on the picture, as the viewer first shows the scene.
    scales = np.sort(fields["scales"][kept], axis=1)
    distance2 = ((fields["means"][kept] - eye) ** 2).sum(1)
    area = scales[:, 2] * scales[:, 1] / np.maximum(distance2, 1e-6)
    return np.argsort(-fields["opacities"][kept] * area, kind="stable")


def _planes(fields: dict[str, np.ndarray], order: np.ndarray, exact: bool) -> list[np.ndarray]:
    sh = fields["sh"][order]
    values = {
        "centres": fields["means"][order],
        "log_scales": np.log(np.maximum(fields["scales"][order], _MIN_SCALE)),
        "quaternions": _three_components(fields["quaternions"][order]),
        "rgb": 0.5 + SH_C0 * sh[:, 0],
        "opacities": fields["opacities"][order, None],
        "sh_rest": sh[:, 1:].reshape(len(order), 3 * (sh.shape[1] - 1)),
    }
    wide = {name for name, _, always in FIELDS if always or exact} | (
        {"sh_rest"} if exact else set()
    )
    return [
        plane.astype("<f4") if name in wide else np.clip(plane, -_HALF_MAX, _HALF_MAX).astype("<f2")
        for name, plane in values.items()
    ]


def _three_components(quaternions: np.ndarray) -> np.ndarray:
    """(N, 3) x, y, z of an equivalent rotation whose w is the largest component and positive.

    q times the half turns (0, i), (0, j), (0, k) moves x, y or z to the place of w, up to sign.
    """
    q = quaternions / np.maximum(np.linalg.norm(quaternions, axis=1, keepdims=True), 1e-20)
    w, x, y, z = q.T
    turned = np.stack(
        [
            np.stack([w, x, y, z], 1),
            np.stack([-x, w, z, -y], 1),  # q i
            np.stack([-y, -z, w, x], 1),  # q j
            np.stack([-z, y, -x, w], 1),  # q k
        ],
        1,
    )  # (N, 4 turns, wxyz)
    best = np.argmax(np.abs(turned[:, :, 0]), axis=1)
    chosen = turned[np.arange(len(q)), best]
    return chosen[:, 1:] * np.where(chosen[:, :1] < 0, -1.0, 1.0)


def _chunk(planes: list[np.ndarray], first: int, stop: int) -> bytes:
    return b"".join(np.ascontiguousarray(plane[first:stop]).tobytes() for plane in planes)


def _scene_id(chunks: tuple[tuple[int, int, bytes], ...]) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    for _, _, data in chunks:
        digest.update(data)
    return digest.hexdigest()[:16]
