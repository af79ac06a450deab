"""Photos to 3D Gaussians in a notebook.

    import splat_widgets as sw

    scene = sw.reconstruct(["a.jpg", "b.jpg"])
    scene.show()
    scene.save("scene.ply")

Frames, orders and units are defined in `splat_widgets.conventions`. Names resolve on first use, so
that importing the package neither loads torch nor needs a built front end.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from splat_widgets.version import __version__

if TYPE_CHECKING:
    from splat_widgets import attributes, jobs, regions
    from splat_widgets.comparison import Comparison as compare
    from splat_widgets.inspector import Inspector, inspect, link
    from splat_widgets.io import load, save
    from splat_widgets.io.repair import repair
    from splat_widgets.models.weights import load_model, unload
    from splat_widgets.reconstruction import reconstruct
    from splat_widgets.rendering import render, turntable, write_video
    from splat_widgets.scene.cameras import Camera
    from splat_widgets.scene.gaussians import Gaussians
    from splat_widgets.scene.reconstruction import Reconstruction
    from splat_widgets.scene.scene import Scene
    from splat_widgets.service.connect import connect
    from splat_widgets.studio import Studio
    from splat_widgets.upload import UploadPanel
    from splat_widgets.viewer import SplatViewer, view
    from splat_widgets.viewer.standalone import write_page

_HOME = {
    "Camera": ("scene.cameras", "Camera"),
    "Gaussians": ("scene.gaussians", "Gaussians"),
    "Inspector": ("inspector", "Inspector"),
    "Reconstruction": ("scene.reconstruction", "Reconstruction"),
    "Scene": ("scene.scene", "Scene"),
    "SplatViewer": ("viewer", "SplatViewer"),
    "Studio": ("studio", "Studio"),
    "UploadPanel": ("upload", "UploadPanel"),
    "compare": ("comparison", "Comparison"),
    "connect": ("service.connect", "connect"),
    "inspect": ("inspector", "inspect"),
    "link": ("inspector", "link"),
    "load": ("io", "load"),
    "load_model": ("models.weights", "load_model"),
    "reconstruct": ("reconstruction", "reconstruct"),
    "repair": ("io.repair", "repair"),
    "render": ("rendering", "render"),
    "save": ("io", "save"),
    "turntable": ("rendering", "turntable"),
    "unload": ("models.weights", "unload"),
    "view": ("viewer", "view"),
    "write_page": ("viewer.standalone", "write_page"),
    "write_video": ("rendering", "write_video"),
}

_MODULES = ("attributes", "jobs", "regions")

__all__ = [
    "Camera",
    "Gaussians",
    "Inspector",
    "Reconstruction",
    "Scene",
    "SplatViewer",
    "Studio",
    "UploadPanel",
    "__version__",
    "attributes",
    "compare",
    "connect",
    "inspect",
    "jobs",
    "link",
    "load",
    "load_model",
    "reconstruct",
    "regions",
    "render",
    "repair",
    "save",
    "turntable",
    "unload",
    "view",
    "write_page",
    "write_video",
]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"splat_widgets.{name}")
    if name not in _HOME:
        from splat_widgets.guesses import way

        call = None if name.startswith("_") else way("splat_widgets", name)
        hint = f"; use `{call}`" if call else ""
        raise AttributeError(f"module 'splat_widgets' has no attribute {name!r}{hint}")
    module, attribute = _HOME[name]
    value = getattr(import_module(f"splat_widgets.{module}"), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
