"""Time and memory to write and read a `.splatscene`, beside NumPy with the same bytes.

    python tests/benchmarks/bench_scene_file.py [--side 512] [--repeats 3] [--folder DIR]

The scene has two photos of `side` x `side` Gaussians with all maps, refined and predicted. NumPy
writes and reads one array of the scene file's own bytes, on the same file system. Both are timed
in turn; both wait until the bytes are on the disk (fsync) and take the place of an older file. The
peak is what is resident beyond the scene, sampled. Of a machine with other work, seconds of the
processor tell more than those of the clock: the least of all runs is printed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import psutil

import splat_widgets as sw
from splat_widgets.embedded import demo_pair


def make_scene(side: int) -> sw.Scene:
    """A refined scene of two photos; its prediction has the network's own size."""
    return sw.reconstruct(
        *demo_pair(), model="embedded", refine=True, gaussian_size=side, progress=False
    )


def timed(job: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and MiB that came on top while it ran."""
    process, stop, highest = psutil.Process(), threading.Event(), [0]
    before = process.memory_info().rss

    def watch() -> None:
        while not stop.wait(0.002):
            highest[0] = max(highest[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    began_s = time.perf_counter()
    kept = job()
    seconds = time.perf_counter() - began_s
    stop.set()
    watcher.join()
    del kept
    return seconds, max(0, highest[0] - before) / 2**20


def numpy_save(path: Path, array: np.ndarray) -> None:
    with path.open("wb") as file:
        np.save(file, array)
        file.flush()
        os.fsync(file.fileno())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--copies", type=int, default=1, help="Gaussians alone, repeated")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    scene: sw.Scene = make_scene(options.side)
    if options.copies > 1:
        rows = np.tile(np.arange(len(scene)), options.copies)
        scene = sw.Scene.of(replace(scene.gaussians).select(rows))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        ours, theirs = Path(folder) / "a.splatscene", Path(folder) / "a.npy"
        sw.save(scene, ours)
        array = np.fromfile(ours, np.uint8)
        jobs: dict[str, Callable[[], object]] = {
            "write": lambda: sw.save(scene, ours, verify=False),
            "write and verify": lambda: sw.save(scene, ours),
            "read": lambda: sw.load(ours),
            "numpy write": lambda: numpy_save(theirs, array),
            "numpy read": lambda: np.load(theirs),
        }
        seen: dict[str, list[tuple[float, float, float]]] = {name: [] for name in jobs}
        for _ in range(options.repeats):
            for name, job in jobs.items():
                began_s = time.process_time()
                found = timed(job)
                seen[name].append((*found, time.process_time() - began_s))
        size = len(array) / 2**20
        print(f"{len(scene):,} Gaussians, {size:,.0f} MiB")
        for name in ("write", "write and verify", "read"):
            theirs_of = seen["numpy read" if name == "read" else "numpy write"]
            wall, other = (median(one[0] for one in runs) for runs in (seen[name], theirs_of))
            cpu, least = (min(one[2] for one in runs) for runs in (seen[name], theirs_of))
            more = max(one[1] for one in seen[name]) - (size if name == "read" else 0.0)
            print(
                f"{name:<17}{wall:.2f} s, numpy {other:.2f} s, ratio {wall / other:.2f}; of the "
                f"processor {cpu:.2f} s, numpy {least:.2f} s; {more:,.0f} MiB beyond the scene"
            )


if __name__ == "__main__":
    main()
