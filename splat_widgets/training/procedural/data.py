"""A stream of training batches from procedural scenes.

Rendering a pair costs about as much as a training step on it. So each pair is used four times: in
either order of its photos, mirrored or not, and never with the same photometry.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from splat_widgets.training.procedural.scenes import Optics, Pairs, render_pairs

HELD_OUT_SEED = 1_000_000_000
"""Scenes from this seed on are for evaluation; training uses smaller seeds."""

JPEG_SHARE = 0.6
"""Share of the training pictures that are compressed."""

_BLOCK = 8  # scenes rendered at once


def develop(pairs: Pairs, generator: torch.Generator) -> Pairs:
    """Pairs with photometric variation.

    With targets, all pictures of a scene are developed alike, because what is rendered from the
    pair is compared with the targets. Noise, blur and JPEG are applied to the pair only, not to
    the targets.
    """
    if pairs.targets is None:
        return replace(pairs, images=photometric(pairs.images, generator))
    images = developed(torch.cat([pairs.images, pairs.targets.images], 1), generator, alike=True)
    return replace(
        pairs,
        images=degraded(images[:, :2], generator),
        targets=replace(pairs.targets, images=images[:, 2:]),
    )


class PairStream:
    """Endless batches of pairs; without restarts they depend on the first seed alone.

    Args:
        batch_size: pairs.
        image_size: pixels.
        first_seed: of the scenes.
        reuse: how often a scene is used on average.
        pool_blocks: how many blocks of eight scenes are kept to draw from.
        targets: number of target views of each scene.
        photometric: vary the pictures as `develop` does.
        optics: of the cameras.
        device: where scenes are rendered.

    Raises:
        ValueError: for a first seed of the held-out scenes.
    """

    def __init__(
        self,
        batch_size: int,
        image_size: int,
        *,
        first_seed: int = 0,
        reuse: int = 4,
        pool_blocks: int = 64,
        targets: int = 0,
        photometric: bool = True,
        optics: Optics = Optics(),  # noqa: B008 (it is frozen)
        device: torch.device | str = "cpu",
    ) -> None:
        if not 0 <= first_seed < HELD_OUT_SEED:
            raise ValueError(f"expected a first seed in [0, {HELD_OUT_SEED}), got {first_seed}")
        self.batch_size, self.image_size, self.device = batch_size, image_size, device
        self.reuse, self.pool_blocks = reuse, pool_blocks
        self.targets, self.photometric, self.optics = targets, photometric, optics
        self._next_seed = first_seed
        self._generator = torch.Generator().manual_seed(first_seed)
        self._pool: list[Pairs] = []
        self._owed = 0.0  # pairs taken since the last block, over `reuse`

    def __iter__(self) -> Iterator[Pairs]:
        return self

    def __next__(self) -> Pairs:
        """The next batch."""
        if not self._pool:
            needed = math.ceil(self.batch_size / _BLOCK)
            for _ in range(max(2, needed, self.pool_blocks // 4)):
                self._render()
        self._owed += self.batch_size / self.reuse
        while self._owed >= _BLOCK:
            self._owed -= _BLOCK
            self._render()
        picks = torch.randperm(len(self._pool) * _BLOCK, generator=self._generator)
        picks = picks[: self.batch_size].tolist()
        chosen = [
            self._pool[pick // _BLOCK].select(torch.tensor([pick % _BLOCK])) for pick in picks
        ]
        batch = Pairs.cat([self._turn(pair) for pair in chosen])
        return develop(batch, self._generator) if self.photometric else batch

    def set_targets(self, count: int) -> None:
        """Give this many target views of each scene from the next batch on."""
        if count != self.targets:
            self.targets = count
            self._pool.clear()

    def state_dict(self) -> dict[str, Any]:
        """What a resumed stream needs; it renders new scenes into its pool."""
        return {"next_seed": self._next_seed, "generator": self._generator.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where another stream stopped."""
        self._next_seed = state["next_seed"]
        self._generator.set_state(state["generator"])
        self._pool.clear()

    def skip(self, seeds: int) -> None:
        """Skip scenes, so that parallel processes see different ones."""
        if seeds:
            self._next_seed += seeds
            self._generator.manual_seed(self._next_seed)

    def _render(self) -> None:
        seeds = range(self._next_seed, self._next_seed + _BLOCK)
        self._next_seed += _BLOCK
        block = render_pairs(
            seeds,
            self.image_size,
            device=self.device,
            targets=self.targets,
            optics=self.optics,
        )
        self._pool.append(block)
        if len(self._pool) > self.pool_blocks:
            self._pool.pop(0)

    def _turn(self, pair: Pairs) -> Pairs:
        swap, mirror = (torch.rand(2, generator=self._generator) < 0.5).tolist()
        pair = pair.swapped() if swap else pair
        return pair.mirrored() if mirror else pair


def photometric(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each picture as another camera setting would show it: `developed`, then `degraded`.

    Args:
        images: (B, V, 3, H, W) in [0, 1].
        generator: on the CPU, whatever the device of the images.

    Returns:
        (B, V, 3, H, W) in [0, 1].
    """
    return degraded(developed(images, generator), generator)


def developed(images: Tensor, generator: torch.Generator, *, alike: bool = False) -> Tensor:
    """Pictures (B, V, 3, H, W) under other exposure, white balance, gamma and saturation.

    One part of the change is shared by the pictures of a scene. The other part is drawn for each
    picture, unless `alike` is set.
    """
    B, V = images.shape[:2]
    draw = _Draw(generator, images.device)
    own = 0.0 if alike else 1.0
    exposure = draw(-0.35, 0.25, B, 1, 1, 1, 1) + own * draw(-0.2, 0.2, B, V, 1, 1, 1)
    balance = draw(-0.12, 0.12, B, 1, 3, 1, 1) + own * draw(-0.08, 0.08, B, V, 3, 1, 1)
    gamma = draw(0.75, 1.3, B, 1, 1, 1, 1) * draw(0.92, 1.08, B, V, 1, 1, 1) ** own
    result = images.clamp(1e-4, 1) ** gamma * (exposure + balance).exp()
    grey = result.mean(2, keepdim=True)
    return (grey + draw(0.3, 1.15, B, 1, 1, 1, 1) * (result - grey)).clamp(0, 1)


def degraded(images: Tensor, generator: torch.Generator) -> Tensor:
    """Pictures (B, V, 3, H, W) with blur, sensor noise and JPEG, drawn for each picture."""
    B, V = images.shape[:2]
    draw = _Draw(generator, images.device)
    sigma = draw(0, 1, B, V) * draw(0, 1.1, B, V)
    taps = torch.exp(-0.5 / sigma.clamp_min(0.2).square())
    kernel = torch.stack([taps, torch.ones_like(taps), taps], -1)
    kernel = kernel / kernel.sum(-1, keepdim=True)
    planes = images.flatten(0, 1)[None].flatten(1, 2)  # (1, B * V * 3, H, W)
    weights = kernel.flatten(0, 1).repeat_interleave(3, 0)
    planes = F.pad(planes, (1, 1, 1, 1), mode="replicate")
    planes = F.conv2d(planes, weights[:, None, :, None], groups=len(weights))
    planes = F.conv2d(planes, weights[:, None, None, :], groups=len(weights))
    result = planes.reshape(images.shape)

    strength = draw(0, 1, B, V, 1, 1, 1).square() * 0.05
    noise = torch.randn(images.shape, generator=generator).to(images.device)
    noisy = (result + strength * noise).clamp(0, 1)
    coarseness = draw(math.log(0.06), math.log(1.2), B, V).exp()  # 0.06: quality 97; 1.2: 42
    compressed = jpeg(noisy.flatten(0, 1), coarseness.flatten()).reshape(images.shape)
    return torch.where(draw(0, 1, B, V, 1, 1, 1) < JPEG_SHARE, compressed, noisy)


class _Draw:
    """Uniform numbers on any device from a generator on the CPU."""

    def __init__(self, generator: torch.Generator, device: torch.device) -> None:
        self._generator, self._device = generator, device

    def __call__(self, low: float, high: float, *shape: int) -> Tensor:
        numbers = torch.rand(shape, generator=self._generator).to(self._device)
        return low + (high - low) * numbers


def jpeg(images: Tensor, coarseness: Tensor) -> Tensor:
    """Pictures after JPEG's quantised cosine transform (ITU-T T.81).

    Colour is not subsampled. The entropy coding is lossless and is left out.

    Args:
        images: (B, 3, H, W) in [0, 1], H and W multiples of 8.
        coarseness: (B,) factor on the tables of the standard's annex K: 1 is the usual quality
            50, 0.2 is 90.

    Returns:
        (B, 3, H, W) in [0, 1].
    """
    transform = _cosine_transform().to(images)
    to_luma = images.new_tensor(_YCBCR)
    tables = images.new_tensor([_LUMA_TABLE, _CHROMA_TABLE, _CHROMA_TABLE]).unflatten(1, (8, 8))
    steps = (tables * coarseness[:, None, None, None]).clamp_min(1) / 255  # (B, 3, 8, 8)
    ycc = torch.einsum("ij,bjhw->bihw", to_luma, images - _LEVEL_SHIFT)
    blocks = ycc.unflatten(3, (-1, 8)).unflatten(2, (-1, 8)).transpose(3, 4)  # (B,3,h,w,8,8)
    steps = steps[:, :, None, None]
    kept = (transform @ blocks @ transform.mT / steps).round() * steps
    ycc = (transform.mT @ kept @ transform).transpose(3, 4).flatten(4, 5).flatten(2, 3)
    return (torch.einsum("ij,bjhw->bihw", to_luma.inverse(), ycc) + _LEVEL_SHIFT).clamp(0, 1)


@lru_cache(maxsize=1)
def _cosine_transform() -> Tensor:
    """(8, 8) orthonormal DCT-II."""
    k = torch.arange(8.0)
    rows = torch.cos(torch.pi / 8 * (k + 0.5) * k[:, None]) / 2
    rows[0] /= math.sqrt(2)
    return rows


_LEVEL_SHIFT = 128 / 255
_YCBCR = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
_LUMA_TABLE = (
    *(16, 11, 10, 16, 24, 40, 51, 61),
    *(12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56),
    *(14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77),
    *(24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101),
    *(72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA_TABLE = (
    *(17, 18, 24, 47, 99, 99, 99, 99),
    *(18, 21, 26, 66, 99, 99, 99, 99),
    *(24, 26, 56, 99, 99, 99, 99, 99),
    *(47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 32),
)
