"""The traits of a comparison, and which values they take."""

from __future__ import annotations

from typing import Any, cast, get_args

from traitlets import (
    Bool,
    CaselessStrEnum,
    Float,
    HasTraits,
    Int,
    List,
    TraitError,
    Unicode,
    validate,
)

from splat_widgets.comparison.records import Mode
from splat_widgets.inspector import Inspector
from splat_widgets.inspector.records import AttributeItem

OWN = ("mode", "pair", "blink_s", "wipe_at", "one_range", "attribute")
"""Those that a call sets; what the scenes say decides about the others."""


class ComparisonState(HasTraits):
    """What a comparison shows. A mixin; the class has `views`."""

    views: tuple[Inspector, ...]

    titles = List(Unicode(), help="What the scenes are called.").tag(sync=True, ts="string[]")
    notes = List(Unicode(), help="What to know of the comparison, for example of frames.").tag(
        sync=True, ts="string[]"
    )
    catalogue = List(help="The attributes that all scenes have.").tag(
        sync=True, record=AttributeItem
    )
    mode = CaselessStrEnum(
        get_args(Mode),
        default_value="grid",
        help="All side by side, or the pair in one place: by turns, or on both sides of a divider.",
    ).tag(sync=True)
    pair = List(
        Int(min=0), [0, 1], minlen=2, maxlen=2, help="Places of the two that are compared."
    ).tag(sync=True, ts="[number, number]")
    blink_s = Float(0.8, min=0.2, max=10.0, help="Seconds that each of the pair is shown.").tag(
        sync=True
    )
    wipe_at = Float(0.5, min=0.0, max=1.0, help="Where the divider stands: 0 left, 1 right.").tag(
        sync=True
    )
    one_range = Bool(True, help="One colour scale for all views that show the same attribute.").tag(
        sync=True
    )
    attribute = Unicode(help="Attribute of the maps of differences.").tag(sync=True)

    @property
    def _attribute_names(self) -> list[str]:
        return [item["name"] for item in cast("list[AttributeItem]", self.catalogue)]

    def _known_attribute(self, name: str) -> None:
        """Refuse an attribute that cannot be compared.

        Raises:
            ValueError: with those that can.
        """
        if name not in self._attribute_names:
            raise ValueError(
                "expected an attribute that all scenes have and that means the same in each "
                f"({', '.join(self._attribute_names)}), got {name!r}"
            )

    @validate("attribute")
    def _check_attribute(self, proposal: Any) -> str:
        if proposal["value"]:
            try:
                self._known_attribute(proposal["value"])
            except ValueError as error:
                raise TraitError(f"attribute: {error}") from None
        return proposal["value"]

    @validate("pair")
    def _check_pair(self, proposal: Any) -> list[int]:
        first, second = proposal["value"]
        count = len(self.views)
        if first == second or max(first, second) >= count:
            raise TraitError(
                f"pair: expected two different places from 0 to {count - 1}, got {first} and "
                f"{second}"
            )
        return proposal["value"]

    @validate("titles")
    def _check_titles(self, proposal: Any) -> list[str]:
        if len(proposal["value"]) != len(self.views):
            raise TraitError(
                f"titles: expected {len(self.views)}, one for each scene, got "
                f"{len(proposal['value'])}"
            )
        return proposal["value"]
