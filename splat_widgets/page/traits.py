"""Traits that a page changes, taken from a message.

ipywidgets would save them itself, but it sends the next change only after the kernel reported
"idle" for the last one. ipykernel 7 reports nothing for what it handles during an `await`: after
one such change the page would never save again. Messages do not wait.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ipywidgets import Widget

logger = logging.getLogger(__name__)


def take(widget: Widget, values: Mapping[str, Any]) -> None:
    """Set public synced traits to what the page has. The page is not told what it said.

    Raises:
        TraitError: for a value that a trait refuses; no trait is changed then.
    """
    known = {name: v for name, v in values.items() if name in widget.keys and name[0] != "_"}
    if len(known) < len(values):
        names = ", ".join(sorted(set(values) - set(known)))
        logger.warning("%s has no trait %s for a page to change", type(widget).__name__, names)
    with widget._lock_property(**known), widget.hold_trait_notifications():
        for name, value in known.items():
            convert = widget.trait_metadata(name, "from_json", None)
            widget.set_trait(name, value if convert is None else convert(value, widget))
