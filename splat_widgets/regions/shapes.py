"""Which Gaussians lie where: pure functions that return boolean masks.

They do in Python what the tools of `Inspector` do on the page; `inspector.recipe` is written in
them. Combine masks with ``&``, ``|``, ``~``. A value that is not a number lies nowhere.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import torch

from splat_widgets import attributes
from splat_widgets.attributes.provenance import photo_colours
from splat_widgets.attributes.records import Scene, Subject
from splat_widgets.conventions import SH_C0
from splat_widgets.rendering.projection import NEAR_PLANE
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians, selection_index
from splat_widgets.scene.reconstruction import Reconstruction

Override = Literal["opaque", "isotropic", "no_offset", "photo_colour"]
ViewsShown = Literal["both", "first", "second"]
Points = Sequence[Sequence[float]] | np.ndarray
FLOATER_THRESHOLD = 5.0
"""Five times the usual distance to a neighbour: far outside of any smooth surface."""


def in_rectangle(
    scene: Scene, camera: Camera, corner: Sequence[float], opposite: Sequence[float]
) -> np.ndarray:
    """Gaussians whose centre a camera sees inside a rectangle, its border included.

    Args:
        scene: `Gaussians` or a `Reconstruction`.
        camera: where from.
        corner: (x, y) in pixels of the camera.
        opposite: (x, y) of the opposite corner.

    Returns:
        (N,) bool.
    """
    (x1, x2), (y1, y2) = (sorted(pair) for pair in zip(corner, opposite, strict=True))
    x, y = _projected(scene, camera)
    return (x >= x1) & (x <= x2) & (y >= y1) & (y <= y2)


def in_polygon(scene: Scene, camera: Camera, points: Points) -> np.ndarray:
    """Gaussians whose centre a camera sees inside a polygon, for example a lasso.

    Args:
        scene: `Gaussians` or a `Reconstruction`.
        camera: where from.
        points: (M, 2) corners x, y in pixels of the camera; where it crosses itself, what is
            enclosed twice is outside (the even-odd rule).

    Returns:
        (N,) bool.
    """
    return inside_polygon(*_projected(scene, camera), points)


def in_box(scene: Scene, center: Sequence[float], half_sizes: Sequence[float]) -> np.ndarray:
    """Gaussians whose centre lies in a box along the world's axes, its faces included.

    Args:
        scene: `Gaussians` or a `Reconstruction`.
        center: (3,) in the world.
        half_sizes: (3,) from the centre to the faces, scene units.

    Returns:
        (N,) bool.
    """
    half = np.asarray(half_sizes, np.float64)
    if half.shape != (3,) or not (half >= 0).all():
        raise ValueError(f"expected three half_sizes of at least 0, got {half_sizes!r}")
    x, y, z = (np.abs(_means(scene) - _point(center)) <= half).T
    return x & y & z


def in_sphere(scene: Scene, center: Sequence[float], radius: float) -> np.ndarray:
    """Gaussians whose centre lies in a ball.

    Args:
        scene: `Gaussians` or a `Reconstruction`.
        center: (3,) in the world.
        radius: scene units, included.

    Returns:
        (N,) bool.
    """
    if not radius >= 0:
        raise ValueError(f"expected a radius of at least 0, got {radius}")
    apart = _means(scene) - _point(center)
    return (apart * apart).sum(1) <= radius * radius


def in_range(
    scene: Scene, name: str, low: float | None = None, high: float | None = None
) -> np.ndarray:
    """Gaussians with an attribute between two values, both included.

    Args:
        scene: `Gaussians` or a `Reconstruction`.
        name: of the attribute; see `splat_widgets.attributes`.
        low: None for no bound.
        high: None for no bound.

    Returns:
        (N,) bool. Bounds are rounded to float32, in which values are kept and compared.
    """
    values = attributes.values(scene, name)
    inside = ~np.isnan(values)
    if low is not None:
        inside &= values >= np.float32(low)
    if high is not None:
        inside &= values <= np.float32(high)
    return inside


def in_density(
    scene: Scene,
    names: tuple[str, str],
    points: Points,
    log: tuple[bool, bool] = (False, False),
) -> np.ndarray:
    """Gaussians inside a polygon in the plane of two attributes.

    Args:
        scene: `Gaussians` or a `Reconstruction`.
        names: of the attributes across and up.
        points: (M, 2) corners in the attributes' own units.
        log: on a logarithmic axis the polygon's edges are straight, and only values above 0 count.

    Returns:
        (N,) bool.
    """
    corners = _polygon(points)
    planes = []
    for axis, name in enumerate(names):
        values = attributes.values(scene, name).astype(np.float64)
        if log[axis]:
            values = np.log10(np.where(values > 0, values, np.nan))
            corners[:, axis] = np.log10(np.maximum(corners[:, axis], np.finfo(np.float32).tiny))
        planes.append(values)
    return inside_polygon(planes[0], planes[1], corners)


def in_photo(scene: Reconstruction, view: int, points: Points) -> np.ndarray:
    """Gaussians whose own pixel lies inside a polygon on their photo.

    Args:
        scene: a `Reconstruction`.
        view: index of the photo.
        points: (M, 2) corners x, y in pixels of the crop that the network saw.

    Returns:
        (N,) bool.
    """
    known = _reconstruction(scene, "in_photo")
    if not 0 <= view < len(known.photos):
        raise ValueError(f"expected a view from 0 to {len(known.photos) - 1}, got {view}")
    x = known.col.cpu().numpy() + 0.5
    y = known.row.cpu().numpy() + 0.5
    return inside_polygon(x, y, points) & (known.view == view).cpu().numpy()


def at(scene: Scene, indices: Sequence[int] | np.ndarray) -> np.ndarray:
    """Gaussians by their row in the scene."""
    mask = np.zeros(len(scene), bool)
    mask[selection_index(indices, len(scene), torch.device("cpu")).numpy()] = True
    return mask


def from_text(*parts: str, count: int) -> np.ndarray:
    """A mask that a recipe carries as text: packed bits, compressed, in base64."""
    packed = zlib.decompress(base64.b64decode("".join(parts)))
    return np.unpackbits(np.frombuffer(packed, np.uint8), count=count).view(bool)


def grow(scene: Reconstruction, mask: np.ndarray, steps: int = 1) -> np.ndarray:
    """A mask and its neighbours on the pixel grid: one more ring for each step.

    Args:
        scene: a `Reconstruction`.
        mask: (N,) bool.
        steps: rings; a Gaussian has the four neighbours of its pixel in the same photo.

    Returns:
        (N,) bool.
    """
    known = _reconstruction(scene, "grow")
    if steps < 0:
        raise ValueError(f"expected 0 steps or more, got {steps}")
    grown = np.array(mask, bool)
    if grown.shape != (len(known),):
        raise ValueError(f"expected a mask of shape ({len(known)},), got {grown.shape}")
    view, row, col = (index.cpu().numpy() for index in (known.view, known.row, known.col))
    for _ in range(steps):
        before = grown.copy()
        for number, maps in enumerate(known.maps):
            here = view == number
            height, width = maps.confidence.shape
            grid = np.zeros((height + 2, width + 2), bool)  # a border instead of special cases
            chosen = here & before
            grid[row[chosen] + 1, col[chosen] + 1] = True
            near = grid[:-2, 1:-1] | grid[2:, 1:-1] | grid[1:-1, :-2] | grid[1:-1, 2:]
            grown[here] |= near[row[here], col[here]]
    return grown


def floater_attribute(scene: Scene) -> str:
    """The attribute that finds floaters: along the pixel grid where there is one, else in space."""
    return "grid_stretch" if isinstance(scene, Reconstruction) else "isolation"


def floaters(scene: Scene, threshold: float | None = None) -> np.ndarray:
    """Gaussians far from their neighbours, which hang in the air.

    Args:
        scene: a `Reconstruction`, whose `grid_stretch` decides, or `Gaussians`, whose `isolation`.
        threshold: how many times farther than usual; `FLOATER_THRESHOLD` by default.

    Returns:
        (N,) bool.
    """
    least = FLOATER_THRESHOLD if threshold is None else threshold
    return attributes.values(scene, floater_attribute(scene)) > np.float32(least)


def shown(
    scene: Scene,
    filters: Mapping[str, Sequence[float | None]] | None = None,
    views_shown: ViewsShown = "both",
    among: np.ndarray | None = None,
) -> np.ndarray:
    """Gaussians that an inspector with these settings draws.

    Args:
        scene: `Gaussians` or a `Reconstruction`.
        filters: (low, high) by attribute, as `Inspector.filters`.
        views_shown: whose photo's Gaussians, as `Inspector.views_shown`.
        among: only of these, (N,) bool.

    Returns:
        (N,) bool; false where a value of the Gaussian is not finite.
    """
    fields = Subject.of(scene).gaussians.to_numpy()
    mask = np.ones(len(scene), bool) if among is None else np.array(among, bool)
    for values in fields.values():
        mask &= np.isfinite(values.reshape(len(mask), -1)).all(1)
    for name, (low, high) in (filters or {}).items():
        mask &= in_range(scene, name, low, high)
    if views_shown != "both" and isinstance(scene, Reconstruction):
        mask &= (scene.view == ("first", "second").index(views_shown)).cpu().numpy()
    return mask


def drawn(
    scene: Scene,
    overrides: Sequence[Override] = (),
    opacity_scale: float = 1.0,
    splat_scale: float = 1.0,
) -> Gaussians:
    """The Gaussians as an inspector with these settings draws them.

    Args:
        scene: `Gaussians` or a `Reconstruction`.
        overrides: as `Inspector.overrides`; "no_offset" and "photo_colour" need a
            `Reconstruction` and leave other scenes as they are.
        opacity_scale: multiplies opacity, which stays at most 1.
        splat_scale: multiplies every scale.
    """
    gaussians = Subject.of(scene).gaussians
    means, scales, opacities, sh = (
        gaussians.means,
        gaussians.scales,
        gaussians.opacities,
        gaussians.sh,
    )
    if "no_offset" in overrides and isinstance(scene, Reconstruction):
        means = scene.points.to(means)
    if "isotropic" in overrides:
        scales = scales.log().mean(-1, keepdim=True).exp().expand(-1, 3)
    if "opaque" in overrides:
        opacities = torch.ones_like(opacities)
    if "photo_colour" in overrides and isinstance(scene, Reconstruction):
        sh = torch.zeros_like(sh)
        sh[:, 0] = (photo_colours(scene).to(sh) - 0.5) / SH_C0
    return replace(
        gaussians,
        means=means,
        scales=scales * splat_scale,
        opacities=(opacities * opacity_scale).clamp_max(1.0),
        sh=sh,
    )


def inside_polygon(x: np.ndarray, y: np.ndarray, points: Points) -> np.ndarray:
    """Points inside a polygon, by counting the edges to their right (even-odd rule).

    Args:
        x: (N,).
        y: (N,).
        points: (M, 2) corners; the last one is joined to the first.

    Returns:
        (N,) bool; points that are not finite lie outside.
    """
    corners = _polygon(points)
    found = np.zeros(len(x), bool)
    low, high = corners.min(0), corners.max(0)
    near = np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))
    px, py = x[near], y[near]
    inside = np.zeros(len(near), bool)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > py) != (y2 > py)
        inside ^= crosses & (px < (x2 - x1) * (py - y1) / (y2 - y1) + x1)
    found[near] = inside
    return found


def _projected(scene: Scene, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """(N,) x and y in pixels, float64; NaN for what is not drawn: behind the camera or too near."""
    T = camera.T_world_camera.detach().cpu().double().numpy()
    local = (_means(scene) - T[:3, 3]) @ T[:3, :3]
    z = np.where(local[:, 2] > NEAR_PLANE, local[:, 2], np.nan)
    cx, cy = camera.principal_point_px
    return camera.focal_px * local[:, 0] / z + cx, camera.focal_px * local[:, 1] / z + cy


def _means(scene: Scene) -> np.ndarray:
    return Subject.of(scene).gaussians.means.cpu().double().numpy()


def _point(values: Sequence[float]) -> np.ndarray:
    point = np.asarray(values, np.float64)
    if point.shape != (3,) or not np.isfinite(point).all():
        raise ValueError(f"expected a centre of three finite numbers, got {values!r}")
    return point


def _polygon(points: Points) -> np.ndarray:
    corners = np.array(points, np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3:
        raise ValueError(
            f"expected a polygon of at least three (x, y) corners, got shape {corners.shape}"
        )
    if not np.isfinite(corners).all():
        raise ValueError("expected finite corners of a polygon, got NaN or infinity")
    return corners


def _reconstruction(scene: Scene, what: str) -> Reconstruction:
    if not isinstance(scene, Reconstruction):
        raise TypeError(
            f"{what} needs a Reconstruction, whose Gaussians are pixels of photos; "
            f"got {type(scene).__name__}"
        )
    return scene
