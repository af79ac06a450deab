"""The settings of the inspector: traits, their defaults, and which values they take."""

from __future__ import annotations

from typing import Any, cast, get_args

from traitlets import (
    Bool,
    CaselessStrEnum,
    Dict,
    Float,
    HasTraits,
    Int,
    List,
    TraitError,
    Unicode,
    default,
    validate,
)

from splat_widgets.attributes.colormaps import COLORMAPS
from splat_widgets.inspector.catalogue import check_name, items, photos
from splat_widgets.inspector.records import AttributeItem, InspectorMessage, Mode, SceneInfo
from splat_widgets.inspector.traits import FiltersTrait, PickedTrait, RangeTrait, SelectionTrait
from splat_widgets.regions.drawing import OVERRIDES, Override
from splat_widgets.regions.photo import photo_indices
from splat_widgets.scene.scene import Scene

# Traits that a script sets and `link` links; camera and selection are apart.
SETTINGS = (
    "display",
    "splat_scale",
    "background",
    "color_by",
    "colormap",
    "color_range",
    "color_log",
    "filters",
    "opacity_scale",
    "overrides",
    "shown_photos",
    "isolate",
    "histogram_attribute",
    "histogram_log",
    "histogram_log_count",
    "scatter_attributes",
    "scatter_log",
    "map_attribute",
)


class InspectorState(HasTraits):
    """Settings of an inspector, and what its panel shows.

    A mixin for a `SplatViewer`; the class owns a `Selection` as `_selection`.
    """

    _scene: Scene | None  # the viewer's

    color_by = Unicode(help="Attribute that colours the splats; '' for their own colours.").tag(
        sync=True
    )
    colormap = CaselessStrEnum(
        ["", *COLORMAPS], default_value="", help="Colours of the scale; '' for the attribute's own."
    ).tag(sync=True)
    color_range = RangeTrait(
        help="[low, high] of the colour scale; [] for the attribute's own."
    ).tag(sync=True, ts="number[]")
    color_log = Bool(False, help="Logarithmic colour scale.").tag(sync=True)
    filters = FiltersTrait(
        help="Range by attribute, both ends included, null for no bound: the rest is hidden."
    ).tag(sync=True, ts="{ [name: string]: [number | null, number | null] }")
    opacity_scale = Float(1.0, min=0.0, help="Multiplies opacity, 1 at most.").tag(sync=True)
    overrides = List(
        CaselessStrEnum(OVERRIDES),
        help="What if: opacity 1, round, without the head's offset, in the photo's colour.",
    ).tag(sync=True, record=Override)
    shown_photos = List(
        Int(), help="Indices of the photos whose Gaussians are drawn; [] for all."
    ).tag(sync=True, ts="number[]")
    tool = CaselessStrEnum(
        ["navigate", "pick", "rectangle", "lasso", "polygon", "brush", "box", "sphere", "floor"],
        default_value="navigate",
        help="What dragging does; a click picks in navigate too.",
    ).tag(sync=True)
    brush_px = Float(24.0, min=1.0, max=1000.0, help="Radius of the brush, in CSS pixels.").tag(
        sync=True
    )
    select_mode = CaselessStrEnum(
        get_args(Mode),
        default_value="replace",
        help="What a new selection does to the old one.",
    ).tag(sync=True)
    select_through = Bool(False, help="Select also what cannot be seen.").tag(sync=True)
    isolate = Bool(False, help="Draw only the selection.").tag(sync=True)
    picked = PickedTrait(
        -1, help="The Gaussian that was clicked, as a row of the scene; -1: none."
    ).tag(sync=True)
    histogram_attribute = Unicode(help="Attribute of the histogram.").tag(sync=True)
    histogram_log = Bool(help="Logarithmic values in the histogram.").tag(sync=True)
    histogram_log_count = Bool(False, help="Logarithmic counts in the histogram.").tag(sync=True)
    scatter_attributes = List(
        Unicode(), maxlen=2, help="Attributes of the density plot, across and up."
    ).tag(sync=True, ts="string[]")
    scatter_log = List(
        Bool(), [False, False], minlen=2, maxlen=2, help="Logarithmic axes of the density plot."
    ).tag(sync=True, ts="[boolean, boolean]")
    map_attribute = Unicode(help="Attribute shown as a picture beside each photo.").tag(sync=True)
    one_attribute = Bool(
        True, help="The panel chooses one attribute for colour, histogram and maps."
    ).tag(sync=True)
    show_panel = Bool(True, help="Show the panel beside the picture.").tag(sync=True)
    catalogue = List(help="The attributes that the scene has.").tag(sync=True, record=AttributeItem)
    scene_info = Dict(help="About the scene and the selection.").tag(sync=True, record=SceneInfo)
    mergeable = List(
        Unicode(), help="Scenes that can be merged: those with a name, those of the output folder."
    ).tag(sync=True, ts="string[]")
    message = Dict({"level": "info", "text": ""}, help="The latest message to the user.").tag(
        sync=True, record=InspectorMessage
    )
    selection: Any = SelectionTrait(help="Read-only mask; masks and indices can be assigned.")

    def _has_confidence(self) -> bool:
        return self._scene is not None and self._scene.has("confidence")

    @default("catalogue")
    def _default_catalogue(self) -> list[AttributeItem]:
        return items(self._scene)

    @default("histogram_attribute")
    def _default_histogram(self) -> str:
        if self._scene is None:
            return ""
        return "confidence" if self._has_confidence() else "opacity"

    @default("histogram_log")
    def _default_histogram_log(self) -> bool:
        return self._has_confidence()

    @default("scatter_attributes")
    def _default_scatter(self) -> list[str]:
        return [] if self._scene is None else ["opacity", "scale_largest"]

    @default("map_attribute")
    def _default_map(self) -> str:
        return "confidence" if self._has_confidence() else ""

    @validate("color_by", "histogram_attribute", "map_attribute")
    def _check_attribute(self, proposal: Any) -> str:
        return check_name(proposal["trait"].name, proposal["value"], self._scene)

    @validate("scatter_attributes")
    def _check_scatter(self, proposal: Any) -> list[str]:
        if len(proposal["value"]) == 1:
            raise TraitError("expected two scatter_attributes or none, got one")
        for name in proposal["value"]:
            check_name("scatter_attributes", name, self._scene)
        return proposal["value"]

    @validate("filters")
    def _check_filters(self, proposal: Any) -> dict[str, list[float | None]]:
        for name in proposal["value"]:
            check_name("filters", name, self._scene)
        return proposal["value"]

    @validate("shown_photos")
    def _check_photos(self, proposal: Any) -> list[int]:
        try:
            return photo_indices(self._scene, proposal["value"])
        except ValueError as error:
            raise TraitError(f"shown_photos: {error}") from None

    def fit_to_scene(self) -> None:
        """After a change of scene: traits that name attributes it lacks fall back."""
        self.catalogue = items(self._scene)
        known = {item["name"] for item in self.catalogue}
        self.isolate = False  # nothing is selected: the picture would be empty
        filters = cast("dict[str, Any]", self.filters)
        lost = set(filters) - known
        if lost:
            self.filters = {name: pair for name, pair in filters.items() if name in known}
        for name in ("color_by", "histogram_attribute", "map_attribute"):
            if getattr(self, name) not in known and getattr(self, name):
                lost.add(getattr(self, name))
                setattr(self, name, self.trait_defaults(name))
        gone = set(cast("list[str]", self.scatter_attributes)) - known
        if gone:
            lost |= gone
            self.scatter_attributes = self.trait_defaults("scatter_attributes")
        num_photos = len(photos(self._scene))
        if any(photo >= num_photos for photo in self.shown_photos):
            self.shown_photos = []
        self.clear_message("error", "warning")  # they were about the scene before
        if lost and known:
            self.show_message(f"This scene has no {', '.join(sorted(lost))}.", "warning")

    def fill_plots(self) -> None:
        """After the first scene of an empty inspector: plots show their defaults."""
        for name in ("histogram_attribute", "scatter_attributes", "map_attribute"):
            if not getattr(self, name):
                setattr(self, name, self.trait_defaults(name))
        self.histogram_log = self.histogram_log or self.trait_defaults("histogram_log")

    def changed_settings(self) -> dict[str, Any]:
        """The settings that are not as by default."""
        return {
            name: getattr(self, name)
            for name in SETTINGS
            if getattr(self, name) != self.trait_defaults(name)
        }

    def clear_message(self, *levels: str) -> None:
        """Take away a message that does not hold any more.

        Args:
            levels: of messages to take away: "info", "warning", "error".
        """
        if self.message["text"] and self.message["level"] in levels:
            self.show_message("")

    def show_message(self, text: str, level: str = "info") -> None:
        """Show a line on the panel.

        Args:
            text: plain text.
            level: "info", "warning" or "error", as `InspectorMessage` has them.
        """
        self.message = {"level": level, "text": text}
