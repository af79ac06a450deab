"""The layout of procedural scenes: rooms and open ground, furniture, textures, lights.

Every scene is a function of one seed: its random numbers are one row of uniforms, and all scenes of
a batch are laid out together from their rows. Familiar sizes (ceilings, doors, tables, the eye
level of the cameras) keep their usual range, so that a picture shows its scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from splat_widgets.training.procedural.raycast import (
    CEILING,
    FLOOR,
    NUM_FACES,
    NUM_OCTAVES,
    Kind,
    Solids,
    Textures,
)

NUM_DRAWS = 2048
OUTDOOR_SHARE = 0.15
OUTDOOR_HALF_METRES = 45.0


def _repeat(kind: Kind, count: int) -> tuple[Kind, ...]:
    return (kind,) * count


_KINDS: tuple[Kind, ...] = (
    "room",
    *_repeat("box", 3),  # a door and two pictures, flat on walls
    *_repeat("box", 5),  # a table: its top and four legs
    *_repeat("box", 5),  # furniture, houses
    *_repeat("ellipsoid", 3),
    *_repeat("cylinder", 3),  # the last one thin: a pole, a lamp, a trunk
)
_DOOR, _PICTURES, _TABLE, _BOXES, _ROUND, _POLE = 1, (2, 4), (4, 9), (9, 14), (14, 19), 19


class Draws:
    """Uniform numbers of a batch of seeds, handed out in order; row i depends on seed i alone."""

    def __init__(self, seeds: Sequence[int], device: torch.device | str = "cpu"):
        rows = [
            torch.rand(NUM_DRAWS, generator=torch.Generator().manual_seed(int(seed)))
            for seed in seeds
        ]
        self._table = torch.stack(rows).to(device)
        self._next = 0

    def __len__(self) -> int:
        return self._table.shape[0]

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """(B, *shape) in [low, high)."""
        count = math.prod(shape)
        if self._next + count > NUM_DRAWS:
            raise RuntimeError(
                f"a scene needs more than {NUM_DRAWS} random numbers; raise NUM_DRAWS"
            )
        taken = self._table[:, self._next : self._next + count].reshape(-1, *shape)
        self._next += count
        return low + (high - low) * taken

    def log_uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """(B, *shape) in [low, high), uniform in the logarithm."""
        return self.uniform(math.log(low), math.log(high), *shape).exp()

    def chance(self, probability: float, *shape: int) -> Tensor:
        """(B, *shape) bool, true with this probability."""
        return self.uniform(0, 1, *shape) < probability

    def sign(self, *shape: int) -> Tensor:
        """(B, *shape) of -1 and 1."""
        return torch.where(self.chance(0.5, *shape), 1.0, -1.0)

    def normal(self, *shape: int) -> Tensor:
        """(B, *shape) standard normal."""
        return math.sqrt(2) * torch.erfinv(self.uniform(-0.9999, 0.9999, *shape))


@dataclass(frozen=True)
class Scene:
    """B scenes, without cameras."""

    solids: Solids
    textures: Textures
    outdoor: Tensor  # (B,) bool: no ceiling and walls; rays that would hit them see sky
    lights: Tensor  # (B, 2, 3) world, metres; the first one casts shadows
    light_strength: Tensor  # (B, 2)
    ambient: Tensor  # (B,)
    light_reach: Tensor  # (B, 1) distance at which a light has fallen to half, metres


def sample_scene(
    draws: Draws, focus: Tensor, heading: Tensor, room: Tensor, outdoor: Tensor
) -> Scene:
    """Furnish rooms in front of a viewer.

    Args:
        draws: random numbers of B scenes.
        focus: (B, 3) position of the viewer, world.
        heading: (B,) direction of view, radians about the vertical from +z to +x.
        room: (B, 3) width, height, depth in metres.
        outdoor: (B,) bool.
    """
    B, P = len(draws), len(_KINDS)
    device = focus.device
    centers = torch.zeros(B, P, 3, device=device)
    halves = torch.full((B, P, 3), 0.1, device=device)
    yaw = torch.zeros(B, P, device=device)
    rotations = torch.eye(3, device=device).repeat(B, P, 1, 1)
    present = torch.zeros(B, P, dtype=torch.bool, device=device)

    halves[:, 0] = room / 2
    centers[:, 0, 1] = -room[:, 1] / 2
    present[:, 0] = True

    on_wall = slice(_DOOR, _PICTURES[1])
    centers[:, on_wall], halves[:, on_wall] = _on_walls(draws, room)
    present[:, on_wall] = (
        torch.stack([draws.chance(0.5), draws.chance(0.6), draws.chance(0.4)], 1)
        & ~outdoor[:, None]
    )

    # Furniture, in polar coordinates about the viewer so that most of it is in sight.
    scale = torch.where(outdoor, 3.0, 1.0)[:, None]
    count = P - _TABLE[0]
    bearing = heading[:, None] + draws.uniform(-0.75, 0.75, count)
    reach = torch.where(
        outdoor[:, None], draws.log_uniform(2.5, 25, count), draws.log_uniform(1.2, 6, count)
    )
    place = focus[:, None] + torch.stack(
        [reach * bearing.sin(), torch.zeros_like(reach), reach * bearing.cos()], -1
    )
    limit = room[:, None] / 2 - 0.3
    place = torch.minimum(torch.maximum(place, -limit), limit)
    yaw[:, _TABLE[0] :] = draws.uniform(-math.pi, math.pi, count)

    boxes = slice(*_BOXES)
    halves[:, boxes] = draws.log_uniform(0.12, 0.7, 5, 3) * scale[..., None]
    halves[:, boxes, 1] = draws.log_uniform(0.12, 1.0, 5) * scale
    round_ = slice(*_ROUND)
    halves[:, round_] = draws.log_uniform(0.12, 0.6, 5, 3) * scale[..., None]
    cylinders = slice(_ROUND[0] + 3, _ROUND[1])
    halves[:, cylinders, 2] = halves[:, cylinders, 0]
    halves[:, _POLE, 0] = halves[:, _POLE, 2] = draws.log_uniform(0.02, 0.08) * scale[:, 0]
    tall = draws.uniform(0.6, 1.2) * scale[:, 0]
    halves[:, _POLE, 1] = tall
    halves[:, _BOXES[0] :, 1] = torch.minimum(
        halves[:, _BOXES[0] :, 1], room[:, None, 1] / 2 - 0.02
    )

    for p in range(_BOXES[0], P):
        centers[:, p] = place[:, p - _TABLE[0]]
        centers[:, p, 1] = -halves[:, p, 1]
        present[:, p] = draws.chance(0.5)
    # Some ellipsoids float or hang: balls, lamps, crowns of trees.
    lift = draws.uniform(0, 1, 3) * (
        room[:, None, 1] - 2 * halves[:, _ROUND[0] : _ROUND[0] + 3, 1]
    ).clamp(0, 4)
    lifted = draws.chance(0.4, 3)
    centers[:, _ROUND[0] : _ROUND[0] + 3, 1] -= torch.where(lifted, lift, torch.zeros_like(lift))

    table = slice(*_TABLE)
    centers[:, table], halves[:, table] = _table(draws, place[:, 0], yaw[:, _TABLE[0]])
    yaw[:, table] = yaw[:, _TABLE[0], None]
    present[:, table] = draws.chance(0.35)[:, None]

    cos, sin, zero = yaw.cos(), yaw.sin(), torch.zeros_like(yaw)
    turned = torch.stack([cos, zero, sin, zero, zero + 1, zero, -sin, zero, cos], -1)
    rotations = turned.unflatten(-1, (3, 3))
    tilt = _random_rotations(draws, 3)
    tilted = draws.chance(0.5, 3)[..., None, None]
    ellipsoids = slice(_ROUND[0], _ROUND[0] + 3)
    rotations[:, ellipsoids] = torch.where(tilted, tilt, rotations[:, ellipsoids])

    solids = Solids(_KINDS, centers, halves, rotations, present)
    return Scene(solids, _textures(draws, outdoor), outdoor, *_lights(draws, room, outdoor))


def _on_walls(draws: Draws, room: Tensor) -> tuple[Tensor, Tensor]:
    """Centres and half extents of a door (about 2 m) and two pictures flat on the four walls."""
    B = len(draws)
    half = torch.stack(
        [
            draws.uniform(0.25, 0.7, 3),
            draws.uniform(0.2, 0.5, 3),
            draws.uniform(0.01, 0.04, 3),
        ],
        -1,
    )  # (B, 3, 3) along the wall, up, out of it
    half[:, 0, 0] = draws.uniform(0.38, 0.47)
    half[:, 0, 1] = draws.uniform(0.99, 1.06)
    center_y = -draws.uniform(1.3, 1.8, 3)
    center_y[:, 0] = -half[:, 0, 1]
    along_x = draws.chance(0.5, 3)  # the wall runs along x, at z = ± depth / 2
    side = draws.sign(3)
    where = draws.uniform(-0.9, 0.9, 3)
    run = torch.where(along_x, room[:, None, 0], room[:, None, 2]) / 2
    wall = torch.where(along_x, room[:, None, 2], room[:, None, 0]) / 2
    along = where * (run - half[..., 0]).clamp_min(0)
    out = side * wall
    centers = torch.stack(
        [torch.where(along_x, along, out), center_y, torch.where(along_x, out, along)], -1
    )
    halves = torch.where(along_x[..., None], half, half[..., [2, 1, 0]])
    return centers.reshape(B, 3, 3), halves


def _table(draws: Draws, place: Tensor, yaw: Tensor) -> tuple[Tensor, Tensor]:
    """Centres and half extents of a table's top (0.70-0.78 m high) and four legs."""
    height = draws.uniform(0.70, 0.78)
    width, depth = draws.uniform(0.4, 0.9), draws.uniform(0.3, 0.5)
    leg, top = draws.uniform(0.02, 0.04), draws.uniform(0.015, 0.03)
    right = torch.stack([yaw.cos(), 0 * yaw, -yaw.sin()], -1)
    front = torch.stack([yaw.sin(), 0 * yaw, yaw.cos()], -1)
    centers, halves = [place.clone()], [torch.stack([width, top, depth], -1)]
    centers[0][:, 1] = -height + top
    for x, z in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        offset = x * (width - 2 * leg)[:, None] * right + z * (depth - 2 * leg)[:, None] * front
        centre = place + offset
        centre[:, 1] = -(height - 2 * top) / 2
        centers.append(centre)
        halves.append(torch.stack([leg, height / 2 - top, leg], -1))
    return torch.stack(centers, 1), torch.stack(halves, 1)


def _random_rotations(draws: Draws, count: int) -> Tensor:
    """(B, count, 3, 3) uniform over all rotations, by Gram-Schmidt on normal vectors."""
    a, b = draws.normal(count, 3), draws.normal(count, 3)
    x = F.normalize(a, dim=-1)
    y = F.normalize(b - (b * x).sum(-1, keepdim=True) * x, dim=-1)
    return torch.stack([x, y, torch.linalg.cross(x, y)], -1)


def _textures(draws: Draws, outdoor: Tensor) -> Textures:
    rows = len(_KINDS) + NUM_FACES - 1
    # Most surfaces have one tone with a faint pattern, as painted rooms do; some are gaudy.
    vivid = draws.uniform(0.1, 1, 1, 1)
    base = draws.uniform(0.1, 0.95, rows, 1)
    usual = draws.chance(0.75, 3)[..., None]
    for face, low_tone, high_tone in ((CEILING, 0.65, 0.98), (FLOOR, 0.15, 0.6), (0, 0.4, 0.95)):
        tone = draws.uniform(low_tone, high_tone, 1)
        base[:, face] = torch.where(usual[:, (CEILING, FLOOR, 0).index(face)], tone, base[:, face])
    spread = draws.uniform(0, 0.25, rows, 1) * draws.normal(rows, 3) * vivid
    low = (base + spread).clamp(0.02, 0.98)
    contrast = draws.log_uniform(0.03, 0.4, rows, 1) * draws.sign(rows, 1)
    contrast = contrast * torch.where(draws.chance(0.15, rows, 1), 2.5, 1.0)
    high = (low + contrast * (0.7 + 0.4 * vivid * draws.normal(rows, 3))).clamp(0.02, 0.98)
    tint = 0.06 * draws.normal(rows, 3) * draws.uniform(0, 1, rows, 1)
    # One wall texture for all four walls of most rooms.
    alike = draws.chance(0.8)[:, None, None]
    for values in (low, high, tint):
        values[:, [0, 1, 4, 5]] = torch.where(alike, values[:, :1], values[:, [0, 1, 4, 5]])
    sky = torch.tensor([0.55, 0.70, 0.92], device=low.device)
    faces = [0, 1, CEILING, 4, 5]
    low[:, faces] = torch.where(outdoor[:, None, None], sky, low[:, faces])
    high[:, faces] = torch.where(outdoor[:, None, None], 0.5 + 0.5 * sky, high[:, faces])

    axes = _random_rotations(draws, rows)
    upright = draws.chance(0.5, rows)[..., None, None]
    axes = torch.where(upright, torch.eye(3, device=axes.device), axes)
    stretched = draws.chance(0.3, rows)[..., None]
    stretch = torch.where(stretched, draws.log_uniform(0.15, 1.5, rows, 3), torch.ones_like(low))
    axes = stretch[..., None] * axes
    frequency = draws.log_uniform(0.4, 14.0, rows, 1)
    steps = torch.cumsum(draws.uniform(0.7, 1.8, rows, NUM_OCTAVES), -1).exp2()
    # Sky and far walls are textured on the scale of clouds and hills.
    frequency[:, faces] = torch.where(outdoor[:, None, None], 0.02, frequency[:, faces])
    frequencies = frequency * steps / 2
    persistence = draws.uniform(0.4, 1.0, rows, 1)
    amplitudes = persistence ** torch.arange(NUM_OCTAVES, device=axes.device)
    ruled = draws.chance(0.35, rows)
    ruled[:, faces] &= ~outdoor[:, None]
    grid = torch.stack(
        [
            draws.log_uniform(0.7, 10, rows),
            torch.where(
                draws.chance(0.5, rows),
                draws.log_uniform(0.7, 10, rows),
                torch.zeros_like(base[..., 0]),
            ),
            torch.where(ruled, draws.uniform(0.7, 4, rows), torch.zeros_like(base[..., 0])),
        ],
        -1,
    )
    grid[:, FLOOR, 1] = torch.where(draws.chance(0.5), grid[:, FLOOR, 0], grid[:, FLOOR, 1])
    return Textures(
        colors=torch.stack([low, high, tint], 2),
        axes=axes,
        origin=draws.uniform(-20, 20, rows, 3),
        frequencies=frequencies,
        amplitudes=amplitudes,
        grid=grid,
        sharpness=draws.log_uniform(0.6, 8, rows),
    )


def _lights(draws: Draws, room: Tensor, outdoor: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    place = draws.uniform(-0.4, 0.4, 2, 3) * room[:, None]
    place[..., 1] = -room[:, None, 1] * draws.uniform(0.75, 0.97, 2)
    turn, rise = draws.uniform(-math.pi, math.pi), draws.uniform(0.4, 1.3)
    sun = (
        OUTDOOR_HALF_METRES
        * 0.9
        * torch.stack([rise.cos() * turn.sin(), -rise.sin(), rise.cos() * turn.cos()], -1)
    )
    place[:, 0] = torch.where(outdoor[:, None], sun, place[:, 0])
    strength = torch.stack([draws.uniform(0.3, 0.9), draws.uniform(0.0, 0.4)], 1)
    reach = torch.where(outdoor[:, None], 1e3, draws.uniform(2, 8, 1))
    return place, strength, draws.uniform(0.3, 0.65), reach
