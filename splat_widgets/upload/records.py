"""What the panel's front end is told; `client/src/shared/state.gen.ts` is generated from it."""

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
    pair: int  # 1 or 2 if it is part of the scene, else 0


class ItemError(TypedDict):
    """A file that was not taken."""

    id: str
    name: str
    reason: str
