"""Two large scenes side by side in a real JupyterLab: time to show, memory, latency of the link.

    python tests/benchmarks/bench_compare.py [--side 512] [--gl swiftshader]

Both scenes come from the bundled photos, with `side` x `side` Gaussians of each photo. Time to show
is from the cell to the last chunk in both views. Latency is from a pointer's move in the first view
to the camera of the second, in the page alone; the frame after it is drawn by the same machine.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))
from chromium import open_lab

CELLS = [
    """
import os, time
import splat_widgets as sw
from splat_widgets.embedded import demo_pair
scene = sw.reconstruct(*demo_pair(), model="embedded", refine=True, gaussian_size={side},
                       progress=False)
other = scene.moved((0.0, 0.0, 0.01))
resident = lambda: int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20
before, began = resident(), time.perf_counter()
comparison = sw.compare(scene, other, height=300)
made = time.perf_counter() - began
""",
    "comparison",
]
READY = ".swc-cell .sw-viewer[data-ready]"
MOVES = 20
LATENCY = """async (moves) => {
    const views = [...document.querySelectorAll('.swc-cell .sw-viewer')];
    const stage = views[0].querySelector('canvas'), box = stage.getBoundingClientRect();
    const taken = [];
    const frame = () => +views[1].dataset.frame;
    const fire = (type, x) => stage.dispatchEvent(new PointerEvent(type, {
        clientX: box.x + x, clientY: box.y + 60, pointerId: 1, isPrimary: true, bubbles: true,
        button: type === 'pointermove' ? -1 : 0, buttons: type === 'pointerup' ? 0 : 1,
    }));
    fire('pointerdown', 60);
    for (let i = 1; i <= moves; i++) {
        const start = performance.now(), before = frame();
        fire('pointermove', 60 + 4 * i);
        while (frame() === before) await new Promise(requestAnimationFrame);
        taken.push(performance.now() - start);
    }
    fire('pointerup', 60 + 4 * moves);
    return taken;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--gl", default="swiftshader", choices=["swiftshader", "mesa"])
    options = parser.parse_args()
    with open_lab(options.gl, limit_s=500) as lab:
        page = lab.page
        lab.open([CELLS[0].replace("{side}", str(options.side)), CELLS[1]])
        lab.run_cell(0)
        began = time.perf_counter()
        lab.run_cell(1)
        page.wait_for_function(f"document.querySelectorAll('{READY}').length === 2")
        first = time.perf_counter() - began
        lab.wait("all(v.status.get('phase') == 'ready' for v in comparison.views)", timeout_s=500)
        shown = time.perf_counter() - began
        taken = page.evaluate(LATENCY, MOVES)
        told = lab.execute("print(f'{len(scene):,} {made:.2f} {resident() - before:.0f}')")
        count, made, kernel = str(told).split()
        heap = page.evaluate("performance.memory.usedJSHeapSize") / 2**20
        print(
            f"2 x {count} Gaussians, {options.gl}: made in {made} s, first picture of both "
            f"after {first:.1f} s, all after {shown:.1f} s; kernel +{kernel} MiB, page "
            f"{heap:.0f} MiB; a move in one view is drawn in the other after "
            f"{median(taken):.0f} ms (at worst {max(taken):.0f} ms)"
        )


if __name__ == "__main__":
    main()
