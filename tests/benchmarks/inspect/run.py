"""Times the inspector's engine in a real Chromium: changed settings, picks, lassos, uploads.

    (cd splat_widgets/client && npm ci)
    python tests/benchmarks/inspect/run.py --gl swiftshader mesa --counts 20000 524288 1000000

Frames are 640 x 480 and forced by reading a pixel. The figures to watch are a changed setting
against a camera move in the same run, both of the scene as predicted and with that setting, and
that such a change uploads nothing; or the draw order alone, as a camera move does, where it hides
or moves splats.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from chromium import GL_FLAGS, build, open_page  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gl", nargs="+", choices=GL_FLAGS, default=["swiftshader"])
    parser.add_argument("--counts", nargs="+", type=int, default=[20_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--limit-s", type=float, default=600, help="give up a single case after")
    parser.add_argument("--output", type=Path, help="also write the figures as JSON")
    options = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        script = build(HERE / "page.ts", Path(folder))
        for gl in options.gl:
            for count in options.counts:
                results.append(run_case(gl, count, script, options))
                report(results[-1])
    if options.output:
        options.output.write_text(json.dumps(results, indent=1))


def run_case(gl: str, count: int, script: Path, options: argparse.Namespace) -> dict:
    with open_page(script, gl, options.limit_s) as page:
        figures = page.evaluate(
            "([count, repeats]) => bench.measure(count, repeats)", [count, options.repeats]
        )
        backend = page.evaluate("bench.backend()")
    return {"gl": gl, "backend": backend, "count": count, "figures": figures}


def report(case: dict) -> None:
    figures = case["figures"]
    print(f"\n{case['gl']}: {case['backend']}, {case['count']:,} splats")
    print(f"{'':32}{'ms':>10}{'/ camera move':>16}{'/ with it':>11}{'uploads':>9}")
    for name, value in figures.items():
        if ": " in name:
            continue
        line = f"{name:32}{value:10.1f}"
        if (uploads := figures.get(f"{name}: uploads")) is not None:
            moved = figures.get(f"{name}: camera move", figures["camera move"])
            line += f"{value / figures['camera move']:16.2f}{value / moved:11.2f}{uploads:9.0f}"
        if (splats := figures.get(f"{name}: splats")) is not None:
            line += f"  {splats:,.0f} splats"
        print(line, flush=True)


if __name__ == "__main__":
    main()
