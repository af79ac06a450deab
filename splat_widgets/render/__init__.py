"""`render(gaussians, camera)`: colour, depth and alpha, in plain torch; and what pictures need."""

from splat_widgets.render.paths import between, turntable
from splat_widgets.render.pictures import psnr, ssim, to_png, to_uint8
from splat_widgets.render.splatting import Rendering, render
from splat_widgets.render.video import write_frames, write_video

__all__ = [
    "Rendering",
    "between",
    "psnr",
    "render",
    "ssim",
    "to_png",
    "to_uint8",
    "turntable",
    "write_frames",
    "write_video",
]
