"""How a scene shows itself as the last line of a cell: the viewer, and a picture beside it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from splat_widgets.gaussians import Gaussians
from splat_widgets.reconstruct import preview_png
from splat_widgets.viewer.framing import initial_state, pinhole_of
from splat_widgets.viewer.source import Displayable
from splat_widgets.viewer.widget import SplatViewer

logger = logging.getLogger(__name__)

PICTURE_PX = 384


def mimebundle(
    scene: Any,
    draw: Callable[[], bytes],
    include: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
) -> dict[str, Any]:
    """The viewer; and a picture, for places that have no kernel (nbconvert, GitHub).

    Whatever is missing here, the result of a long run must not end in a traceback.

    Args:
        scene: what `SplatViewer` shows.
        draw: makes the picture, as PNG bytes.
        include: only these kinds, as IPython asks.
        exclude: not these kinds.
    """
    bundle: dict[str, Any] = {}
    try:
        shown: Any = SplatViewer(scene)._repr_mimebundle_()
        bundle.update(shown[0] if isinstance(shown, tuple) else shown or {})
    except Exception:
        logger.warning("the viewer cannot be shown, only a picture", exc_info=True)
    try:
        bundle["image/png"] = draw()
    except Exception:
        logger.warning("the picture of the scene cannot be drawn", exc_info=True)
    bundle["text/plain"] = repr(scene)
    return {
        kind: data
        for kind, data in bundle.items()
        if (not include or kind in include) and (not exclude or kind not in exclude)
    }


def picture_of(gaussians: Gaussians) -> bytes:
    """PNG of Gaussians from where the viewer first looks."""
    means = gaussians.means.detach().cpu().float().numpy()
    state = initial_state(means[np.isfinite(means).all(1)], ())
    camera = pinhole_of(state, PICTURE_PX, PICTURE_PX)
    return preview_png(Displayable(gaussians, (camera,)), size=PICTURE_PX)
