"""From the end of a lasso to the mask in Python, in a real JupyterLab; what it takes of memory.

    python tests/benchmarks/inspect/lab.py --count 524288 --gl mesa

The clock runs on the page and in the kernel of one computer: from the pointer's release to the
moment at which `inspector.selection` has changed. The redraw comes after it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from chromium import open_lab

CELL = """
import time
import numpy as np, torch
import splat_widgets as sw
side = int(({count} / 2) ** 0.5)
y, x = torch.meshgrid(*[torch.linspace(-1, 1, side)] * 2, indexing="ij")
means = torch.stack([x, y, 2 + 0.2 * torch.sin(4 * x)], -1).reshape(-1, 3).repeat(2, 1)
means[len(means) // 2 :, 2] += 0.3
n = len(means)
turned = torch.tensor([1.0, 0, 0, 0]).repeat(n, 1)
size, opacity = torch.full((n, 3), 1.2 / side), torch.full((n,), 0.9)
scene = sw.Gaussians(means, size, turned, opacity, torch.rand(n, 1, 3))
resident = lambda: int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20
before = resident()
inspector = sw.inspect(scene, color_by="depth", tool="rectangle", select_through={through})
changed = []
inspector.observe(lambda change: changed.append(time.time()), "selection")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=524_288)
    parser.add_argument("--gl", default="swiftshader", choices=["swiftshader", "mesa"])
    parser.add_argument("--visible-only", action="store_true")
    options = parser.parse_args()
    with open_lab(options.gl, limit_s=300) as lab:
        page = lab.page
        lab.open([CELL.format(count=options.count, through=not options.visible_only), "inspector"])
        lab.run_all()
        page.wait_for_selector(".sw-viewer[data-ready]")
        box = page.locator("canvas.sw-canvas").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.25 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.75 * box["height"])
        page.evaluate(
            "() => addEventListener('pointerup', () => { window.released = Date.now(); }, true)"
        )
        page.mouse.up()
        lab.wait("len(changed) > 0", timeout_s=120)
        released = page.evaluate("window.released") / 1000
        took = float(lab.execute("print(changed[0])")) - released
        chosen = int(lab.execute("print(int(inspector.selection.sum()))"))
        kernel = float(lab.execute("print(resident() - before)"))
        heap = page.evaluate("performance.memory.usedJSHeapSize") / 2**20
        print(
            f"{options.count:,} splats, {options.gl}, "
            f"{'visible only' if options.visible_only else 'through'}: {chosen:,} selected, "
            f"pointer-up to numpy mask {took:.2f} s; kernel +{kernel:.0f} MiB, "
            f"page's JavaScript heap {heap:.0f} MiB"
        )


if __name__ == "__main__":
    main()
