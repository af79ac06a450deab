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
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
GL_FLAGS = {
    "swiftshader": ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
    "mesa": ["--use-gl=angle", "--use-angle=gl-egl", "--ignore-gpu-blocklist"],
    "default": [],
}


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
        script = Path(folder) / "page.js"
        subprocess.run(["node", "build.mjs", str(script)], cwd=HERE, check=True)
        for gl in options.gl:
            for count in options.counts:
                results.append(run_case(gl, count, script, options))
                report(results[-1])
    if options.output:
        options.output.write_text(json.dumps(results, indent=1))


def run_case(gl: str, count: int, script: Path, options: argparse.Namespace) -> dict:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
            args=[*FLAGS, *GL_FLAGS[gl]],
        )
        page = browser.new_page()
        page.set_default_timeout(1000 * options.limit_s)
        page.route("http://bench.test/**", lambda route: serve(route, script))
        page.goto("http://bench.test/")
        page.evaluate("async () => { window.bench = await import('/page.js'); }")
        figures = page.evaluate(
            "([count, repeats]) => bench.measure(count, repeats)", [count, options.repeats]
        )
        case = {"gl": gl, "backend": page.evaluate("bench.backend()"), "count": count}
        browser.close()
    return {**case, "figures": figures}


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


def serve(route, script: Path) -> None:
    if route.request.url.endswith(".js"):
        route.fulfill(path=script, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html><body></body>", content_type="text/html")


if __name__ == "__main__":
    main()
