"""Pictures within the picture: paintings for the walls, spines of books, a garden outside."""

from __future__ import annotations

import cv2
import numpy as np
from textures import Array, clouds, mix

_SYLLABLES = "LA MO RI TE NO VA SEN DOR EL MIR KA LUN BER TI OS AN FEL GRA HU".split()


def mountains(shape: tuple[int, int], seed: int) -> Array:
    """Ridges in the haze of an evening."""
    height, width = shape
    y = np.arange(height)[:, None] / height
    sky = mix(
        (0.96, 0.72, 0.42),
        (0.42, 0.52, 0.66),
        1.1 - 1.8 * y + 0.25 * clouds(shape, (60, 300), seed),
    )
    sun = np.hypot(
        np.arange(width)[None] - 0.64 * width, np.arange(height)[:, None] - 0.36 * height
    )
    picture = np.where((sun < 0.06 * height)[..., None], np.array((1.0, 0.90, 0.68)), sky)
    for layer in range(6):
        ridge = (
            0.40
            + 0.10 * layer
            + 0.10 * clouds((2, width), (2, width / (2 + layer)), seed + layer, 7)[0]
        )
        near = layer / 5
        tone = 0.5 + 0.3 * clouds(shape, (20, 60), seed + 10 + layer)
        rock = mix(
            (0.50 - 0.42 * near, 0.44 - 0.32 * near, 0.50 - 0.36 * near),
            (0.72 - 0.46 * near, 0.58 - 0.30 * near, 0.56 - 0.34 * near),
            tone,
        )
        picture = np.where((y > ridge[None])[..., None], rock, picture)
    return _canvas(picture, seed)


def chart(shape: tuple[int, int], seed: int) -> Array:
    """An old map: coasts, contour lines, a graticule."""
    land = clouds(shape, (shape[0] / 2, shape[0] / 2), seed, 7)
    sea = mix((0.58, 0.68, 0.66), (0.72, 0.78, 0.72), 0.5 + land * 3)
    earth = mix((0.86, 0.79, 0.60), (0.60, 0.52, 0.34), land * 1.4)
    picture = np.where((land > 0.05)[..., None], earth, sea)
    lines = np.abs((land * 14) % 1 - 0.5) < 0.06
    picture = np.where(lines[..., None], picture * 0.72, picture)
    picture = np.where(
        (np.abs(land - 0.05) < 0.012)[..., None], np.array((0.28, 0.20, 0.12)), picture
    )
    for k in range(1, 6):
        picture[shape[0] * k // 6] *= 0.7
        picture[:, shape[1] * k // 6] *= 0.7
    generator = np.random.default_rng(seed)
    for _ in range(14):
        place = generator.uniform(0.05, 0.8, 2) * shape[::-1]
        _write(picture, _name(generator), place, 0.45, (0.2, 0.13, 0.08))
    return _canvas(picture, seed)


def still_life(shape: tuple[int, int], seed: int) -> Array:
    """Overlapping discs and bars in muted colours."""
    generator = np.random.default_rng(seed)
    picture = mix((0.80, 0.72, 0.58), (0.90, 0.85, 0.74), 0.5 + 0.5 * clouds(shape, (90, 90), seed))
    colours = np.array(
        [
            (0.72, 0.30, 0.18),
            (0.18, 0.27, 0.36),
            (0.85, 0.62, 0.24),
            (0.33, 0.40, 0.30),
            (0.12, 0.11, 0.12),
        ]
    )
    y, x = np.mgrid[: shape[0], : shape[1]] / shape[0]
    for number in range(16):
        cx, cy = generator.uniform(0.1, 0.9) * shape[1] / shape[0], generator.uniform(0.1, 0.9)
        radius = generator.uniform(0.05, 0.24)
        if number % 3:
            hit = np.hypot(x - cx, y - cy) < radius
        else:
            turn = generator.uniform(0, np.pi)
            along, off = (
                (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn),
                (y - cy) * np.cos(turn) - (x - cx) * np.sin(turn),
            )
            hit = (np.abs(along) < 0.3) & (np.abs(off) < radius / 4)
        strokes = 1 + 0.16 * clouds(shape, (5, 40), seed + number, 2)
        paint = colours[generator.integers(len(colours))] * strokes[..., None]
        picture = np.where(hit[..., None], 0.22 * picture + 0.78 * paint, picture)
    return _canvas(picture, seed)


def herbarium(shape: tuple[int, int], seed: int) -> Array:
    """A pressed plant on paper, with its name."""
    generator = np.random.default_rng(seed)
    picture = mix((0.86, 0.80, 0.67), (0.93, 0.89, 0.78), 0.5 + 0.4 * clouds(shape, (60, 60), seed))
    height, width = shape
    for t in np.linspace(0.12, 0.86, 22):
        foot = np.array((width * (0.5 + 0.06 * np.sin(5 * t)), height * t))
        for side in (-1, 1):
            angle = side * generator.uniform(35, 60) - 90
            size = height * 0.15 * (0.45 + t * 0.8) * generator.uniform(0.8, 1.1)
            centre = foot + size * np.array((np.cos(np.radians(angle)), np.sin(np.radians(angle))))
            green = np.array((0.22, 0.32, 0.16)) * generator.uniform(0.7, 1.3)
            axes = (int(size), int(size * 0.22))
            cv2.ellipse(
                picture, tuple(map(int, centre)), axes, angle, 0, 360, tuple(green), -1, cv2.LINE_AA
            )
            cv2.line(
                picture,
                tuple(map(int, foot)),
                tuple(map(int, 2 * centre - foot)),
                (0.55, 0.58, 0.36),
                1,
                cv2.LINE_AA,
            )
    cv2.line(
        picture,
        (width // 2, height // 10),
        (width // 2, int(height * 0.92)),
        (0.30, 0.25, 0.14),
        3,
        cv2.LINE_AA,
    )
    _write(
        picture, _name(generator), np.array((0.3 * width, 0.965 * height)), 0.6, (0.2, 0.15, 0.1)
    )
    return _canvas(picture, seed)


def spines(cells: tuple[int, int], seed: int) -> Array:
    """An atlas of book spines, cells of 256 x 64 px: cloth, bands, a name up the spine."""
    generator = np.random.default_rng(seed)
    rows, columns = cells
    cloth = np.array(
        [
            (0.52, 0.13, 0.11),
            (0.12, 0.22, 0.34),
            (0.16, 0.30, 0.22),
            (0.74, 0.62, 0.40),
            (0.85, 0.82, 0.74),
            (0.80, 0.45, 0.16),
            (0.20, 0.18, 0.19),
            (0.45, 0.36, 0.28),
            (0.36, 0.48, 0.52),
            (0.62, 0.50, 0.16),
        ]
    )
    atlas = np.zeros((rows * 256, columns * 64, 3))
    for row in range(rows):
        for column in range(columns):
            lying = np.zeros((64, 256, 3)) + cloth[
                generator.integers(len(cloth))
            ] * generator.uniform(0.7, 1.15)
            ink = (0.90, 0.80, 0.52) if lying.mean() < 0.5 else (0.20, 0.14, 0.10)
            for at in generator.choice(
                [12, 20, 28, 222, 232, 242], generator.integers(1, 5), False
            ):
                lying[:, at : at + generator.integers(2, 6)] = ink
            if generator.random() < 0.3:
                lying[:, 190:214] = cloth[generator.integers(len(cloth))]
            text = f"{_name(generator)} {_name(generator)}"[:12]
            _write(lying, text, np.array((44, 42)), generator.uniform(0.6, 0.8), ink, 2)
            lying *= (
                1 + 0.08 * clouds((64, 256), (8, 8), int(generator.integers(1 << 30)), 3)[..., None]
            )
            atlas[row * 256 :][:256, column * 64 :][:, :64] = np.rot90(lying)
    return np.clip(atlas, 0, 1)


def garden(shape: tuple[int, int], seed: int) -> Array:
    """What stands outside the window, out of focus: sky, trees, a hedge, a lawn."""
    height = shape[0]
    y = np.arange(height)[:, None] / height + 0 * clouds(shape, (4, 4), seed, 1)
    picture = mix(
        (0.74, 0.84, 0.96), (0.95, 0.97, 1.0), 0.2 + y * 1.5 + 0.3 * clouds(shape, (90, 240), seed)
    )
    for layer, (base, spread) in enumerate(((0.42, 0.30), (0.52, 0.18), (0.70, 0.06))):
        crown = (
            base
            + spread * clouds((2, shape[1]), (2, shape[1] / (4 + 3 * layer)), seed + layer, 6)[0]
        )
        crown = crown[None] + 0.03 * clouds(shape, (14, 14), seed + 5 + layer, 3)
        light = 0.5 + 0.5 * clouds(shape, (26, 26), seed + 9 + layer, 4)
        green = mix((0.16, 0.27, 0.10), (0.62, 0.70, 0.36), light - 0.15 * layer)
        picture = np.where((y > crown)[..., None], green, picture)
    lawn = mix(
        (0.40, 0.52, 0.20), (0.66, 0.72, 0.36), 0.5 + 0.4 * clouds(shape, (12, 60), seed + 20)
    )
    picture = np.where((y > 0.84)[..., None], lawn, picture)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), height / 300), 0, 1)


def _canvas(picture: Array, seed: int) -> Array:
    grain = 1 + 0.05 * clouds(picture.shape[:2], (3, 3), seed + 99, 2)
    return np.clip(picture * grain[..., None], 0, 1)


def _name(generator: np.random.Generator) -> str:
    return "".join(generator.choice(_SYLLABLES, generator.integers(2, 4)))


def _write(picture: Array, text: str, place: Array, size: float, colour, width: int = 1) -> None:
    ink = np.zeros(picture.shape[:2], np.uint8)
    at = (int(place[0]), int(place[1]))
    cv2.putText(ink, text, at, cv2.FONT_HERSHEY_DUPLEX, size, (255,), width, cv2.LINE_AA)
    share = ink[..., None] / 255
    picture[:] = picture * (1 - share) + np.array(colour) * share
