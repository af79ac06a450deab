"""Rendering in plain torch: colour, depth and alpha; pictures, camera paths and videos."""

from splat_widgets.rendering.flight import film, through
from splat_widgets.rendering.paths import between, turntable
from splat_widgets.rendering.pictures import psnr, ssim, to_png, to_uint8
from splat_widgets.rendering.records import Rendering
from splat_widgets.rendering.splatting import render
from splat_widgets.rendering.video import write_frames, write_video

__all__ = [
    "Rendering",
    "between",
    "film",
    "psnr",
    "render",
    "ssim",
    "through",
    "to_png",
    "to_uint8",
    "turntable",
    "write_frames",
    "write_video",
]
