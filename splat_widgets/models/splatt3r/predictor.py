"""Splatt3R as a `Predictor`: each photo encoded once, pairs decoded one after another."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from splat_widgets.models.predictor import Group, OnStep, Prediction, Stage, part_of
from splat_widgets.models.splatt3r.network import Splatt3R, token_grid
from splat_widgets.photos.photo import Photo
from splat_widgets.scene.provenance import Provenance

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class PairTokens:
    """A photo and its tokens; the heads need both."""

    image: Tensor  # (1, 3, H, W) in [0, 1]
    tokens: Tensor  # (1, N, C)


@dataclass(frozen=True, eq=False)
class PairPredictor:
    """Predicts the two photos of each pair; one group per pair, in the frame of its first photo."""

    network: Splatt3R

    max_photos = 10  # pairs are brought to one frame by their photos' matches
    stages = (
        Stage("encode", "Encode", 0.48),
        Stage("decode", "Decode", 0.28),
        Stage("heads", "Gaussians", 0.2),
    )

    @property
    def image_size(self) -> int:
        """Side of the crops in training, px."""
        return self.network.image_size

    @property
    def provenance(self) -> Provenance | None:
        """Where the weights come from."""
        return self.network.provenance

    @property
    def device(self) -> torch.device:
        """Where the weights live."""
        return self.network.device

    @property
    def dtype(self) -> torch.dtype:
        """Type of encoder and decoder; the heads compute in float32."""
        return self.network.dtype

    @property
    def has_descriptors(self) -> bool:
        """Whether the maps carry descriptors, by which wide pairs can be matched."""
        return self.network.config.descriptor_dim > 0

    def encode(self, photo: Photo, report: OnStep) -> PairTokens:
        """Tokens of one photo; the encoder is the same for both photos of a pair."""
        image = photo.tensor()[None].to(self.device)
        return PairTokens(image, self.network.encode(image, on_step=report))

    def predict(
        self, tokens: Sequence[PairTokens], pairs: Sequence[tuple[int, int]], report: OnStep
    ) -> Prediction:
        """One group per pair. A half-precision trunk that overflows runs once more in float32."""
        groups = self._groups(tokens, pairs, report)
        if groups is not None:
            return Prediction(groups)
        notice = (
            f"The network's values left the range of {str(self.dtype).removeprefix('torch.')}, so "
            "it was run again in float32. To begin with that: load_model(…, dtype=torch.float32)."
        )
        logger.warning(notice)
        whole = PairPredictor(in_float32(self.network))
        count = len(tokens)
        again = [
            replace(one, tokens=whole.network.encode(one.image, on_step=part_of(report, k, count)))
            for k, one in enumerate(tokens)
        ]
        groups = whole._groups(again, pairs, report)
        assert groups is not None, "float32 is taken as it comes"
        return Prediction(groups, (notice,))

    def _groups(
        self, tokens: Sequence[PairTokens], pairs: Sequence[tuple[int, int]], report: OnStep
    ) -> tuple[Group, ...] | None:
        """One group per pair; None once a half-precision trunk has given no numbers."""
        groups = []
        for number, pair in enumerate(pairs):
            step = part_of(report, number, len(pairs))
            first, second = (tokens[index] for index in pair)
            grids = (token_grid(first.image), token_grid(second.image))
            layers = self.network.decode(first.tokens, second.tokens, grids, on_step=step)
            if self.dtype != torch.float32 and not _all_finite(layers):
                return None
            images = (first.image, second.image)
            maps = self.network.predict(
                layers, images, descriptors=self.has_descriptors, on_step=step
            )
            groups.append(Group(pair, maps.unbatched()))
        return tuple(groups)


def in_float32(network: Splatt3R) -> Splatt3R:
    """The same network with its trunk in float32; the heads, which are, are shared."""
    with torch.device("meta"):
        whole = Splatt3R(network.config)
    state = {name: value.float() for name, value in network.state_dict().items()}
    whole.load_state_dict(state, strict=True, assign=True)
    whole.provenance = network.provenance
    return whole.train(network.training).requires_grad_(False)


def _all_finite(layers: tuple[list[Tensor], list[Tensor]]) -> bool:
    """Whether both decoders' layers hold numbers; an overflow makes whole layers NaN."""
    return all(bool(layer.isfinite().all()) for own in layers for layer in own)
