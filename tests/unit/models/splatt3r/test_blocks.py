"""Blocks: pre-norm residuals in their order."""

import math

import pytest
import torch

from splat_widgets.models.splatt3r.blocks import DecoderBlock, EncoderBlock, Mlp
from splat_widgets.models.splatt3r.rope import Rotary

DIM, HEADS = 16, 2
TURN = Rotary.of_grid(2, 3, 8, device=torch.device("cpu"), dtype=torch.float32)


def normed(norm, x):
    x = x - x.mean(-1, keepdim=True)
    return x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt() * norm.weight + norm.bias


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)
    with torch.no_grad():
        yield


def test_the_mlp_is_an_exact_gelu_between_two_layers():
    mlp, x = Mlp(3, 5, 2), torch.randn(4, 3)
    hidden = mlp.fc1(x)
    exact = hidden * 0.5 * (1 + torch.erf(hidden / math.sqrt(2)))
    torch.testing.assert_close(mlp(x), mlp.fc2(exact))


def test_an_encoder_block():
    block, x = EncoderBlock(DIM, HEADS), 1e-3 * torch.randn(1, 6, DIM)  # small: epsilon counts
    y = x + block.attention(normed(block.norm1, x), TURN)
    torch.testing.assert_close(block(x, TURN), y + block.mlp(normed(block.norm2, y)))


def test_a_decoder_block_looks_at_itself_then_at_the_other_photo():
    block, x, other = DecoderBlock(DIM, HEADS), *torch.randn(2, 1, 6, DIM)
    y = x + block.attention(normed(block.norm1, x), TURN)
    context = normed(block.norm_context, other)
    y = y + block.cross_attention(normed(block.norm2, y), context, TURN, TURN)
    torch.testing.assert_close(block(x, other, TURN, TURN), y + block.mlp(normed(block.norm3, y)))
