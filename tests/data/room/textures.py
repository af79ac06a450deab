"""Textures of the room, painted with noise: (H, W, 3) float64 sRGB in [0, 1], one seed each."""

from __future__ import annotations

import cv2
import numpy as np

Array = np.ndarray


def clouds(
    shape: tuple[int, int], cells: tuple[float, float], seed: int, octaves: int = 5
) -> Array:
    """(H, W) smooth fractal noise, about in [-1, 1]; `cells` are its widest features in pixels."""
    generator = np.random.default_rng(seed)
    total, weight, norm = np.zeros(shape), 1.0, 0.0
    for octave in range(octaves):
        size = [
            max(2, round(side * 2**octave / cell)) for side, cell in zip(shape, cells, strict=True)
        ]
        if min(side / count for side, count in zip(shape, size, strict=True)) < 1:
            break
        grid = generator.uniform(-1, 1, size)
        total += weight * cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC)
        norm += weight**2
        weight *= 0.6
    return total / np.sqrt(norm) * 1.3


def mix(low: tuple[float, ...], high: tuple[float, ...], share: Array) -> Array:
    """(H, W, 3) from one colour to another; `share` (H, W) is cut to [0, 1]."""
    share = np.clip(share, 0, 1)[..., None]
    return np.array(low) * (1 - share) + np.array(high) * share


def wood(
    shape: tuple[int, int], seed: int, low=(0.50, 0.34, 0.20), high=(0.86, 0.68, 0.48)
) -> Array:
    """Grain along the rows: rings seen as long waves, with fine pores."""
    height, width = shape
    warp = clouds(shape, (height * 0.4, width * 0.6), seed, 3)
    across = np.arange(height)[:, None] / height
    rings = np.sin(2 * np.pi * (7 * across + 1.6 * warp))
    pores = clouds(shape, (4, width * 0.15), seed + 1, 3)
    tone = 0.55 + 0.11 * rings + 0.20 * pores + 0.18 * clouds(shape, (height, width), seed + 2, 2)
    return mix(low, high, tone)


def floor_boards(size: int, metres: float, seed: int) -> tuple[Array, Array]:
    """Oak boards that run along the columns: colour, and height in [0, 1]."""
    generator = np.random.default_rng(seed)
    per_metre = size / metres
    grain = [wood((round(0.13 * per_metre), size), seed + k) for k in range(6)]
    colour, height = np.zeros((size, size, 3)), np.ones((size, size))
    for top in range(0, size, len(grain[0])):
        left = -int(generator.uniform(0, 1.2) * per_metre)
        while left < size:
            length = int(generator.uniform(0.7, 1.7) * per_metre)
            board = np.roll(grain[generator.integers(6)], generator.integers(size), axis=1)
            rows, columns = slice(top, top + len(board)), slice(max(left, 0), left + length)
            part = colour[rows, columns]
            board = board[: part.shape[0], : part.shape[1]] * generator.uniform(0.72, 1.12)
            colour[rows, columns] = board * generator.uniform(0.96, 1.04, 3)
            height[rows, columns][[0, -1]] = 0
            height[rows, columns][:, -2:] = 0
            left += length
    dark = cv2.GaussianBlur(height, (0, 0), 1.0)
    return np.clip(colour * (0.35 + 0.65 * dark[..., None]), 0, 1).swapaxes(0, 1), dark.T


def bricks(shape: tuple[int, int], metres_high: float, seed: int) -> tuple[Array, Array]:
    """A wall of limewashed bricks: colour, and height in [0, 1]."""
    generator = np.random.default_rng(seed)
    per_metre = shape[0] / metres_high
    row_px, brick_px, joint_px = 0.078 * per_metre, 0.225 * per_metre, 0.011 * per_metre
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    y += 0.004 * per_metre * clouds(shape, (120, 120), seed, 4)
    x += 0.005 * per_metre * clouds(shape, (120, 120), seed + 1, 4)
    row = np.floor(y / row_px)
    shifted = x / brick_px + 0.5 * (row % 2)
    column = np.floor(shifted)
    edge = np.minimum(
        np.minimum(y / row_px - row, row + 1 - y / row_px) * row_px,
        np.minimum(shifted - column, column + 1 - shifted) * brick_px,
    )
    inside = np.clip((edge - joint_px / 2) / (0.5 * joint_px), 0, 1)
    number = (row.astype(int) * 53 + column.astype(int) * 7) % 997
    tone = generator.uniform(0, 1, 997)[number]
    fired = mix(
        (0.50, 0.27, 0.19), (0.72, 0.47, 0.34), tone + 0.3 * clouds(shape, (24, 24), seed + 2)
    )
    wash = (
        0.62
        + 0.5 * clouds(shape, (260, 260), seed + 3, 6)
        + 0.35 * (generator.uniform(0, 1, 997)[number] - 0.5)
    )
    wash = np.clip(wash * 1.3, 0.12, 0.95)
    white = mix(
        (0.80, 0.75, 0.67), (0.93, 0.90, 0.84), 0.5 + 0.5 * clouds(shape, (40, 40), seed + 4)
    )
    colour = fired * (1 - wash[..., None]) + white * wash[..., None]
    mortar = mix(
        (0.62, 0.57, 0.50), (0.80, 0.76, 0.69), 0.5 + 0.5 * clouds(shape, (10, 10), seed + 5)
    )
    colour = mortar * (1 - inside[..., None]) + colour * inside[..., None]
    rough = 0.12 * clouds(shape, (14, 14), seed + 6, 4)
    return np.clip(colour, 0, 1), np.clip(inside * (0.8 + rough), 0, 1)


def plaster(size: int, colour: tuple[float, float, float], seed: int) -> tuple[Array, Array]:
    """A brushed wall, patchy and with hair cracks: colour, and height in [0, 1]."""
    shape = (size, size)
    brushed = 0.5 * clouds(shape, (6, 60), seed, 3) + 0.5 * clouds(shape, (60, 6), seed + 1, 3)
    patches = clouds(shape, (size / 5, size / 5), seed + 2, 6)
    cracks = np.exp(-((clouds(shape, (size / 3, size / 3), seed + 3, 7) / 0.006) ** 2))
    tone = 1 + 0.05 * patches + 0.035 * brushed - 0.10 * cracks
    return np.clip(np.array(colour) * tone[..., None], 0, 1), 0.5 + 0.2 * brushed - 0.3 * cracks


def weave(
    size: int, colour: tuple[float, float, float], seed: int, threads: int = 90
) -> tuple[Array, Array]:
    """Coarse cloth with slubs: colour, and height in [0, 1]."""
    y, x = np.mgrid[:size, :size] / size * threads * np.pi
    over = np.where((np.floor(x / np.pi) + np.floor(y / np.pi)) % 2, np.sin(x) ** 2, np.sin(y) ** 2)
    slubs = clouds((size, size), (size / threads, size / 6), seed, 2)
    slubs += clouds((size, size), (size / 6, size / threads), seed + 1, 2)
    tone = (
        0.80
        + 0.22 * over
        + 0.12 * slubs
        + 0.08 * clouds((size, size), (size / 3, size / 3), seed + 2)
    )
    return np.clip(np.array(colour) * tone[..., None], 0, 1), over


RUG = (
    (0.42, 0.10, 0.09),
    (0.11, 0.16, 0.27),
    (0.80, 0.70, 0.52),
    (0.62, 0.36, 0.16),
    (0.24, 0.31, 0.27),
)
KILIM = ((0.78, 0.70, 0.57), (0.66, 0.31, 0.18), (0.20, 0.28, 0.33), (0.83, 0.60, 0.28))


def ornament(shape: tuple[int, int], cells: float, palette, seed: int) -> Array:
    """Mirrored noise cut into the colours of a palette, with outlines, as knotted carpets have."""
    half = (-(-shape[0] // 2), -(-shape[1] // 2))
    level = clouds(half, (cells, cells), seed, 3) * 0.32 + 0.5
    level = np.block([[level, level[:, ::-1]], [level[::-1], level[::-1, ::-1]]])[
        : shape[0], : shape[1]
    ]
    scaled = np.clip(level, 0, 0.999) * (len(palette) + 2)
    colour = np.array(palette)[scaled.astype(int) % len(palette)]
    outline = np.abs(scaled - np.round(scaled)) < 0.07
    return np.where(outline[..., None], np.array(palette[2]) * 0.95, colour)


def rug(shape: tuple[int, int], seed: int) -> tuple[Array, Array]:
    """A knotted carpet with a field, a medallion and three borders: colour, height in [0, 1]."""
    height, width = shape
    y, x = np.mgrid[:height, :width]
    field = ornament(shape, height / 9, RUG, seed)
    round_ = np.hypot((x / width - 0.5) / 0.30, (y / height - 0.5) / 0.33)
    wavy = round_ + 0.06 * np.cos(16 * np.arctan2(y / height - 0.5, x / width - 0.5))
    field = np.where(
        (wavy < 1)[..., None], ornament(shape, height / 14, RUG[1:] + RUG[:1], seed + 1), field
    )
    field = np.where((np.abs(wavy - 1) < 0.035)[..., None], np.array(RUG[2]), field)
    edge = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y)) / height
    border = ornament((height // 6, height // 6), height / 26, RUG[3:] + RUG[:3], seed + 2)
    tiled = np.tile(border, (7, 1 + width * 6 // height, 1))[:height, :width]
    field = np.where((edge < 0.15)[..., None], tiled, field)
    for at, colour in ((0.155, 2), (0.135, 1), (0.035, 2), (0.02, 0)):
        field = np.where((np.abs(edge - at) < 0.008)[..., None], np.array(RUG[colour]), field)
    field = np.where((edge < 0.014)[..., None], np.array(RUG[1]), field)
    knots = np.random.default_rng(seed + 3).normal(0, 1, shape)
    knots = 0.6 * knots + 0.8 * clouds(shape, (3, 20), seed + 4, 2)
    worn = 0.06 * clouds(shape, (height / 3, height / 3), seed + 5)
    return np.clip(
        field * (1 + 0.09 * knots + worn)[..., None] + 0.02 * worn[..., None], 0, 1
    ), 0.5 + 0.25 * knots


def kilim(size: int, seed: int) -> tuple[Array, Array]:
    """Cloth of a cushion: bands of zigzags and lozenges."""
    cloth, height = weave(size, (1, 1, 1), seed, 70)
    y, x = np.mgrid[:size, :size] / size
    zigzag = np.abs((x * 7) % 1 - 0.5) * 0.12
    band = np.floor((y + zigzag) * 12).astype(int)
    lozenge = np.abs((x * 7) % 1 - 0.5) * 2 + np.abs((y * 12) % 1 - 0.5) * 2 < 0.5
    order = np.random.default_rng(seed).permutation(64) % 4
    which = (order[band % 64] + lozenge) % 4
    return np.clip(np.array(KILIM)[which] * cloth, 0, 1), height


def stripes(size: int, first, second, seed: int) -> tuple[Array, Array]:
    """Striped cloth of a cushion or a throw."""
    cloth, height = weave(size, (1, 1, 1), seed, 90)
    x = np.arange(size) / size
    on = ((x * 9) % 1 < 0.45) | ((x * 9) % 1 > 0.94)
    colour = np.where(on[None, :, None], np.array(first), np.array(second))
    return np.clip(colour * cloth, 0, 1), height


def leaf(size: int, seed: int) -> Array:
    """A leaf along the columns: pale midrib, side veins, blotches."""
    y, x = np.mgrid[:size, :size] / size
    off = np.abs(x - 0.5) * 2
    veins = np.exp(-((((y * 9 - off * 2.2) % 1) - 0.5) ** 2) / 0.006) * (off > 0.06)
    tone = 0.45 + 0.3 * clouds((size, size), (size / 4, size / 4), seed) + 0.1 * off
    green = mix((0.13, 0.30, 0.09), (0.42, 0.60, 0.24), tone)
    pale = np.clip(np.exp(-((off / 0.07) ** 2)) + 0.4 * veins, 0, 1)[..., None]
    return green * (1 - 0.6 * pale) + np.array((0.62, 0.72, 0.42)) * 0.6 * pale
