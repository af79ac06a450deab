"""The README's pictures: the bundled photos, the network's scene and the refined one, a short flight.

    python notebooks/pictures/make.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

import splat_widgets as sw
from splat_widgets.embedded import demo_pair
from splat_widgets.rendering import render
from splat_widgets.scene.cameras import Camera

FOLDER = Path(__file__).parent
SIDE = 300
NUM_FRAMES = 20
REACH = 0.75  # of the step between the photos: how far the flight swings to either side
NEAR = 0.88  # focal length over the photos': a little of the rim is cut
CAPTIONS = ("one of the two photos", "predicted by the network", "refined with the photos")
INK, PAPER = (45, 45, 45), (255, 255, 255)


def flight(scene: sw.Scene) -> list[Camera]:
    """Cameras on a loop between and around those of the two photos, looking at the middle."""
    first, second = scene.known_cameras[:2]
    start, end = first.T_world_camera, second.T_world_camera
    middle = (start[:3, 3] + end[:3, 3]) / 2
    step = end[:3, 3] - start[:3, 3]
    depth = scene.gaussians.means[:, 2].median()
    aim = middle + depth * (start[:3, 2] + end[:3, 2]) / 2
    down = start[:3, 1]
    focal = first.focal_px / first.width * SIDE / NEAR
    cameras = []
    for angle in torch.linspace(0, 2 * torch.pi, NUM_FRAMES + 1)[:-1]:
        place = middle + REACH * torch.cos(angle) * step
        place = place - 0.25 * torch.sin(angle) * step.norm() * down
        cameras.append(Camera.centred(focal, SIDE, SIDE, looking(place, aim, down)))
    return cameras


def looking(place: torch.Tensor, aim: torch.Tensor, down: torch.Tensor) -> torch.Tensor:
    """(4, 4) a camera at a place that looks at a point."""
    z = torch.nn.functional.normalize(aim - place, dim=0)
    x = torch.nn.functional.normalize(torch.linalg.cross(down, z), dim=0)
    T = torch.eye(4)
    T[:3, :3] = torch.stack([x, torch.linalg.cross(z, x), z], 1)
    T[:3, 3] = place
    return T


def picture(scene: sw.Scene, camera: Camera) -> Image.Image:
    """What a camera sees of a scene."""
    color = render(scene.gaussians, camera).color.clamp(0, 1)
    return Image.fromarray((255 * color).round().byte().numpy())


def side_by_side(pictures: list[Image.Image]) -> Image.Image:
    """Pictures in a row, each with its caption below."""
    gap, foot = 8, 26
    width = len(pictures) * SIDE + (len(pictures) - 1) * gap
    sheet = Image.new("RGB", (width, SIDE + foot), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for column, (tile, text) in enumerate(zip(pictures, CAPTIONS, strict=True)):
        left = column * (SIDE + gap)
        sheet.paste(tile, (left, 0))
        draw.text((left + SIDE / 2, SIDE + foot / 2 + 2), text, INK, font, anchor="mm")
    return sheet


def main() -> None:
    """Write `room.webp`, the flight."""
    torch.set_num_threads(1)
    scene = sw.reconstruct(*demo_pair(), model="embedded", refine=True, progress=False)
    cameras = flight(scene)
    photo = Image.open(demo_pair()[0])
    left = (photo.width - photo.height) // 2
    photo = photo.crop((left, 0, left + photo.height, photo.height))
    photo = photo.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    frames = [
        side_by_side([photo, picture(scene.predicted, camera), picture(scene, camera)])
        for camera in cameras
    ]
    frames[0].save(
        FOLDER / "room.webp",
        save_all=True,
        append_images=frames[1:],
        duration=140,
        loop=0,
        quality=72,
        method=6,
    )


if __name__ == "__main__":
    main()
