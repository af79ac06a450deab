"""Whether the kernel and the page grow while scenes are made, viewers opened and closed.

    python tests/benchmarks/bench_leaks.py --runs 200 --viewers 100

Prints one row at every twentieth run and viewer. Growth is from the 20th to the last: what is
loaded once (networks, compiled shaders, caches) is there by then. Python's garbage and the page's
are collected before each look.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))
from chromium import open_lab

import splat_widgets as sw
from splat_widgets.embedded import demo_pair

EVERY = 20
CELLS = [
    """
import ctypes, gc, os, sys
from IPython.display import clear_output, display
import splat_widgets as sw
from splat_widgets.embedded import demo_pair
scene = sw.reconstruct(*demo_pair(), model="embedded", refine=False, progress=False)
viewer = None
def resident():
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)  # else what was freed may count
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
""",
    """
if viewer is not None:
    viewer.close()
clear_output()
viewer = sw.view(scene)
display(viewer)
""",
]


@dataclass(frozen=True)
class Look:
    """Memory at one moment, MiB, and the page's nodes."""

    number: int
    kernel: float
    heap: float = 0.0  # of the page's JavaScript
    nodes: int = 0
    listeners: int = 0


def runs(count: int) -> Iterator[Look]:
    """Make scenes of the bundled photos, refined, one after another."""
    model, photos = sw.load_model("embedded"), demo_pair()
    for number in range(1, count + 1):
        sw.reconstruct(*photos, model=model, refine=True, progress=False)
        if number % EVERY == 0 or number == count:
            gc.collect()
            yield Look(number, psutil.Process().memory_info().rss / 2**20)


def viewers(count: int, gl: str) -> Iterator[Look]:
    """Open viewers in a real JupyterLab and close each before the next."""
    with open_lab(gl, limit_s=120, width=1200, height=900) as lab:
        page = lab.page
        lab.open(CELLS)
        lab.run_cell(0)
        devtools = page.context.new_cdp_session(page)
        for number in range(1, count + 1):
            lab.run_cell(1)
            page.locator(".sw-viewer[data-ready]").wait_for()  # an element handle would keep it
            lab.wait("viewer.status.get('phase') == 'ready'")
            if number % EVERY and number != count:
                continue
            devtools.send("HeapProfiler.collectGarbage")
            heap = devtools.send("Runtime.getHeapUsage")["usedSize"] / 2**20
            seen = devtools.send("Memory.getDOMCounters")
            kernel = int(lab.execute("print(resident())")) / 2**20
            yield Look(number, kernel, heap, seen["nodes"], seen["jsEventListeners"])


def show(what: str, looks: Iterator[Look]) -> None:
    """Print each look as it comes, then the growth."""
    names = [field.name for field in fields(Look)][1:]
    print(f"| {what} | " + " | ".join(names) + " |\n|" + " --- |" * (len(names) + 1), flush=True)
    seen: list[Look] = []
    for look in looks:
        seen.append(look)
        number, *values = astuple(look)
        print(f"| {number} | " + " | ".join(f"{value:,.0f}" for value in values) + " |", flush=True)
    grown = [
        f"{last / first - 1:+.1%}" if first else "-"
        for first, last in zip(astuple(seen[0])[1:], astuple(seen[-1])[1:], strict=True)
    ]
    print("| growth | " + " | ".join(grown) + " |\n", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--viewers", type=int, default=100)
    parser.add_argument("--gl", default="swiftshader", choices=["swiftshader", "mesa"])
    options = parser.parse_args()
    if options.runs:
        show("run", runs(options.runs))
    if options.viewers:
        show("viewer", viewers(options.viewers, options.gl))


if __name__ == "__main__":
    main()
