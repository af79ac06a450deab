"""Messages between a comparison and its pages. `view` is a page's id for one drawn comparison.

A page sends a request again until it is answered. `problem` says why there is no answer; else it
is empty.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from splat_widgets.comparison.records import MapsFound, NumbersFound, PictureFound
from splat_widgets.page.messages import (
    BundleAnswer,
    BundleRequest,
    ChunksQuestion,
    ChunksState,
    TraitsChanged,
)
from splat_widgets.scene.framing import CameraState


class PictureWanted(TypedDict):
    """The pair is to be rendered and compared."""

    kind: Literal["picture"]
    view: str
    request: str
    pair: list[int]  # places of the two
    camera: CameraState  # in the first scene's frame
    width: int  # px
    height: int  # px


class MapsWanted(TypedDict):
    """An attribute of the pair is to be compared."""

    kind: Literal["maps"]
    view: str
    request: str
    pair: list[int]
    attribute: str


class NumbersWanted(TypedDict):
    """The statistics of all scenes."""

    kind: Literal["numbers"]
    view: str
    request: str


class PictureCompared(TypedDict):
    """Answers `PictureWanted`: JPEGs of the first, of the second, a PNG of the error."""

    kind: Literal["picture"]
    view: str
    request: str
    problem: str
    found: PictureFound | None


class MapsCompared(TypedDict):
    """Answers `MapsWanted`: one PNG for each map."""

    kind: Literal["maps"]
    view: str
    request: str
    problem: str
    found: MapsFound | None


class NumbersCompared(TypedDict):
    """Answers `NumbersWanted`."""

    kind: Literal["numbers"]
    view: str
    request: str
    problem: str
    found: NumbersFound | None


ToPage = BundleAnswer | ChunksState | PictureCompared | MapsCompared | NumbersCompared
ToKernel = (
    BundleRequest | TraitsChanged | ChunksQuestion | PictureWanted | MapsWanted | NumbersWanted
)
