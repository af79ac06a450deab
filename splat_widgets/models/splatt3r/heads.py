"""Heads: decoder layers of one photo to per-pixel points, Gaussians and descriptors.

Splatt3R (Smart et al. 2024): MASt3R's point and descriptor heads (Leroy et al. 2024) with a second
DPT for the Gaussian parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, pixel_shuffle

from splat_widgets.conventions import PATCH_SIZE, sh_coefficients
from splat_widgets.geometry.harmonics import rgb_to_dc
from splat_widgets.models.splatt3r.blocks import Mlp
from splat_widgets.models.splatt3r.config import MLP_RATIO, Splatt3RConfig
from splat_widgets.models.splatt3r.dpt import DPT
from splat_widgets.scene.maps import PhotoMaps

OFFSET_SHIFT = 6.0  # offsets grow as exp(|raw| - 6), so they start small
EPS = 1e-8


class PhotoHead(nn.Module):
    """The three branches for one photo of a pair."""

    STEPS = 2 * DPT.STEPS

    def __init__(self, config: Splatt3RConfig) -> None:
        super().__init__()
        self.hooks = config.dpt_hooks
        self.sh_coefficients = sh_coefficients(config.sh_degree)
        token_dims = (config.encoder_dim, *(config.decoder_dim,) * 3)
        sizes = (token_dims, config.dpt_layer_dims, config.dpt_features, config.dpt_last)
        self.points = DPT(*sizes, channels=4)
        self.gaussians = DPT(*sizes, channels=config.gaussian_channels)
        self.descriptors: Mlp | None = None
        if config.descriptor_dim:
            tokens = config.encoder_dim + config.decoder_dim
            out = (config.descriptor_dim + 1) * PATCH_SIZE**2
            self.descriptors = Mlp(tokens, MLP_RATIO * tokens, out)

    def forward(
        self,
        layers: Sequence[Tensor],
        grid: tuple[int, int],
        image: Tensor,
        step: Callable[[], None],
        *,
        descriptors: bool,
    ) -> PhotoMaps:
        """Read the decoder's layers.

        Args:
            layers: L + 1 token maps (B, N, ·) of this photo, as `Decoder` returns them.
            grid: (rows, columns) of the token grid.
            image: (B, 3, H, W) the picture itself, in [0, 1]; its colour is added to the SH.
            step: called `STEPS` times.
            descriptors: also compute the matching descriptors.

        Raises:
            ValueError: for descriptors of a network without that branch.
        """
        hooked = [layers[k] for k in self.hooks]
        raw_points = self.points(hooked, grid, step).movedim(1, -1)  # (B, H, W, 4)
        raw_gaussians = self.gaussians(hooked, grid, step).movedim(1, -1)  # (B, H, W, 14)
        points, confidence = activate_points(raw_points)
        offset, scale, rotation, sh, opacity = raw_gaussians.split(
            [3, 3, 4, 3 * self.sh_coefficients, 1], -1
        )
        local, local_confidence = (
            self._describe(layers[0], layers[-1], grid) if descriptors else (None, None)
        )
        return PhotoMaps(
            points=points,
            confidence=confidence,
            offsets=_radial(offset, lambda r: torch.exp(r - OFFSET_SHIFT) - _EXP_MINUS_SHIFT),
            scales=scale.exp(),
            quaternions=_activate_rotation(rotation),
            opacities=opacity[..., 0].sigmoid(),
            sh=_activate_sh(sh, image),
            descriptors=local,
            descriptor_confidence=local_confidence,
        )

    def _describe(
        self, encoded: Tensor, decoded: Tensor, grid: tuple[int, int]
    ) -> tuple[Tensor, Tensor]:
        if self.descriptors is None:
            raise ValueError("this network has no descriptor branch (descriptor_dim is 0)")
        tokens = self.descriptors(torch.cat([encoded, decoded], -1))  # (B, N, (D + 1) · 256)
        raw = pixel_shuffle(tokens.mT.unflatten(-1, grid), PATCH_SIZE).movedim(1, -1)
        return normalize(raw[..., :-1], dim=-1, eps=0.0), 1 + raw[..., -1].exp()


_EXP_MINUS_SHIFT = float(torch.tensor(-OFFSET_SHIFT, dtype=torch.float32, device="cpu").exp())


def _radial(raw: Tensor, length: Callable[[Tensor], Tensor]) -> Tensor:
    """Keep the direction of raw vectors (..., 3) and map their length."""
    norm = raw.norm(dim=-1, keepdim=True)
    return raw / norm.clamp_min(EPS) * length(norm)


def activate_points(raw: Tensor) -> tuple[Tensor, Tensor]:
    """(..., 4) -> points (..., 3) in metres and confidence (...) (DUSt3R, section 3)."""
    return _radial(raw[..., :3], torch.expm1), 1 + raw[..., 3].exp()


def _activate_rotation(raw: Tensor) -> Tensor:
    """(..., 4) xyzw, the order of the released weights -> (..., 4) wxyz, unit length."""
    unit = raw / (raw.norm(dim=-1, keepdim=True) + EPS)
    return unit.roll(1, dims=-1)


def _activate_sh(raw: Tensor, image: Tensor) -> Tensor:
    """(B, H, W, 3K) colour by colour -> (B, H, W, K, 3), on top of the photo's own colour."""
    sh = raw.unflatten(-1, (3, -1)).mT  # (B, H, W, K, 3)
    photo = rgb_to_dc(image.movedim(1, -1))[..., None, :]  # (B, H, W, 1, 3)
    return torch.cat([sh[..., :1, :] + photo, sh[..., 1:, :]], -2)
