"""Position, size, rotation and opacity: what every Gaussian has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import degrees, pi

import torch
from torch import Tensor

from splat_widgets.attributes.records import KERBL, SIGNED_UNIT, UNIT, Attribute, Range, Subject
from splat_widgets.geometry.rotations import rotation_matrix

_KNUD_THOMSEN = 1.6075  # exponent of the ellipsoid area formula: at most 1.061 % wrong
DIRECTIONS = ("right", "down", "forward")  # of x, y, z


def attributes() -> Iterator[Attribute]:
    """All attributes of this file."""
    yield from _position()
    yield from _size()
    yield from _rotation()
    yield Attribute(
        name="opacity",
        label="Opacity",
        unit="",
        formula="α",
        description="Largest weight the Gaussian can have, at its centre, in [0, 1].",
        compute=lambda s: s.gaussians.opacities,
        group="opacity",
        source=KERBL,
        range=UNIT,
    )


def sorted_scales(scales: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Smallest, middle and largest of (N, 3), each (N,); faster than a sort."""
    a, b, c = scales.unbind(-1)
    low, high = torch.minimum(a, b), torch.maximum(a, b)
    return (
        torch.minimum(low, c),
        torch.maximum(low, torch.minimum(high, c)),
        torch.maximum(high, c),
    )


def normals(subject: Subject) -> Tensor:
    """(N, 3) unit axis of the smallest scale, turned towards the camera it was seen from.

    Where that camera is not known, towards the first one.
    """
    gaussians = subject.gaussians
    R = rotation_matrix(gaussians.quaternions)
    thinnest = gaussians.scales.argmin(-1)
    normal = torch.take_along_dim(R, thinnest[:, None, None], -1).squeeze(-1)
    _, center, _ = subject.in_own_camera()
    away = gaussians.means - center.nan_to_num(0.0)
    facing = (normal * away).sum(-1, keepdim=True) <= 0
    return torch.where(facing, normal, -normal)


def _position() -> Iterator[Attribute]:
    for axis, (letter, direction) in enumerate(zip("xyz", DIRECTIONS, strict=True)):
        yield Attribute(
            name=letter,
            label=f"Position {letter}",
            unit="m",
            formula=f"{letter} of the centre μ",
            description=f"Centre along {letter} of the scene's frame. Of the first camera that "
            f"points {direction}; given cameras, and files of others, have a frame of their own.",
            compute=lambda s, axis=axis: s.gaussians.means[:, axis],
            group="position",
            source=KERBL,
        )
    yield Attribute(
        name="distance",
        label="Distance to camera",
        unit="m",
        formula="|μ - c|",
        description="Distance to the centre c of the first camera, or of the one asked for.",
        compute=lambda s: s.in_camera().norm(dim=-1),
        group="position",
        log=True,
        uses_camera=True,
    )
    yield Attribute(
        name="depth",
        label="Depth",
        unit="m",
        formula="z of the centre in the camera's frame",
        description="Depth along the optical axis of the first camera, or of the one asked for; "
        "negative behind it.",
        compute=lambda s: s.in_camera()[:, 2],
        group="position",
        uses_camera=True,
    )


def _size() -> Iterator[Attribute]:
    length = Attribute(
        name="scale_0",
        label="Scale 0",
        unit="m",
        formula="σ0",
        description="Standard deviation along the local x axis, as stored.",
        compute=lambda s: s.gaussians.scales[:, 0],
        group="size",
        source=KERBL,
        log=True,
    )
    for axis, letter in enumerate("xyz"):
        yield replace(
            length,
            name=f"scale_{axis}",
            label=f"Scale {axis}",
            formula=f"σ{axis}",
            description=f"Standard deviation along the local {letter} axis, as stored.",
            compute=lambda s, axis=axis: s.gaussians.scales[:, axis],
        )
    for rank, (word, letter) in enumerate((("smallest", "a"), ("middle", "b"), ("largest", "c"))):
        yield replace(
            length,
            name=f"scale_{word}",
            label=f"{word.capitalize()} scale",
            formula=f"{letter}, of σ0, σ1, σ2 sorted to a ≤ b ≤ c",
            description=f"The {word} of the three standard deviations.",
            compute=lambda s, rank=rank: sorted_scales(s.gaussians.scales)[rank],
        )
    yield replace(
        length,
        name="volume",
        label="Volume",
        unit="m³",
        formula="4/3 π a b c",
        description="Volume of the ellipsoid at one standard deviation.",
        compute=lambda s: s.gaussians.scales.prod(-1) * (4 / 3 * pi),
    )
    yield replace(
        length,
        name="surface_area",
        label="Surface area",
        unit="m²",
        formula="4π (((ab)ᵖ + (ac)ᵖ + (bc)ᵖ) / 3)^(1/p), p = 1.6075",
        description="Surface of the ellipsoid at one standard deviation, to about 1 %.",
        source="K. Thomsen 2004, in Michon, Surface area of an ellipsoid",
        compute=_surface_area,
    )
    yield replace(
        length,
        name="anisotropy",
        label="Anisotropy",
        unit="",
        formula="c / a",
        description="Largest over smallest scale; 1 for a ball.",
        source="splat_widgets; regularised in Xie et al. 2024, PhysGaussian, eq. 16",
        compute=lambda s: _ratio(s, 2, 0),
    )
    shape = replace(length, unit="", log=False, range=UNIT)
    yield replace(
        shape,
        name="flatness",
        label="Flatness",
        formula="1 - a / b",
        description="0 if the smallest scale equals the middle one (ball, needle), 1 for a disc "
        "without thickness.",
        source="splat_widgets; after Westin et al. 2002, planar measure",
        compute=lambda s: 1 - _ratio(s, 0, 1),
    )
    yield replace(
        shape,
        name="elongation",
        label="Elongation",
        formula="1 - b / c",
        description="0 if the largest scale equals the middle one (ball, disc), 1 for a needle.",
        source="splat_widgets; after Westin et al. 2002, linear measure",
        compute=lambda s: 1 - _ratio(s, 1, 2),
    )


def _rotation() -> Iterator[Attribute]:
    for index, letter in enumerate("wxyz"):
        yield Attribute(
            name=f"quaternion_{letter}",
            label=f"Quaternion {letter}",
            unit="",
            formula=f"q_{letter}",
            description="Component of the unit quaternion, local to world, as stored: q and -q are "
            "the same rotation.",
            compute=lambda s, index=index: s.gaussians.quaternions[:, index],
            group="rotation",
            source=KERBL,
            colormap="coolwarm",
            range=SIGNED_UNIT,
        )
    yield Attribute(
        name="rotation_angle",
        label="Rotation angle",
        unit="°",
        formula="2 atan2(|(q_x, q_y, q_z)|, |q_w|)",
        description="Angle of the rotation from local to world axes, 0 to 180; not cyclic. It "
        "depends on the order in which the axes are stored.",
        compute=_rotation_angle,
        group="rotation",
        range=Range("fixed", 0.0, 180.0),
    )
    for axis, (letter, direction) in enumerate(zip("xyz", DIRECTIONS, strict=True)):
        yield Attribute(
            name=f"normal_{letter}",
            label=f"Normal {letter}",
            unit="",
            formula=f"{letter} of the axis of the smallest scale, signed to face the camera",
            description=f"Component of the thin side's unit direction that points {direction}. It "
            "faces the camera of the Gaussian's own photo, else the first camera. Arbitrary for a "
            "ball or needle, which has no single thin side.",
            compute=lambda s, axis=axis: normals(s)[:, axis],
            group="rotation",
            colormap="coolwarm",
            range=SIGNED_UNIT,
            uses_camera=True,
        )


def _ratio(subject: Subject, over: int, under: int) -> Tensor:
    ranked = sorted_scales(subject.gaussians.scales)
    return ranked[over] / ranked[under]


def _surface_area(subject: Subject) -> Tensor:
    a, b, c = subject.gaussians.scales.double().pow(_KNUD_THOMSEN).unbind(-1)
    return 4 * pi * ((a * b + a * c + b * c) / 3).pow(1 / _KNUD_THOMSEN)


def _rotation_angle(subject: Subject) -> Tensor:
    q = subject.gaussians.quaternions
    # atan2 stays accurate near 0, where acos(q_w) has lost all digits.
    return torch.atan2(q[:, 1:].norm(dim=-1), q[:, 0].abs()) * degrees(2)
