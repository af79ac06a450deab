"""Pairs of pictures of procedural scenes, with exact geometry in metres.

    pairs = render_pairs(range(8), image_size=128)

The pictures are clean: `splat_widgets.training.procedural.data` adds exposure, noise and blur.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from splat_widgets.training.procedural.layouts import (
    OUTDOOR_HALF_METRES,
    OUTDOOR_SHARE,
    Draws,
    Scene,
    sample_scene,
)
from splat_widgets.training.procedural.raycast import FLOOR, albedo, cast, surface

EYE_LEVEL_METRES = (1.2, 1.8)
CLEARANCE_METRES = 0.3
BASELINE_SHARE = (0.02, 0.6)  # of the median depth of the first photo
MIN_BASELINE_METRES = 0.05
FAR_METRES = 40.0  # beyond, a point is not valid
_WALL_MARGIN = 0.4  # metres between a camera and a wall
_CANDIDATES = 4
_PROBE = 16  # edge in pixels of the probes that choose cameras


@dataclass(frozen=True)
class Optics:
    """What the cameras of a pair are like. A pair has one lens; each photo is cropped by itself."""

    fov_deg: tuple[float, float] = (40.0, 80.0)  # range of the picture's field of view
    shift: float = 0.0  # most that a crop is off the centre of its photo, in picture widths

    def __post_init__(self) -> None:
        low, high = self.fov_deg
        if not 0 < low <= high < 180:
            raise ValueError(f"expected 0 < low <= high < 180 degrees, got {low} and {high}")
        if not 0 <= self.shift < 1:
            raise ValueError(f"expected a shift from 0 to 1 picture widths, got {self.shift}")


@dataclass(frozen=True)
class Targets:
    """Pictures of the scenes of B pairs from T further cameras, to compare renderings with."""

    images: Tensor  # (B, T, 3, H, W) in [0, 1]
    points: Tensor  # (B, T, H, W, 3) metres, frame of the pair's first camera
    valid: Tensor  # (B, T, H, W) bool, as in `Pairs`
    T_first_camera: Tensor  # (B, T, 4, 4) each camera to the pair's first one


@dataclass(frozen=True)
class Pairs:
    """B pairs of square pictures with the geometry behind each pixel."""

    images: Tensor  # (B, 2, 3, H, W) in [0, 1]
    points: Tensor  # (B, 2, H, W, 3) metres, frame of the first camera, at the pixel centres
    valid: Tensor  # (B, 2, H, W) bool: false for sky and for points beyond FAR_METRES
    T_first_camera: Tensor  # (B, 2, 4, 4) each camera to the first one; [:, 0] is the identity
    focal_px: Tensor  # (B,) of both photos
    overlap: Tensor  # (B,) share of the second picture's valid pixels that the first one sees
    seeds: Tensor  # (B,) int64
    targets: Targets | None = None  # if they were requested; the principal point is their centre
    shift_px: Tensor | None = None  # (B, 2, 2) x, y of each photo's principal point from its
    # centre; None: they are the same

    def __len__(self) -> int:
        return self.images.shape[0]

    @property
    def depth(self) -> Tensor:
        """(B, 2, H, W) along each photo's own optical axis, metres."""
        return in_camera(self.points, self.T_first_camera)[..., 2]

    @property
    def principal_px(self) -> Tensor:
        """(B, 2, 2) x, y of each photo's principal point, from its corner."""
        H, W = self.valid.shape[-2:]
        centre = self.points.new_tensor([W / 2, H / 2]).expand(len(self), 2, 2)
        return centre if self.shift_px is None else centre + self.shift_px

    def select(self, index: Tensor) -> Pairs:
        """The pairs at indices."""
        return _each_tensor(lambda tensor: tensor[index], self)

    def to(self, device: torch.device | str) -> Pairs:
        """Copy on a device."""
        return _each_tensor(lambda tensor: tensor.to(device), self)

    @classmethod
    def cat(cls, parts: Sequence[Pairs]) -> Pairs:
        """The pairs of several records in order; all with as many targets, or all without."""
        return _each_tensor(lambda *tensors: torch.cat(tensors), *parts)

    def swapped(self) -> Pairs:
        """The same pairs with the photos in the other order, in the frame of the new first camera.

        `overlap` keeps its value, which is nearly symmetric.
        """
        T_new_old = _rigid_inverse(self.T_first_camera[:, 1])

        def moved(points: Tensor) -> Tensor:
            turned = torch.einsum("bij,bvhwj->bvhwi", T_new_old[:, :3, :3], points)
            return turned + T_new_old[:, None, None, None, :3, 3]

        targets = self.targets and replace(
            self.targets,
            points=moved(self.targets.points),
            T_first_camera=T_new_old[:, None] @ self.targets.T_first_camera,
        )
        return replace(
            self,
            images=self.images.flip(1),
            points=moved(self.points).flip(1),
            valid=self.valid.flip(1),
            T_first_camera=(T_new_old[:, None] @ self.T_first_camera).flip(1),
            targets=targets,
            shift_px=None if self.shift_px is None else self.shift_px.flip(1),
        )

    def mirrored(self) -> Pairs:
        """The same pairs seen in a mirror: x changes sign."""
        sign = self.points.new_tensor([-1.0, 1.0, 1.0])
        S = torch.diag(self.points.new_tensor([-1.0, 1.0, 1.0, 1.0]))

        def flipped(views: Pairs | Targets) -> dict[str, Tensor]:
            return {
                "images": views.images.flip(-1),
                "points": views.points.flip(-2) * sign,
                "valid": views.valid.flip(-1),
                "T_first_camera": S @ views.T_first_camera @ S,
            }

        targets = self.targets and Targets(**flipped(self.targets))
        shift = None if self.shift_px is None else self.shift_px * sign[:2]
        return replace(self, **flipped(self), targets=targets, shift_px=shift)


def _each_tensor(change: Callable[..., Tensor], *records: Any) -> Any:
    """A record of the same type; `change` makes each tensor from those of the given records."""

    def changed(name: str) -> Any:
        values = [getattr(record, name) for record in records]
        if values[0] is None:
            return None
        return change(*values) if isinstance(values[0], Tensor) else _each_tensor(change, *values)

    return type(records[0])(**{field.name: changed(field.name) for field in fields(records[0])})


def in_camera(points: Tensor, T_first_camera: Tensor) -> Tensor:
    """Points (B, 2, H, W, 3) of the first camera's frame in each photo's own camera frame."""
    T = _rigid_inverse(T_first_camera)
    turned = torch.einsum("bvij,bvhwj->bvhwi", T[..., :3, :3], points)
    return turned + T[..., None, None, :3, 3]


def render_pairs(
    seeds: Sequence[int],
    image_size: int = 128,
    *,
    device: torch.device | str = "cpu",
    shadows: bool = True,
    supersample: int = 1,
    targets: int = 0,
    optics: Optics = Optics(),
) -> Pairs:
    """Pairs of pictures of the scenes of these seeds.

    With the same optics a seed gives the same scene in any batch, at any size and on any device (up
    to rounding).

    Args:
        seeds: B integers.
        image_size: edge of the pictures in pixels.
        device: where to compute.
        shadows: whether the main light casts shadows; they take about a third of the time.
        supersample: odd number of colour samples per pixel and axis, for pictures with smooth
            edges; the geometry is always that of the pixel centre.
        targets: number of target views of each scene, from cameras roughly between the pair's.
        optics: range of the field of view, and whether the photos are crops off the centre.

    Raises:
        ValueError: for no seeds, an even `supersample` or a negative number of targets.
    """
    if not len(seeds):
        raise ValueError("expected at least one seed, got none")
    if supersample % 2 == 0:
        raise ValueError(f"expected an odd `supersample` (1, 3, ...), got {supersample}")
    if targets < 0:
        raise ValueError(f"expected a number of target views of at least 0, got {targets}")
    draws = Draws(seeds, device)
    scene, poses, focal = _sample_views(draws, optics.fov_deg)
    shift = None
    if optics.shift:  # no numbers are drawn without one: the scenes stay what they were
        shift = draws.uniform(-optics.shift, optics.shift, 2, 2)
    if targets:
        poses = torch.cat([poses, _target_views(draws, scene, poses, targets)], 1)
    shifts = poses.new_zeros(len(draws), 2 + targets, 2)  # of all views, in picture widths
    if shift is not None:
        shifts[:, :2] = shift
    images, world, valid = _render_views(
        scene, poses, focal, shifts, image_size, supersample, shadows
    )
    T_first_world = _rigid_inverse(poses[:, 0])
    points = torch.einsum("bij,bvjhw->bvhwi", T_first_world[:, :3, :3], world)
    points = points + T_first_world[:, None, None, None, :3, 3]
    relative = T_first_world[:, None] @ poses
    relative[:, 0] = torch.eye(4, device=poses.device)
    pair, further = slice(0, 2), slice(2, None)
    pairs = Pairs(
        images=images[:, pair],
        points=points[:, pair],
        valid=valid[:, pair],
        T_first_camera=relative[:, pair],
        focal_px=focal * image_size,
        overlap=torch.zeros(len(draws), device=poses.device),
        seeds=torch.as_tensor(list(seeds), dtype=torch.int64, device=poses.device),
        targets=Targets(
            images[:, further], points[:, further], valid[:, further], relative[:, further]
        )
        if targets
        else None,
        shift_px=None if shift is None else shift * image_size,
    )
    seen = covisible(pairs)[:, 1]
    share = seen.sum((1, 2)) / pairs.valid[:, 1].sum((1, 2)).clamp_min(1)
    return replace(pairs, overlap=share)


def _render_views(
    scene: Scene,
    poses: Tensor,
    focal: Tensor,
    shifts: Tensor,
    image_size: int,
    supersample: int,
    shadows: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures (B, V, 3, H, W), world points (B, V, 3, H, W) and validity (B, V, H, W)."""
    B, V = poses.shape[:2]
    size = image_size * supersample
    group = torch.arange(B, device=poses.device).repeat_interleave(V)
    T = poses.flatten(0, 1)  # (BV, 4, 4) camera to world
    focal_fine = focal.repeat_interleave(V) * size
    rays = _pixel_rays(size, focal_fine, shifts.flatten(0, 1) * size)  # (BV, 3, N), camera frame
    directions = torch.bmm(T[:, :3, :3], rays)
    origins = T[:, :3, 3]

    hits = cast(scene.solids, group, origins, directions)
    found = surface(scene.solids, group, origins, directions, hits)
    cosine = (F.normalize(directions, dim=1) * found.normals).sum(1).abs().clamp_min(0.1)
    footprint = hits.distance / focal_fine[:, None] / cosine.sqrt()
    base = albedo(scene.textures, group, found, footprint)
    sky = scene.outdoor[group][:, None] & (hits.slot == 0) & (found.row != FLOOR)
    lit = _shade(scene, group, found.points, found.normals, shadows)
    colour = torch.where(sky[:, None], base, base * lit[:, None]).clamp(0, 1)
    valid = ~sky & (hits.distance < FAR_METRES)

    images = colour.unflatten(-1, (size, size))
    images = F.avg_pool2d(images, supersample) if supersample > 1 else images
    middle = slice(supersample // 2, None, supersample)
    world = found.points.unflatten(-1, (size, size))[..., middle, middle]
    valid = valid.unflatten(-1, (size, size))[..., middle, middle]
    return images.unflatten(0, (B, V)), world.unflatten(0, (B, V)), valid.unflatten(0, (B, V))


def covisible(pairs: Pairs, tolerance: float = 0.03) -> Tensor:
    """(B, 2, H, W) bool: the valid pixels whose point the other photo sees as well.

    A point counts as seen if the other photo's depth at the nearest pixel agrees within the
    relative tolerance. Some points on surfaces at a grazing angle are missed.
    """
    seen = [
        _seen_by(pairs, view, pairs.points[:, 1 - view, None], tolerance)[:, 0] for view in (1, 0)
    ]
    return torch.stack(seen, 1) & pairs.valid


def seen_by_context(pairs: Pairs, tolerance: float = 0.03) -> Tensor:
    """(B, T, H, W) bool: the valid pixels of the targets whose point a photo of the pair sees.

    Only these can be predicted from the pair: it is the loss mask of Splatt3R (Smart et al. 2024,
    section 3.3). The rule is that of `covisible`.

    Raises:
        ValueError: for pairs without targets.
    """
    if pairs.targets is None:
        raise ValueError("expected pairs with target views; render them with `targets=1` or more")
    points = pairs.targets.points
    seen = _seen_by(pairs, 0, points, tolerance) | _seen_by(pairs, 1, points, tolerance)
    return seen & pairs.targets.valid


def _seen_by(pairs: Pairs, view: int, points: Tensor, tolerance: float) -> Tensor:
    """(B, K, H, W) bool: which of the points (B, K, H, W, 3) a photo of the pair sees."""
    H, W = pairs.valid.shape[-2:]
    T = _rigid_inverse(pairs.T_first_camera[:, view])
    local = torch.einsum("bij,bkhwj->bkhwi", T[:, :3, :3], points) + T[:, None, None, None, :3, 3]
    z = local[..., 2].clamp_min(1e-6)
    focal = pairs.focal_px[:, None, None, None]
    middle = pairs.principal_px[:, view, :, None, None, None]  # (B, 2, 1, 1, 1)
    column = (focal * local[..., 0] / z + middle[:, 0]).floor()
    row = (focal * local[..., 1] / z + middle[:, 1]).floor()
    inside = (column >= 0) & (column < W) & (row >= 0) & (row < H) & (local[..., 2] > 0.05)
    index = (row.clamp(0, H - 1) * W + column.clamp(0, W - 1)).long()
    depth = pairs.depth[:, view].flatten(1).gather(1, index.flatten(1)).view_as(z)
    return inside & ((depth - z).abs() < tolerance * z)


def _sample_views(draws: Draws, fov_deg: tuple[float, float]) -> tuple[Scene, Tensor, Tensor]:
    """Scenes, poses (B, 2, 4, 4) camera to world, and focal lengths (B,) in picture widths."""
    B = len(draws)
    outdoor = draws.chance(OUTDOOR_SHARE)
    indoors = torch.stack([draws.uniform(3, 9), draws.uniform(2.4, 3.0), draws.uniform(3, 9)], -1)
    open_air = indoors.new_tensor([2, 1, 2]) * OUTDOOR_HALF_METRES
    room = torch.where(outdoor[:, None], open_air, indoors)
    fov = draws.uniform(*fov_deg)
    focal = 0.5 / torch.tan(torch.deg2rad(fov) / 2)

    limit = (room[:, [0, 2]] / 2 - _WALL_MARGIN).clamp(max=12)
    spot = draws.uniform(-1, 1, 2) * limit
    first = torch.stack([spot[:, 0], -draws.uniform(*EYE_LEVEL_METRES), spot[:, 1]], -1)
    # Look at the farthest of a few spots, so that the nearest wall does not fill the picture.
    targets = draws.uniform(-1, 1, 4, 2) * limit[:, None]
    far = (targets - spot[:, None]).norm(dim=-1).argmax(1)
    target = targets[torch.arange(B, device=far.device), far]
    height = -draws.uniform(0.4, 1.9)
    aim = torch.stack([target[:, 0], height, target[:, 1]], -1)
    R = look_along(aim - first, draws.uniform(-0.05, 0.05))
    heading = torch.atan2(R[:, 0, 2], R[:, 2, 2])
    scene = sample_scene(draws, first, heading, room, outdoor)
    near = scene.solids.clearance(first[:, None])[:, 0] < 0.6
    scene = _without(scene, near)

    probe = _pixel_rays(_PROBE, focal * _PROBE)
    index = torch.arange(B, device=first.device)
    depth = cast(scene.solids, index, first, torch.bmm(R, probe)).distance.clamp(max=20)
    middle = depth.median(-1).values
    second, R2, good = _second_views(draws, scene, first, R, focal, middle, room)
    chosen = good.argmax(1)
    second, R2 = second[index, chosen], R2[index, chosen]
    # Remove solids that are too near to the chosen camera; usually there are none.
    scene = _without(scene, scene.solids.clearance(second[:, None])[:, 0] < CLEARANCE_METRES)
    poses = torch.eye(4, device=first.device).repeat(B, 2, 1, 1)
    poses[:, 0, :3, :3], poses[:, 0, :3, 3] = R, first
    poses[:, 1, :3, :3], poses[:, 1, :3, 3] = R2, second
    return scene, poses, focal


def _second_views(
    draws: Draws,
    scene: Scene,
    first: Tensor,
    R: Tensor,
    focal: Tensor,
    depth: Tensor,
    room: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Candidate second cameras: centres (B, K, 3), rotations (B, K, 3, 3), scores (B, K)."""
    B, K = len(draws), _CANDIDATES
    step = torch.stack([draws.sign(K), 0.25 * draws.normal(K), 0.5 * draws.normal(K)], -1)
    share = draws.log_uniform(*BASELINE_SHARE)
    length = (share * depth).clamp_min(MIN_BASELINE_METRES)[:, None, None]
    offset = torch.einsum("bij,bkj->bki", R, F.normalize(step, dim=-1)) * length
    place = first[:, None] + offset
    bound = room[:, None] / 2 - _WALL_MARGIN
    place = torch.minimum(torch.maximum(place, -bound), bound)
    wanted = first[:, None, 1] + offset[..., 1]  # the clamp above treated y as if centred at 0
    place[..., 1] = wanted.clamp(-EYE_LEVEL_METRES[1], -EYE_LEVEL_METRES[0])
    pivot = (
        first[:, None] + R[:, None, :, 2] * (depth[:, None] * draws.uniform(0.7, 1.6, K))[..., None]
    )
    pivot = pivot + 0.12 * depth[:, None, None] * draws.normal(K, 3)
    turns = look_along(pivot - place, draws.uniform(-0.08, 0.08, K))

    # Overlap: the share of a candidate's probe rays whose end the first camera sees.
    group = torch.arange(B, device=first.device).repeat_interleave(K)
    probe = _pixel_rays(_PROBE, focal[group] * _PROBE)
    directions = torch.bmm(turns.flatten(0, 1), probe)
    ends = cast(scene.solids, group, place.flatten(0, 1), directions).distance[:, None] * directions
    ends = ends + place.flatten(0, 1)[..., None]
    back = ends - first[group][..., None]
    open_ = cast(scene.solids, group, first[group], back).distance > 0.999
    seen = torch.bmm(R[group].mT, back)
    reach = (0.5 / focal)[group, None]
    inside = (seen[:, :2].abs() < reach[:, None] * seen[:, 2:]).all(1)
    overlap = (open_ & inside).float().mean(-1).unflatten(0, (B, K))
    clear = (scene.solids.clearance(place).amin(-1) > CLEARANCE_METRES).float()
    moved = (place - first[:, None]).norm(dim=-1) / length[..., 0]
    honest = (moved > 0.7).float()  # not cut short by a wall
    early = -0.01 * torch.arange(K, device=first.device)
    return place, turns, 4 * clear + 2 * (overlap > 0.45) + honest + 0.5 * overlap + early


def _target_views(draws: Draws, scene: Scene, poses: Tensor, count: int) -> Tensor:
    """(B, count, 4, 4) cameras to world, roughly between the pair's and clear of solids."""
    B, K = len(draws), count * _CANDIDATES
    first, second = poses[:, 0], poses[:, 1]
    along = draws.uniform(-0.2, 1.2, K)[..., None]
    place = torch.lerp(first[:, None, :3, 3], second[:, None, :3, 3], along)
    baseline = (second[:, :3, 3] - first[:, :3, 3]).norm(dim=-1)[:, None, None]
    place = place + 0.1 * baseline * draws.normal(K, 3)
    forward = torch.lerp(first[:, None, :3, 2], second[:, None, :3, 2], along)
    turns = look_along(forward + 0.03 * draws.normal(K, 3), 0.02 * draws.normal(K))
    margin = CLEARANCE_METRES
    room = scene.solids.halves[:, None, 0]
    free = scene.solids.clearance(place).amin(-1) > margin
    free &= ((place - scene.solids.centers[:, None, 0]).abs() < room - margin).all(-1)
    # The first free candidate of each target; without one, the pair's first camera, which is free.
    free, place, turns = (part.unflatten(1, (count, _CANDIDATES)) for part in (free, place, turns))
    index = torch.arange(B, device=free.device)[:, None], torch.arange(count, device=free.device)
    pick = free.int().argmax(2)
    result = first[:, None].repeat(1, count, 1, 1)
    there = free.any(2)[..., None]
    result[..., :3, 3] = torch.where(there, place[*index, pick], result[..., :3, 3])
    result[..., :3, :3] = torch.where(there[..., None], turns[*index, pick], result[..., :3, :3])
    return result


def look_along(forward: Tensor, roll: Tensor) -> Tensor:
    """Rotations (..., 3, 3), camera to world, that look along `forward`; roll in radians."""
    z = F.normalize(forward, dim=-1)
    down = torch.zeros_like(z)
    down[..., 1] = 1
    x = F.normalize(torch.linalg.cross(down, z), dim=-1)
    y = torch.linalg.cross(z, x)
    cos, sin = roll[..., None].cos(), roll[..., None].sin()
    return torch.stack([cos * x + sin * y, cos * y - sin * x, z], -1)


def _shade(scene: Scene, group: Tensor, points: Tensor, normals: Tensor, shadows: bool) -> Tensor:
    """(G, N) light that reaches surface points: Lambert's law, two lights and an ambient share."""
    total = scene.ambient[group][:, None].expand(points.shape[0], points.shape[2]).clone()
    for k in range(2):
        light = scene.lights[group, k]
        ray = points - light[..., None]  # from the light
        distance = ray.norm(dim=1).clamp_min(1e-3)
        falling = (-(ray * normals).sum(1) / distance).clamp_min(0)
        falling = falling / (1 + (distance / scene.light_reach[group]).square()) * 1.25
        if k == 0 and shadows:
            blocked = cast(scene.solids, group, light, ray).distance < 0.995
            falling = falling.masked_fill(blocked, 0.0)
        total = total + scene.light_strength[group, k, None] * falling
    return total


def _pixel_rays(size: int, focal_px: Tensor, shift_px: Tensor | None = None) -> Tensor:
    """(G, 3, size²) directions with z = 1 through the pixel centres, in raster order.

    Args:
        size: edge of the picture.
        focal_px: (G,).
        shift_px: (G, 2) x, y of the principal points from the pictures' centres.
    """
    step = torch.arange(size, device=focal_px.device) + 0.5 - size / 2
    y, x = torch.meshgrid(step, step, indexing="ij")
    plane = torch.stack([x.flatten(), y.flatten()])
    plane = plane if shift_px is None else plane - shift_px[..., None]
    plane = plane / focal_px[:, None, None]
    return torch.cat([plane, torch.ones_like(plane[:, :1])], 1)


def _without(scene: Scene, gone: Tensor) -> Scene:
    """The scene without the solids marked in (B, P - 1), slots 1 onwards."""
    keep = scene.solids.present.clone()
    keep[:, 1:] &= ~gone
    return replace(scene, solids=replace(scene.solids, present=keep))


def _rigid_inverse(T: Tensor) -> Tensor:
    inverse = torch.zeros_like(T)
    R = T[..., :3, :3].mT
    inverse[..., :3, :3] = R
    inverse[..., :3, 3:] = -R @ T[..., :3, 3:]
    inverse[..., 3, 3] = 1
    return inverse
