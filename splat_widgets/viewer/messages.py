"""Messages between the viewer and its pages. `view` is a page's id for one drawn viewer."""

from __future__ import annotations

from typing import Literal, TypedDict

from splat_widgets.page.messages import (
    BundleAnswer,
    BundleRequest,
    Chunk,
    ChunksArrived,
    ChunksQuestion,
    ChunksState,
    TraitsChanged,
)
from splat_widgets.scene.framing import PinholeCamera, Vec3
from splat_widgets.viewer.records import SceneHeader


class SceneAnnounced(TypedDict):
    """A new scene, whose chunks follow; or none. A transfer that the view has is not repeated."""

    kind: Literal["scene"]
    view: str
    transfer: str
    header: SceneHeader | None


class SnapshotRequest(TypedDict):
    """Asks for a picture."""

    kind: Literal["snapshot"]
    view: str | None  # None: every view; the first answer counts
    request: str
    width: int | None  # px; None: as shown
    height: int | None
    camera: PinholeCamera | None  # None: the shown one
    transparent: bool


class Ready(TypedDict):
    """A view wants the scene, or asks whether it still has the latest: `scene` answers.

    A view also says it when the line may have been cut.
    """

    kind: Literal["ready"]
    view: str
    transfer: str | None  # as announced last; None: it has been sent nothing


class Closed(TypedDict):
    """A view is gone."""

    kind: Literal["closed"]
    view: str


class Length(TypedDict):
    """The person knows how far two points are apart: the scene is scaled to metres."""

    kind: Literal["length"]
    view: str
    scene: str  # id of the scene that the points are of
    points: list[Vec3]  # two, world frame
    metres: float


class SnapshotTaken(TypedDict):
    """A picture, as the one PNG buffer."""

    kind: Literal["snapshot"]
    view: str
    request: str
    problem: str  # why there is no buffer; else empty


ToPage = BundleAnswer | SceneAnnounced | SnapshotRequest | Chunk | ChunksState
ToKernel = (
    BundleRequest
    | Ready
    | Closed
    | SnapshotTaken
    | Length
    | ChunksArrived
    | ChunksQuestion
    | TraitsChanged
)
