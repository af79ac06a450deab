"""What training costs: scenes, batches and the step of each part, beside each other in one run.

python tests/benchmarks/bench_training.py
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import get_args

import torch

from splat_widgets.models.weights import load_model
from splat_widgets.training.procedural.data import PairStream
from splat_widgets.training.procedural.scenes import render_pairs
from splat_widgets.training.run.lightning_module import trainable
from splat_widgets.training.run.recipe import Part, read_recipe
from splat_widgets.training.run.trainee import Auxiliary, losses


def best(action: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of some calls; the first one is not counted."""
    action()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    count, device = options.batch, options.device
    print(
        f"{torch.get_num_threads()} threads, {device}, pairs of 128x128, best of {options.repeats}"
    )

    def rate(what: str, seconds: float) -> None:
        print(f"{what:34} {seconds:7.3f} s  {count / seconds:7.1f} pairs/s")

    seeds = range(100, 100 + count)
    rate("scenes", best(lambda: render_pairs(seeds, 128, device=device), options.repeats))
    with_target = best(lambda: render_pairs(seeds, 128, targets=1, device=device), options.repeats)
    rate("scenes with a target view", with_target)
    stream = PairStream(count, 128, reuse=10**6, pool_blocks=4, targets=1, device=device)
    rate("batch from the pool", best(lambda: next(stream), options.repeats))

    weights = read_recipe("embedded").weights
    model = trainable(load_model("embedded", dtype=torch.float32, device=device))
    auxiliary = Auxiliary(model.config).to(device)
    pairs = next(stream)
    for part in get_args(Part):

        def step(part: Part = part) -> None:
            losses(model, auxiliary, pairs, part, weights, closed_form=True)["total"].backward()

        rate(f"step of part {part!r}", best(step, options.repeats))


if __name__ == "__main__":
    main()
