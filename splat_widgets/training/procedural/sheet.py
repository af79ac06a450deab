"""Training pairs as a picture for people."""

from __future__ import annotations

import math

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from splat_widgets.rendering.pictures import to_uint8
from splat_widgets.training.procedural.scenes import Pairs, covisible

_TILE_PX = 160
_GAP_PX = 6
_TEXT_PX = 34
_HEADINGS = ("first photo", "second photo", "depth", "depth", "seen by both")
_UNKNOWN = (128, 128, 128)
_INK, _PAPER = (30, 30, 30), (255, 255, 255)


def sample_sheet(pairs: Pairs) -> Image.Image:
    """One row for each pair: photos, depth, and what both photos see, with the numbers below.

    Depth runs from red (near) to blue (far) on one logarithmic scale for both photos of a pair; the
    text names its ends. Grey pixels have no depth (sky, a mask, a gap of the sensor). The last tile
    shows the second photo, faded where the first one does not see its surface.
    """
    both = covisible(pairs)[:, 1]
    width = len(_HEADINGS) * (_TILE_PX + _GAP_PX) + _GAP_PX
    row_height = _TILE_PX + _TEXT_PX
    sheet = Image.new("RGB", (width, _TEXT_PX + len(pairs) * row_height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(13)
    for column, heading in enumerate(_HEADINGS):
        draw.text((_left(column), 10), heading, _INK, font)
    for row in range(len(pairs)):
        depth = pairs.depth[row].numpy(force=True)
        valid = pairs.valid[row].numpy(force=True)
        photos = [to_uint8(picture.movedim(0, -1)) for picture in pairs.images[row]]
        known = depth[valid]
        near, far = (known.min(), known.max()) if known.size else (1.0, 1.0)
        seen = both[row].numpy(force=True)[..., None]
        faded = np.where(seen, photos[1], (photos[1] // 5 + 200).astype(np.uint8))
        tiles = [
            *photos,
            *(_coloured(d, v, near, far) for d, v in zip(depth, valid, strict=True)),
            faded,
        ]
        top = _TEXT_PX + row * row_height
        for column, tile in enumerate(tiles):
            picture = Image.fromarray(tile).resize((_TILE_PX, _TILE_PX), Image.Resampling.NEAREST)
            sheet.paste(picture, (_left(column), top))
        draw.text((_GAP_PX, top + _TILE_PX + 6), _numbers(pairs, row, near, far), _INK, font)
    return sheet


def _left(column: int) -> int:
    return _GAP_PX + column * (_TILE_PX + _GAP_PX)


def _coloured(depth: np.ndarray, valid: np.ndarray, near: float, far: float) -> np.ndarray:
    """(H, W, 3) uint8."""
    span = max(math.log(far / near), 1e-6)
    share = 1 - np.log(np.where(valid, depth, near).clip(near, far) / near) / span
    bgr = cv2.applyColorMap((share * 255).round().astype(np.uint8), cv2.COLORMAP_TURBO)
    return np.where(valid[..., None], bgr[..., ::-1], np.array(_UNKNOWN, np.uint8))


def _numbers(pairs: Pairs, row: int, near: float, far: float) -> str:
    pose = pairs.T_first_camera[row, 1].double()
    metres = float(pose[:3, 3].norm())
    middle = float(pairs.depth[row, 0][pairs.valid[row, 0]].median())
    turn = math.degrees(math.acos(min(1.0, max(-1.0, float((pose[:3, :3].trace() - 1) / 2)))))
    fov = math.degrees(2 * math.atan(pairs.images.shape[-1] / 2 / float(pairs.focal_px[row])))
    return (
        f"no. {int(pairs.seeds[row])}: overlap {float(pairs.overlap[row]):.0%}, baseline "
        f"{metres:.2f} m = {metres / middle:.0%} of the median depth, turned by {turn:.0f}°, field "
        f"of view {fov:.0f}°, depth {near:.1f} to {far:.1f} m"
    )
