"""What the strip shows on the page; `client/src/page/state.gen.ts` is generated from it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal, TypedDict

from splat_widgets.jobs.runner import RunState, Status

RefineChoice = Literal["auto", "on", "off"]


class VerdictItem(TypedDict):
    """What the photos say of the scene on the screen."""

    level: Literal["none", "good", "doubt"]
    text: str
    can_refine: bool  # one click would refine it


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
    detail: str  # what it waits for, or why it failed
    doubt: bool  # done, but the photos do not determine the scene


def run_item(state: RunState, doubt: bool = False) -> RunItem:
    """A state of a run, for the page."""
    return RunItem(
        status=state.status,
        stages=[StageItem(**asdict(stage)) for stage in state.stages],
        seconds=state.seconds,
        detail=state.detail,
        doubt=doubt and state.status == "done",
    )


class ResultItem(TypedDict):
    """A scene of the list."""

    id: int
    title: str
    detail: str
    count: int  # Gaussians
    name: str  # file name that saving and downloading give it
    saved: str  # file name in the output folder, or empty
    kept: str  # of its .splatscene in the output folder, or empty
    shown: bool


class MessageItem(TypedDict):
    """The last message."""

    level: Literal["info", "error"]
    text: str
