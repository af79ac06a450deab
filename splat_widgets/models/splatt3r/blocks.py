"""Transformer blocks of the encoder and of the two decoders (pre-norm, as in ViT and CroCo)."""

from __future__ import annotations

from torch import Tensor, nn

from splat_widgets.models.splatt3r.attention import CrossAttention, SelfAttention
from splat_widgets.models.splatt3r.config import MLP_RATIO
from splat_widgets.models.splatt3r.rope import Rotary

NORM_EPS = 1e-6  # PyTorch's default of 1e-5 is visible in the outputs


def layer_norm(dim: int) -> nn.LayerNorm:
    """LayerNorm with the epsilon used everywhere in this network."""
    return nn.LayerNorm(dim, eps=NORM_EPS)


class Mlp(nn.Module):
    """Linear, exact GELU, linear."""

    def __init__(self, dim: int, hidden: int, out: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden, out)

    def forward(self, x: Tensor) -> Tensor:
        """(..., dim) -> (..., out)."""
        return self.fc2(self.act(self.fc1(x)))


class EncoderBlock(nn.Module):
    """Self-attention and MLP."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm1 = layer_norm(dim)
        self.attention = SelfAttention(dim, heads)
        self.norm2 = layer_norm(dim)
        self.mlp = Mlp(dim, MLP_RATIO * dim, dim)

    def forward(self, x: Tensor, rotary: Rotary) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        x = x + self.attention(self.norm1(x), rotary)
        return x + self.mlp(self.norm2(x))


class DecoderBlock(nn.Module):
    """Self-attention, cross-attention to the other photo, MLP."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm1 = layer_norm(dim)
        self.attention = SelfAttention(dim, heads)
        self.norm_context = layer_norm(dim)
        self.norm2 = layer_norm(dim)
        self.cross_attention = CrossAttention(dim, heads)
        self.norm3 = layer_norm(dim)
        self.mlp = Mlp(dim, MLP_RATIO * dim, dim)

    def forward(self, x: Tensor, context: Tensor, rotary: Rotary, rotary_context: Rotary) -> Tensor:
        """Tokens (B, N, C) with the other photo's tokens as context (B, M, C) -> (B, N, C)."""
        x = x + self.attention(self.norm1(x), rotary)
        context = self.norm_context(context)
        x = x + self.cross_attention(self.norm2(x), context, rotary, rotary_context)
        return x + self.mlp(self.norm3(x))
