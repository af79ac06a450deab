import torch

from splat_widgets.models.splatt3r.rope import Rotary


def rotary(rows: int, columns: int, head_dim: int = 16) -> Rotary:
    return Rotary.of_grid(rows, columns, head_dim, device=torch.device("cpu"), dtype=torch.float32)


def test_scores_depend_on_the_distance_alone():
    """The point of rotary positions: q(p) · k(p + d) is the same for every p, along both axes."""
    generator = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 16, generator=generator)
    turn = rotary(6, 7)
    scores = turn(q.expand(42, 16)) @ turn(k.expand(42, 16)).T
    scores = scores.reshape(6, 7, 6, 7)
    torch.testing.assert_close(scores[0, 0, 2, 3], scores[3, 2, 5, 5])
    torch.testing.assert_close(scores[4, 6, 1, 2], scores[5, 4, 2, 0])
    assert not torch.allclose(scores[0, 0, 2, 3], scores[0, 0, 3, 2])  # the axes differ


def test_lengths_stay():
    t = torch.randn(1, 2, 12, 16)
    torch.testing.assert_close(rotary(3, 4)(t).norm(dim=-1), t.norm(dim=-1))


def test_the_first_token_is_not_turned():
    t = torch.randn(1, 1, 6, 16)
    torch.testing.assert_close(rotary(2, 3)(t)[..., 0, :], t[..., 0, :])


def test_rows_turn_the_first_half_of_the_channels():
    t = torch.ones(1, 1, 4, 16)
    turned = rotary(2, 2)(t).reshape(2, 2, 16)
    torch.testing.assert_close(turned[0, 1, :8], torch.ones(8))  # moved along x: row half stays
    torch.testing.assert_close(turned[1, 0, 8:], torch.ones(8))  # moved along y: column half stays
