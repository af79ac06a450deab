"""How a scene shows itself as the last line of a cell: the viewer, and a picture beside it.

In a notebook they are two outputs. Programs that know widgets (nbconvert, JupyterLab) would show
only the viewer of a single output, and a viewer is empty when its kernel is gone. The page hides
the picture while the viewer beside it is alive.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Collection
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from splat_widgets.rendering.preview import preview_png
from splat_widgets.scene.scene import Scene
from splat_widgets.viewer.widget import SplatViewer

logger = logging.getLogger(__name__)


def publish(scene: Scene) -> None:
    """Show a scene in the running cell: the viewer, then the picture; for `_ipython_display_`.

    Raises:
        NotImplementedError: outside a notebook; IPython then asks for `_repr_mimebundle_`.
    """
    if getattr(get_ipython(), "kernel", None) is None:
        raise NotImplementedError("only a notebook's kernel shows two outputs")
    viewer, live = _viewer(scene)
    picture = _picture(scene)
    if picture and viewer is not None:
        data = base64.b64encode(picture["image/png"]).decode("ascii")
        tag = f'<img class="{viewer._still}" alt="The scene" src="data:image/png;base64,{data}">'
        # Python's own text is with the viewer; GitHub shows the PNG, not the HTML.
        still = {"text/html": tag, **picture, "text/plain": "<picture of the scene>"}
        display({**live, "text/plain": repr(scene)}, raw=True)
        display(still, raw=True)
    else:
        display({**live, **picture, "text/plain": repr(scene)}, raw=True)


def mimebundle(
    scene: Scene, include: Collection[str] | None = None, exclude: Collection[str] | None = None
) -> dict[str, Any]:
    """The viewer and the picture in one, for callers that take a single output.

    A part that fails is left out: the result of a long run must not end in a traceback.

    Args:
        scene: what is shown.
        include: only these kinds, as IPython asks.
        exclude: not these kinds.
    """
    bundle = {**_viewer(scene)[1], **_picture(scene), "text/plain": repr(scene)}
    return {
        kind: data
        for kind, data in bundle.items()
        if (not include or kind in include) and (not exclude or kind not in exclude)
    }


def _viewer(scene: Scene) -> tuple[SplatViewer | None, dict[str, Any]]:
    try:
        viewer = SplatViewer(scene)
        shown: Any = viewer._repr_mimebundle_()
        return viewer, dict(shown[0] if isinstance(shown, tuple) else shown or {})
    except Exception:
        logger.warning("the viewer cannot be shown, only a picture", exc_info=True)
        return None, {}


def _picture(scene: Scene) -> dict[str, Any]:
    try:
        return {"image/png": preview_png(scene)}
    except Exception:
        logger.warning("the picture of the scene cannot be drawn", exc_info=True)
        return {}
