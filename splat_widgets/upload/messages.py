"""What the upload panel and its page say to each other; the file transfer serves the studio too."""

from __future__ import annotations

from typing import Literal, TypedDict

from splat_widgets.page.messages import (
    BundleAnswer,
    BundleRequest,
    Chunk,
    ChunksQuestion,
    ChunksState,
)


class FileBegin(TypedDict):
    """A file is to be sent; `id` names its transfer too."""

    kind: Literal["file_begin"]
    id: str
    name: str
    size: int  # bytes


class FileReady(TypedDict):
    """The kernel takes the file's chunks."""

    kind: Literal["file_ready"]
    id: str
    chunk_bytes: int


class FileCancel(TypedDict):
    """The page sends no more of the file."""

    kind: Literal["file_cancel"]
    id: str


class FileDone(TypedDict):
    """The kernel has accepted the file."""

    kind: Literal["file_done"]
    id: str


class FileFailed(TypedDict):
    """The kernel refuses the file."""

    kind: Literal["file_failed"]
    id: str
    reason: str  # to be read after the file's name
    retryable: bool  # the fault lies in the transfer, not in the file


class ThumbnailsWanted(TypedDict):
    """The page has no picture of these photos."""

    kind: Literal["thumbnails"]
    ids: list[str]


class Thumbnail(TypedDict):
    """A small picture of a photo, as the one JPEG buffer."""

    kind: Literal["thumbnail"]
    id: str


class MovePhoto(TypedDict):
    """The user moved a photo."""

    kind: Literal["move"]
    id: str
    to: int  # position in the list


class RemovePhoto(TypedDict):
    """The user removed a photo."""

    kind: Literal["remove"]
    id: str


class TogglePhoto(TypedDict):
    """The user added a photo to the choice, or removed it."""

    kind: Literal["toggle"]
    id: str


class CropPhoto(TypedDict):
    """The user moved or resized a photo's crop, or reset it."""

    kind: Literal["crop"]
    id: str
    crop: tuple[float, float, float] | None  # left, top, side in px of the upright photo


class ResetPanel(TypedDict):
    """The user removed all photos and messages."""

    kind: Literal["reset"]


class FileRefused(TypedDict):
    """The page refused a file and did not send it."""

    kind: Literal["refused"]
    id: str
    name: str
    reason: str


class DismissProblem(TypedDict):
    """The user dismissed the message about a refused file."""

    kind: Literal["dismiss"]
    id: str | None  # None: all


class FoldPanel(TypedDict):
    """Show the photos small, or large again."""

    kind: Literal["fold"]
    folded: bool


class QueueLength(TypedDict):
    """How many files are still to come."""

    kind: Literal["queue"]
    count: int


FileToPage = FileReady | ChunksState | FileDone | FileFailed
ToPage = BundleAnswer | FileToPage | Thumbnail
ToKernel = (
    BundleRequest
    | FileBegin
    | FileCancel
    | Chunk
    | ChunksQuestion
    | ThumbnailsWanted
    | MovePhoto
    | RemovePhoto
    | TogglePhoto
    | CropPhoto
    | ResetPanel
    | FileRefused
    | DismissProblem
    | QueueLength
    | FoldPanel
)
