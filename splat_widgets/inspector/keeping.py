"""An inspector's state for a scene file, and back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch
from traitlets import TraitError

from splat_widgets.attributes.store import read_only
from splat_widgets.inspector.history import History, kept_steps, resume_history, step_of
from splat_widgets.inspector.selection import Selection
from splat_widgets.inspector.state import SETTINGS
from splat_widgets.scene.inspection import Inspection

_RESTORED = (*SETTINGS, "camera", "saved_cameras")


def inspection(selection: Selection, settings: dict[str, Any]) -> Inspection:
    """The record of a selection, its steps and the settings that are not as by default."""
    now, past, future = selection.timeline
    history = History(now, past, future)
    return Inspection(
        settings={name: settings[name] for name in _RESTORED if name in settings},
        selection=torch.tensor(now.mask),
        picked=now.picked,
        steps=kept_steps(now),
        past=history.past,
        future=history.future,
        told=tuple(history.told),
    )


def resume(inspector: Any, selection: Selection, found: Inspection, given: Collection[str]) -> None:
    """Go on where a file's inspector stopped.

    Args:
        inspector: whose settings are set; a file's wrong ones are left out with a message.
        selection: its model.
        found: what the file kept.
        given: names of settings that the caller has chosen; they stay.
    """
    refused = []
    for name in _RESTORED:
        if name in given or name not in found.settings:
            continue
        try:
            inspector.set_trait(name, _plain(found.settings[name]))
        except TraitError:
            refused.append(name)
    if "selection" not in given:
        picked = selection.now.picked if "picked" in given else found.picked
        mask = read_only(found.selection.numpy().copy())
        resume_history(selection, found, mask, picked, tuple(map(step_of, found.steps)))
    if refused:
        inspector.show_message(f"The file's {', '.join(refused)} could not be used.", "warning")


def _plain(value: Any) -> Any:
    """Tuples as lists, which traits and JSON have."""
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return {k: _plain(v) for k, v in value.items()} if isinstance(value, dict) else value
