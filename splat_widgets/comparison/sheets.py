"""Pictures with names over them, as one picture: what a saved notebook keeps of a comparison."""

from __future__ import annotations

import io
from collections.abc import Sequence
from math import ceil

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_GAP_PX, _LINE_PX, _FONT_PX = 8, 20, 13
_PAPER, _INK = (255, 255, 255), (40, 44, 50)


def sheet(
    pictures: Sequence[np.ndarray], names: Sequence[str], columns: int | None = None
) -> Image.Image:
    """Pictures in rows, each below its name, on white.

    Args:
        pictures: (H, W, 3) uint8 each; every cell is as large as the largest.
        names: one for each.
        columns: pictures in a row; None: up to three.
    """
    across = columns or min(3, len(pictures))
    height = max(picture.shape[0] for picture in pictures) + _LINE_PX
    width = max(picture.shape[1] for picture in pictures)
    rows = ceil(len(pictures) / across)
    size = (across * (width + _GAP_PX) - _GAP_PX, rows * (height + _GAP_PX) - _GAP_PX)
    page = Image.new("RGB", size, _PAPER)
    for place, (picture, name) in enumerate(zip(pictures, names, strict=True)):
        x = place % across * (width + _GAP_PX)
        y = place // across * (height + _GAP_PX)
        write(page, (x, y), name, width)
        page.paste(Image.fromarray(picture), (x, y + _LINE_PX))
    return page


def write(page: Image.Image, at: tuple[int, int], text: str, room_px: int) -> None:
    """A line of text with its upper left corner at a place, cut to its room."""
    font, draw = ImageFont.load_default(_FONT_PX), ImageDraw.Draw(page)
    shown = text
    while shown and draw.textlength(shown, font) > room_px:
        text = text[:-1]
        shown = f"{text}…"
    draw.text(at, shown, _INK, font)


def jpeg(page: Image.Image) -> bytes:
    """A JPEG file."""
    file = io.BytesIO()
    page.save(file, "JPEG", quality=85)
    return file.getvalue()


def png(page: Image.Image) -> bytes:
    """A PNG file."""
    file = io.BytesIO()
    page.save(file, "PNG")
    return file.getvalue()


def opened(data: bytes) -> np.ndarray:
    """(H, W, 3) uint8 of a picture of ours."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
