"""What stands in the room: (mesh, name of its material) pairs, in place."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from shapes import (
    Mesh,
    box,
    curtain,
    grid,
    joined,
    leaf,
    rectangle,
    rod,
    soft_box,
    turned,
    turned_surface,
)

Part = tuple[Mesh, str]

LEFT, RIGHT, BACK, FRONT, TOP = -2.4, 2.4, 4.9, -1.2, 2.7  # the walls, metres
WINDOW = (2.75, 4.15, 0.90, 2.25)  # y from, y to, z from, z to, in the left wall
SPINES = (8, 16)  # rows and columns of the atlas of book spines


def shell() -> Iterator[Part]:
    """Floor, walls, ceiling, beams and skirting."""
    width, length = RIGHT - LEFT, BACK - FRONT
    yield (
        _scaled(rectangle([LEFT, FRONT, 0], [width, 0, 0], [0, length, 0]), width, length),
        "floor",
    )
    yield rectangle([LEFT, BACK, 0], [width, 0, 0], [0, 0, TOP]), "bricks"
    yield _scaled(rectangle([RIGHT, BACK, 0], [0, -length, 0], [0, 0, TOP]), length, TOP), "plaster"
    yield (
        _scaled(rectangle([LEFT, FRONT, TOP], [0, length, 0], [width, 0, 0]), length, width),
        "ceiling",
    )
    y0, y1, z0, z1 = WINDOW
    for low, high, bottom, top in (
        (FRONT, y0, 0, TOP),
        (y1, BACK, 0, TOP),
        (y0, y1, 0, z0),
        (y0, y1, z1, TOP),
    ):
        yield (
            box(0.24, high - low, top - bottom).at(LEFT - 0.12, (low + high) / 2, bottom),
            "plaster",
        )
    for y in (0.6, 2.2, 3.8):
        yield box(width, 0.16, 0.14).at(0, y, TOP - 0.14), "dark_wood_across"
    yield box(width, 0.02, 0.11).at(0, BACK - 0.01, 0), "white"
    yield box(0.02, length, 0.11).at(LEFT + 0.01, (BACK + FRONT) / 2, 0), "white"
    yield box(0.02, length, 0.11).at(RIGHT - 0.01, (BACK + FRONT) / 2, 0), "white"


def window() -> Iterator[Part]:
    """Frame, glazing bars, sill, curtains on a rod, and pots on the sill."""
    y0, y1, z0, z1 = WINDOW
    x, middle = LEFT - 0.10, (y0 + y1) / 2
    for y in (y0 + 0.03, middle, y1 - 0.03):
        yield box(0.06, 0.06, z1 - z0).at(x, y, z0), "white"
    for z in (z0, z1 - 0.06):
        yield box(0.06, y1 - y0, 0.06).at(x, middle, z), "white"
    for y in (y0 + 0.25 * (y1 - y0), y0 + 0.75 * (y1 - y0)):
        yield box(0.03, 0.025, z1 - z0).at(x, y, z0), "white"
    for z in (z0 + 0.47, z0 + 0.94):
        yield box(0.03, y1 - y0, 0.025).at(x, middle, z), "white"
    yield box(0.36, y1 - y0 + 0.16, 0.035).at(LEFT + 0.02, middle, z0 - 0.02), "light_wood"
    yield curtain(0.46, 2.28, 5, 0.045, 1).at(LEFT + 0.13, y0 - 0.44, 0.08), "linen"
    yield curtain(0.46, 2.28, 5, 0.045, 2).at(LEFT + 0.13, y1 - 0.02, 0.08), "linen"
    yield rod([LEFT + 0.13, y0 - 0.6, 2.38], [LEFT + 0.13, y1 + 0.6, 2.38], 0.014), "brass"
    pots = (
        (y0 + 0.22, 0.060, "terracotta", 41),
        (y0 + 0.55, 0.050, "glaze", 42),
        (y1 - 0.3, 0.065, "terracotta", 43),
    )
    for y, radius, clay, seed in pots:
        yield pot(radius, 1.7 * radius).at(LEFT + 0.06, y, z0 + 0.015), clay
        green = bush(46, 0.10, 0.14 + 0.4 * radius, seed)
        yield green.at(LEFT + 0.06, y, z0 + 0.015 + 1.6 * radius), "leaf"


def sofa(x: float, y: float) -> Iterator[Part]:
    """A sofa that faces the viewer, with cushions and a throw."""
    yield soft_box((1.95, 0.86, 0.30), 0.05).at(x, y, 0.13), "sofa"
    yield soft_box((1.95, 0.24, 0.50), 0.09).at(x, y + 0.33, 0.36), "sofa"
    for side in (-1, 1):
        yield soft_box((0.22, 0.88, 0.36), 0.09).at(x + side * 0.93, y, 0.28), "sofa"
        yield (
            soft_box((0.82, 0.62, 0.15), 0.06, bulge=0.025).at(x + side * 0.41, y - 0.10, 0.42),
            "sofa",
        )
        back = soft_box((0.80, 0.20, 0.42), 0.08, bulge=0.04).leaning(0, -12)
        yield back.at(x + side * 0.41, y + 0.17, 0.56), "sofa"
        for front in (-0.36, 0.36):
            yield box(0.05, 0.05, 0.14).at(x + side * 0.88, y + front, 0), "dark_wood"
    pillow = soft_box((0.44, 0.13, 0.42), 0.05, 13, bulge=0.05)
    yield pillow.leaning(0, -20).at(x - 0.62, y - 0.03, 0.57, 16), "kilim"
    yield pillow.leaning(0, -24).at(x - 0.26, y - 0.07, 0.56, -6), "mustard"
    yield pillow.leaning(0, -20).at(x + 0.60, y - 0.03, 0.57, -15), "stripes"
    yield throw(0.62, 1.0).at(x + 0.98, y - 0.02, 0.655), "wool"


def throw(width: float, length: float) -> Mesh:
    """A blanket laid over an arm along x, hanging down on both sides, with soft waves."""
    s, t = np.meshgrid(np.linspace(-0.5, 0.5, 60), np.linspace(-0.5, 0.5, 40))
    along = s * length
    flat = 0.11
    over = np.clip(along, -flat, flat)
    fall = np.abs(along) - flat
    wave = 0.012 * np.sin(t * 31 + 2 * s) * np.clip(fall / 0.2, 0, 1)
    x = over + np.sign(along) * (0.012 + wave) * np.clip(fall / 0.03, 0, 1)
    z = -np.clip(fall, 0, None) + 0.006 * np.sin(t * 23)
    return grid(
        np.stack([x, t * width + 0.02 * np.sin(9 * s), z], -1),
        np.stack([s * length, t * width], -1),
    )


def coffee_table(x: float, y: float) -> Iterator[Part]:
    """A low table with books, a bowl of oranges, a cup and a vase of twigs."""
    yield soft_box((1.05, 0.58, 0.045), 0.012).at(x, y, 0.375), "walnut"
    yield soft_box((0.92, 0.46, 0.02), 0.006).at(x, y, 0.13), "walnut"
    for a in (-0.47, 0.47):
        for b in (-0.24, 0.24):
            yield box(0.045, 0.045, 0.38).at(x + a, y + b, 0), "walnut"
    for k, turn in enumerate((8, -6, 15)):
        yield (
            book(7 * k + 3, 0.20 - 0.012 * k, 0.27 - 0.02 * k, 0.032, lying=True).at(
                x - 0.28, y - 0.05, 0.42 + 0.033 * k, turn
            ),
            "spines",
        )
    for k, turn in enumerate((3, -8)):
        yield (
            book(5 * k + 41, 0.22, 0.29, 0.04, lying=True).at(x + 0.1, y, 0.15 + 0.041 * k, turn),
            "spines",
        )
    yield bowl(0.14, 0.075).at(x + 0.12, y + 0.03, 0.42), "glaze"
    for k in range(5):
        angle = 2 * np.pi * k / 5
        high = 0.475 if k else 0.53
        spread = 0.066 if k else 0.0
        fruit = soft_box((0.076, 0.074, 0.07), 0.0349, 9)
        yield (
            fruit.at(
                x + 0.12 + spread * np.cos(angle), y + 0.03 + spread * np.sin(angle), high - 0.03
            ),
            "orange",
        )
    cup = turned_surface(
        [
            (0.0, 0.004),
            (0.03, 0.0),
            (0.038, 0.03),
            (0.041, 0.085),
            (0.037, 0.085),
            (0.033, 0.02),
            (0, 0.012),
        ]
    )
    yield cup.at(x + 0.37, y - 0.12, 0.42), "cream_glaze"
    vase = [
        (0.0, 0.0),
        (0.05, 0.0),
        (0.075, 0.07),
        (0.06, 0.15),
        (0.028, 0.20),
        (0.036, 0.23),
        (0.028, 0.23),
        (0.02, 0.19),
    ]
    yield turned_surface(vase).at(x + 0.40, y + 0.16, 0.42), "blue_glaze"
    yield twigs(9, 0.34, 5).at(x + 0.40, y + 0.16, 0.63), "dry"


def bookcase(x: float, y: float, seed: int) -> Iterator[Part]:
    """An open case that faces the viewer: five shelves of books and things."""
    generator = np.random.default_rng(seed)
    wide, deep, high, board = 1.10, 0.30, 2.05, 0.024
    for side in (-1, 1):
        yield box(board, deep, high).at(x + side * wide / 2, y, 0), "light_wood"
    yield box(wide, 0.012, high).at(x, y + deep / 2 - 0.006, 0), "light_wood"
    levels = (0.06, 0.45, 0.84, 1.22, 1.60, high - board)
    for level in levels:
        yield box(wide, deep, board).at(x, y, level), "light_wood"
    number = 0
    books: list[Mesh] = []
    for shelf, level in enumerate(levels[:-1]):
        at, end = x - wide / 2 + 0.03, x + wide / 2 - 0.03
        gap_at = generator.uniform(at + 0.25, end - 0.45)
        while True:
            thick, tall = generator.uniform(0.018, 0.05), generator.uniform(0.19, 0.315)
            if gap_at < at < gap_at + 0.26:
                at = gap_at + 0.26
            if at + thick > end:
                break
            depth = generator.uniform(0.15, 0.21)
            lean = float(generator.choice([0, 0, 0, 0, 4, -3]))
            volume = book(number, thick - 0.001, depth, tall).leaning(1, lean)
            books.append(volume.at(at + thick / 2, y - 0.12 + depth / 2, level + board))
            at, number = at + thick, number + 1
        yield from _ornament(shelf, gap_at + 0.13, y - 0.03, level + board)
    yield joined(*books), "spines"


def _ornament(shelf: int, x: float, y: float, z: float) -> Iterator[Part]:
    if shelf == 0:
        yield soft_box((0.22, 0.22, 0.24), 0.03).at(x, y, z), "basket"
    elif shelf == 1:
        yield bowl(0.10, 0.10).at(x, y, z), "cream_glaze"
    elif shelf == 2:
        yield pot(0.06, 0.10).at(x, y, z), "terracotta"
        yield bush(70, 0.11, 0.16, 77).at(x, y, z + 0.09), "leaf"
    elif shelf == 3:
        jug = [(0.0, 0.0), (0.06, 0.0), (0.085, 0.08), (0.05, 0.18), (0.04, 0.22), (0.05, 0.24)]
        yield turned_surface(jug).at(x, y, z), "blue_glaze"
    else:
        yield rectangle([-0.085, 0, 0], [0.17, 0, 0], [0, 0.03, 0.22]).at(x, y, z), "herbarium"


def floor_lamp(x: float, y: float) -> Iterator[Part]:
    """A brass lamp; its shade is lit."""
    yield turned_surface([(0, 0.03), (0.12, 0.025), (0.14, 0.0)]).at(x, y, 0), "brass"
    yield rod([x, y, 0], [x, y, 1.38], 0.011), "brass"
    yield turned_surface([(0.15, 1.62), (0.22, 1.30)]).at(x, y, 0), "shade"


def chair(x: float, y: float, turn_deg: float) -> Iterator[Part]:
    """A wooden chair with a woven seat, its front towards -y before it is turned."""
    parts: list[Mesh] = []
    for a in (-0.19, 0.19):
        parts += [
            rod([a, -0.19, 0], [a, -0.19, 0.45], 0.018),
            rod([a, 0.19, 0], [0.95 * a, 0.26, 0.94], 0.018),
        ]
        parts += [rod([a, -0.19, 0.2], [a, 0.2, 0.2], 0.011)]
    for z, y_back in ((0.60, 0.222), (0.72, 0.236), (0.85, 0.25)):
        parts.append(soft_box((0.37, 0.018, 0.07), 0.008).at(0, y_back, z))
    parts += [rod([-0.19, -0.19, 0.28], [0.19, -0.19, 0.28], 0.011)]
    yield joined(*parts).at(x, y, 0, turn_deg), "light_wood"
    yield soft_box((0.42, 0.42, 0.04), 0.015, bulge=0.008).at(x, y, 0.43, turn_deg), "basket"


def desk(x: float, y: float) -> Iterator[Part]:
    """A small table below the window, with books, prints and pencils."""
    yield soft_box((0.62, 0.95, 0.035), 0.008).at(x, y, 0.715), "light_wood"
    for a in (-0.27, 0.27):
        for b in (-0.43, 0.43):
            yield box(0.045, 0.045, 0.72).at(x + a, y + b, 0), "light_wood"
    for k, turn in enumerate((12, 2, 20, 5)):
        yield (
            book(9 * k + 60, 0.19, 0.26 - 0.01 * k, 0.03, lying=True).at(
                x - 0.02, y + 0.28, 0.75 + 0.031 * k, 90 + turn
            ),
            "spines",
        )
    paper = rectangle([-0.105, -0.15, 0.752], [0.21, 0, 0], [0, 0.30, 0])
    yield paper.at(x - 0.12, y - 0.18, 0, 7), "chart"
    yield paper.at(x + 0.08, y - 0.10, 0.002, -11), "still_life"
    cup = turned_surface([(0.034, 0.0), (0.036, 0.09), (0.033, 0.09), (0.03, 0.01)])
    yield cup.at(x + 0.16, y + 0.05, 0.75), "blue_glaze"
    stand = [x + 0.16, y + 0.05, 0.76]
    pencils = ("mustard", "orange", "kilim", "light_wood", "blue_glaze")
    for k, paint in enumerate(pencils):
        yield (
            rod(
                stand,
                [stand[0] + 0.03 * np.cos(1.9 * k), stand[1] + 0.03 * np.sin(1.9 * k), 0.92],
                0.004,
            ),
            paint,
        )


def pictures() -> Iterator[Part]:
    """Framed pictures on the back wall and on the right one: centre, width, height, painting."""
    hung = (
        (-1.22, 1.66, 0.56, 0.72, "herbarium"),
        (-0.42, 1.74, 0.88, 0.60, "mountains"),
        (0.27, 1.56, 0.36, 0.44, "still_life"),
        (0.27, 2.03, 0.36, 0.30, "chart"),
    )
    for x, z, width, height, painting in hung:
        yield from framed(width, height, painting, x, BACK - 0.002, z, 0)
    yield from framed(0.60, 0.80, "still_life", LEFT + 0.002, 2.0, 1.6, 90)


def framed(
    width: float, height: float, painting: str, x: float, y: float, z: float, turn: float
) -> Iterator[Part]:
    """A painting behind a mount in a wooden frame; faces -y before it is turned."""
    bar, mount = 0.028, 0.06
    bars = [box(width, 0.03, bar).at(0, -0.015, s * (height - bar) / 2 - bar / 2) for s in (-1, 1)]
    bars += [box(bar, 0.03, height).at(s * (width - bar) / 2, -0.015, -height / 2) for s in (-1, 1)]
    yield joined(*bars).at(x, y, z, turn), "dark_wood"
    back = rectangle([-width / 2, -0.008, -height / 2], [width, 0, 0], [0, 0, height])
    yield back.at(x, y, z, turn), "paper"
    w, h = width - 2 * mount, height - 2 * mount
    yield rectangle([-w / 2, -0.011, -h / 2], [w, 0, 0], [0, 0, h]).at(x, y, z, turn), painting


def plants() -> Iterator[Part]:
    """A tall plant in the corner by the window, and one on the bookcase that hangs."""
    yield pot(0.19, 0.34).at(-2.02, 4.52, 0), "basket"
    yield turned_surface([(0.17, 0.0), (0.0, 0.012)]).at(-2.02, 4.52, 0.30), "soil"
    stems, green = tree(150, 9)
    yield stems.at(-2.02, 4.52, 0.3), "dark_wood"
    yield green.at(-2.02, 4.52, 0.3), "leaf"


def tree(count: int, seed: int) -> tuple[Mesh, Mesh]:
    """A few bent stems from the ground, and the leaves on them."""
    generator = np.random.default_rng(seed)
    stems, leaves = [], []
    for k in range(6):
        angle = 2 * np.pi * k / 6 + generator.uniform(-0.4, 0.4)
        reach, high = generator.uniform(0.12, 0.38), generator.uniform(0.9, 1.45)
        t = np.linspace(0, 1, 9)[:, None]
        curve = np.hstack([reach * t**2 * np.cos(angle), reach * t**2 * np.sin(angle), high * t])
        stems += [rod(a, b, 0.012 * (1 - 0.6 * i / 8)) for i, (a, b) in enumerate(pairwise(curve))]
        for place in np.linspace(0.3, 1, count // 6):
            foot = [np.interp(place, t[:, 0], curve[:, axis]) for axis in range(3)]
            size = generator.uniform(0.20, 0.30)
            blade = leaf(size, size * 0.42, generator.uniform(0.3, 1.0)).leaning(
                1, generator.uniform(-55, 10)
            )
            leaves.append(blade.at(*foot, generator.uniform(0, 360)))
    return joined(*stems), joined(*leaves)


def bush(count: int, size: float, high: float, seed: int) -> Mesh:
    """Leaves in all directions from a short stem at the origin."""
    generator = np.random.default_rng(seed)
    leaves = []
    for _ in range(count):
        length = size * generator.uniform(0.6, 1.15)
        blade = leaf(length, length * 0.5, generator.uniform(0.3, 1.4)).leaning(
            1, generator.uniform(-75, 15)
        )
        leaves.append(blade.at(0, 0, high * generator.uniform(0, 0.8), generator.uniform(0, 360)))
    return joined(*leaves)


def twigs(count: int, high: float, seed: int) -> Mesh:
    """Dry stalks with small leaves, from the mouth of a vase."""
    generator = np.random.default_rng(seed)
    parts = []
    for _ in range(count):
        tip = np.array([*generator.uniform(-0.45, 0.45, 2), 1]) * high * generator.uniform(0.7, 1.1)
        parts.append(rod([0, 0, -0.1], tip, 0.0025))
        for share in np.linspace(0.35, 1, 9):
            blade = leaf(0.05, 0.024, 0.5).leaning(1, generator.uniform(-70, 0))
            parts.append(blade.at(*(share * tip), generator.uniform(0, 360)))
    return joined(*parts)


def pot(radius: float, high: float) -> Mesh:
    """A flower pot with a rim."""
    return turned_surface(
        [
            (0, 0),
            (0.72 * radius, 0),
            (0.94 * radius, 0.82 * high),
            (1.04 * radius, 0.83 * high),
            (1.06 * radius, high),
            (0.92 * radius, high),
            (0.86 * radius, 0.8 * high),
            (0, 0.78 * high),
        ]
    )


def bowl(radius: float, high: float) -> Mesh:
    """A bowl on a foot."""
    return turned_surface(
        [
            (0, 0),
            (0.45 * radius, 0),
            (0.5 * radius, 0.12 * high),
            (0.85 * radius, 0.5 * high),
            (radius, high),
            (0.95 * radius, high),
            (0.8 * radius, 0.55 * high),
            (0, 0.2 * high),
        ]
    )


def book(number: int, thick: float, deep: float, tall: float, lying: bool = False) -> Mesh:
    """A book whose spine faces -y, upright or lying; `number` chooses the spine.

    The spine gets a cell of the atlas, the covers the colour of the cell's edge.
    """
    rows, columns = SPINES
    row, column = divmod(number % (rows * columns), columns)
    if lying:
        thick, deep, tall = tall, thick, deep
    size = np.array([thick, deep, tall])
    parts = []
    for axis in range(3):
        for sign in (-1, 1):
            first, second = (axis + 1) % 3, (axis + 2) % 3
            corner, along, up = -size / 2, np.zeros(3), np.zeros(3)
            corner[axis], along[first], up[second] = (
                sign * size[axis] / 2,
                size[first],
                size[second],
            )
            face = rectangle(corner, along, up)
            uv = face.uv * 0.02 + 0.02  # a corner of the cell: plain cloth
            if axis == 1 and sign < 0:
                uv = face.uv[:, ::-1]  # axes 2, 0: u goes up
            cell = (uv * 0.98 + 0.01 + [column, row]) / [columns, rows]
            parts.append(Mesh(face.points, cell, face.faces))
    mesh = joined(*parts)
    if lying:  # the spine's long side lies along x
        mesh = Mesh(mesh.points @ turned(90, 1).T, mesh.uv, mesh.faces)
        return Mesh(mesh.points - [0, 0, mesh.points[:, 2].min()], mesh.uv, mesh.faces)
    return mesh.at(0, 0, tall / 2)


def _scaled(mesh: Mesh, width: float, height: float) -> Mesh:
    """Texture coordinates from shares to metres."""
    return Mesh(mesh.points, mesh.uv * [width, height], mesh.faces)


def everything() -> Iterator[Part]:
    """The whole room."""
    yield from shell()
    yield from window()
    yield from sofa(-0.45, 4.38)
    yield rectangle([-1.45, 2.0, 0.012], [2.3, 0, 0], [0, 1.65, 0]), "rug"
    yield from coffee_table(-0.35, 2.98)
    yield from bookcase(1.50, BACK - 0.16, 3)
    yield from floor_lamp(0.76, 4.62)
    yield from desk(LEFT + 0.36, 3.35)
    yield from chair(-1.62, 3.0, -100)
    yield from chair(1.05, 2.35, -28)
    yield from pictures()
    yield from plants()
