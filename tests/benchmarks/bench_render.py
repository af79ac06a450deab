"""Time and memory of `render` for a reconstruction-sized scene, and against the per-pixel twin.

    python tests/benchmarks/bench_render.py [--count 524288] [--size 480] [--threads 2]

The scene is what a full-size reconstruction looks like: two wavy surfaces of one splat per pixel,
seen from the first camera. How wide the splats are decides the number of fragments and so the time;
the width is given as standard deviation in pixels of the photo. The memory is the growth of the
process's largest resident size, sampled every 20 ms. The twin is the loop over pixels of
`tests/unit/test_render.py`, on a picture small enough for it.
"""

import argparse
import importlib.util
import os
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from statistics import median

import torch

from splat_widgets.reconstruction.progress import PeakMemory
from splat_widgets.rendering import render
from splat_widgets.rendering.projection import project
from splat_widgets.rendering.splatting import BATCH_FRAGMENTS, _batches, _fragments
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians

FOCAL_PER_SIDE = 1.1


def scene(count: int, width_px: float, degree: int = 0) -> Gaussians:
    """Two surfaces of count / 2 splats; their standard deviation is `width_px` of their pixels."""
    side = round((count / 2) ** 0.5)
    generator = torch.Generator().manual_seed(0)
    axis = (torch.arange(side) + 0.5 - side / 2) / (FOCAL_PER_SIDE * side)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    depths = [2 + torch.sin(3 * x + v) + 0.5 * torch.cos(7 * y) + (x > 0.1) for v in (0, 1)]
    z = torch.stack(depths).reshape(-1, 1)  # (N, 1)
    rays = torch.stack([x, y, torch.ones_like(x)], -1).reshape(-1, 3).repeat(2, 1)
    n = len(z)
    spread = torch.exp(0.3 * torch.randn(n, 3, generator=generator))
    return Gaussians(
        means=rays * z + 0.01 * torch.randn(n, 3, generator=generator),
        scales=width_px * z / (FOCAL_PER_SIDE * side) * spread,
        quaternions=torch.nn.functional.normalize(torch.randn(n, 4, generator=generator), dim=-1),
        opacities=0.5 + 0.5 * torch.rand(n, generator=generator),
        sh=0.5 * torch.randn(n, (degree + 1) ** 2, 3, generator=generator),
    )


def measure(action: Callable[[], object], repeats: int) -> tuple[float, float, float]:
    """Median wall seconds, median CPU seconds, MiB that the process grew by at most."""
    action()
    before = process_bytes()
    walls, cpus = [], []
    with PeakMemory(torch.device("cpu")) as memory:
        for _ in range(repeats):
            wall, cpu = time.perf_counter(), time.process_time()
            action()
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
        peak = memory.read()[0]
    return median(walls), median(cpus), (peak - before) / 2**20


def process_bytes() -> int:
    with PeakMemory(torch.device("cpu")) as memory:
        return memory.read()[0]


def with_gradients(gaussians: Gaussians, camera: Camera) -> None:
    leaves = [getattr(gaussians, f.name).clone().requires_grad_() for f in fields(gaussians)]
    render(Gaussians(*leaves), camera).color.square().mean().backward()


def count_fragments(gaussians: Gaussians, camera: Camera) -> int:
    splats = project(gaussians, camera, gaussians.sh_degree)
    return sum(len(_fragments(b, camera.width)[0]) for b in _batches(splats, BATCH_FRAGMENTS))


def against_the_twin() -> None:
    path = Path(__file__).parents[1] / "unit" / "rendering" / "test_splatting.py"
    spec = importlib.util.spec_from_file_location("test_render", path)
    assert spec is not None and spec.loader is not None
    twin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(twin)
    gaussians, camera = twin.make(300, size=(0.003, 0.1)), twin.camera()
    ours = measure(lambda: render(gaussians, camera), 5)[0]
    started = time.perf_counter()
    color, _, _ = twin.slow_render(gaussians, camera)
    slow = time.perf_counter() - started
    error = float((render(gaussians, camera).color - torch.from_numpy(color)).abs().max())
    print(
        f"  300 splats at {camera.width} x {camera.height}: {1e3 * ours:.1f} ms, twin "
        f"{1e3 * slow:.0f} ms ({slow / ours:.0f} x); largest difference {error:.1e}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2 * 512 * 512)
    parser.add_argument("--size", type=int, default=480)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    camera = Camera.centred(FOCAL_PER_SIDE * arguments.size, arguments.size, arguments.size)
    print(f"{arguments.count:,} splats at {arguments.size} px, {torch.get_num_threads()} threads")
    if hasattr(os, "getloadavg"):
        print(f"  load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("  width  degree  fragments   wall s    CPU s   memory MiB")
    for width_px, degree in ((0.3, 0), (0.5, 0), (0.5, 3), (1.0, 0), (2.0, 0)):
        gaussians = scene(arguments.count, width_px, degree)
        wall, cpu, grown = measure(lambda g=gaussians: render(g, camera), arguments.repeats)
        fragments = count_fragments(gaussians, camera) / 1e6
        row = f"  {width_px:5.1f}  {degree:6d}  {fragments:7.1f} M"
        print(f"{row}  {wall:7.2f}  {cpu:7.2f}  {grown:11.0f}")
    gaussians = scene(arguments.count, 0.5)
    wall, cpu, grown = measure(lambda: with_gradients(gaussians, camera), arguments.repeats)
    print(f"  0.5 px, forward and backward:  {wall:7.2f}  {cpu:7.2f}  {grown:11.0f}")
    against_the_twin()


if __name__ == "__main__":
    main()
