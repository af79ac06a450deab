"""A small network with random weights, and pictures for it."""

from collections.abc import Callable

import pytest
import torch

from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig


@pytest.fixture(scope="module")
def model() -> Splatt3R:
    torch.manual_seed(0)
    return Splatt3R(Splatt3RConfig.micro()).eval()


@pytest.fixture
def pictures() -> Callable[..., list[torch.Tensor]]:
    def make(*sizes: tuple[int, int], batch: int = 1) -> list[torch.Tensor]:
        generator = torch.Generator().manual_seed(1)
        return [torch.rand(batch, 3, *size, generator=generator) for size in sizes]

    return make
