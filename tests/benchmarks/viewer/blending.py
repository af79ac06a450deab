"""Times frames blended in floating point against frames in 8 bits, by turns in one browser.

    (cd splat_widgets/client && npm ci)
    python tests/benchmarks/viewer/blending.py --gl swiftshader mesa --counts 20000 131072 524288

The figure to watch is the ratio, which should stay below 1.3: of the shortest frames, and the
median of the ratios of neighbouring frames, which a busy machine disturbs less.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from chromium import GL_FLAGS, build, open_page  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gl", nargs="+", choices=GL_FLAGS, default=["swiftshader"])
    parser.add_argument("--counts", nargs="+", type=int, default=[20_000])
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    print(f"{'':12}{'splats':>9}{'bits':>6}{'ms':>8}{'8 bits':>8}{'shortest':>10}{'median':>8}")
    with tempfile.TemporaryDirectory() as folder:
        script = build(HERE / "blending.ts", Path(folder))
        for gl in options.gl:
            for count in options.counts:
                with open_page(script, gl, limit_s=600) as page:
                    case = page.evaluate(
                        "([count, repeats]) => bench.measure(count, repeats)",
                        [count, options.repeats],
                    )
                better, bytes_ = np.array(case["times"])
                print(
                    f"{gl:12}{count:9,}{case['bits'][0]:6}{better.min():8.1f}{bytes_.min():8.1f}"
                    f"{better.min() / bytes_.min():10.2f}{np.median(better / bytes_):8.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
