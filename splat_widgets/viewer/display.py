"""How a scene shows itself as the last line of a cell: the viewer, and a picture beside it.

In a notebook they are two outputs. Were they one, every program that knows widgets (nbconvert,
JupyterLab) would take the viewer, of which nothing is left when its kernel is gone. The page hides
the picture for as long as the viewer beside it is alive.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from IPython.core.getipython import get_ipython
from IPython.display import display

from splat_widgets.rendering.preview import preview_png
from splat_widgets.scene.framing import initial_state, pinhole_of
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.viewer.source import Displayable
from splat_widgets.viewer.widget import SplatViewer

logger = logging.getLogger(__name__)

PICTURE_PX = 384


def publish(scene: Any, draw: Callable[[], bytes]) -> None:
    """Show a scene in the running cell: the viewer, then the picture; for `_ipython_display_`.

    Args:
        scene: what `SplatViewer` shows.
        draw: makes the picture, as PNG bytes.

    Raises:
        NotImplementedError: outside a notebook; IPython then asks for `_repr_mimebundle_`.
    """
    if getattr(get_ipython(), "kernel", None) is None:
        raise NotImplementedError("only a notebook's kernel shows two outputs")
    viewer, live = _viewer(scene)
    picture = _picture(draw)
    if picture and viewer is not None:
        data = base64.b64encode(picture["image/png"]).decode("ascii")
        tag = f'<img class="{viewer._still}" alt="The scene" src="data:image/png;base64,{data}">'
        # Python's own text is with the viewer; PNG besides HTML is for GitHub.
        still = {"text/html": tag, **picture, "text/plain": "<picture of the scene>"}
        display({**live, "text/plain": repr(scene)}, raw=True)
        display(still, raw=True)
    else:
        display({**live, **picture, "text/plain": repr(scene)}, raw=True)


def mimebundle(
    scene: Any,
    draw: Callable[[], bytes],
    include: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
) -> dict[str, Any]:
    """The viewer and the picture in one, for callers that take a single output.

    Whatever is missing here, the result of a long run must not end in a traceback.

    Args:
        scene: what `SplatViewer` shows.
        draw: makes the picture, as PNG bytes.
        include: only these kinds, as IPython asks.
        exclude: not these kinds.
    """
    bundle = {**_viewer(scene)[1], **_picture(draw), "text/plain": repr(scene)}
    return {
        kind: data
        for kind, data in bundle.items()
        if (not include or kind in include) and (not exclude or kind not in exclude)
    }


def _viewer(scene: Any) -> tuple[SplatViewer | None, dict[str, Any]]:
    try:
        viewer = SplatViewer(scene)
        shown: Any = viewer._repr_mimebundle_()
        return viewer, dict(shown[0] if isinstance(shown, tuple) else shown or {})
    except Exception:
        logger.warning("the viewer cannot be shown, only a picture", exc_info=True)
        return None, {}


def _picture(draw: Callable[[], bytes]) -> dict[str, Any]:
    try:
        return {"image/png": draw()}
    except Exception:
        logger.warning("the picture of the scene cannot be drawn", exc_info=True)
        return {}


def picture_of(gaussians: Gaussians) -> bytes:
    """PNG of Gaussians from where the viewer first looks."""
    means = gaussians.means.detach().cpu().float().numpy()
    state = initial_state(means[np.isfinite(means).all(1)], ())
    camera = pinhole_of(state, PICTURE_PX, PICTURE_PX)
    return preview_png(Displayable(gaussians, (camera,)), size=PICTURE_PX)
