"""`render(gaussians, camera)`: colour, depth and alpha, in plain torch; and what pictures need."""

from splat_widgets.render.pictures import psnr, ssim, to_png, to_uint8
from splat_widgets.render.splatting import Rendering, render

__all__ = ["Rendering", "psnr", "render", "ssim", "to_png", "to_uint8"]
