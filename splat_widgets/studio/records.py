"""What the strip's front end is told; `client/src/shared/state.gen.ts` is generated from it."""

from __future__ import annotations

from typing import Literal, TypedDict

Status = Literal["idle", "queued", "running", "cancelling", "done", "cancelled", "failed"]
ACTIVE = ("queued", "running", "cancelling")


class StageItem(TypedDict):
    """One stage of a run."""

    name: str
    label: str
    state: Literal["waiting", "active", "done"]
    fraction: float  # 0 to 1
    seconds: float


class RunItem(TypedDict):
    """A run as the strip shows it."""

    status: Status
    stages: list[StageItem]
    seconds: float  # since it began
    detail: str  # what it waits for while queued, or why it failed


class ResultItem(TypedDict):
    """A scene of the list."""

    id: int
    title: str
    detail: str
    count: int  # Gaussians
    name: str  # file name that saving and downloading give it
    saved: str  # file name in the output folder, or empty
    shown: bool


class MessageItem(TypedDict):
    """The last thing there was to say."""

    level: Literal["info", "error"]
    text: str
