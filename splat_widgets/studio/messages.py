"""Messages between the studio's strip and its page; `id` is a scene's number in the list."""

from __future__ import annotations

from typing import Literal, TypedDict

from splat_widgets.page.messages import (
    BundleAnswer,
    BundleRequest,
    Chunk,
    ChunksArrived,
    ChunksQuestion,
)
from splat_widgets.studio.records import RefineChoice
from splat_widgets.upload.messages import FileBegin, FileCancel, FileToPage


class Generate(TypedDict):
    """Start a run."""

    kind: Literal["generate"]


class CancelRun(TypedDict):
    """Stop the run."""

    kind: Literal["cancel"]


class RefineChosen(TypedDict):
    """Whether the next runs refine."""

    kind: Literal["refine"]
    choice: RefineChoice


class RefineNow(TypedDict):
    """Make the scene of the chosen photos again, refined."""

    kind: Literal["refine_now"]


class StartOver(TypedDict):
    """Remove the photos and empty the viewer."""

    kind: Literal["reset"]


class ShowScene(TypedDict):
    """Put a scene in the viewer."""

    kind: Literal["show"]
    id: int


class SaveScene(TypedDict):
    """Write a scene to the output folder."""

    kind: Literal["save"]
    id: int


class KeepScene(TypedDict):
    """Write all of a scene to the output folder, as a `.splatscene`."""

    kind: Literal["keep"]
    id: int


class ForgetScene(TypedDict):
    """Remove a scene from the list."""

    kind: Literal["forget"]
    id: int


class OpenSaved(TypedDict):
    """Open a scene of the output folder."""

    kind: Literal["open_saved"]
    name: str


class DownloadWanted(TypedDict):
    """Send a scene's file in a format of `SCENE_FORMATS`; `request` names the transfer."""

    kind: Literal["download"]
    id: int
    format: str
    request: str


class DownloadBegins(TypedDict):
    """A file's chunks follow."""

    kind: Literal["download"]
    request: str
    name: str
    size: int  # bytes
    chunks: int


class DownloadFailed(TypedDict):
    """The file could not be made; the strip shows why."""

    kind: Literal["download_failed"]
    request: str


ToPage = BundleAnswer | FileToPage | Chunk | DownloadBegins | DownloadFailed
ToKernel = (
    BundleRequest
    | FileBegin
    | FileCancel
    | Chunk
    | ChunksArrived
    | ChunksQuestion
    | Generate
    | CancelRun
    | RefineChosen
    | RefineNow
    | StartOver
    | ShowScene
    | SaveScene
    | KeepScene
    | ForgetScene
    | OpenSaved
    | DownloadWanted
)
