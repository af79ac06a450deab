"""What the panel shows on the page; `client/src/page/state.gen.ts` is generated from it."""

from __future__ import annotations

from typing import TypedDict


class PhotoLink(TypedDict):
    """What a photo has in common with another one, as the last run found."""

    number: int  # of the other photo among the chosen ones
    matches: int  # points of both that agree on the cameras
    connects: bool  # enough for cameras and depth


class PhotoItem(TypedDict):
    """A photo as the panel shows it; its picture travels in a message."""

    id: str
    name: str
    size: int  # bytes
    width: int  # of the upright photo, px
    height: int
    crop: tuple[float, float, float, float]  # left, top, right, bottom as fractions
    is_cropped: bool  # the crop is not the centred one
    number: int  # its place among the chosen photos, counted from 1; 0 if it is not chosen
    links: list[PhotoLink]  # with the other chosen photos, the most matches first
    left_out: bool  # it connects with no other


class ItemError(TypedDict):
    """A file that was refused."""

    id: str
    name: str
    reason: str
