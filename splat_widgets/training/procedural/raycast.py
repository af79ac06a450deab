"""Ray casting of simple solids with solid textures, batched over scenes, exact and cheap.

Every solid is convex, so a ray meets it in one interval of the ray parameter. The interval comes
from slabs (box), from a quadratic (ellipsoid) or from both (cylinder). Directions are not
normalised: from a camera they have z = 1 in its frame, so the ray parameter is the depth. Textures
are functions of the point in space, so that all pictures agree; each component fades where a pixel
does not resolve it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Kind = Literal["room", "box", "ellipsoid", "cylinder"]

NUM_FACES = 6  # of the room, in the order -x, +x, -y (ceiling), +y (floor), -z, +z
CEILING, FLOOR = 2, 3
NUM_OCTAVES = 3
NOISE_CELLS = 32  # edge of the noise volume, which repeats
NOISE_WAVELENGTH = 5.0  # cells, the centre of its band


@dataclass(frozen=True)
class Solids:
    """B scenes of P convex solids each; slot p has the same kind in every scene.

    Slot 0 is the room, seen from inside. The box of a solid spans ``center ± rotation @ half``; an
    ellipsoid or upright (local y) cylinder fills its box.
    """

    kinds: tuple[Kind, ...]  # P
    centers: Tensor  # (B, P, 3) metres, world: y down, floor at y = 0
    halves: Tensor  # (B, P, 3) half extents along the local axes, metres
    rotations: Tensor  # (B, P, 3, 3) local to world
    present: Tensor  # (B, P) bool

    def clearance(self, points: Tensor) -> Tensor:
        """Distance from points to the nearest solid other than the room.

        For ellipsoids and cylinders this is the distance to their box, a lower bound.

        Args:
            points: (B, M, 3) world, metres.

        Returns:
            (B, M, P - 1) metres, 0 inside, infinite for absent solids.
        """
        offset = points[:, :, None] - self.centers[:, None, 1:]  # (B, M, P-1, 3)
        local = torch.einsum("bpij,bmpi->bmpj", self.rotations[:, 1:], offset)
        distance = (local.abs() - self.halves[:, None, 1:]).clamp_min(0).norm(dim=-1)
        return distance.masked_fill(~self.present[:, None, 1:], math.inf)


@dataclass(frozen=True)
class Textures:
    """One row per surface: the room's six faces, then slots 1 to P - 1. R = P + 5 rows."""

    colors: (
        Tensor  # (B, R, 3, 3) two colours that the pattern mixes, and a tint of the second noise
    )
    axes: Tensor  # (B, R, 3, 3) local point -> texture point: turned and stretched
    origin: Tensor  # (B, R, 3) texture coordinates of the local origin
    frequencies: Tensor  # (B, R, NUM_OCTAVES) of the noise, cycles per metre
    amplitudes: Tensor  # (B, R, NUM_OCTAVES)
    grid: Tensor  # (B, R, 3) cycles per metre along two axes, amplitude
    sharpness: Tensor  # (B, R) 1 is soft, 10 is two flat colours


@dataclass(frozen=True)
class Hits:
    """The first solid that each ray of G bundles of N rays meets."""

    distance: Tensor  # (G, N) ray parameter
    slot: Tensor  # (G, N) int64, the solid; 0 is the room


def cast(solids: Solids, scene: Tensor, origins: Tensor, directions: Tensor) -> Hits:
    """First solid along each ray.

    Args:
        solids: B scenes.
        scene: (G,) int64, the scene that each bundle looks into.
        origins: (G, 3) world; one per bundle, inside the room and outside the other solids.
        directions: (G, 3, N) world, any length.

    Returns:
        Hits whose distance is in units of each ray's direction.
    """
    best = slot = None
    for p, kind in enumerate(solids.kinds):
        here = solids.present[:, p][scene].nonzero(as_tuple=True)[0]
        if not len(here):
            continue
        whole = len(here) == len(scene)
        to_unit = (solids.rotations[:, p] / solids.halves[:, p, None, :]).mT[scene[here]]
        start = origins[here] - solids.centers[:, p][scene[here]]
        o = torch.bmm(to_unit, start[..., None])  # (g, 3, 1)
        d = torch.bmm(to_unit, directions if whole else directions[here])  # (g, 3, N)
        near, far = _interval(kind, o, d)
        if best is None or slot is None:  # rays start inside the room
            best, slot = far, torch.zeros_like(far, dtype=torch.int64)
            continue
        current = best if whole else best[here]
        hit = (near < far) & (near > 0) & (near < current)
        if whole:
            best = torch.where(hit, near, best)
            slot.masked_fill_(hit, p)
        else:
            best[here] = torch.where(hit, near, current)
            slot[here] = slot[here].masked_fill(hit, p)
    if best is None or slot is None:
        raise ValueError("expected the room (slot 0) to be present in every scene")
    return Hits(best, slot)


def _interval(kind: Kind, o: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
    """Where rays enter and leave the unit solid of a kind; entry > exit means a miss."""
    if kind in ("room", "box"):
        return _slabs(o, d)
    if kind == "ellipsoid":
        return _quadric(o, d)
    side_near, side_far = _quadric(o[:, ::2], d[:, ::2])
    cap_near, cap_far = _slabs(o[:, 1:2], d[:, 1:2])
    return torch.maximum(side_near, cap_near), torch.minimum(side_far, cap_far)


def _slabs(o: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
    inverse = torch.where(d.abs() < 1e-9, 1e-9, d).reciprocal_()
    middle = inverse * -o
    width = inverse.abs_()
    return (middle - width).amax(1), (middle + width).amin(1)


def _quadric(o: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
    a = d.square().sum(1).clamp_min_(1e-12)
    b = (o * d).sum(1)
    c = o.square().sum(1) - 1
    discriminant = b * b - a * c
    root = discriminant.clamp_min(0).sqrt_()
    near = ((-b - root) / a).masked_fill_(discriminant <= 0, math.inf)
    return near, (-b + root) / a


@dataclass(frozen=True)
class Surface:
    """The surface at G x N hits."""

    points: Tensor  # (G, 3, N) world, metres
    normals: Tensor  # (G, 3, N) world, unit, towards the ray's origin
    local: Tensor  # (G, 3, N) the point in the solid's frame, metres
    row: Tensor  # (G, N) int64, row of `Textures`


def surface(
    solids: Solids, scene: Tensor, origins: Tensor, directions: Tensor, hits: Hits
) -> Surface:
    """Points, normals and texture rows of hits."""
    points = origins[..., None] + directions * hits.distance[:, None]
    which = scene[:, None] * len(solids.kinds) + hits.slot  # (G, N) into flattened (B * P)
    shape_code = torch.tensor(
        [("room", "box", "ellipsoid", "cylinder").index(kind) for kind in solids.kinds],
        device=points.device,
    )[hits.slot]
    table = torch.cat(
        [
            solids.centers.flatten(0, 1),
            solids.halves.flatten(0, 1),
            solids.rotations.flatten(0, 1).flatten(1),
        ],
        -1,
    )  # (B * P, 15)
    per_ray = table.index_select(0, which.flatten()).reshape(*which.shape, 15).permute(0, 2, 1)
    per_ray = per_ray.contiguous()
    half, rotation = per_ray[:, 3:6], per_ray[:, 6:].unflatten(1, (3, 3))  # local axes in columns
    offset = points - per_ray[:, :3]
    local = (rotation * offset[:, :, None]).sum(1)  # (G, 3, N)
    unit = local / half

    axis = unit.abs().argmax(1, keepdim=True)  # (G, 1, N)
    flat = torch.zeros_like(unit).scatter_(1, axis, unit.gather(1, axis).sign())
    curved = unit / half
    upright = torch.stack([curved[:, 0], torch.zeros_like(curved[:, 1]), curved[:, 2]], 1)
    code = shape_code[:, None]
    # A cylinder's cap is where |y| reaches 1 before the radius does.
    on_cap = unit[:, 1].abs() >= unit[:, ::2].square().sum(1).sqrt()
    normal = torch.where(code == 2, curved, flat)
    normal = torch.where((code == 3) & ~on_cap[:, None], upright, normal)
    cap = torch.zeros_like(unit)
    cap[:, 1] = unit[:, 1].sign()
    normal = torch.where((code == 3) & on_cap[:, None], cap, normal)
    normal = F.normalize((rotation * normal[:, None]).sum(2), dim=1)
    facing = (normal * directions).sum(1, keepdim=True)
    normal = torch.where(facing > 0, -normal, normal)

    face = 2 * axis[:, 0] + (unit.gather(1, axis)[:, 0] > 0)
    row = torch.where(hits.slot == 0, face, hits.slot + NUM_FACES - 1)
    return Surface(points, normal, local, row)


def albedo(textures: Textures, scene: Tensor, found: Surface, footprint: Tensor) -> Tensor:
    """Colour of the surfaces before light falls on them.

    Args:
        textures: B scenes.
        scene: (G,) the scene of each bundle.
        found: the surfaces.
        footprint: (G, N) size of a pixel on the surface, metres; finer texture fades to its mean.

    Returns:
        (G, 3, N) in [0, 1].
    """
    B, R = textures.sharpness.shape
    columns = [
        *(textures.colors, textures.axes, textures.origin, textures.frequencies),
        *(textures.amplitudes, textures.grid, textures.sharpness[..., None]),
    ]
    table = torch.cat([column.reshape(B * R, -1) for column in columns], -1)
    which = scene[:, None] * R + found.row
    per_ray = table.index_select(0, which.flatten()).reshape(*which.shape, -1).permute(0, 2, 1)
    colors, axes, origin, frequencies, amplitudes, grid, sharpness = per_ray.contiguous().split(
        [9, 9, 3, NUM_OCTAVES, NUM_OCTAVES, 3, 1], 1
    )
    q = (axes.unflatten(1, (3, 3)) * found.local[:, None]).sum(2) + origin  # (G, 3, N)

    pattern = torch.zeros_like(footprint)
    tint = torch.zeros_like(footprint)
    for octave in range(NUM_OCTAVES):
        frequency = frequencies[:, octave]
        weight = amplitudes[:, octave] * _fade(frequency, footprint)
        first, second = _noise(q * frequency[:, None]).unbind(1)
        pattern = pattern + weight * first
        tint = tint + weight * second
    waves = torch.cos(2 * math.pi * q[:, :2] * grid[:, :2]) * _fade(grid[:, :2], footprint[:, None])
    pattern = pattern + grid[:, 2] * waves[:, 0] * torch.where(
        grid[:, 1] > 0, waves[:, 1], torch.ones_like(waves[:, 1])
    )
    mix = 0.5 + 0.5 * torch.tanh(pattern * sharpness[:, 0])
    low, high, tinge = colors.unflatten(1, (3, 3)).unbind(1)
    return (low + (high - low) * mix[:, None] + tinge * tint[:, None]).clamp_(0, 1)


def _fade(frequency: Tensor, footprint: Tensor) -> Tensor:
    """Response of a Gaussian pixel (standard deviation half its width) to a wave."""
    return torch.exp(-0.5 * (math.pi * frequency * footprint).square())


def _noise(positions: Tensor) -> Tensor:
    """Two independent band-limited noises of about unit variance, one cycle per unit length.

    Args:
        positions: (G, 3, N).

    Returns:
        (G, 2, N).
    """
    volume = _noise_volume().to(positions)
    wrapped = torch.remainder(positions * (NOISE_WAVELENGTH / NOISE_CELLS), 1.0) * 2 - 1
    grid = wrapped.permute(0, 2, 1)[:, :, None, None]  # (G, N, 1, 1, 3)
    flat = grid.reshape(1, -1, 1, 1, 3)
    sampled = F.grid_sample(volume[None], flat, mode="bilinear", align_corners=True)
    return sampled.reshape(2, *positions.shape[::2]).transpose(0, 1)


@lru_cache(maxsize=1)
def _noise_volume() -> Tensor:
    """(2, C + 1, C + 1, C + 1) periodic noise: white noise through a band-pass."""
    generator = torch.Generator().manual_seed(20240601)
    white = torch.randn(2, NOISE_CELLS, NOISE_CELLS, NOISE_CELLS, generator=generator)
    k = torch.fft.fftfreq(NOISE_CELLS)
    radius = (k[:, None, None] ** 2 + k[None, :, None] ** 2 + k[None, None, :] ** 2).sqrt()
    band = torch.exp(-0.5 * (torch.log2((radius * NOISE_WAVELENGTH).clamp_min(1e-6)) / 0.4) ** 2)
    volume = torch.fft.ifftn(torch.fft.fftn(white, dim=(1, 2, 3)) * band, dim=(1, 2, 3)).real
    volume = volume / volume.std()
    return F.pad(volume[None], (0, 1, 0, 1, 0, 1), mode="circular")[0].contiguous()
