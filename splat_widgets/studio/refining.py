"""The studio's choice whether photos decide about depth and Gaussians."""

from __future__ import annotations

from splat_widgets.reconstruction.choices import Refine
from splat_widgets.studio.records import RefineChoice

RULE = (
    "Auto: on for the embedded model and for three photos or more; off for a pair with the "
    "released weights, whose Gaussians are studied as predicted."
)
_NAMES: dict[RefineChoice, Refine] = {"auto": "auto", "on": True, "off": False}


def choice_of(refine: Refine) -> RefineChoice:
    """The name on the page of an argument of `reconstruct`."""
    return next(name for name, value in _NAMES.items() if value is refine or value == refine)


def refine_of(choice: RefineChoice) -> Refine:
    """The argument of `reconstruct` of a name on the page."""
    return _NAMES[choice]


def decides(refine: Refine, num_photos: int, is_embedded: bool | None) -> bool | None:
    """Whether a run would refine, if its photos determine the scene; None if that is not known.

    The rule of `reconstruct`; None for a model that is chosen with the first run.
    """
    if num_photos < 2:
        return False
    if refine == "auto":
        return True if num_photos > 2 else is_embedded
    return refine


def line(refine: Refine, num_photos: int, is_embedded: bool | None) -> str:
    """The rule, and what it means for the chosen photos."""
    if refine != "auto":
        return ""
    decided = decides(refine, num_photos, is_embedded)
    if num_photos < 2 or decided is None:
        return RULE
    return f"{RULE} Now: {'on' if decided else 'off'}."
