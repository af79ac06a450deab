"""Records that the inspector's Python and TypeScript share.

`client/src/page/state.gen.ts` is generated from them. The page names a Gaussian by its place among
the splats that were sent ("wire index"), Python by its row in the scene ("index"):
``encoded.order[wire] == index``. `splat_widgets.conventions` has the frames and units.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from splat_widgets.regions.drawing import Override
from splat_widgets.scene.framing import PinholeCamera, Vec3

Mode = Literal["replace", "add", "subtract", "intersect"]
ActionName = Literal[
    "keep",
    "delete",
    "undo",
    "redo",
    "floaters",
    "crop",
    "move",
    "turn",
    "scale",
    "level",
    "list_scenes",
    "merge",
]


class AttributeItem(TypedDict):
    """An attribute that the scene has: what a menu and an axis need."""

    name: str
    label: str
    unit: str  # "" for plain numbers
    group: str
    formula: str
    description: str
    source: str  # the paper that defines it; "user" for one of the user's own
    colormap: str
    log: bool  # a logarithmic axis suits it
    slow: bool  # takes seconds for half a million Gaussians


class ScenePhoto(TypedDict):
    """A photo as the network saw it."""

    name: str
    width: int  # px
    height: int  # px


class SceneInfo(TypedDict):
    """Facts about the scene that the panel shows."""

    kind: Literal["", "gaussians", "reconstruction"]  # "" without a scene
    count: int  # Gaussians of the scene
    hidden: int  # Gaussians that the page lacks because a value is not finite
    sh_degree: int
    selected: int
    undo: str  # what undo takes back, in words; "" for nothing
    redo: str
    floaters: str  # attribute that finds floaters; "" if there is none
    photos: list[ScenePhoto]  # of a Reconstruction


class InspectorMessage(TypedDict):
    """The latest message to the user."""

    level: Literal["info", "warning", "error"]
    text: str  # "" for none


class Shown(TypedDict):
    """What was drawn when a selection was made; it leaves hidden Gaussians alone."""

    filters: dict[str, tuple[float | None, float | None]]
    shown_photos: list[int]  # their indices; [] for all
    isolate: bool
    # These decide which Gaussians cover others, for selections of visible Gaussians only:
    overrides: list[Override]
    opacity_scale: float
    splat_scale: float


class PictureHow(TypedDict):
    """A selection on the picture: projected centres inside a polygon or rectangle."""

    kind: Literal["rectangle", "lasso", "polygon"]
    camera: PinholeCamera
    points: list[tuple[float, float]]  # px of that camera; for a rectangle two opposite corners
    through: bool  # also Gaussians that others cover
    mode: Mode
    shown: Shown


class BrushHow(TypedDict):
    """A stroke of a round brush on the picture: projected centres that it passes."""

    kind: Literal["brush"]
    camera: PinholeCamera
    points: list[tuple[float, float]]  # px of that camera, where the brush's middle went
    radius: float  # px of that camera
    through: bool  # also Gaussians that others cover
    mode: Mode
    shown: Shown


class BoxHow(TypedDict):
    """A selection of centres inside a box along the world's axes."""

    kind: Literal["box"]
    center: Vec3
    half_sizes: Vec3
    mode: Mode
    shown: Shown


class SphereHow(TypedDict):
    """A selection of centres inside a ball."""

    kind: Literal["sphere"]
    center: Vec3
    radius: float
    mode: Mode
    shown: Shown


class RangeHow(TypedDict):
    """A selection by the values of an attribute."""

    kind: Literal["range"]
    attribute: str
    low: float | None  # included; None for no bound
    high: float | None
    mode: Mode
    shown: Shown


class DensityHow(TypedDict):
    """A selection by a polygon in the plane of two attributes."""

    kind: Literal["density"]
    attributes: tuple[str, str]
    points: list[tuple[float, float]]  # in the attributes' own units
    log: tuple[bool, bool]  # logarithmic axes, on which the polygon's edges are straight
    mode: Mode
    shown: Shown


class PhotoHow(TypedDict):
    """A selection of the Gaussians whose own pixel lies inside a polygon on a photo."""

    kind: Literal["photo"]
    photo_view: int
    points: list[tuple[float, float]]  # (x, y) in px of the crop that the network saw
    mode: Mode
    shown: Shown


class PickHow(TypedDict):
    """A selection of single Gaussians."""

    kind: Literal["pick"]
    wires: list[int]
    mode: Mode
    shown: Shown


class WholeHow(TypedDict):
    """A selection of all that is shown, of its unselected rest, of nothing, or grown by a pixel."""

    kind: Literal["all", "invert", "none", "grow"]
    shown: Shown


SelectHow = (
    PictureHow
    | BrushHow
    | BoxHow
    | SphereHow
    | RangeHow
    | DensityHow
    | PhotoHow
    | PickHow
    | WholeHow
)


class PickedPixel(TypedDict):
    """The pixel that a Gaussian was predicted for."""

    view: int
    row: int  # in the crop that the network saw
    col: int
    photo: str
    x: float  # in the upright original photo, px
    y: float


class StackEntry(TypedDict):
    """One of the Gaussians under the pointer."""

    wire: int
    index: int
    weight: float  # share of its colour in the pixel


class PickedAnswer(TypedDict):
    """All numbers of one Gaussian; the buffer is a PNG of its surroundings on the photo."""

    index: int  # -1 for none
    wire: int  # -1 for none, or for a Gaussian that the page lacks
    center: Vec3
    axes: list[Vec3]  # 3 x 3, row by row; column k is scale k times its direction
    values: dict[str, float | None]  # attributes that are not slow; None for NaN
    source: PickedPixel | None
    stack: list[StackEntry]  # largest weight first
    problem: str
