"""Two scenes as one, after one of them was moved to the other's frame."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from splat_widgets.photos.exposure import UNCHANGED, Exposure
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.late import late
from splat_widgets.scene.reconstruction import Reconstruction, Timings
from splat_widgets.scene.refinement import Evidence, Refinement
from splat_widgets.scene.source import Source

_ALONE = (
    "One of the merged scenes has Gaussians alone, so photos, pixels and maps of the other are "
    "left out."
)


def merged_scenes(first: Any, second: Any) -> Any:
    """The scene of two `Scene`s, in the first one's frame; the second is in it already."""
    device, dtype = first.device, first.means.dtype
    second = second.to(device, dtype)
    cameras = first.cameras + second.cameras
    one, other = first.reconstruction, second.reconstruction
    if one is not None and other is not None:
        both = _merged(one, other)
        made = type(first)(both.gaussians, both.cameras, both)
        late("join")(first, second, made)
        return made
    notices = list(dict.fromkeys([*first.notices, *second.notices]))
    if one is not None or other is not None:
        notices.append(_ALONE)
    comments = tuple(dict.fromkeys([*first.comments, *second.comments]))
    source = Source(comments, tuple(notices), frame=first.frame, placement=first.placement)
    made = type(first)(_joined(first.gaussians, second.gaussians), cameras, None, source=source)
    late("join")(first, second, made)
    return made


def _merged(one: Reconstruction, other: Reconstruction) -> Reconstruction:
    """Photos, maps and cameras of one and then of the other; the frame and unit are the first's."""
    shift = len(one.maps)
    predicted = None
    if one.predicted is not None or other.predicted is not None:
        predicted = _merged(one.predicted or one, other.predicted or other)
    return Reconstruction(
        gaussians=_joined(one.gaussians, other.gaussians),
        view=torch.cat([one.view, other.view + shift]),
        row=torch.cat([one.row, other.row]),
        col=torch.cat([one.col, other.col]),
        confidence=torch.cat([one.confidence, other.confidence]),
        offsets=torch.cat([one.offsets, other.offsets]),
        # Another record: what is kept of the first scene's pixels is not kept of both's.
        maps=(*(replace(maps) for maps in one.maps), *other.maps),
        photos=one.photos + other.photos,
        cameras=one.cameras + other.cameras,
        pose_inlier_ratios=one.pose_inlier_ratios + other.pose_inlier_ratios,
        timings=_timings(one.timings, other.timings),
        notices=tuple(dict.fromkeys([*one.notices, *other.notices, *_origin(one, other)])),
        provenance=one.provenance or other.provenance,
        refinement=_refinement(one.refinement, other.refinement, shift),
        evidence=_evidence(one, other),
        predicted=predicted,
        placement=one.placement,
    )


def _joined(one: Gaussians, other: Gaussians) -> Gaussians:
    """Both in the higher SH degree; the lower one's further coefficients are 0, its own."""
    count = max(one.sh.shape[1], other.sh.shape[1])

    def raised(gaussians: Gaussians) -> Gaussians:
        missing = count - gaussians.sh.shape[1]
        return replace(gaussians, sh=F.pad(gaussians.sh, (0, 0, 0, missing)))

    return raised(one) + raised(other)


def _origin(one: Reconstruction, other: Reconstruction) -> list[str]:
    """Where the weights of the other come from, if not from where the first one's do."""
    if other.provenance in (None, one.provenance) or one.provenance is None:
        return []
    known = other.provenance
    return [f"The merged scene's own weights: {known.source}, license {known.license}."]


def _timings(one: Timings, other: Timings) -> Timings:
    def both(name: str) -> str:
        return ", ".join(dict.fromkeys([getattr(one, name), getattr(other, name)]))

    devices = [t.peak_device_memory_bytes for t in (one, other) if t.peak_device_memory_bytes]
    return Timings(
        stages=one.stages + other.stages,
        device=both("device"),
        dtype=both("dtype"),
        model=both("model"),
        peak_memory_bytes=max(one.peak_memory_bytes, other.peak_memory_bytes),
        peak_device_memory_bytes=max(devices, default=None),
    )


def _refinement(one: Refinement | None, other: Refinement | None, shift: int) -> Refinement | None:
    """What the photos of both say; None unless both were asked."""
    if one is None or other is None:
        return None
    pairs = [
        replace(pair, photos=(pair.photos[0] + shift, pair.photos[1] + shift))
        for pair in other.pairs
    ]
    merged = Refinement(
        answered=one.answered and other.answered,
        applied=one.applied and other.applied,
        reason=one.reason or other.reason,
        sentence=f"Two scenes were merged. The first: {one.sentence} The other: {other.sentence}",
        pairs=(*one.pairs, *pairs),
        focal_px_before=one.focal_px_before + other.focal_px_before,
        focal_px_after=one.focal_px_after + other.focal_px_after,
        reprojection_error_px=one.reprojection_error_px + other.reprojection_error_px,
        checked_shares=one.checked_shares + other.checked_shares,
        metres=one.metres,
        left_out=one.left_out + other.left_out,
    )
    return merged.toned(_tones(one, other))


def _tones(one: Refinement, other: Refinement) -> tuple[Exposure, ...]:
    if not (one.tones or other.tones):
        return ()
    parts = (each.tones or (UNCHANGED,) * len(each.checked_shares) for each in (one, other))
    return tuple(chain(*parts))


def _evidence(one: Reconstruction, other: Reconstruction) -> Evidence | None:
    if one.evidence is None and other.evidence is None:
        return None
    first, second = (_evidence_of(each) for each in (one, other))
    shift = len(one.predicted or one)
    return first.joined(replace(second, predicted_row=second.predicted_row + shift))


def _evidence_of(known: Reconstruction) -> Evidence:
    """A scene's own evidence; of an unrefined one that nothing was checked or changed."""
    if known.evidence is not None:
        return known.evidence

    def of(value: float) -> Tensor:
        return torch.full_like(known.confidence, value)

    rows = torch.arange(len(known), device=known.view.device)
    return Evidence(of(0).bool(), of(1), of(torch.nan), rows)
