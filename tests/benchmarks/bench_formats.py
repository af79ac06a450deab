"""What every format gives back, by our reader and by those of others; time, memory, size.

    python tests/benchmarks/bench_formats.py [--count 20000] [--spark] [--splat-transform COMMAND]
    python tests/benchmarks/bench_formats.py --speed 524288 5000000 [--degree 0]

The scene is random: centres, shapes and turns of any kind, harmonics of degree 0 to 3. Its errors
are the largest of all Gaussians: of the position in scene units, of the covariance relative to its
own size (Frobenius norm), of the opacity, of the colour (0 to 1) and of the other coefficients.
`--spark` opens every file in Spark in a Chromium, `--splat-transform "npx -y
@playcanvas/splat-transform@2.7.1"` with the program that SuperSplat's files come from.

`--speed 5000000` on two shared cores: seconds of the processor, and MiB above the scene, which
itself has 267; what reading takes on top holds the scene that is read.

    | format          | write  | verify | read  | MiB: write | verify | read  | file MiB |
    | .splatscene     | 1.6 s  | 0.5 s  | 0.2 s | 24         | 1      | 248   | 591      |
    | .ply            | 0.6 s  | 3.8 s  | 2.7 s | 1          | 4      | 1,276 | 324      |
    | .compressed.ply | 7.0 s  | 11.9 s | 4.1 s | 1,085      | 229    | 1,220 | 78       |
    | .spz            | 5.2 s  | 5.1 s  | 3.5 s | 262        | 0      | 843   | 87       |
    | .sog            | 22.5 s | 10.7 s | 3.9 s | 932        | 228    | 878   | 65       |
    | .glb            | 1.9 s  | 3.0 s  | 3.2 s | 416        | 0      | 1,201 | 286      |
    | .splat          | 0.8 s  | 4.2 s  | 2.1 s | 439        | 0      | 759   | 153      |
"""

from __future__ import annotations

import argparse
import base64
import json
import shlex
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import gaussforge
import numpy as np
import psutil
import torch
from chromium import build, open_page

from splat_widgets import io, notices
from splat_widgets.conventions import OPENCV_TO_THREE, SH_C0
from splat_widgets.io.morton import morton_order
from splat_widgets.io.verify import verified
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene

sys.path.insert(0, str(Path(__file__).parents[1]))
from builders import make_any

TURN = torch.from_numpy(OPENCV_TO_THREE).float()
FORMS = [form for form in io.formats.WRITABLE if form.name != "splatscene"]
HEAD = "| format | degree | reader | position | covariance | opacity | colour | SH |"
SPEED_HEAD = (
    "| format | write s | verify s | read s | of the processor: write | verify | read | MiB above "
    "the scene: write | verify | read | file MiB |"
)
Reader = Callable[[Path, io.formats.Format], Gaussians | None]


def ours(path: Path, _form: io.formats.Format) -> Gaussians:
    return io.read(path).gaussians


def by_gaussforge(path: Path, form: io.formats.Format) -> Gaussians | None:
    """GaussForge, which reads no glTF and takes the axes of a .spz for those of a .ply."""
    if form.name == "glb":
        return by_hand(path)
    kind = {"compressed-ply": "compressed.ply"}.get(form.name, form.name)
    made = gaussforge.GaussForge().convert(path.read_bytes(), kind, "ply")
    if "error" in made:
        return None
    plain = path.with_name("other.ply")
    plain.write_bytes(made["data"])
    found = io.read(plain).gaussians
    return found.transformed(TURN) if form.name == "spz" else found


def by_hand(path: Path) -> Gaussians:
    """A .glb of ours by `json` and NumPy alone."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<I", data, 12)
    whole = json.loads(data[20 : 20 + length])
    names = whole["meshes"][0]["primitives"][0]["attributes"]

    def column(name: str) -> torch.Tensor:
        accessor = whole["accessors"][names[f"KHR_gaussian_splatting:{name}"]]
        view = whole["bufferViews"][accessor["bufferView"]]
        start = 28 + length + view["byteOffset"]
        found = np.frombuffer(data, "<f4", view["byteLength"] // 4, start)
        return torch.from_numpy(found.reshape(accessor["count"], -1).copy())

    names["KHR_gaussian_splatting:MEANS"] = names["POSITION"]
    bands = [(d, n) for d in range(4) for n in range(2 * d + 1)]
    bands = [b for b in bands if f"KHR_gaussian_splatting:SH_DEGREE_{b[0]}_COEF_{b[1]}" in names]
    sh = torch.stack([column(f"SH_DEGREE_{d}_COEF_{n}") for d, n in bands], 1)
    quaternions = column("ROTATION")[:, [3, 0, 1, 2]]
    found = Gaussians(column("MEANS"), column("SCALE"), quaternions, column("OPACITY")[:, 0], sh)
    return found.transformed(TURN)


def by_splat_transform(command: str) -> Reader:
    def read(path: Path, form: io.formats.Format) -> Gaussians | None:
        if form.name == "glb":  # which it only writes
            return None
        plain = path.with_name("other.ply")
        subprocess.run([*shlex.split(command), "-q", "-w", str(path), str(plain)], check=True)
        return io.read(plain).gaussians

    return read


def by_spark(page) -> Reader:
    def read(path: Path, form: io.formats.Format) -> Gaussians | None:
        if form.name == "glb":  # which it does not read
            return None
        content = base64.b64encode(path.read_bytes()).decode()
        found = page.evaluate("([c, n]) => bench.read(c, n)", [content, path.name])
        columns = {name: np.array(found[name], np.float32) for name in found if name != "count"}
        dc = (columns["colors"].reshape(-1, 1, 3) - 0.5) / SH_C0
        read_ = Gaussians(
            columns["means"].reshape(-1, 3),
            columns["scales"].reshape(-1, 3),
            columns["quaternions"].reshape(-1, 4)[:, [3, 0, 1, 2]],
            columns["opacities"],
            dc,
        )
        return read_.transformed(TURN) if form.name == "spz" else read_

    return read


def row(found: Gaussians, written: Gaussians) -> str:
    """The cells of the largest errors; SH where the reader gives any."""
    assert len(found) == len(written), (len(found), len(written))
    covariances = written.covariances.double()
    apart = torch.linalg.matrix_norm(found.covariances.double() - covariances)
    known = min(found.sh.shape[1], written.sh.shape[1])
    errors = [
        (found.means - written.means).abs().max(),
        (apart / torch.linalg.matrix_norm(covariances)).max(),
        (found.opacities - written.opacities).abs().max(),
        SH_C0 * (found.sh[:, 0] - written.sh[:, 0]).abs().max(),
    ]
    sh = "" if known == 1 else f"{(found.sh[:, 1:known] - written.sh[:, 1:known]).abs().max():.1e}"
    return " | ".join([*(f"{value:.1e}" for value in errors), sh])


def tables(count: int, readers: dict[str, Reader], folder: Path) -> Iterator[str]:
    yield HEAD
    yield "| " + " | ".join(["---"] * 8) + " |"
    for form in FORMS:
        for degree in range(4):
            written = make_any(count, degree, seed=degree)
            path = io.save(written, folder / f"a{form.suffix}")
            if not form.keeps_order:
                written = written[torch.from_numpy(morton_order(written.means.numpy()))]
            for name, read in readers.items():
                found = read(Path(path), form)
                if found is not None:
                    yield f"| {form.suffix} | {degree} | {name} | {row(found, written)} |"


@contextmanager
def peak() -> Iterator[list[float]]:
    """MiB that came on top while it ran, sampled."""
    process, stop, highest = psutil.Process(), threading.Event(), [0.0]
    before = process.memory_info().rss

    def watch() -> None:
        while not stop.wait(0.005):
            highest[0] = max(highest[0], (process.memory_info().rss - before) / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield highest
    finally:
        stop.set()
        watcher.join()


def speeds(count: int, degree: int, folder: Path) -> Iterator[str]:
    scene = make_any(count, degree, seed=degree)
    yield f"\n{count:,} Gaussians of degree {degree}\n\n{SPEED_HEAD}"
    yield "| " + " | ".join(["---"] * 11) + " |"
    for form in io.formats.WRITABLE:
        path = folder / f"b{form.suffix}"
        jobs: list[Callable[[], object]] = [
            lambda to=path: io.write(to, scene, verify=False),
            lambda to=path, of=form: verified(to, Scene.of(scene), of),
            lambda to=path: io.read(to),
        ]
        wall, cpu, top = [], [], []
        for job in jobs:
            began, began_cpu = time.perf_counter(), time.process_time()
            with peak() as highest:
                job()
            wall.append(f"{time.perf_counter() - began:.2f}")
            cpu.append(f"{time.process_time() - began_cpu:.2f}")
            top.append(f"{highest[0]:.0f}")
        size = path.stat().st_size / 2**20
        yield f"| {form.suffix} | {' | '.join([*wall, *cpu, *top])} | {size:.1f} |"
        path.unlink()


def _page(folder: Path):
    """Spark's readers in a Chromium."""
    client = Path(__file__).parents[2] / "splat_widgets" / "client"
    page = client / "test" / "oracle" / "files.ts"
    return open_page(build(page, folder), "default", 120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--spark", action="store_true")
    parser.add_argument("--splat-transform", metavar="COMMAND")
    parser.add_argument("--speed", type=int, nargs="+", metavar="COUNT")
    parser.add_argument("--degree", type=int, default=0, help="of the scenes of --speed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, notices.quiet():
        folder = Path(name)
        if options.speed:
            for count in options.speed:
                for line in speeds(count, options.degree, folder):
                    print(line, flush=True)
            return
        readers: dict[str, Reader] = {"ours": ours, "GaussForge, json": by_gaussforge}
        if options.splat_transform:
            readers["splat-transform"] = by_splat_transform(options.splat_transform)
        with _page(folder) if options.spark else nullcontext() as page:
            if page is not None:
                readers["Spark"] = by_spark(page)
            for line in tables(options.count, readers, folder):
                print(line, flush=True)


if __name__ == "__main__":
    main()
