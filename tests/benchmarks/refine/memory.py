"""Peak memory and encoder passes of ten photos with the full-size network at 512 px.

    python tests/benchmarks/refine/memory.py [--photos 10] [--seed 5001]

The photos are a rendered loop; the network's weights are random, which changes neither. The peak is
of the whole process, in which nothing else ran. Minutes of CPU.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

from bench_reconstruct import Clock, make_model
from loops import render_loop

from splat_widgets.models.predictor import OnStep
from splat_widgets.models.splatt3r import PairPredictor
from splat_widgets.models.splatt3r.predictor import PairTokens
from splat_widgets.photos.photo import Photo
from splat_widgets.reconstruction import reconstruct

GIB = 2**30
BAR_GIB = 4.0
"""What a run may take beside the weights."""


class Counted(PairPredictor):
    """Counts the passes of its encoder."""

    passes = 0

    def encode(self, photo: Photo, report: OnStep) -> PairTokens:
        """One more pass."""
        Counted.passes += 1
        return super().encode(photo, report)


def main() -> None:
    """One line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=10)
    parser.add_argument("--seed", type=int, default=5001)
    given = parser.parse_args()
    torch.set_num_threads(1)
    seed, loop = given.seed, None
    while loop is None:
        seed += 1
        loop = render_loop(seed, given.photos, supersample=1)
    model = make_model("random")
    weights = sum(value.numel() * value.element_size() for value in model.parameters())
    clock = Clock()
    scene = reconstruct(list(loop.pictures), model=Counted(model), progress=clock)
    told = scene.refinement
    answer = "none" if told is None else "yes" if told.applied else told.reason
    rest = (scene.timings.peak_memory_bytes - weights) / GIB
    print(
        f"{given.photos} photos of 512 px, full-size network, {len(scene.photos)} in the scene "
        f"(answer: {answer}): weights {weights / GIB:.2f} GiB, peak {rest:.2f} GiB beside them "
        f"(bar {BAR_GIB:.0f}); encoder passes {Counted.passes}; "
        f"CPU seconds {', '.join(f'{s} {cpu:.0f}' for s, (_, cpu) in clock.table().items())}"
    )


if __name__ == "__main__":
    main()
