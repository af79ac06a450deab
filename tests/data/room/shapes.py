"""Meshes of the room: boxes, soft boxes, turned and pleated surfaces, leaves. Metres, z up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles with texture coordinates."""

    points: Array  # (V, 3) metres
    uv: Array  # (V, 2) metres along the surface, or shares of the texture
    faces: Array  # (F, 3) rows of `points`

    def at(self, x: float, y: float, z: float, turn_deg: float = 0.0) -> Mesh:
        """Turned about the vertical, then moved."""
        return Mesh(self.points @ turned(turn_deg).T + np.array([x, y, z]), self.uv, self.faces)

    def leaning(self, axis: int, degrees: float) -> Mesh:
        """Turned about an axis through the origin."""
        return Mesh(self.points @ turned(degrees, axis).T, self.uv, self.faces)

    def write(self, path: Path) -> Path:
        """As a binary PLY with s, t."""
        vertices = np.hstack([self.points, self.uv]).astype("<f4")
        rows = np.empty(len(self.faces), [("n", "u1"), ("at", "<i4", 3)])
        rows["n"], rows["at"] = 3, self.faces
        names = "".join(f"property float {name}\n" for name in ("x", "y", "z", "u", "v"))
        header = (
            f"ply\nformat binary_little_endian 1.0\nelement vertex {len(vertices)}\n{names}"
            f"element face {len(rows)}\nproperty list uchar int vertex_indices\nend_header\n"
        )
        path.write_bytes(header.encode() + vertices.tobytes() + rows.tobytes())
        return path


def turned(degrees: float, axis: int = 2) -> Array:
    """(3, 3) rotation about an axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    first, second = [(1, 2), (2, 0), (0, 1)][axis]
    R = np.eye(3)
    R[first, first], R[first, second], R[second, first], R[second, second] = c, -s, s, c
    return R


def joined(*meshes: Mesh) -> Mesh:
    """All of them as one."""
    starts = np.cumsum([0, *(len(mesh.points) for mesh in meshes[:-1])])
    return Mesh(
        np.concatenate([mesh.points for mesh in meshes]),
        np.concatenate([mesh.uv for mesh in meshes]),
        np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]),
    )


def grid(points: Array, uv: Array) -> Mesh:
    """A surface from (rows, columns, 3) points and (rows, columns, 2) texture coordinates."""
    rows, columns = points.shape[:2]
    number = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (
        part.ravel()
        for part in (number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:])
    )
    faces = np.concatenate([np.stack([a, b, d], 1), np.stack([a, d, c], 1)])
    return Mesh(points.reshape(-1, 3), uv.reshape(-1, 2), faces)


def rectangle(corner: Array, along: Array, up: Array) -> Mesh:
    """A rectangle whose texture coordinates run from 0 to 1, v upwards."""
    t = np.array([0.0, 1.0])
    u, v = np.meshgrid(t, t)
    points = corner + u[..., None] * np.array(along) + v[..., None] * np.array(up)
    return grid(points, np.stack([u, v], -1))


def soft_box(
    size: tuple[float, float, float], radius: float, steps: int = 9, bulge: float = 0.0
) -> Mesh:
    """A box with round edges, its foot at z = 0; `bulge` metres swell the middle of each face.

    Texture coordinates are metres along each face.
    """
    half = np.array(size) / 2
    inner = half - radius
    t = np.sin(np.linspace(-np.pi / 2, np.pi / 2, steps))  # denser at the edges, which bend
    u, v = np.meshgrid(t, t)
    sides = []
    for axis in range(3):
        for sign in (-1, 1):
            p = np.empty((steps, steps, 3))
            p[..., axis], p[..., (axis + 1) % 3], p[..., (axis + 2) % 3] = sign, u * sign, v
            p = p * half
            core = np.clip(p, -inner, inner)
            out = p - core
            p = core + radius * out / np.maximum(np.linalg.norm(out, axis=-1, keepdims=True), 1e-9)
            p[..., axis] += sign * bulge * (1 - u**2) * (1 - v**2)
            flat = [half[(axis + 1) % 3] * u, half[(axis + 2) % 3] * v]
            sides.append(grid(p + np.array([0, 0, half[2]]), np.stack(flat, -1)))
    return joined(*sides)


def box(*size: float) -> Mesh:
    """A box with hardly broken edges, its foot at z = 0."""
    return soft_box((size[0], size[1], size[2]), min(0.004, 0.3 * min(size)), 4)


def turned_surface(profile: list[tuple[float, float]], steps: int = 48) -> Mesh:
    """A surface of revolution about z through (radius, height) points, smoothed between them."""
    radii, heights = np.array(profile).T
    at = np.linspace(0, len(profile) - 1, 6 * len(profile))
    radii, heights = (np.interp(at, np.arange(len(profile)), values) for values in (radii, heights))
    angle = np.linspace(0, 2 * np.pi, steps)
    points = np.stack(
        [
            radii[:, None] * np.cos(angle),
            radii[:, None] * np.sin(angle),
            heights[:, None] + 0 * angle,
        ],
        -1,
    )
    length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(radii), np.diff(heights)))])
    uv = np.stack(np.broadcast_arrays(angle * radii.max(), length[:, None]), -1)
    return grid(points, uv)


def rod(start: Array, end: Array, radius: float) -> Mesh:
    """A round rod between two points."""
    start, end = np.array(start, float), np.array(end, float)
    axis = (end - start) / np.linalg.norm(end - start)
    side = np.cross(axis, [1.0, 0, 0] if abs(axis[0]) < 0.9 else [0, 1.0, 0])
    side /= np.linalg.norm(side)
    angle = np.linspace(0, 2 * np.pi, 17)[:, None]
    ring = radius * (np.cos(angle) * side + np.sin(angle) * np.cross(axis, side))
    uv = np.stack([np.zeros(17), angle[:, 0] * radius], -1)
    length = np.linalg.norm(end - start)
    return grid(np.stack([start + ring, end + ring]), np.stack([uv, uv + np.array([length, 0])]))


def curtain(width: float, height: float, folds: int, depth: float, seed: int) -> Mesh:
    """Pleated cloth in the plane x = 0: y from 0 to `width`, z from 0 to `height`."""
    generator = np.random.default_rng(seed)
    u, v = np.meshgrid(np.linspace(0, 1, 40 * folds), np.linspace(0, 1, 24))
    phase = 0.35 * np.sin(2 * np.pi * (u * 2.3 + generator.random())) * (1 - 0.4 * v)
    x = depth * np.sin(2 * np.pi * (folds * u + phase)) * (1 - 0.35 * v)
    x += 0.3 * depth * np.sin(2 * np.pi * (2.1 * folds * u + generator.random()))
    points = np.stack([x, width * u, height * v], -1)
    return grid(points, np.stack([1.6 * width * u, height * v], -1))


def leaf(length: float, width: float, droop: float) -> Mesh:
    """A leaf from the origin along +x, bent downwards; texture coordinates from 0 to 1."""
    t, s = np.meshgrid(np.linspace(0, 1, 9), np.linspace(-1, 1, 5), indexing="ij")
    outline = width / 2 * np.sin(np.pi * np.clip(t, 0.0, 1) ** 0.75) ** 0.8
    bend = droop * t
    radius = length / max(abs(droop), 1e-3)
    x, z = radius * np.sin(bend), -radius * (1 - np.cos(bend)) * np.sign(droop)
    points = np.stack([x, s * outline, z + 0.25 * np.abs(s) * outline], -1)
    return grid(points, np.stack([(s + 1) / 2, t], -1))
