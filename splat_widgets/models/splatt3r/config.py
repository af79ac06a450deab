"""Sizes of the network."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from reprlib import repr as short  # a file may nest a value so that all of it never ends
from typing import Any

from splat_widgets.conventions import MAX_SH_DEGREE, PATCH_SIZE, sh_coefficients

MLP_RATIO = 4
# Far beyond any network of this kind; sizes also come from files, which must not fill the memory.
_MAX_IMAGE_SIZE, _MAX_CHANNELS, _MAX_DEPTH = 4096, 8192, 100


@dataclass(frozen=True)
class Splatt3RConfig:
    """Sizes of a Splatt3R network. The defaults are the released model's."""

    image_size: int = 512  # side in pixels of the square crops the weights were trained on
    encoder_dim: int = 1024
    encoder_depth: int = 24
    encoder_heads: int = 16
    decoder_dim: int = 768
    decoder_depth: int = 12
    decoder_heads: int = 12
    dpt_features: int = 256  # channels inside the DPT fusion
    dpt_last: int = 128  # channels before the DPT's last layer
    dpt_layer_dims: tuple[int, int, int, int] = (96, 192, 384, 768)
    descriptor_dim: int = 24  # 0: a network without the descriptor branch
    sh_degree: int = 0  # in the usual sense: degree 0 is one coefficient per channel

    def __post_init__(self) -> None:
        if not isinstance(self.dpt_layer_dims, list | tuple) or len(self.dpt_layer_dims) != 4:
            raise ValueError(f"expected 4 DPT layer sizes, got {short(self.dpt_layer_dims):.100}")
        object.__setattr__(self, "dpt_layer_dims", tuple(self.dpt_layer_dims))
        _check_range("image_size", self.image_size, PATCH_SIZE, _MAX_IMAGE_SIZE)
        for name in ("encoder_depth", "decoder_depth"):
            _check_range(name, getattr(self, name), 1, _MAX_DEPTH)
        for name in ("encoder_dim", "encoder_heads", "decoder_dim", "decoder_heads", "dpt_last"):
            _check_range(name, getattr(self, name), 1, _MAX_CHANNELS)
        for number in self.dpt_layer_dims:
            _check_range("dpt_layer_dims", number, 1, _MAX_CHANNELS)
        _check_range("dpt_features", self.dpt_features, 2, _MAX_CHANNELS)
        _check_range("descriptor_dim", self.descriptor_dim, 0, _MAX_CHANNELS)
        _check_range("sh_degree", self.sh_degree, 0, MAX_SH_DEGREE)
        if self.image_size % PATCH_SIZE:
            raise ValueError(
                f"expected an image size that is a multiple of {PATCH_SIZE}, got {self.image_size}"
            )
        for part in ("encoder", "decoder"):
            dim, heads = getattr(self, f"{part}_dim"), getattr(self, f"{part}_heads")
            if dim % heads or (dim // heads) % 4:
                raise ValueError(
                    f"expected a {part} head size that is a multiple of 4 (rotary positions in two "
                    f"dimensions), got {dim} channels in {heads} heads"
                )

    @property
    def gaussian_channels(self) -> int:
        """Channels of the Gaussian head: offset 3, scale 3, rotation 4, SH 3K, opacity 1."""
        return 3 + 3 + 4 + 3 * sh_coefficients(self.sh_degree) + 1

    @property
    def dpt_hooks(self) -> tuple[int, int, int, int]:
        """Layers the DPT heads read: 0 is the encoder's output, k the k-th decoder block."""
        depth = self.decoder_depth
        return (0, depth // 2, 3 * depth // 4, depth)

    @classmethod
    def full(cls) -> Splatt3RConfig:
        """The released model: ViT-L encoder, 729 M parameters."""
        return cls()

    @classmethod
    def tiny(cls) -> Splatt3RConfig:
        """Full-size heads on a small trunk, for tests."""
        return cls(64, 64, 3, 4, 48, 12, 3)

    @classmethod
    def micro(cls) -> Splatt3RConfig:
        """Everything small, for tests."""
        return cls(48, 12, 2, 1, 8, 10, 2, 16, 8, (8, 12, 16, 24))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a `config.json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Splatt3RConfig:
        """Inverse of `to_json`.

        Raises:
            ValueError: for unknown or missing names; sizes are never guessed.
        """
        known = {field.name for field in fields(cls)}
        unknown, missing = sorted(set(values) - known), sorted(known - set(values))
        if unknown or missing:
            raise ValueError(
                "expected exactly the fields of Splatt3RConfig; "
                f"unknown: {unknown}, missing: {missing}"
            )
        return cls(**values)


def _check_range(name: str, number: object, low: int, high: int) -> None:
    # The exact type: True and 12.0 are not sizes, although Python counts with them.
    if type(number) is not int or not low <= number <= high:
        raise ValueError(
            f"expected {name} as a whole number from {low} to {high}, got {short(number):.100}"
        )
