"""Times our renderer against Spark (as shipped, and batched) and mkkellogg, in a real Chromium.

    (cd splat_widgets/client && npm ci) && (cd tests/benchmarks/viewer && npm ci)
    python tests/benchmarks/viewer/run.py --gl swiftshader mesa --counts 20000 100000 524288

Frames are 640 x 480 from a camera that has moved since the last one, forced by reading a pixel. The
sort of Spark and mkkellogg is what remains until their worker has answered; ours is inside the
frame. First picture: from the arrays to a drawn, sorted picture; for mkkellogg it includes its
reading of a `.ply`, which is its way in.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from chromium import GL_FLAGS, build, open_page  # noqa: E402

RENDERERS = ("ours", "spark, batched", "spark, as shipped", "mkkellogg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gl", nargs="+", choices=GL_FLAGS, default=["swiftshader"])
    parser.add_argument("--counts", nargs="+", type=int, default=[20_000, 100_000])
    parser.add_argument("--renderers", nargs="+", choices=RENDERERS, default=list(RENDERERS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--limit-s", type=float, default=150, help="give up a single case after")
    parser.add_argument("--output", type=Path, help="also write the figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        script = build(HERE / "page.ts", Path(folder))
        results = [case for gl in options.gl for case in measure_backend(gl, script, options)]
    if options.output:
        options.output.write_text(json.dumps(results, indent=1))


def measure_backend(gl: str, script: Path, options: argparse.Namespace) -> list[dict]:
    results = []
    for count in options.counts:
        for name in options.renderers:
            # A browser each: one renderer's leftovers must not slow down the next.
            with open_page(script, gl, options.limit_s) as page:
                backend = page.evaluate("bench.backend()")
                if not results:
                    print(f"\n{gl}: {backend}")
                    print(f"{'ms':20}{'splats':>9}{'first':>9}{'frame':>9}{'sort':>8}")
                case = {"gl": gl, "backend": backend, "renderer": name, "count": count}
                results.append({**case, **run_case(page, name, count, options)})
    return results


def run_case(page, name: str, count: int, options: argparse.Namespace) -> dict:
    started = time.monotonic()
    page.evaluate(
        "([name, count, repeats]) => { window.result = null;"
        " bench.measure(name, count, repeats).then((r) => (window.result = r),"
        " (e) => (window.result = { problem: String(e) })); }",
        [name, count, options.repeats],
    )
    try:
        page.wait_for_function("window.result", polling=200)
        result = page.evaluate("window.result")
    except Exception as error:  # a case that takes too long is a figure too
        result = {
            "problem": f"gave up after {time.monotonic() - started:.0f} s ({type(error).__name__})"
        }
    if "problem" in result:
        print(f"{name:20}{count:9,}  {result['problem']}")
    else:
        first, frame, sort = (result[key] for key in ("first", "frame", "sort"))
        print(f"{name:20}{count:9,}{first:9.0f}{frame:9.0f}{sort:8.1f}")
    sys.stdout.flush()
    return result


if __name__ == "__main__":
    main()
