"""Time and memory of reading a saved file back, beside the saving itself.

    python tests/benchmarks/bench_verify.py [--count 524288] [--degree 0] [--repeats 3]

Saves random Gaussians with and without verification, in turn. The peak is what is resident beyond
the scene, sampled. Anonymous memory is told apart from pages of the file that is being read, which
the system takes back whenever it needs them.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median

from bench_ply import random_gaussians
from bench_scene_file import timed

import splat_widgets as sw


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2 * 512 * 512)
    parser.add_argument("--degree", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    scene = sw.Scene.of(random_gaussians(options.count, options.degree))
    print(f"{len(scene):,} Gaussians of degree {options.degree}")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for suffix in (".ply", ".splatscene"):
            path = Path(folder) / f"a{suffix}"
            runs = {verify: [] for verify in (False, True)}
            for repeat in range(options.repeats + 1):  # the first warms caches
                for verify, kept in runs.items():
                    found = timed(lambda to=path, on=verify: sw.save(scene, to, verify=on))
                    if repeat:
                        kept.append(found)
            saved = sw.save(scene, path)
            assert saved.verified is not None
            plain, checked = (median(seconds for seconds, _ in runs[on]) for on in (False, True))
            peaks = [max(mib for _, mib in runs[on]) for on in (False, True)]
            print(
                f"{suffix}: saved in {plain:.2f} s, saved and verified in {checked:.2f} s "
                f"(+{checked - plain:.2f} s); {peaks[0]:.0f} and {peaks[1]:.0f} MiB beyond the "
                f"scene; {saved.verified}: {saved.verified.differences}"
            )


if __name__ == "__main__":
    main()
