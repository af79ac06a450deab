"""What the panel shows on the page; `client/src/page/state.gen.ts` is generated from it."""

from __future__ import annotations

from typing import TypedDict


class PhotoItem(TypedDict):
    """A photo as the panel shows it; its picture travels in a message."""

    id: str
    name: str
    size: int  # bytes
    width: int  # of the upright photo, px
    height: int
    crop: tuple[float, float, float, float]  # left, top, right, bottom as fractions
    number: int  # its place among the chosen photos, counted from 1; 0 if it is not chosen


class ItemError(TypedDict):
    """A file that was refused."""

    id: str
    name: str
    reason: str
