"""What an inspector draws: which Gaussians its settings show, and how they change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import torch

from splat_widgets.attributes.provenance import photo_colours
from splat_widgets.attributes.records import Subject
from splat_widgets.conventions import SH_C0
from splat_widgets.regions.photo import photo_indices
from splat_widgets.regions.rows import mask_of
from splat_widgets.regions.values import in_range
from splat_widgets.rendering.projection import finite
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene, SceneLike

Override = Literal["opaque", "isotropic", "no_offset", "photo_colour"]
OVERRIDES: tuple[Override, ...] = get_args(Override)


def shown(
    scene: SceneLike,
    filters: Mapping[str, Sequence[float | None]] | None = None,
    shown_photos: Sequence[int] = (),
    among: np.ndarray | None = None,
) -> np.ndarray:
    """Gaussians that an inspector with these settings draws.

    Args:
        scene: what `Scene.of` takes.
        filters: (low, high) by attribute, in its units, as `Inspector.filters`.
        shown_photos: indices of the photos whose Gaussians count; none for all of them.
        among: only of these, (N,) bool.

    Returns:
        (N,) bool; false where a value of the Gaussian is not finite.

    Raises:
        ValueError: for a photo that the scene does not have, or a mask of another length.
    """
    known = Scene.of(scene)
    mask = mask_of(among, len(known))
    mask &= finite(Subject.of(known).gaussians).cpu().numpy()
    for name, (low, high) in (filters or {}).items():
        mask &= in_range(known, name, low, high)
    if len(shown_photos):
        numbers = photo_indices(known, shown_photos)
        mask &= np.isin(known.view.cpu().numpy(), numbers)
    return mask


def drawn(
    scene: SceneLike,
    overrides: Sequence[Override] = (),
    opacity_scale: float = 1.0,
    splat_scale: float = 1.0,
) -> Gaussians:
    """The Gaussians as an inspector with these settings draws them.

    Args:
        scene: what `Scene.of` takes.
        overrides: as `Inspector.overrides`; "no_offset" and "photo_colour" leave scenes without
            photos as they are.
        opacity_scale: factor on opacity, which stays at most 1.
        splat_scale: factor on every scale.

    Raises:
        ValueError: for an override that there is not.
    """
    for override in overrides:
        if override not in OVERRIDES:
            raise ValueError(f"expected overrides out of {list(OVERRIDES)}, got {override!r}")
    subject = Subject.of(scene)
    known, gaussians = subject.scene, subject.gaussians
    means, scales, opacities, sh = (
        gaussians.means,
        gaussians.scales,
        gaussians.opacities,
        gaussians.sh,
    )
    if "no_offset" in overrides and known.has("maps"):
        means = known.points.to(means)
    if "isotropic" in overrides:
        scales = scales.log().mean(-1, keepdim=True).exp().expand(-1, 3)
    if "opaque" in overrides:
        opacities = torch.ones_like(opacities)
    if "photo_colour" in overrides and known.has("photos"):
        sh = torch.zeros_like(sh)
        sh[:, 0] = (photo_colours(known).to(sh) - 0.5) / SH_C0
    return replace(
        gaussians,
        means=means,
        scales=scales * splat_scale,
        opacities=(opacities * opacity_scale).clamp_max(1.0),
        sh=sh,
    )
