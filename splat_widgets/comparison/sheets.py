"""Pictures with names over them, as one picture: what a saved notebook keeps of a comparison."""

from __future__ import annotations

import io
from collections.abc import Sequence
from math import ceil

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from splat_widgets.attributes.colormaps import Colormap, colormap

_GAP_PX, _LINE_PX, _FONT_PX, _BAR_PX = 8, 20, 13, 14
_PAPER, _INK = (255, 255, 255), (40, 44, 50)


def sheet(pictures: Sequence[np.ndarray], names: Sequence[str], headline: str = "") -> Image.Image:
    """Pictures in rows of up to three, each below its name, on white.

    Args:
        pictures: (H, W, 3) uint8 each; every cell is as large as the largest.
        names: one for each.
        headline: over all of them.
    """
    across = min(3, len(pictures))
    top = _LINE_PX if headline else 0
    height = max(picture.shape[0] for picture in pictures) + _LINE_PX
    width = max(picture.shape[1] for picture in pictures)
    rows = ceil(len(pictures) / across)
    size = (across * (width + _GAP_PX) - _GAP_PX, top + rows * (height + _GAP_PX) - _GAP_PX)
    page = Image.new("RGB", size, _PAPER)
    write(page, (0, 0), headline, size[0])
    for place, (picture, name) in enumerate(zip(pictures, names, strict=True)):
        x = place % across * (width + _GAP_PX)
        y = top + place // across * (height + _GAP_PX)
        write(page, (x, y), name, width)
        page.paste(Image.fromarray(picture), (x, y + _LINE_PX))
    return page


def with_bar(picture: np.ndarray, name: Colormap, low: float, high: float) -> np.ndarray:
    """A picture above the bar of its colours, with the values at both ends and in the middle.

    Args:
        picture: (H, W, 3) uint8.
        name: of the colours.
        low: value of the first colour.
        high: value of the last one.
    """
    height, width = picture.shape[:2]
    page = Image.new("RGB", (width, height + _BAR_PX + _LINE_PX), _PAPER)
    page.paste(Image.fromarray(picture))
    ramp = Image.fromarray(colormap(name)[None]).resize((width, _BAR_PX - 4))
    page.paste(ramp, (0, height + 4))
    font, draw = ImageFont.load_default(_FONT_PX - 2), ImageDraw.Draw(page)
    for share, anchor in ((0.0, "la"), (0.5, "ma"), (1.0, "ra")):
        at = (share * width, height + _BAR_PX + 3)
        draw.text(at, f"{low + share * (high - low):.3g}", _INK, font, anchor)
    return np.asarray(page)


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
