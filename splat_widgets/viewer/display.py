"""How a scene shows itself as the last line of a cell: the viewer, and a picture beside it."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

from splat_widgets.page.still import runs_cell
from splat_widgets.rendering.preview import preview_png
from splat_widgets.scene.scene import Scene
from splat_widgets.viewer.widget import SplatViewer

logger = logging.getLogger(__name__)


def mimebundle(
    scene: Scene, include: Collection[str] | None = None, exclude: Collection[str] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and metadata of the viewer; the picture is in it only where no output follows with it.

    A part that fails is left out: the result of a long run must not end in a traceback.

    Args:
        scene: what is shown.
        include: only these kinds, as IPython asks.
        exclude: not these kinds.
    """
    data, metadata = _viewer(scene)
    if not (data and runs_cell()):
        data |= _picture(scene)
    data["text/plain"] = repr(scene)
    wanted = {
        kind: content
        for kind, content in data.items()
        if (not include or kind in include) and (not exclude or kind not in exclude)
    }
    return wanted, metadata


def _viewer(scene: Scene) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        data, metadata = SplatViewer(scene)._repr_mimebundle_()
        return dict(data), metadata
    except Exception:
        logger.warning("the viewer cannot be shown, only a picture", exc_info=True)
        return {}, {}


def _picture(scene: Scene) -> dict[str, Any]:
    try:
        return {"image/png": preview_png(scene)}
    except Exception:
        logger.warning("the picture of the scene cannot be drawn", exc_info=True)
        return {}
