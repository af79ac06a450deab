"""CPU seconds of five photos, beside the prototype's on the same photos in the same run.

    python tests/benchmarks/refine/five.py --prototype CHECKOUT --prototype-code FOLDER
        [--loops 3] [--seed 8000] [--repeats 3]

Rendered loops of five photos. "Own" is all that `reconstruct` does but for the network; the
prototype's time is that of its cameras and of one sweep for each photo with a camera, without
checks and fills; it is given the embedded network's word on all pairs. A second ratio leaves out
the network's word, exposures, fusion and Gaussians, which the prototype does not do at all; checks
and fills are in it. The two take turns, and the least of the repeats counts: other work on a
machine only ever makes them slower. A loop of which the two place different numbers of photos is
marked and counts all the same.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from pair_data import prior_of
from posed_photos import Photos, loops
from prototype import Prototype

from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.models.weights import load_model
from splat_widgets.reconstruction import reconstruct
from splat_widgets.refinement.records import PairPrior, Shot, Window

COUNT = 5
SEED = 8000  # the one before the first scene's
REPEATS = 3
_WINDOW, _SIZE = Window(-0.5, -0.5, 1.0), (256, 256)  # all of a square picture


class Network:
    """The CPU seconds that a model takes for itself."""

    def __init__(self, model: Splatt3R) -> None:
        self.model, self.seconds = model, 0.0

    def __enter__(self) -> Network:
        for name in ("encode", "predict"):
            setattr(self.model, name, self._timed(getattr(self.model, name)))
        return self

    def __exit__(self, *problem: object) -> None:
        for name in ("encode", "predict"):
            delattr(self.model, name)

    def _timed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: object, **named: object) -> Any:
            began = time.process_time()
            try:
                return method(*args, **named)
            finally:
                self.seconds += time.process_time() - began

        return run


_ALIKE = ("match", "cameras", "depth")  # the stages that the prototype has too


def own_seconds(loop: Photos, model: Splatt3R) -> tuple[float, float, int]:
    """Of everything but the network, of the prototype's stages, and how many photos have a camera.

    The stages are told by the wall's clock, which on a busy machine is more than their CPU seconds.
    """
    with Network(model) as network:
        began = time.process_time()
        scene = reconstruct(list(loop.pictures), model=model, refine=True, progress=False)
        seconds = time.process_time() - began - network.seconds
    alike = sum(taken for name, taken in scene.timings.stages if name in _ALIKE)
    return seconds, alike, sum(camera is not None for camera in scene.cameras)


def priors_of(loop: Photos, model: Splatt3R) -> dict[tuple[int, int], PairPrior]:
    """The network's word on every pair."""
    shots = [Shot(picture, _WINDOW, _SIZE) for picture in loop.pictures]
    return {(i, j): prior_of(model, (shots[i], shots[j])) for i, j in combinations(range(COUNT), 2)}


def table(prototype: Prototype, count: int, seed: int, repeats: int) -> None:
    """A line for each loop, and their median."""
    model = load_model("embedded")
    ratios, alike = [], []
    for loop in loops(count, COUNT, seed):
        priors = priors_of(loop, model)
        own, other = [], []
        for _ in range(repeats):
            own.append(own_seconds(loop, model))
            other.append(prototype.set_seconds(loop.pictures, priors))
        (mine, _, cameras), same = min(own), min(one[1] for one in own)
        theirs, placed = min(other, key=lambda one: sum(one[0]))
        if not placed:
            print(f"{loop.name}: the prototype finds no cameras", flush=True)
            continue
        ratios.append(mine / sum(theirs))
        alike.append(same / sum(theirs))
        print(
            f"{loop.name}: own {mine:.1f} s, {same:.1f} s of like stages, {cameras} photos; "
            f"prototype {theirs[0]:.1f} s for cameras, {theirs[1]:.1f} s for depth, {placed} "
            f"photos; ratio {ratios[-1]:.2f}, of like stages {alike[-1]:.2f}"
            f"{'' if cameras == placed else ' (unlike work)'}",
            flush=True,
        )
    for name, found in (("ratio", ratios), ("ratio of like stages", alike)):
        if found:
            print(f"{name}: median {median(found):.2f}, mean {np.mean(found):.2f} of {len(found)}")


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--prototype", type=Path, required=True)
    parser.add_argument("--prototype-code", type=Path, required=True)
    parser.add_argument("--loops", type=int, default=3)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    prototype = Prototype(given.prototype, given.prototype_code)
    table(prototype, given.loops, given.seed, given.repeats)


if __name__ == "__main__":
    main()
