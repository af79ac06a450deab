"""How different two scenes look from one camera: PSNR, SSIM, and where."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from splat_widgets.attributes.colormaps import Colormap, colours
from splat_widgets.comparison.sheets import png, sheet, with_bar
from splat_widgets.rendering import Rendering, psnr, render, ssim, to_uint8
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.scene import Scene

ERROR_COLORMAP: Colormap = "magma"
_COVERED = 0.5  # least alpha of a pixel that shows the scene rather than the background
_LEAST_RANGE = 0.02  # of the colour scale; smaller differences are rounding of 8-bit pictures


@dataclass(frozen=True, eq=False, repr=False)
class PictureDifference:
    """What a camera sees of two scenes, and how it differs; shows itself as a picture."""

    titles: tuple[str, str]
    first: Rendering
    second: Rendering
    camera: Camera  # in the frame of the comparison's first scene
    error: Tensor  # (H, W) root mean square over the channels, display colours in [0, 1]
    psnr: float  # dB; infinite for equal pictures
    ssim: float  # 1 for equal pictures
    covered: float  # share of the pixels that both scenes cover by more than half
    psnr_covered: float  # of those pixels alone; NaN if there is none
    ssim_covered: float

    @property
    def high(self) -> float:
        """Upper end of the error's colour scale: its 99th percentile."""
        return max(_LEAST_RANGE, float(np.percentile(self.error.numpy(), 99)))

    @property
    def error_picture(self) -> np.ndarray:
        """(H, W, 3) uint8: the error in colours from 0 to `high`."""
        flat = colours(self.error.numpy().ravel(), ERROR_COLORMAP, 0.0, self.high)
        return np.rint(255 * flat).astype(np.uint8).reshape(*self.error.shape, 3)

    def __repr__(self) -> str:
        height, width = self.error.shape
        covered = (
            f"; {self.covered:.0%} are covered in both: PSNR {self.psnr_covered:.2f} dB, SSIM "
            f"{self.ssim_covered:.3f}"
        )
        return (
            f"PictureDifference({' and '.join(self.titles)}: {self._said}"
            f"{covered if self.covered < 1 else ''}; {width} x {height} px)"
        )

    @property
    def _said(self) -> str:
        return f"PSNR {self.psnr:.2f} dB, SSIM {self.ssim:.3f}"

    def picture(self) -> Image.Image:
        """Both pictures and the error with its colour bar, beside each other."""
        error = with_bar(self.error_picture, ERROR_COLORMAP, 0.0, self.high)
        pictures = [to_uint8(self.first.color), to_uint8(self.second.color), error]
        return sheet(pictures, [*self.titles, f"difference: {self._said}"])

    def _repr_png_(self) -> bytes:
        return png(self.picture())


def compare_pictures(
    scenes: tuple[Scene, Scene],
    cameras: tuple[Camera, Camera],
    titles: tuple[str, str],
    camera: Camera,
) -> PictureDifference:
    """Both scenes rendered over black, and compared.

    Args:
        scenes: the two.
        cameras: the same camera in the frame of each.
        titles: of the two.
        camera: in the frame of the comparison.
    """
    first, second = (
        render(scene.gaussians.detach(), one) for scene, one in zip(scenes, cameras, strict=True)
    )
    a, b = (one.color.detach().cpu().double().clamp(0, 1) for one in (first, second))
    both = (torch.minimum(first.alpha, second.alpha) > _COVERED).cpu()
    has_any = bool(both.any())
    return PictureDifference(
        titles=titles,
        first=first,
        second=second,
        camera=camera,
        error=(a - b).square().mean(-1).sqrt().to(torch.float32),
        psnr=psnr(a, b),
        ssim=ssim(a, b),
        covered=float(both.float().mean()),
        psnr_covered=psnr(a, b, mask=both) if has_any else nan,
        ssim_covered=ssim(a, b, mask=both) if has_any else nan,
    )
