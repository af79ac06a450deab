import pytest
import torch

from splat_widgets.refinement.aggregation import (
    LARGE_STEP,
    SMALL_STEP,
    aggregate,
    winners,
)


def _costs(n: int = 6, planes: int = 5, seed: int = 0) -> torch.Tensor:
    return torch.rand(n, n, planes, generator=torch.Generator().manual_seed(seed))


def _slow_path(costs: list[list[float]], greys: list[float]) -> list[list[float]]:
    """Path costs along one line, as in Hirschmüller's equation 13, pixel by pixel."""
    path = [costs[0]]
    for k in range(1, len(costs)):
        contrast = abs(greys[k] - greys[k - 1])
        large = max(LARGE_STEP / (1 + contrast / 8), 1.5 * SMALL_STEP)
        last, row = path[-1], []
        for d, cost in enumerate(costs[k]):
            ways = [last[d], min(last) + large]
            ways += [last[e] + SMALL_STEP for e in (d - 1, d + 1) if 0 <= e < len(last)]
            row.append(cost + min(ways) - min(last))
        path.append(row)
    return path


def test_paths_are_those_of_a_loop():
    costs = _costs()
    grey = 40 * torch.rand(6, 6, generator=torch.Generator().manual_seed(1))
    found = aggregate(costs.clone(), grey, lambda: None)
    expected = torch.zeros_like(costs, dtype=torch.float64)
    for k in range(6):
        for lines, greys, out in (
            (costs[k], grey[k], expected[k]),
            (costs[:, k], grey[:, k], expected[:, k]),
        ):
            out += torch.tensor(_slow_path(lines.tolist(), greys.tolist()))
            back = torch.tensor(_slow_path(lines.flip(0).tolist(), greys.flip(0).tolist()))
            out += back.flip(0)
    torch.testing.assert_close(found.double(), expected / 4, atol=1e-5, rtol=1e-5)


def test_a_parabola_gives_the_plane_between_planes():
    places = torch.tensor([1.0, 2.3, 3.45, 2.0])
    planes = torch.arange(6.0)
    costs = (0.02 * (planes - places[:, None]) ** 2)[None].repeat(4, 1, 1)
    best = winners(costs.clone(), costs, lambda: None)
    torch.testing.assert_close(best.plane[0], places, atol=1e-4, rtol=0)
    assert not best.at_end.any()
    assert best.cost[0] == pytest.approx(costs[0].amin(-1).tolist())


def test_a_winner_at_the_first_or_last_plane_is_told():
    planes = torch.arange(5.0)
    costs = torch.stack([planes, planes.flip(0), (planes - 2).abs()])[None] / 10
    assert winners(costs.clone(), costs, lambda: None).at_end[0].tolist() == [True, True, False]


def test_margin_is_over_the_best_plane_farther_than_one():
    costs = torch.tensor([0.9, 0.2, 0.1, 0.3, 0.8, 0.15, 0.9])[None, None]
    assert winners(costs.clone(), costs, lambda: None).margin.item() == pytest.approx(0.05)


def test_what_tick_raises_ends_the_work():
    def stop():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        aggregate(_costs(), torch.zeros(6, 6), stop)


def test_a_slanted_wall_does_not_ripple():
    """The penalties of planes draw no place between two of them to one of them."""
    n, D = 48, 24
    true = torch.linspace(6.0, 17.0, n).expand(n, n)
    costs = 0.5 * (1 - torch.exp(-(((torch.arange(D) - true[..., None]) / 2) ** 2)))
    grey = torch.full((n, n), 100.0)
    found = winners(aggregate(costs, grey, lambda: None), costs, lambda: None)
    off = (found.plane - true)[4:-4, 4:-4].abs()
    assert float(off.median()) < 0.03 and float(off.max()) < 0.05
