"""Time to write and read a `.ply`, side by side with gsply's in the same run.

    python tests/benchmarks/bench_ply.py [--count 524288] [--degree 0] [--repeats 5] [--folder DIR]

The two are timed in turn, so that a change of load hits both; medians are reported. Both write
values that are physical beforehand (gsply is given logarithms and logits inside its timing, which
its writer expects). Ours also checks the values, and waits until the bytes are on the disk
(`fsync`); a third row times it without that wait, which is what gsply's figure means.
"""

import argparse
import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from unittest import mock

import gsply
import numpy as np
import psutil
import torch

from splat_widgets.io import ply
from splat_widgets.scene.gaussians import Gaussians


def random_gaussians(count: int, degree: int) -> Gaussians:
    generator = torch.Generator().manual_seed(0)
    normal = lambda *shape: torch.randn(*shape, generator=generator)  # noqa: E731
    return Gaussians(
        means=normal(count, 3),
        scales=torch.exp(normal(count, 3) - 5),
        quaternions=torch.nn.functional.normalize(normal(count, 4), dim=-1),
        opacities=torch.sigmoid(normal(count)),
        sh=normal(count, (degree + 1) ** 2, 3),
    )


def gsply_write(path: Path, gaussians: Gaussians) -> None:
    values = gaussians.to_numpy()
    opacities = values["opacities"].clip(1e-6, 1 - 1e-6)
    gsply.plywrite(
        str(path),
        values["means"],
        np.log(values["scales"]),
        values["quaternions"],
        np.log(opacities / (1 - opacities)),
        np.ascontiguousarray(values["sh"][:, 0]),
        np.ascontiguousarray(values["sh"][:, 1:]) if gaussians.sh_degree else None,
    )


def gsply_read(path: Path) -> None:
    """Their reader returns views of the stored values; ours physical tensors, so decode them."""
    data = gsply.plyread(str(path))
    np.exp(data.scales)
    1 / (1 + np.exp(-data.opacities))
    np.ascontiguousarray(data.means), np.ascontiguousarray(data.quats)
    np.ascontiguousarray(data.sh0), np.ascontiguousarray(data.shN)


def seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2 * 512 * 512)
    parser.add_argument("--degree", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where to write; default: a temporary folder")
    arguments = parser.parse_args()

    gaussians = random_gaussians(arguments.count, arguments.degree)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        ours, theirs = Path(folder) / "ours.ply", Path(folder) / "theirs.ply"

        def unsynced() -> None:
            with mock.patch.object(os, "fsync", lambda _: None):
                ply.write(ours, gaussians)

        actions = {
            "write, ours": lambda: ply.write(ours, gaussians),
            "write, ours without fsync": unsynced,
            "write, gsply": lambda: gsply_write(theirs, gaussians),
            "read, ours": lambda: ply.read(ours),
            "read, gsply": lambda: gsply_read(theirs),
        }
        times: dict[str, list[float]] = {name: [] for name in actions}
        for repeat in range(arguments.repeats + 1):  # the first warms caches and compilers
            for name, action in actions.items():
                taken = seconds(action)
                if repeat:
                    times[name].append(taken)
        process = psutil.Process()
        before = process.memory_info().rss
        print(f"{arguments.count:,} Gaussians, SH degree {arguments.degree}, on this machine:")
        print(f"  {ours.stat().st_size / 1e6:.1f} MB (gsply, without normals: ", end="")
        print(f"{theirs.stat().st_size / 1e6:.1f} MB)")
        with contextlib.suppress(OSError):
            print(
                f"  load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {before / 2**20:.0f} MiB"
            )
    middle = {name: median(values) for name, values in times.items()}
    for name, value in middle.items():
        base = middle["write, gsply" if name.startswith("write") else "read, gsply"]
        spread = f"{min(times[name]):.3f} to {max(times[name]):.3f}"
        print(f"  {name:<28} {value:7.3f} s ({spread}), {value / base:5.2f} x gsply")


if __name__ == "__main__":
    main()
