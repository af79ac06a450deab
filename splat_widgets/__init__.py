"""Two photos to 3D Gaussians in a notebook.

    import splat_widgets as sw

    scene = sw.reconstruct(["a.jpg", "b.jpg"])
    sw.view(scene)
    sw.save(scene, "scene.ply")

Frames, orders and units are defined in `splat_widgets.conventions`. Names resolve on first use, so
that importing the package neither loads torch nor needs a built front end.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from splat_widgets.conventions import __version__

if TYPE_CHECKING:
    from splat_widgets.gaussians import Gaussians
    from splat_widgets.inspector import Inspector, inspect, link
    from splat_widgets.io import read as load
    from splat_widgets.io import save
    from splat_widgets.reconstruct import Reconstruction, reconstruct
    from splat_widgets.render import render
    from splat_widgets.studio import Studio
    from splat_widgets.upload import UploadPanel
    from splat_widgets.viewer import SplatViewer, view
    from splat_widgets.viewer.page import write_page
    from splat_widgets.weights import load_model, unload

_HOME = {
    "Gaussians": ("gaussians", "Gaussians"),
    "Inspector": ("inspector", "Inspector"),
    "Reconstruction": ("reconstruct", "Reconstruction"),
    "SplatViewer": ("viewer", "SplatViewer"),
    "Studio": ("studio", "Studio"),
    "UploadPanel": ("upload", "UploadPanel"),
    "inspect": ("inspector", "inspect"),
    "link": ("inspector", "link"),
    "load": ("io", "read"),
    "load_model": ("weights", "load_model"),
    "reconstruct": ("reconstruct", "reconstruct"),
    "render": ("render", "render"),
    "save": ("io", "save"),
    "unload": ("weights", "unload"),
    "view": ("viewer", "view"),
    "write_page": ("viewer.page", "write_page"),
}

__all__ = [
    "Gaussians",
    "Inspector",
    "Reconstruction",
    "SplatViewer",
    "Studio",
    "UploadPanel",
    "__version__",
    "inspect",
    "link",
    "load",
    "load_model",
    "reconstruct",
    "render",
    "save",
    "unload",
    "view",
    "write_page",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'splat_widgets' has no attribute {name!r}")
    module, attribute = _HOME[name]
    value = getattr(import_module(f"splat_widgets.{module}"), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """Keeps `render` and `reconstruct` functions.

    Python puts every submodule on its package when it is first imported, so the modules of these
    names would cover the functions.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name in _HOME and isinstance(value, ModuleType):
            return
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
