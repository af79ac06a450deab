"""What the photos decide, measured: the tables of refinement, one after another.

    python tests/benchmarks/bench_refine.py [--truth FOLDER] [--only pairs,made,...]
        [--scenes 64] [--skip 0] [--photos 32] [--loops 4] [--cache FOLDER]
        [--prototype CHECKOUT --prototype-code FOLDER]

| part | what it prints |
| --- | --- |
| pairs | answers, errors of cameras and depth, CPU seconds; focal lengths unknown and known |
| made | twenty made cases, each named beforehand as to be answered or refused |
| sets | loops and sets of 3, 5 and 10 photos, beside pycolmap |
| five | CPU seconds of five photos beside the prototype's; only with `--prototype` |
| left-out | a photo that was left out, from five others and from two |
| memory | peak memory and encoder passes of ten photos, full-size network |
| photos | scaled points and novel views of held-out scenes, as `evaluate --photos` |

Each part is a file of `tests/benchmarks/refine/`, or a command, that also runs alone; with the
defaults all take more than an hour of one core. `--truth` is a folder of measured pairs (`images/`,
`depth/`, `K.txt`, `pairs.json`); `--prototype` a checkout of commit fa7de65 whose CPU seconds are
measured on the same pairs in the same run, depth included.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import cv2
import torch

sys.path.insert(0, str(Path(__file__).parent / "refine"))

import five
import left_out
import made
import pair_rows
import sets
from prototype import Prototype

from splat_widgets.models.weights import load_model
from splat_widgets.training.evaluate import evaluate_photos
from splat_widgets.training.evaluate.table import photo_table

PARTS = ("pairs", "made", "sets", "five", "left-out", "memory", "photos")


def main() -> None:
    """All tables that were asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--scenes", type=int, default=64, help="procedural pairs")
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--photos", type=int, default=32, help="scenes with novel views")
    parser.add_argument("--loops", type=int, default=4)
    parser.add_argument("--cache", type=Path, help="keeps rendered scenes and rows of pairs")
    parser.add_argument("--prototype", type=Path)
    parser.add_argument("--prototype-code", type=Path)
    given = parser.parse_args()
    chosen = given.only.split(",")
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"expected parts among {', '.join(PARTS)}, got {', '.join(sorted(unknown))}")
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    for part in chosen:
        began = time.perf_counter()
        print(f"== {part}", flush=True)
        run(part, given)
        print(f"   ({time.perf_counter() - began:.0f} s)", flush=True)


def run(part: str, given: argparse.Namespace) -> None:
    """One part."""
    if part == "pairs":
        pairs(given)
    elif part == "made":
        made.table(3, given.cache)
    elif part == "sets":
        sets.table(given.loops, given.truth, given.cache)
    elif part == "five":
        prototype = prototype_of(given)
        if prototype is None:
            print("left out: it needs --prototype and --prototype-code")
        else:
            five.table(prototype, given.loops, five.SEED, five.REPEATS)
    elif part == "left-out":
        left_out.table(given.loops, left_out.SEED, given.truth, 1)
    elif part == "memory":  # a process of its own: the peak is the process's
        subprocess.run([sys.executable, Path(__file__).parent / "refine" / "memory.py"], check=True)
    else:
        photos = evaluate_photos(load_model("embedded"), given.photos)
        print(f"{photos.num_scenes} scenes, answered {photos.answered:.1%}")
        print(f"more than 1.1x worse {photos.worse:.1%}")
        print(photo_table(photos))


def pairs(given: argparse.Namespace) -> None:
    """With unknown and with known focal lengths."""
    prototype = prototype_of(given)
    options = pair_rows.Options(known=(False, True), dense=True, prototype=prototype)
    pair_rows.tables(given.scenes, given.skip, given.truth, given.cache, options)


def prototype_of(given: argparse.Namespace) -> Prototype | None:
    """The running prototype, where it was given."""
    if given.prototype is None or given.prototype_code is None:
        return None
    return Prototype(given.prototype, given.prototype_code)


if __name__ == "__main__":
    main()
