"""Time and memory of `reconstruct`, stage by stage, for the full-size network.

    python tests/benchmarks/bench_reconstruct.py [--weights random] [--repeats 1] [--threads 2]

`--weights` is "random" (the full-size network, filled at random: values do not change the time),
"formula" (the weights of the parity tests; takes minutes to fill) or a source for `load_model`.
Wall and CPU seconds are those of the fastest run; the peak is of the whole process, so it includes
the weights.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import torch

from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights import load_model
from splat_widgets.reconstruction import Progress, reconstruct
from splat_widgets.rendering.preview import preview
from splat_widgets.scene.scene import Scene


def make_model(weights: str) -> Splatt3R:
    if weights == "formula":
        sys.path.insert(0, str(Path(__file__).parents[2]))
        from tests.parity.conftest import formula_model

        return formula_model(Splatt3RConfig.full())
    if weights != "random":
        return load_model(weights)
    with torch.device("meta"):
        model = Splatt3R(Splatt3RConfig.full())
    model.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.ndim == 1:
                value.fill_(1.0 if "norm" in name and name.endswith("weight") else 0.0)
            else:
                value.normal_(0, 0.5 * value[0].numel() ** -0.5, generator=generator)
    return model.eval()


def photo(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (96, 128, 3), np.uint8)
    return coarse.repeat(8, 0).repeat(8, 1)  # 1024 x 768


class Clock:
    """Wall and CPU seconds per stage, from the progress."""

    def __init__(self) -> None:
        self.marks: dict[str, list[tuple[float, float]]] = {}
        self.longest_gap = 0.0
        self._last = time.perf_counter()

    def __call__(self, progress: Progress) -> None:
        now = time.perf_counter()
        self.longest_gap = max(self.longest_gap, now - self._last)
        self._last = now
        self.marks.setdefault(progress.stage, []).append((now, time.process_time()))

    def table(self) -> dict[str, tuple[float, float]]:
        spans = {stage: (marks[0], marks[-1]) for stage, marks in self.marks.items()}
        return {s: (last[0] - first[0], last[1] - first[1]) for s, (first, last) in spans.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", default="random")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    started = time.perf_counter()
    model = make_model(arguments.weights)
    count = sum(value.numel() for value in model.parameters())
    print(f"{count / 1e6:.0f} M parameters ({arguments.weights}), {model.dtype} on {model.device}")
    rss = psutil.Process().memory_info().rss / 2**30
    print(f"  ready after {time.perf_counter() - started:.1f} s, process {rss:.2f} GiB")
    photos = [photo(0), photo(1)]
    best: tuple[float, Clock, Scene] | None = None
    for _ in range(arguments.repeats):
        clock = Clock()
        scene = reconstruct(photos, model=model, progress=clock)
        if best is None or scene.timings.total < best[0]:
            best = (scene.timings.total, clock, scene)
    assert best is not None
    total, clock, scene = best
    if hasattr(os, "getloadavg"):
        load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        print(f"  {load}, {torch.get_num_threads()} threads")
    print(f"  {'stage':<10} {'wall s':>8} {'CPU s':>8}")
    cpu_total = 0.0
    for stage, (wall, cpu) in clock.table().items():
        cpu_total += cpu
        print(f"  {stage:<10} {wall:8.2f} {cpu:8.2f}")
    print(f"  {'total':<10} {total:8.2f} {cpu_total:8.2f}")
    peak = scene.timings.peak_memory_bytes / 2**30
    print(f"  {len(scene):,} Gaussians; process at most {peak:.2f} GiB")
    if scene.timings.peak_device_memory_bytes is not None:
        print(f"  device at most {scene.timings.peak_device_memory_bytes / 2**30:.2f} GiB")
    print(f"  longest time without a chance to cancel: {clock.longest_gap:.2f} s")
    started = time.perf_counter()
    preview(scene)
    print(f"  preview picture: {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
