"""What only a reconstruction knows: the network's confidence and changes, the photos, the grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from splat_widgets.attributes import neighbours, pixel_grid
from splat_widgets.attributes.colour import CHANNELS, rgb
from splat_widgets.attributes.records import (
    ALL,
    DUST3R,
    MAST3R,
    SIGNED_UNIT,
    SPLATT3R,
    SYMMETRIC,
    Attribute,
    Subject,
)
from splat_widgets.attributes.shape import DIRECTIONS, sorted_scales
from splat_widgets.photos.exposure import adapted
from splat_widgets.scene.scene import Scene

_ROUNDING = 5e-7  # error of a photo's colour after conversion to float32 harmonics and back


def attributes() -> Iterator[Attribute]:
    """All attributes of this file."""
    yield from _network()
    yield from _residual()
    yield from _cameras()
    yield from _pixels()
    yield from _grid()


def residual(subject: Subject) -> Tensor:
    """(N, 3) view-independent colour minus the photo's, at the Gaussian's own pixel.

    Differences below the rounding of float32 are 0: a colour bar would show them as noise.
    """
    apart = rgb(subject) - photo_colours(subject.scene).to(subject.gaussians.device)
    return torch.where(apart.abs() < _ROUNDING, 0.0, apart)


def photo_colours(scene: Scene) -> Tensor:
    """(N, 3) colour of each Gaussian's own pixel, display values, on the CPU.

    Of photos that were given one exposure, under that one.
    """
    refinement = scene.refinement
    tones = () if refinement is None else refinement.tones
    photo = torch.full((len(scene), 3), torch.nan, dtype=torch.float32, device="cpu")
    for number, one in enumerate(scene.photos):
        here = (scene.view == number).cpu()
        row, col = scene.row.cpu()[here], scene.col.cpu()[here]
        colours = one.tensor().movedim(0, -1)[row, col]
        if tones:
            colours = torch.from_numpy(adapted(colours.numpy(), tones[number]))
        photo[here] = colours
    return photo


def _network() -> Iterator[Attribute]:
    yield Attribute(
        name="confidence",
        label="Confidence",
        unit="",
        formula="C = 1 + exp(raw)",
        description="Confidence of the point under the Gaussian, learned as the weight of its "
        "error; at least 1, without an upper bound, comparable within a scene.",
        compute=lambda s: s.scene.confidence,
        group="network",
        source=DUST3R + ", eq. 4",
        needs=("confidence",),
        log=True,
    )
    offset = Attribute(
        name="offset_length",
        label="Offset length",
        unit="m",
        formula="|δ|, δ = μ - p",
        description="How far the Gaussian head moved the centre μ from the point p of the point "
        "map.",
        compute=lambda s: _offsets(s).norm(dim=-1),
        group="network",
        source=SPLATT3R,
        needs=("offsets",),
        log=True,
    )
    yield offset
    for axis, (letter, direction) in enumerate(zip("xyz", DIRECTIONS, strict=True)):
        yield replace(
            offset,
            name=f"offset_{letter}",
            label=f"Offset direction {letter}",
            unit="",
            formula=f"δ_{letter} / |δ|",
            description=f"Component of the offset's unit direction that points {direction}; NaN "
            "without an offset.",
            compute=lambda s, axis=axis: _offsets(s)[:, axis] / _offsets(s).norm(dim=-1),
            colormap="coolwarm",
            range=SIGNED_UNIT,
            log=False,
        )


def _residual() -> Iterator[Attribute]:
    channel = Attribute(
        name="residual",
        label="Residual colour",
        unit="",
        formula="|(ΔR, ΔG, ΔB)|",
        description="How far the view-independent colour is from the photo's pixel, in display "
        "values: the network predicts this difference.",
        compute=lambda s: residual(s).norm(dim=-1),
        group="network",
        source=SPLATT3R,
        needs=("photos",),
    )
    yield channel
    for index, (letter, word) in enumerate(CHANNELS.items()):
        yield replace(
            channel,
            name=f"residual_{word}",
            label=f"Residual {word}",
            formula=f"Δ{letter.upper()} = {word} - photo[row, col] / 255",
            description=f"Predicted minus photographed {word}, in display values.",
            compute=lambda s, index=index: residual(s)[:, index],
            colormap="coolwarm",
            range=SYMMETRIC,
        )


def _cameras() -> Iterator[Attribute]:
    yield Attribute(
        name="own_depth",
        label="Depth in its own photo",
        unit="m",
        formula="z of μ in the camera of the Gaussian's photo",
        description="Depth along the optical axis of the estimated camera that saw it; NaN where "
        "that camera is not known.",
        compute=lambda s: replace(s, camera=None).in_own_camera()[0][:, 2],
        group="photo",
        needs=("view",),
    )
    yield Attribute(
        name="footprint",
        label="Footprint",
        unit="px",
        formula="c · f / z, c the largest scale",
        description="One standard deviation in pixels of the Gaussian's own photo, or of the "
        "camera asked for; NaN behind the camera and where the camera is not known. About 0.5 "
        "covers a pixel.",
        compute=_footprint,
        group="photo",
        log=True,
        uses_camera=True,
        missing=_no_camera,
    )


def _pixels() -> Iterator[Attribute]:
    yield Attribute(
        name="view",
        label="Photo",
        unit="",
        formula="index of the photo",
        description="Which photo the Gaussian was predicted for, from 0.",
        compute=lambda s: s.scene.view,
        group="photo",
        source=SPLATT3R,
        needs=("view",),
        colormap="cividis",
        range=ALL,
    )
    for name, word in (("row", "Row"), ("col", "Column")):
        yield Attribute(
            name=name,
            label=word,
            unit="px",
            formula=f"{word.lower()} of the pixel",
            description="Pixel in the square crop that the network saw, from 0 at the top left.",
            compute=lambda s, name=name: getattr(s.scene, name),
            group="photo",
            source=SPLATT3R,
            needs=(name,),
            range=ALL,
        )


def _grid() -> Iterator[Attribute]:
    stretch = Attribute(
        name="grid_stretch",
        label="Grid stretch",
        unit="",
        formula="max over 4 pixel neighbours of d / m: d = |μ - μ'|, m its median on that axis",
        description="Distance to the farthest pixel neighbour, relative to its surroundings: about "
        "1 on a surface, large on both sides of a jump in depth. Rows and columns each have their "
        "own median, over 25 distances: every second one of the 9 x 9 around, the border repeated.",
        compute=pixel_grid.stretch,
        group="photo",
        source="splat_widgets; the heuristic that the authors suggest (btsmart/splatt3r#40)",
        needs=("maps",),
        log=True,
    )
    yield stretch
    yield replace(
        stretch,
        name="grid_isolation",
        label="Grid isolation",
        formula="max over row and column of min over both sides of d / m, as for grid stretch",
        description="Large only where a Gaussian is far from its neighbours on both sides, in its "
        "row or its column: a floater between two surfaces, not their edges. The distances and "
        "medians are those of grid stretch.",
        compute=pixel_grid.isolation,
    )
    yield Attribute(
        name="cross_view_distance",
        label="Cross-view distance",
        unit="m",
        formula="min over the other photos of |μ - μ'|",
        description="Distance to the nearest Gaussian of another photo: small where photos overlap "
        "and agree. Exact; all pixels of the other photos count, selected or not.",
        compute=neighbours.cross_view_distance,
        group="photo",
        source="splat_widgets; compare the matching of " + MAST3R,
        needs=("maps",),
        log=True,
        slow=True,
        missing=neighbours.missing,
    )


def _offsets(subject: Subject) -> Tensor:
    return subject.scene.offsets.detach().float()


def _footprint(subject: Subject) -> Tensor:
    local, _, focal_px = subject.in_own_camera()
    largest = sorted_scales(subject.gaussians.scales)[2]
    return torch.where(local[:, 2] > 0, largest * focal_px / local[:, 2], torch.nan)


def _no_camera(subject: Subject) -> str | None:
    if subject.camera is not None:
        return None
    if not subject.scene.has("view"):
        return "a camera: pass `camera=`, or a scene from `reconstruct`, which has its own"
    if not subject.scene.known_cameras:
        return "a camera: none could be estimated for this scene, so pass `camera=`"
    return None
