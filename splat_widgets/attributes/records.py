"""What an attribute is, what it is computed from, and which range it is shown in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from splat_widgets.attributes.colormaps import Colormap
from splat_widgets.scene.cameras import Camera, checked
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene, SceneLike

Group = Literal[
    "position",
    "size",
    "rotation",
    "opacity",
    "colour",
    "harmonics",
    "coefficients",
    "network",
    "photo",
    "predicted",
    "custom",
]

KERBL = "Kerbl et al. 2023, 3D Gaussian Splatting"
SPLATT3R = "Smart et al. 2024, Splatt3R"
MAST3R = "Leroy et al. 2024, MASt3R"
DUST3R = "Wang et al. 2024, DUSt3R"
OURS = "splat_widgets"


@dataclass(frozen=True)
class Range:
    """How the range of a colour bar or histogram follows from the values.

    "percentile": from the 1st to the 99th, so that a few outliers do not flatten the picture;
    "symmetric": zero in the middle, as far as the 99th percentile of the magnitude;
    "all": from the smallest to the largest; "fixed": from `low` to `high`.
    """

    rule: Literal["percentile", "symmetric", "all", "fixed"] = "percentile"
    low: float = 0.0
    high: float = 1.0


PERCENTILE, SYMMETRIC, ALL, UNIT = Range(), Range("symmetric"), Range("all"), Range("fixed")
SIGNED_UNIT = Range("fixed", -1.0, 1.0)


DETAILS = ("label", "unit", "formula", "description", "colormap", "range", "log")


@dataclass(frozen=True, eq=False)
class Attribute:
    """One number per Gaussian: what it is called, means and needs."""

    name: str  # an identifier
    label: str  # for axes and menus, without the unit
    unit: str  # "" for plain numbers; of a scene in an unknown unit "scene units" stands for "m"
    formula: str
    description: str
    compute: Callable[[Subject], Tensor | np.ndarray] = field(repr=False)  # -> (N,)
    group: Group = "custom"
    source: str = OURS  # the paper that defines it
    needs: tuple[str, ...] = ()  # names of further fields of `Scene` that it reads
    colormap: Colormap = "viridis"
    range: Range = PERCENTILE
    log: bool = False  # positive and spread over decades: a logarithmic axis suits it
    min_sh_degree: int = 0  # of the scene
    uses_camera: bool = False  # follows the `camera` that values are asked for
    slow: bool = False  # more than about a second for half a million; computed only when named
    missing: Callable[[Subject], str | None] = field(default=lambda _: None, repr=False)
    """What else a scene lacks for this attribute, in words; None if nothing."""

    @property
    def details(self) -> dict[str, Any]:
        """What `register` and files take of it beside name and values, by name."""
        return {name: getattr(self, name) for name in DETAILS}

    @property
    def title(self) -> str:
        """Label and unit."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label


@dataclass(frozen=True)
class Subject:
    """A scene as the formulas need it: detached, float32, with the camera asked for."""

    scene: Scene
    gaussians: Gaussians
    camera: Camera | None = None  # only if one was asked for

    @classmethod
    def of(cls, scene: SceneLike, camera: Camera | None = None) -> Subject:
        """The subject of a scene.

        Raises:
            TypeError: if it is not a scene, or the camera not a `Camera`.
        """
        known = Scene.of(scene)
        if camera is not None:
            checked(camera)
        return cls(known, known.gaussians.detach().to(dtype=torch.float32), camera)

    def in_camera(self) -> Tensor:
        """(N, 3) centres in the frame of the camera asked for, else of the first camera."""
        means = self.gaussians.means
        if self.camera is not None:
            return self.camera.to_camera(means)
        known = self.scene.known_cameras  # given cameras have a world of their own
        return known[0].to_camera(means) if known else means

    def in_own_camera(self) -> tuple[Tensor, Tensor, Tensor]:
        """Each Gaussian in the camera of its own photo.

        The camera asked for replaces all of them. Gaussians without photos are taken to be seen
        from the origin, with an unknown focal length.

        Returns:
            (N, 3) centre in that camera, (N, 3) that camera's own centre in the world, (N,) its
            focal length in pixels; NaN where a photo's camera could not be estimated.
        """
        means = self.gaussians.means
        nan = means.new_full((len(means),), torch.nan)
        if self.camera is not None:
            center = self.camera.center_world.to(means).expand_as(means)
            return self.in_camera(), center, torch.full_like(nan, self.camera.focal_px)
        if not self.scene.has("view"):
            return means, torch.zeros_like(means), nan
        local, center = (torch.full_like(means, torch.nan) for _ in range(2))
        focal_px = nan
        for number, camera in enumerate(self.scene.cameras):
            if camera is not None:
                here = (self.scene.view == number).to(means.device)
                local[here] = camera.to_camera(means[here])
                center[here] = camera.center_world.to(means)
                focal_px[here] = camera.focal_px
        return local, center, focal_px


def limits(attribute: Attribute, values: np.ndarray, *, log: bool = False) -> tuple[float, float]:
    """The range in which an attribute's values are shown by default, low < high.

    Args:
        attribute: whose rule decides.
        values: (N,); what is not finite is left out.
        log: for a logarithmic axis: values at or below zero are left out too.
    """
    shown = values[np.isfinite(values)].astype(np.float64)
    if log:
        shown = shown[shown > 0]
    rule = attribute.range.rule
    if rule == "fixed" and not (log and attribute.range.low <= 0):
        return attribute.range.low, attribute.range.high
    if not len(shown):
        return (1.0, 10.0) if log else (0.0, 1.0)
    if rule == "symmetric" and not log:
        high = float(np.percentile(np.abs(shown), 99))
        return (-high, high) if high > 0 else (-1.0, 1.0)
    if rule == "all":
        low, high = float(shown.min()), float(shown.max())
    else:
        low, high = (float(value) for value in np.percentile(shown, [1, 99]))
    if low < high:
        return low, high
    return (low / 2, low * 2) if log else (low - 0.5, low + 0.5)
