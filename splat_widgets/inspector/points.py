"""A plain point cloud, as a light alternative to the splats.

pythreejs draws it: its labextension draws points and lines, but not Gaussians. It has not been
maintained since 2023 and shows nothing with ipywidgets 7; there our own viewer draws the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets
import numpy as np
from torch import Tensor

from splat_widgets import attributes
from splat_widgets.attributes.colormaps import colours
from splat_widgets.attributes.records import Subject
from splat_widgets.geometry.harmonics import evaluate
from splat_widgets.inspector.point_set import PointSet
from splat_widgets.notices import warn
from splat_widgets.scene.framing import bounds, initial_state
from splat_widgets.scene.scene import Scene
from splat_widgets.viewer import SplatViewer

MAX_POINTS = 20_000
MAX_ARROWS = 1_000


def points(
    scene: Any,
    color_by: str = "",
    *,
    max_points: int = MAX_POINTS,
    colormap: str = "",
    color_range: Sequence[float] | None = None,
    point_size: float | None = None,
    cameras: bool = True,
    offsets: bool = False,
    width: int = 640,
    height: int = 480,
) -> ipywidgets.Widget:
    """The centres as points: drag turns, the wheel zooms, right-drag moves.

    Args:
        scene: what `Scene.of` takes.
        color_by: attribute that colours the points; "" for the Gaussians' own colours.
        max_points: larger scenes are thinned evenly to this many points.
        colormap: as in `Inspector`; "" for the attribute's own.
        color_range: (low, high); None for the attribute's own.
        point_size: scene units; by default it follows from the size of the scene.
        cameras: draw the input cameras.
        offsets: draw lines from points to the centres that the Gaussian head moved them to, for
            evenly chosen points; the scene must come from photos.
        width: in CSS pixels.
        height: in CSS pixels.

    Returns:
        A widget: pythreejs's, or our own viewer with a warning where pythreejs cannot draw.

    Raises:
        TypeError: if it is not a scene.
        AttributeError: for offsets of a scene without photos.
        ValueError: for a number that is not allowed, or a scene without a finite centre.
        AttributeLookupError: for an attribute that the scene does not have.
    """
    if max_points < 1:
        raise ValueError(f"expected max_points of at least 1, got {max_points}")
    known = Scene.of(scene)
    under = known.points if offsets else None
    means = known.means.detach().cpu().float().numpy()
    finite = np.flatnonzero(np.isfinite(means).all(1))
    if not len(finite):
        raise ValueError("expected a scene with finite centres, got none")
    chosen = thinned(finite, max_points)
    radius = bounds(means[finite])["radius"]
    shown = PointSet(
        means=means[chosen],
        rgb=_colours(known, color_by, colormap, color_range)[chosen],
        cameras=known.known_cameras if cameras else (),
        offsets=_offsets(means, under, chosen),
        size=0.006 * radius if point_size is None else point_size,
        radius=radius,
        total=len(known),
    )
    state = initial_state(means[finite], known.known_cameras)
    problem = missing()
    if problem is None:
        from splat_widgets.inspector.point_cloud import PointCloud

        return PointCloud(shown, state, width, height)
    warn(f"{problem}; the viewer of the splats shows the points")
    return SplatViewer(
        Scene(shown.as_gaussians(), known.cameras),
        display="points",
        camera=state,
        show_cameras=cameras,
        height=height,
        layout={"width": f"{width}px", "max_width": "100%"},
    )


def missing() -> str | None:
    """Why pythreejs can draw nothing here, as far as the kernel can tell; None if it can."""
    if int(str(ipywidgets.__version__).split(".")[0]) < 8:
        return f"pythreejs 2.4 needs ipywidgets 8, and this is {ipywidgets.__version__}"
    try:
        import pythreejs  # noqa: F401
    except Exception as error:  # an old binary dependency may fail in any way
        return f"pythreejs cannot be imported ({error})"
    return None


def thinned(rows: np.ndarray, count: int) -> np.ndarray:
    """At most `count` of some rows, evenly spread over them, in their order."""
    if len(rows) <= count:
        return rows
    return rows[np.arange(count) * len(rows) // count]


def _colours(
    scene: Scene, color_by: str, colormap: str, color_range: Sequence[float] | None
) -> np.ndarray:
    """(N, 3) float32 in [0, 1]."""
    if not color_by:
        gaussians = Subject.of(scene).gaussians
        own = evaluate(gaussians.sh[:, :1], gaussians.means)
        return own.clamp(0, 1).nan_to_num(0.5).cpu().numpy().astype(np.float32)
    attribute = attributes.get(color_by, scene)
    values = attributes.values(scene, color_by)
    low, high = attributes.limits(attribute, values) if color_range is None else color_range
    return colours(values, colormap or attribute.colormap, low, high)


def _offsets(means: np.ndarray, under: Tensor | None, rows: np.ndarray) -> np.ndarray:
    """(K, 2, 3) lines from the points under some Gaussians to their centres; none without them."""
    if under is None:
        return np.zeros((0, 2, 3), np.float32)
    some = thinned(rows, MAX_ARROWS)
    return np.stack([under.detach().cpu().float().numpy()[some], means[some]], 1)
