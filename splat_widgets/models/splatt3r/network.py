"""Splatt3R: two photos to one 3D Gaussian per pixel.

Smart, Zheng, Laina, Prisacariu 2024, "Splatt3R: Zero-shot Gaussian Splatting from Uncalibrated
Image Pairs", on MASt3R (Leroy et al. 2024) and DUSt3R (Wang et al. 2024).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from splat_widgets.conventions import PATCH_SIZE
from splat_widgets.models.predictor import OnStep
from splat_widgets.models.splatt3r.config import Splatt3RConfig
from splat_widgets.models.splatt3r.decoder import Decoder
from splat_widgets.models.splatt3r.encoder import Encoder
from splat_widgets.models.splatt3r.heads import PhotoHead
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.scene.provenance import Provenance


@dataclass(frozen=True, eq=False)
class PairMaps:
    """Predictions for pairs of photos, all in the frame of the first photo's camera."""

    first: PhotoMaps
    second: PhotoMaps

    @property
    def points(self) -> Tensor:
        """(B, 2, H, W, 3) of both photos, if they are of one size."""
        return torch.stack([self.first.points, self.second.points], 1)

    @property
    def confidence(self) -> Tensor:
        """(B, 2, H, W) of both photos' points, if they are of one size."""
        return torch.stack([self.first.confidence, self.second.confidence], 1)

    def unbatched(self, item: int = 0) -> tuple[PhotoMaps, PhotoMaps]:
        """Both maps of one item of the batch, without the batch axis."""
        return self.first.unbatched(item), self.second.unbatched(item)


class Splatt3R(nn.Module):
    """The network. It takes pictures in [0, 1] and normalises them itself.

    The heads run in float32 whatever the trunk (encoder and decoder) runs in: their exponentials
    leave the range of half precision.
    """

    def __init__(self, config: Splatt3RConfig) -> None:
        super().__init__()
        self.config = config
        self.provenance: Provenance | None = None  # where the weights come from, set on loading
        self.encoder = Encoder(config.encoder_dim, config.encoder_depth, config.encoder_heads)
        self.decoder = Decoder(
            config.encoder_dim, config.decoder_dim, config.decoder_depth, config.decoder_heads
        )
        self.first_head = PhotoHead(config)
        self.second_head = PhotoHead(config)

    @property
    def image_size(self) -> int:
        """Side of the square crops that the weights were trained on, px."""
        return self.config.image_size

    @property
    def device(self) -> torch.device:
        """Where the weights live."""
        return self.encoder.patch_embed.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """Type the trunk computes in."""
        return self.encoder.patch_embed.weight.dtype

    def to_trunk_dtype(self, dtype: torch.dtype) -> Splatt3R:
        """Cast encoder and decoder in place; the heads stay in float32."""
        self.encoder.to(dtype)
        self.decoder.to(dtype)
        return self

    def encode(self, images: Tensor, *, on_step: OnStep | None = None) -> Tensor:
        """Tokens (B, N, C) of pictures (B, 3, H, W) in [0, 1], H and W multiples of 16."""
        _check_images(images)
        step = _counter("encode", self.config.encoder_depth, on_step)
        return self.encoder((2 * images.float() - 1).to(self.dtype), step)  # [-1, 1]

    def encode_pair(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens of two batches of pictures, in one pass if their shapes agree."""
        if first.shape == second.shape:
            tokens = self.encode(torch.cat([first, second]))
            return tokens[: len(first)], tokens[len(first) :]
        return self.encode(first), self.encode(second)

    def decode(
        self,
        first: Tensor,
        second: Tensor,
        grids: tuple[tuple[int, int], tuple[int, int]],
        *,
        on_step: OnStep | None = None,
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Layers of both decoders from the encoder's tokens; see `Decoder.forward`."""
        step = _counter("decode", 2 * self.config.decoder_depth, on_step)
        return self.decoder(first, second, grids, step)

    def predict(
        self,
        layers: tuple[list[Tensor], list[Tensor]],
        images: tuple[Tensor, Tensor],
        *,
        descriptors: bool = False,
        on_step: OnStep | None = None,
    ) -> PairMaps:
        """Per-pixel maps from the decoders' layers and the pictures themselves, in float32."""
        step = _counter("heads", 2 * PhotoHead.STEPS, on_step)
        heads = (self.first_head, self.second_head)
        with torch.autocast(images[0].device.type, enabled=False):
            maps = [
                head(
                    [layer.float() for layer in own_layers],
                    token_grid(image),
                    image.float(),
                    step,
                    descriptors=descriptors,
                )
                for head, own_layers, image in zip(heads, layers, images, strict=True)
            ]
        return PairMaps(*maps)

    def forward(self, first: Tensor, second: Tensor, *, descriptors: bool = False) -> PairMaps:
        """Two batches of photos -> per-pixel Gaussians and what they were made from.

        images (B, 3, H, W) -> tokens (B, N, C) -> L + 1 layers per photo -> maps (B, H, W, ·)

        Args:
            first: (B, 3, H, W) in [0, 1]; its camera is the frame of everything returned.
            second: (B, 3, H2, W2) in [0, 1].
            descriptors: also compute MASt3R's matching descriptors.

        Raises:
            ValueError: for pictures of another shape or with a side that is not a multiple of 16.
        """
        grids = (token_grid(first), token_grid(second))
        layers = self.decode(*self.encode_pair(first, second), grids)
        return self.predict(layers, (first, second), descriptors=descriptors)


def token_grid(image: Tensor) -> tuple[int, int]:
    """(rows, columns) of the token grid of a picture (..., H, W)."""
    return image.shape[-2] // PATCH_SIZE, image.shape[-1] // PATCH_SIZE


def _check_images(images: Tensor) -> None:
    shape = tuple(images.shape)
    if images.ndim != 4 or shape[1] != 3:
        raise ValueError(f"expected pictures as (B, 3, H, W), got {shape}")
    if 0 in shape or shape[2] % PATCH_SIZE or shape[3] % PATCH_SIZE:
        raise ValueError(
            f"expected pictures with sides that are multiples of {PATCH_SIZE}, "
            f"got {shape[2]} x {shape[3]}; crop or resize them first"
        )


def _counter(stage: str, total: int, on_step: OnStep | None) -> Callable[[], None]:
    """A function to call before every step of a stage."""
    done = 0

    def step() -> None:
        nonlocal done
        if on_step is not None:
            on_step(stage, done, total)
        done += 1

    return step
