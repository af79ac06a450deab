"""What a scene can do in the layers above it, by name, found when it is first asked for.

`Scene` lies below the readers, the renderer and the widgets. This table is the only way from it to
them: it holds names and no imports, so the order of the layers stays as the tests check it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

LATE = {
    "describe": "attributes:describe",
    "mimebundle": "viewer.display:mimebundle",
    "publish": "viewer.display:publish",
    "read": "io:read",
    "render": "rendering:render",
    "save": "io:save",
    "show": "viewer:view",
}
"""Name -> "module:function", the module below `splat_widgets`."""


def late(name: str) -> Any:
    """The function of a name in the table."""
    module, function = LATE[name].split(":")
    return getattr(import_module(f"splat_widgets.{module}"), function)
