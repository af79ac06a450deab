"""Keyword arguments that `help`, Shift-Tab and Tab know, although a function passes them on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ipywidgets import Widget
from traitlets import Bool, Float, Int, TraitType, Unicode

_TYPES = ((Bool, bool), (Int, int), (Float, float), (Unicode, str))


def named(names: Iterable[str], traits: Mapping[str, TraitType] | None = None) -> Callable:
    """Name the keyword arguments that a function or class passes on.

    Args:
        names: of the arguments, in their order.
        traits: of a widget; those among the names give their types and defaults.
    """

    def decorate(call: Any) -> Any:
        made_by: Any = call.__init__ if isinstance(call, type) else call
        known = inspect.signature(made_by).parameters
        kept = [one for one in known.values() if one.name != "self" and one.kind != one.VAR_KEYWORD]
        further = [_argument(name, (traits or {}).get(name)) for name in names if name not in known]
        call.__signature__ = inspect.Signature([*kept, *further])
        return call

    return decorate


def with_traits(widget: type[Widget]) -> Callable:
    """`named` with the public traits that we gave a widget, and its layout."""
    return named(traits_of(widget), widget.class_traits())


def traits_of(widget: type[Widget]) -> list[str]:
    """The public traits that we gave a widget, and its layout."""
    traits = widget.class_traits()
    return [*(name for name in traits if _is_ours(name, traits[name])), "layout"]


def _is_ours(name: str, trait: TraitType) -> bool:
    package = __name__.split(".")[0]
    return name[0] != "_" and str(getattr(trait.this_class, "__module__", "")).startswith(package)


def _argument(name: str, trait: TraitType | None) -> inspect.Parameter:
    kind = next((python for one, python in _TYPES if isinstance(trait, one)), Any)
    default = getattr(trait, "default_value", None)
    shown = default if isinstance(default, bool | int | float | str) else None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=shown, annotation=kind)
