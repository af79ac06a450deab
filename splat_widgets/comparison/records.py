"""Records that the comparison's Python and TypeScript share."""

from __future__ import annotations

from typing import Literal, TypedDict

Mode = Literal["grid", "blink", "wipe"]


class PictureFound(TypedDict):
    """How two pictures differ."""

    titles: tuple[str, str]
    width: int  # px
    height: int  # px
    psnr: float | None  # dB; None for equal pictures
    ssim: float
    covered: float  # share of the pixels that both scenes cover by more than half
    psnr_covered: float | None  # of those pixels
    ssim_covered: float | None
    high: float  # upper end of the error's colours, which begin at 0
    colormap: str


class ComparedNumbers(TypedDict):
    """An attribute of one scene, or its difference, in numbers; None where no value is finite."""

    title: str
    count: int
    p1: float | None
    median: float | None
    p99: float | None
    mean: float | None


class MapsFound(TypedDict):
    """How an attribute differs: second minus first."""

    attribute: str
    label: str
    unit: str
    rows: list[ComparedNumbers]  # of the first, of the second, of the difference
    photos: list[str]  # a name for each map
    low: float  # ends of colours and histogram
    high: float
    colormap: str
    edges: list[float]
    counts: list[int]
    outside: int  # values beyond the histogram
    lack: str  # why no pixels are compared; else empty


class NumbersRow(TypedDict):
    """One attribute of every scene."""

    name: str
    label: str
    unit: str
    cells: list[ComparedNumbers]  # one for each scene


class NumbersFound(TypedDict):
    """The scenes in numbers."""

    titles: list[str]
    rows: list[NumbersRow]
