"""Functions of higher layers that `Scene` calls, by name, imported on first use.

`Scene` lies below the readers, the renderer and the widgets. This table is its only way to them. It
holds names instead of imports, so that no layer imports a higher one.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

LATE = {
    "carry": "attributes.carrying:carry",
    "describe": "attributes:describe",
    "film": "rendering:film",
    "export_colmap": "io.posed:export_colmap",
    "export_nerfstudio": "io.posed:export_nerfstudio",
    "join": "attributes.carrying:join",
    "load": "io:load",
    "mimebundle": "viewer.display:mimebundle",
    "render": "rendering:render",
    "save": "io:save",
    "show": "viewer:view",
    "to_dataframe": "attributes:to_dataframe",
}
"""Name -> "module:function", the module below `splat_widgets`."""


def late(name: str) -> Any:
    """The function of a name in the table."""
    module, function = LATE[name].split(":")
    return getattr(import_module(f"splat_widgets.{module}"), function)
