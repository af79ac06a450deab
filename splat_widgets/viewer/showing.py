"""`view`: one scene as a viewer, several side by side."""

from __future__ import annotations

from typing import Any, overload

import ipywidgets

from splat_widgets.page.arguments import with_traits
from splat_widgets.scene.scene import Scene, SceneLike
from splat_widgets.viewer.widget import SplatViewer


@overload
def view(scene: list[SceneLike] | tuple[SceneLike, ...], **traits: Any) -> ipywidgets.HBox: ...  # pyright: ignore[reportOverlappingOverload]


@overload
def view(scene: SceneLike, **traits: Any) -> SplatViewer: ...


@with_traits(SplatViewer)
def view(
    scene: SceneLike | list[SceneLike] | tuple[SceneLike, ...], **traits: Any
) -> SplatViewer | ipywidgets.HBox:
    """Show a scene, or several side by side: the last line of a cell.

    Args:
        scene: what `Scene.of` takes; a list of such, whose viewers are the `children` of the box.
            `sw.link(*box.children, selection=False, settings=False)` lets them turn together.
        traits: of every viewer, see `SplatViewer`: for example `height` in CSS pixels.

    Raises:
        FileNotFoundError: for a path at which there is no file.
        TypeError: if it is not a scene, or for an unknown argument.
        ValueError: for an empty list.
    """
    if not isinstance(scene, list | tuple):
        return SplatViewer(Scene.of(scene), **traits)
    if not scene:
        raise ValueError("expected at least one scene to show, got an empty list")
    known = [Scene.of(one) for one in scene]  # a wrong one fails before any is shown
    traits.setdefault("layout", {"width": "100%"})  # a box gives a page without width none
    return ipywidgets.HBox([SplatViewer(one, **traits) for one in known])


with_traits(SplatViewer)(SplatViewer)
