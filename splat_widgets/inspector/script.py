"""Python code that repeats what was done in an inspector.

The code expects the scene as `scene`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from splat_widgets.inspector.steps import Step, no_selection


class Script(str):
    """Python code; as the last line of a cell it prints as it is."""

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return f"```python\n{self}```"


def write(
    steps: Sequence[Step],
    settings: Mapping[str, Any],
    *,
    source: str | None = None,
    own: Iterable[str] = (),
    kept: bool = False,
) -> Script:
    """The whole script.

    Args:
        steps: selections and edits, in order.
        settings: traits that differ from their defaults.
        source: path of the scene, if it came from a file.
        own: the user's own attributes, which another scene may lack.
        kept: whether the first steps were read from a file, which anyone may have written.
    """
    body: list[str] = []
    known = False  # `selection` has a value
    for step in steps:
        if not known and not (step.is_fresh or (step.is_edit and step.keeps_rows)):
            body.append(no_selection())
        body += step.code()
        known = known if step.keeps_rows else not step.is_edit
    used = {name for step in steps for name in step.names} | _named(settings)
    head = ["# `scene` is the Scene to do this with"]
    if source is not None:
        head.append(f"# for example scene = sw.load({source!r})")
    if kept:
        head.append("# the first steps are lines that the scene's file kept: read before you run")
    head += [
        f"# {name!r} is an attribute of your own: register it for the scene first"
        for name in own
        if name in used
    ]
    arguments = [f"    {name}={_plain(value)!r}," for name, value in settings.items()]
    if arguments:
        show = ["inspector = sw.inspect(", "    scene,", *arguments, ")"]
    else:
        show = ["inspector = sw.inspect(scene)"]
    if known:
        show.append("inspector.selection = selection")
    code = "\n".join(body)
    imports = [
        "import numpy as np" if "np." in code else "",
        "import torch" if "torch." in code else "",
        "import splat_widgets as sw",
        "from splat_widgets import Camera" if "Camera(" in code else "",
        "from splat_widgets import regions" if "regions." in code else "",
    ]
    lines = [*filter(None, imports), "", *head, *body, *show, "inspector"]
    return Script("\n".join(lines) + "\n")


def _plain(value: Any) -> Any:
    """A NumPy number as Python's, whose `repr` needs no import."""
    return value.item() if isinstance(value, np.generic) else value


def _named(settings: Mapping[str, Any]) -> set[str]:
    """Attributes that settings name."""
    names = {settings.get(key) for key in ("color_by", "histogram_attribute", "map_attribute")}
    return {str(name) for name in names if name} | {
        *settings.get("filters", ()),
        *settings.get("scatter_attributes", ()),
    }
