"""Renders with gsplat where it is installed and the Gaussians are on a CUDA device.

gsplat (Ye et al. 2025, https://github.com/nerfstudio-project/gsplat, written against 1.5) is
compiled for one GPU and much faster there. Its "classic" mode has our low-pass, near plane,
threshold and margin of the field of view. Two differences show in the third decimal: a splat may
cover up to 0.999 of a pixel instead of 0.99, and gsplat stops at each pixel that lets through less
than 1e-4, where we stop when the whole picture does.

This adapter has only been run against a fake gsplat that checks its arguments. `available`
therefore renders one Gaussian first, and our renderer is used if that fails.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from splat_widgets.rendering.projection import LOW_PASS_PX2, NEAR_PLANE, finite
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians

logger = logging.getLogger(__name__)


def available(gaussians: Gaussians) -> bool:
    """Whether gsplat can render these: float32 on a CUDA device where it works."""
    on_gpu = gaussians.device.type == "cuda" and gaussians.means.dtype == torch.float32
    return on_gpu and _works(gaussians.device)


def rasterise(
    gaussians: Gaussians, camera: Camera, sh_degree: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Colour over black, depth and alpha of Gaussians, differentiable as by our renderer.

    Args:
        gaussians: N of them, float32 on a CUDA device.
        camera: the camera to render from.
        sh_degree: degree of the spherical harmonics to use.

    Returns:
        (H, W, 3) display RGB, (H, W) mean depth weighted by alpha, 0 where alpha is 0, and (H, W)
        alpha.
    """
    seen = gaussians.select(finite(gaussians))
    if not len(seen):
        nothing = seen.means.new_zeros(camera.height, camera.width, 5)
        return nothing[..., :3], nothing[..., 3], nothing[..., 4]
    cx, cy = camera.principal_point_px
    f = camera.focal_px
    K = seen.means.new_tensor([[f, 0, cx], [0, f, cy], [0, 0, 1]])
    # The background is left to the caller: gsplat would paint it behind the depth as well.
    channels, alpha, _ = _gsplat().rasterization(
        means=seen.means,
        quats=seen.quaternions,  # wxyz, as ours
        scales=seen.scales,
        opacities=seen.opacities,
        colors=seen.sh,
        viewmats=camera.T_camera_world.to(seen.means)[None],
        Ks=K[None],
        width=camera.width,
        height=camera.height,
        near_plane=NEAR_PLANE,
        eps2d=LOW_PASS_PX2,
        sh_degree=sh_degree,
        packed=False,
        render_mode="RGB+ED",
        rasterize_mode="classic",
    )
    return channels[0, ..., :3], channels[0, ..., 3], alpha[0, ..., 0]


@lru_cache(maxsize=8)
def _works(device: torch.device) -> bool:
    try:
        one = torch.eye(1, 3, dtype=torch.float32, device=device)
        probe = Gaussians(
            means=one.flip(1),
            scales=torch.full_like(one, 0.1),
            quaternions=torch.eye(1, 4, dtype=torch.float32, device=device),
            opacities=one.new_full((1,), 0.5),
            sh=one[:, None],
        )
        rasterise(probe, Camera.centred(8.0, 16, 16), 0)
    except ImportError:
        return False
    except Exception as error:  # no compiler, an old GPU, another version
        logger.warning("gsplat is installed but not used, since it cannot render here: %s", error)
        return False
    return True


def _gsplat() -> Any:
    import gsplat  # type: ignore[import-not-found]  # optional; compiles on import

    return gsplat
