"""The attributes and photos of a scene, as records for the page."""

from __future__ import annotations

from traitlets import TraitError

from splat_widgets import attributes
from splat_widgets.attributes.records import Attribute, Subject
from splat_widgets.attributes.registry import AttributeLookupError, lacking
from splat_widgets.inspector.records import AttributeItem, ScenePhoto
from splat_widgets.scene.scene import Scene


def items(scene: Scene | None) -> list[AttributeItem]:
    """The attributes of a scene, in the order of the registry."""
    return [] if scene is None else [_item(a) for a in attributes.available(scene)]


def photos(scene: Scene | None) -> list[ScenePhoto]:
    """The photos of a scene; none for Gaussians alone."""
    if scene is None or not scene.has("photos"):
        return []
    return [
        ScenePhoto(name=photo.name, width=photo.pixels.shape[1], height=photo.pixels.shape[0])
        for photo in scene.photos
    ]


def check_name(trait: str, name: str, scene: Scene | None) -> str:
    """The name, if the scene has such an attribute; "" passes.

    Raises:
        TraitError: otherwise; it says what is missing, or names similar attributes.
    """
    if not name:
        return name
    if scene is None:
        raise TraitError(f"{trait}: expected '' while there is no scene, got {name!r}")
    try:
        lack = lacking(attributes.get(name, scene), Subject.of(scene))
    except AttributeLookupError as error:
        raise TraitError(f"{trait}: {error}") from None
    if lack is not None:
        raise TraitError(f"{trait}: {name!r} needs {lack}")
    return name


def _item(attribute: Attribute) -> AttributeItem:
    return {
        "name": attribute.name,
        "label": attribute.label,
        "unit": attribute.unit,
        "group": attribute.group,
        "formula": attribute.formula,
        "description": attribute.description,
        "source": attribute.source,
        "colormap": attribute.colormap,
        "log": attribute.log,
        "slow": attribute.slow,
    }
