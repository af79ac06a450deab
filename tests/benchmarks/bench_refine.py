"""What the photos decide, measured: the tables of refinement, one after another.

    python tests/benchmarks/bench_refine.py [--truth FOLDER] [--scenes 256] [--cache FOLDER]
        [--dense] [--loops 12] [--prototype CHECKOUT --prototype-code FOLDER]

Each table is a file of `tests/benchmarks/refine/` that also runs alone. `--truth` is a folder of
measured pairs (`images/`, `depth/`, `K.txt`, `pairs.json`); `--prototype` a checkout of commit
fa7de65 whose CPU seconds are measured on the same pairs in the same run.
"""

import argparse
import sys
from pathlib import Path

import cv2
import torch

sys.path.insert(0, str(Path(__file__).parent / "refine"))

import made
import pair_rows
import sets
from prototype import Prototype


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--scenes", type=int, default=256)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--cache", type=Path, help="keeps the rendered scenes")
    parser.add_argument("--dense", action="store_true", help="depth too: a second or two a pair")
    parser.add_argument("--loops", type=int, default=0, help="sets against pycolmap, minutes each")
    parser.add_argument("--prototype", type=Path)
    parser.add_argument("--prototype-code", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    prototype = None
    if given.prototype is not None and given.prototype_code is not None:
        prototype = Prototype(given.prototype, given.prototype_code)
    for known in (False, True):
        options = pair_rows.Options(known=known, dense=given.dense, prototype=prototype)
        pair_rows.tables(given.scenes, given.skip, given.truth, given.cache, options)
    made.table(3, given.cache)
    if given.loops:
        sets.table(given.loops, given.truth, given.cache)


if __name__ == "__main__":
    main()
