"""Self- and cross-attention with rotary positions.

Attention (Vaswani et al. 2017) as in ViT (Dosovitskiy et al. 2021); both kinds turn queries and
keys by their own position on their own grid.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from splat_widgets.models.splatt3r.rope import Rotary


class SelfAttention(nn.Module):
    """Tokens of one photo attend to each other."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor, rotary: Rotary) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        q, k, v = (_split(t, self.heads) for t in self.qkv(x).chunk(3, -1))  # (B, heads, N, d)
        return self.proj(_merge(scaled_dot_product_attention(rotary(q), rotary(k), v)))


class CrossAttention(nn.Module):
    """Tokens of one photo attend to those of the other."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(dim, dim)
        self.k = nn.Linear(dim, dim)
        self.v = nn.Linear(dim, dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor, context: Tensor, rotary: Rotary, rotary_context: Rotary) -> Tensor:
        """Tokens (B, N, C) with context (B, M, C) -> (B, N, C)."""
        q = _split(self.q(x), self.heads)  # (B, heads, N, d)
        k, v = _split(self.k(context), self.heads), _split(self.v(context), self.heads)
        return self.proj(_merge(scaled_dot_product_attention(rotary(q), rotary_context(k), v)))


def _split(t: Tensor, heads: int) -> Tensor:
    """(B, N, C) -> (B, heads, N, C / heads)."""
    return t.unflatten(-1, (heads, -1)).transpose(1, 2)


def _merge(t: Tensor) -> Tensor:
    """(B, heads, N, d) -> (B, N, heads * d)."""
    return t.transpose(1, 2).flatten(-2)
