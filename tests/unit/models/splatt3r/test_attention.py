"""Attention against loops over heads, queries and keys."""

import pytest
import torch

from splat_widgets.models.splatt3r.attention import CrossAttention, SelfAttention
from splat_widgets.models.splatt3r.rope import Rotary

DIM, HEADS = 16, 2


def by_loops(q, k, v, turn_q, turn_k):
    """(N, C), (M, C), (M, C) -> (N, C): each head's queries ask its keys one by one."""
    d, out = DIM // HEADS, torch.zeros_like(q)
    for head in range(HEADS):
        part = slice(head * d, (head + 1) * d)
        queries, keys = turn_q(q[:, part]), turn_k(k[:, part])
        for i, query in enumerate(queries):
            weights = torch.stack([(query @ key / d**0.5).exp() for key in keys])
            out[i, part] = (weights / weights.sum()) @ v[:, part]
    return out


def rotary(rows, columns):
    of = {"device": torch.device("cpu"), "dtype": torch.float64}
    return Rotary.of_grid(rows, columns, DIM // HEADS, **of)


@pytest.fixture(autouse=True)
def in_double():
    torch.manual_seed(0)
    with torch.no_grad():
        yield


def test_tokens_of_one_photo():
    layer, turn = SelfAttention(DIM, HEADS).double(), rotary(2, 3)
    x = torch.randn(2, 6, DIM, dtype=torch.float64)
    for item, found in zip(x, layer(x, turn), strict=True):
        q, k, v = layer.qkv(item).split(DIM, -1)
        torch.testing.assert_close(found, layer.proj(by_loops(q, k, v, turn, turn)))


def test_tokens_of_another_photo_turn_by_their_own_grid():
    layer, turn, other = CrossAttention(DIM, HEADS).double(), rotary(2, 3), rotary(4, 1)
    x, context = torch.randn(6, DIM).double(), torch.randn(4, DIM).double()
    expected = by_loops(layer.q(x), layer.k(context), layer.v(context), turn, other)
    found = layer(x[None], context[None], turn, other)[0]
    torch.testing.assert_close(found, layer.proj(expected))
