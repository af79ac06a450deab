"""What the room's meshes are made of, and its light, as Mitsuba's plugins."""

from __future__ import annotations

from pathlib import Path

import furniture
import numpy as np
import paintings
import textures
from shapes import rectangle


def materials(mi) -> dict[str, dict]:
    """Surfaces by name."""

    def texture(colour, scale=(1.0, 1.0), raw=False):
        array = np.asarray(colour)
        array = np.round(array * 255).astype(np.uint8)
        if array.ndim == 2:
            array = array[..., None]
        to_uv = mi.ScalarTransform4f().scale([1 / scale[0], 1 / scale[1], 1])
        return {
            "type": "bitmap",
            "bitmap": mi.Bitmap(np.ascontiguousarray(array[::-1])),
            "raw": raw,
            "to_uv": to_uv,
        }

    def surface(colour, height=None, size=(1.0, 1.0), bump=0.0, gloss=None):
        reflectance = (
            {"type": "rgb", "value": [c**2.2 for c in colour]}
            if isinstance(colour, tuple)
            else texture(colour, size)
        )
        if gloss is None:
            inner = {"type": "diffuse", "reflectance": reflectance}
        else:
            inner = {
                "type": "roughplastic",
                "diffuse_reflectance": reflectance,
                "alpha": gloss,
                "nonlinear": True,
            }
        if height is not None:
            inner = {
                "type": "bumpmap",
                "arbitrary": texture(np.clip(height, 0, 1), size, raw=True),
                "bsdf": inner,
                "scale": bump,
            }
        return {"type": "twosided", "bsdf": inner}

    floor, boards = textures.floor_boards(2048, 4.8, 1)
    brick, relief = textures.bricks((1152, 2048), furniture.TOP, 2)
    wall, brushed = textures.plaster(1024, (0.86, 0.83, 0.77), 3)
    rug, pile = textures.rug((1024, 1428), 5)
    sofa, cloth = textures.weave(512, (0.42, 0.47, 0.45), 6)
    linen, flax = textures.weave(512, (0.88, 0.84, 0.75), 7)
    wool, knit = textures.stripes(512, (0.86, 0.82, 0.74), (0.62, 0.34, 0.24), 8)
    mustard, thread = textures.weave(256, (0.80, 0.58, 0.22), 9, 50)
    kilim, kilim_height = textures.kilim(512, 10)
    striped, striped_height = textures.stripes(512, (0.90, 0.87, 0.80), (0.24, 0.32, 0.40), 11)
    basket, cane = textures.weave(512, (0.72, 0.56, 0.36), 12, 36)
    clay = textures.mix(
        (0.62, 0.33, 0.22),
        (0.76, 0.47, 0.34),
        0.5 + 0.5 * textures.clouds((256, 256), (60, 60), 13),
    )
    peel = textures.mix(
        (0.86, 0.42, 0.06),
        (0.95, 0.58, 0.14),
        0.5 + 0.5 * textures.clouds((128, 128), (12, 12), 14),
    )
    soil = textures.mix(
        (0.10, 0.07, 0.05), (0.30, 0.22, 0.15), 0.5 + 0.5 * textures.clouds((128, 128), (8, 8), 15)
    )
    dark = {"low": (0.16, 0.09, 0.05), "high": (0.36, 0.23, 0.14)}
    walnut = {"low": (0.24, 0.13, 0.07), "high": (0.52, 0.33, 0.20)}
    light = {"low": (0.55, 0.40, 0.25), "high": (0.82, 0.67, 0.48)}
    dark_wood = textures.wood((512, 512), 16, **dark)
    glaze = textures.mix(
        (0.50, 0.58, 0.52),
        (0.72, 0.76, 0.68),
        0.5 + 0.6 * textures.clouds((256, 256), (90, 90), 17),
    )
    blue = textures.mix(
        (0.13, 0.22, 0.36),
        (0.30, 0.44, 0.58),
        0.5 + 0.6 * textures.clouds((256, 256), (50, 50), 18),
    )
    cream = textures.mix(
        (0.82, 0.77, 0.68),
        (0.92, 0.89, 0.82),
        0.5 + 0.6 * textures.clouds((256, 256), (30, 30), 19),
    )
    return {
        "floor": surface(floor, boards, (4.8, 4.8), 0.004, 0.24),
        "bricks": surface(brick, relief, (1, 1), 0.02),
        "plaster": surface(wall, brushed, (2.7, 2.7), 0.01),
        "ceiling": surface(textures.plaster(1024, (0.93, 0.92, 0.89), 4)[0], None, (4.8, 4.8)),
        "white": surface((0.90, 0.89, 0.86), gloss=0.2),
        "paper": surface((0.90, 0.88, 0.82)),
        "dark_wood": surface(dark_wood, None, (0.8, 0.3), gloss=0.25),
        "dark_wood_across": surface(dark_wood.swapaxes(0, 1), None, (0.3, 1.6), gloss=0.35),
        "light_wood": surface(textures.wood((512, 1024), 20, **light), None, (1.6, 0.5), gloss=0.3),
        "walnut": surface(textures.wood((512, 1024), 21, **walnut), None, (1.1, 0.6), gloss=0.18),
        "rug": surface(rug, pile, (1, 1), 0.01),
        "sofa": surface(sofa, cloth, (0.4, 0.4), 0.002),
        "linen": surface(linen, flax, (0.35, 0.35), 0.001),
        "wool": surface(wool, knit, (0.4, 0.4), 0.002),
        "mustard": surface(mustard, thread, (0.2, 0.2), 0.002),
        "kilim": surface(kilim, kilim_height, (0.46, 0.46), 0.001),
        "stripes": surface(striped, striped_height, (0.40, 0.40), 0.001),
        "basket": surface(basket, cane, (0.4, 0.4), 0.004),
        "terracotta": surface(clay, None, (0.3, 0.3)),
        "soil": surface(soil, None, (0.3, 0.3)),
        "orange": surface(peel, None, (0.05, 0.05), gloss=0.25),
        "glaze": surface(glaze, None, (0.3, 0.3), gloss=0.08),
        "blue_glaze": surface(blue, None, (0.3, 0.3), gloss=0.08),
        "cream_glaze": surface(cream, None, (0.3, 0.3), gloss=0.1),
        "leaf": surface(textures.leaf(256, 22), gloss=0.3),
        "dry": surface((0.74, 0.62, 0.40)),
        "brass": {
            "type": "roughconductor",
            "material": "Cu",
            "alpha": 0.2,
            "specular_reflectance": {"type": "rgb", "value": [0.75, 0.8, 0.6]},
        },
        "shade": surface((0.95, 0.86, 0.68)),
        "spines": surface(paintings.spines(furniture.SPINES, 30), gloss=0.3),
        "mountains": surface(paintings.mountains((480, 760), 31)),
        "chart": surface(paintings.chart((512, 680), 32)),
        "still_life": surface(paintings.still_life((560, 440), 33)),
        "herbarium": surface(paintings.herbarium((760, 580), 34)),
    }


def lights(mi, folder: Path) -> dict[str, dict]:
    """A low sun, garden and sky outside the window, and soft light from behind the camera."""

    def glow(colour, strength, weight=1.0):
        radiance = {"type": "rgb", "value": [strength * c for c in colour]}
        return {"type": "area", "radiance": radiance, "sampling_weight": weight}

    def sheet(name, corner, along, up, emitter):
        path = rectangle(corner, along, up).write(folder / f"{name}.ply")
        return {
            "type": "ply",
            "filename": str(path),
            "emitter": emitter,
            "bsdf": {"type": "diffuse"},
        }

    picture = np.round(paintings.garden((600, 600), 40) * 255).astype(np.uint8)
    linear = mi.Bitmap(np.ascontiguousarray(picture[::-1])).convert(
        mi.Bitmap.PixelFormat.RGB, mi.Struct.Type.Float32, False
    )
    bright = mi.Bitmap(np.array(linear) * 4.5)
    garden = {"type": "area", "radiance": {"type": "bitmap", "bitmap": bright, "raw": True}}
    way = np.array([1.0, -0.22, -0.74])
    sun = np.array([-0.5, 2.9, 0.4]) - 60 * way / np.linalg.norm(way)
    return {
        "garden": sheet("garden", [-8.4, 6.2, -0.6], [0, 5.6, 0], [0, 0, 4.8], garden),
        "sky": sheet(
            "sky", [-2.75, 2.3, 3.9], [-1.9, 0, 0], [0, 2.4, 0], glow((0.75, 0.88, 1.0), 16)
        ),
        "side": sheet("side", [-4.5, -1.5, 0], [0, 4.1, 0], [0, 0, 4], glow((0.82, 0.92, 1.0), 8)),
        "sun": {
            "type": "sphere",
            "center": list(sun),
            "radius": 0.4,
            "emitter": glow((1.0, 0.82, 0.60), 3.8e5, 3.0),
        },
        "fill": sheet(
            "fill",
            [-1.9, furniture.FRONT + 0.02, 0.5],
            [0, 0, 1.9],
            [3.8, 0, 0],
            glow((0.92, 0.95, 1.0), 4.0),
        ),
    }
