"""What the inspector and its pages say to each other, and `viewer.messages`.

`scene` is the id of the scene that the page shows: the kernel leaves messages about another alone.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from splat_widgets.inspector.records import ActionName, PickedAnswer, ScenePhoto, SelectHow
from splat_widgets.scene.framing import Vec3
from splat_widgets.viewer import messages as viewer


class AttributeWanted(TypedDict):
    """Send the values of an attribute."""

    kind: Literal["attribute"]
    view: str
    request: str
    name: str


class AttributePart(TypedDict):
    """A run of an attribute's values in wire order, as the one float32 buffer."""

    kind: Literal["attribute"]
    name: str
    first: int
    count: int
    total: int
    limits: tuple[float, float]
    limits_log: tuple[float, float]
    pending: bool  # it is being computed, which takes seconds
    problem: str  # why there are no values; else empty


class AttributeValues(AttributePart):
    """A part of the answer to a view's request."""

    view: str
    request: str


class AttributesStale(TypedDict):
    """These attributes have other values now."""

    kind: Literal["stale"]
    names: list[str]


class PhotosWanted(TypedDict):
    """Send the photos."""

    kind: Literal["photos"]
    view: str
    request: str


class PhotosSent(TypedDict):
    """The photos, one PNG buffer each."""

    kind: Literal["photos"]
    view: str
    request: str
    photos: list[ScenePhoto]
    problem: str


class ScriptWanted(TypedDict):
    """Send the Python that repeats what was done."""

    kind: Literal["script"]
    view: str


class ScriptText(TypedDict):
    """Python that repeats what was done."""

    kind: Literal["script"]
    view: str
    text: str


class Select(TypedDict):
    """A gesture selected the splats of a mask, the one buffer of bits."""

    kind: Literal["select"]
    view: str
    scene: str
    request: str
    how: SelectHow


class Selected(TypedDict):
    """A view's selection has arrived."""

    kind: Literal["selected"]
    view: str
    request: str


class SelectionMask(TypedDict):
    """What is selected, as the one buffer of bits."""

    kind: Literal["selection"]
    view: str
    scene: str
    count: int  # selected Gaussians
    total: int  # bits


class Pick(TypedDict):
    """The person picked a splat."""

    kind: Literal["pick"]
    view: str
    scene: str
    wire: int  # -1: none
    stack: list[tuple[float, float]]  # wire and weight of the splats under the pointer
    number: int  # place in the stack


class Picked(PickedAnswer):
    """What is picked, in numbers."""

    kind: Literal["picked"]
    view: str | None  # None: every view
    number: int | None  # as asked


class Action(TypedDict):
    """Change the scene or the selection."""

    kind: Literal["action"]
    view: str
    scene: str
    name: ActionName
    threshold: float | None  # of "floaters"
    center: Vec3 | None  # of "crop"
    half_sizes: Vec3 | None
    numbers: list[float]  # of "move", "turn", "scale", "level", as their methods take them
    other: str  # of "merge": one of `mergeable`


ToPage = (
    viewer.ToPage
    | AttributeValues
    | AttributesStale
    | PhotosSent
    | ScriptText
    | Selected
    | SelectionMask
    | Picked
)
ToKernel = viewer.ToKernel | AttributeWanted | PhotosWanted | ScriptWanted | Select | Pick | Action
