"""Colour and spherical harmonics."""

from __future__ import annotations

from collections.abc import Iterator
from math import pi, sqrt

import torch
from torch import Tensor

from splat_widgets.attributes.records import KERBL, SYMMETRIC, UNIT, Attribute, Range, Subject
from splat_widgets.conventions import MAX_SH_DEGREE
from splat_widgets.geometry.harmonics import dc_to_rgb

_LUMINANCE = (0.2126, 0.7152, 0.0722)  # of linear sRGB primaries
_GREY = 1e-6  # a smaller spread of the channels is rounding, and its hue would be too
CHANNELS = {"r": "red", "g": "green", "b": "blue"}


def attributes() -> Iterator[Attribute]:
    """All attributes of this file."""
    yield from _colour()
    yield from _energy()
    yield from _coefficients()


def rgb(subject: Subject) -> Tensor:
    """(N, 3) display colour of the degree-0 term; not clamped."""
    return dc_to_rgb(subject.gaussians.sh[:, 0])


def _colour() -> Iterator[Attribute]:
    for index, (letter, word) in enumerate(CHANNELS.items()):
        yield Attribute(
            name=word,
            label=word.capitalize(),
            unit="",
            formula=f"0.5 + C0 · sh_0_0_{letter}, C0 = 1 / (2√π)",
            description="Display value of the view-independent colour; may leave [0, 1].",
            compute=lambda s, index=index: rgb(s)[:, index],
            group="colour",
            source=KERBL,
            range=UNIT,
        )
    yield Attribute(
        name="luminance",
        label="Luminance",
        unit="",
        formula="0.2126 R + 0.7152 G + 0.0722 B of the linearised colour",
        description="Relative luminance of the view-independent colour, cut to [0, 1]: "
        "proportional to light, so mid-grey is about 0.21.",
        compute=_luminance,
        group="colour",
        source="IEC 61966-2-1 (sRGB)",
        range=UNIT,
    )
    yield Attribute(
        name="hue",
        label="Hue",
        unit="°",
        formula="HSV hue of the colour cut to [0, 1]",
        description="0 red, 120 green, 240 blue, cyclic; NaN for greys, which have none.",
        compute=lambda s: _hue(rgb(s).clamp(0, 1)),
        group="colour",
        source="Smith 1978, Color gamut transform pairs",
        colormap="twilight",
        range=Range("fixed", 0.0, 360.0),
    )
    yield Attribute(
        name="saturation",
        label="Saturation",
        unit="",
        formula="(max - min) / max of R, G, B cut to [0, 1]",
        description="HSV saturation of the view-independent colour: 0 grey, 1 pure; 0 for black.",
        compute=lambda s: _saturation(rgb(s).clamp(0, 1)),
        group="colour",
        source="Smith 1978, Color gamut transform pairs",
        range=UNIT,
    )
    yield Attribute(
        name="value",
        label="Value",
        unit="",
        formula="max of R, G, B cut to [0, 1]",
        description="HSV value of the view-independent colour.",
        compute=lambda s: rgb(s).clamp(0, 1).amax(-1),
        group="colour",
        source="Smith 1978, Color gamut transform pairs",
        range=UNIT,
    )


def _energy() -> Iterator[Attribute]:
    for degree in range(MAX_SH_DEGREE + 1):
        first, last = degree**2, (degree + 1) ** 2
        yield Attribute(
            name=f"sh_energy_{degree}",
            label=f"SH energy, degree {degree}",
            unit="",
            formula=f"Σ sh[:, k, c]² over k = {first}..{last - 1} and the channels c",
            description=f"Squared colour of degree {degree}, integrated over all directions and "
            "summed over the channels (the basis is orthonormal)"
            + ("; measured from mid-grey." if degree == 0 else "."),
            compute=lambda s, k=slice(first, last): s.gaussians.sh[:, k].square().sum((-1, -2)),
            group="harmonics",
            source="Parseval's theorem; basis of " + KERBL,
            min_sh_degree=degree,
            log=True,
        )
    yield Attribute(
        name="view_dependence",
        label="View dependence",
        unit="",
        formula="√(Σ sh[:, k, c]² over k ≥ 1 and c, divided by 12π)",
        description="How far the colour strays from its mean over all directions: root mean square "
        "over directions and channels, in display values.",
        compute=lambda s: s.gaussians.sh[:, 1:].square().sum((-1, -2)).sqrt() / sqrt(12 * pi),
        group="harmonics",
        min_sh_degree=1,
        log=True,
    )


def _coefficients() -> Iterator[Attribute]:
    for degree in range(MAX_SH_DEGREE + 1):
        for index in range(2 * degree + 1):
            for channel, (letter, word) in enumerate(CHANNELS.items()):
                k = degree**2 + index
                column = f"f_dc_{channel}"
                if degree:
                    column = f"f_rest_{k - 1}" + ("" if not channel else f" + {channel} · (K - 1)")
                    column += ", K = (degree of the file + 1)²" if channel else ""
                yield Attribute(
                    name=f"sh_{degree}_{index}_{letter}",
                    label=f"SH {degree}, {index - degree:+d} {word}" if degree else f"SH 0 {word}",
                    unit="",
                    formula=f"sh[:, {k}, {channel}]",
                    description=f"Coefficient of the real basis function of degree {degree}, order "
                    f"{index - degree}, {word}; in a .ply: {column}.",
                    compute=lambda s, k=k, c=channel: s.gaussians.sh[:, k, c],
                    group="coefficients",
                    source=KERBL,
                    colormap="coolwarm",
                    range=SYMMETRIC,
                    min_sh_degree=degree,
                )


def _luminance(subject: Subject) -> Tensor:
    shown = rgb(subject).clamp(0, 1)
    linear = torch.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    return linear @ linear.new_tensor(_LUMINANCE)


def _hue(shown: Tensor) -> Tensor:
    r, g, b = shown.unbind(-1)
    high, low = shown.amax(-1), shown.amin(-1)
    spread = high - low
    spread = torch.where(spread > _GREY, spread, torch.nan)
    sixths = torch.where(
        high == r,
        ((g - b) / spread) % 6,
        torch.where(high == g, (b - r) / spread + 2, (r - g) / spread + 4),
    )
    return sixths * 60


def _saturation(shown: Tensor) -> Tensor:
    high, low = shown.amax(-1), shown.amin(-1)
    return torch.where(high > 0, (high - low) / high, 0.0)
