"""What becomes of hostile files: a table by class, each file opened in a process of its own.

    python tests/benchmarks/hostile.py [photos|checkpoints|ply] [--seed N]

Peak memory is what opening the file took beyond what the process had before. Ends with status 1 if
a file ended as none may. Works where processes can be forked (Linux, macOS).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from collections import defaultdict
from importlib import import_module
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from hostile.trial import Outcome, tried_alone  # noqa: E402

HOSTILE = Path(__file__).parents[1] / "hostile"
CORPORA = [name for name in ("photos", "checkpoints", "ply") if (HOSTILE / f"{name}.py").exists()]


def main() -> int:
    """Try the corpora that were named, all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", nargs="*", choices=[[], *CORPORA], help="default: all")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # a forked process must not wait for threads
    wrong = sum(_try(name, options.seed) for name in options.corpus or CORPORA)
    return 1 if wrong else 0


def _try(corpus: str, seed: int) -> int:
    """Prints a corpus' table; the number of files that ended as none may."""
    module = import_module(f"hostile.{corpus}")
    rows: dict[str, list[Outcome]] = defaultdict(list)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(module.cases(seed)):
            path = Path(folder) / f"{number}{case.suffix}"
            outcome = tried_alone(case, path, module.opens)
            path.unlink()
            rows[case.group].append(outcome)
            if outcome.ending == "wrong":
                print(f"WRONG {case.group}, {case.name}: {outcome.told[:300]}")
    print(f"\n{corpus}, seed {seed}")
    print(f"{'class':28} {'files':>6} {'right':>6} {'refused':>8} {'wrong':>6} {'s':>7} {'MiB':>6}")
    for group, outcomes in rows.items():
        print(_row(group, outcomes))
    every = [outcome for outcomes in rows.values() for outcome in outcomes]
    print(_row("all", every))
    return sum(outcome.ending == "wrong" for outcome in every)


def _row(name: str, outcomes: list[Outcome]) -> str:
    counts = [
        sum(one.ending == ending for one in outcomes) for ending in ("right", "refused", "wrong")
    ]
    slowest = max(one.seconds for one in outcomes)
    largest = max(one.peak_mib for one in outcomes)
    return "{:28} {:6} {:6} {:8} {:6} {:7.2f} {:6.0f}".format(
        name, len(outcomes), *counts, slowest, largest
    )


if __name__ == "__main__":
    sys.exit(main())
