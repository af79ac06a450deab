"""Time and memory to load a checkpoint of the released model's size and layout.

    python tests/benchmarks/bench_load.py [--folder DIR] [--repeats 3] [--keep]

Writes a 2.9 GB `.ckpt` whose numbers come from a formula (about a minute, once; deleted at the
end), then loads it in a fresh process each time: through `load_model`, through a converted folder,
and as a simple script would (`torch.load` without `mmap`, an initialised network,
`load_state_dict`). Every load has two times: until the model is there, and until each of its
weights has been read once, because mapped weights come off the disk only then. "cold" drops the
files from the page cache first. Memory is split: anonymous pages belong to the process; mapped
pages belong to the file, and the system takes them back when it needs to.
"""

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import OrderedDict
from pathlib import Path

TESTS = Path(__file__).parents[1]
MODES = {
    "import": "torch and splat_widgets alone",
    "naive": "torch.load + load_state_dict",
    "ckpt": "load_model(.ckpt)",
    "folder": "load_model(folder)",
    "convert": "convert(.ckpt, folder)",
}


def write_checkpoint(path: Path) -> None:
    """Every entry of the released file but for the optimizer's state, tagged as on a GPU."""
    import torch

    spec = importlib.util.spec_from_file_location("formula", TESTS / "parity" / "formula.py")
    assert spec and spec.loader
    formula = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(formula)
    manifest = json.loads((TESTS / "data/checkpoints/state_dict_manifest.json").read_text())
    aliases = manifest["aliases"]["map"]
    state: OrderedDict[str, torch.Tensor] = OrderedDict()
    for key, shape in manifest["keys"].items():
        if key.startswith("lpips_criterion."):
            state[key] = torch.zeros(shape)
        elif aliases.get(key) in state:
            state[key] = state[aliases[key]]
        else:
            state[key] = torch.from_numpy(formula.weight(key, tuple(shape)))
    torch.serialization.location_tag = lambda storage: "cuda:0"
    torch.save({"epoch": 19, "global_step": 1200, "state_dict": state}, path)


def load(mode: str, ckpt: Path, folder: Path):
    """One way to load; returns the model."""
    if mode == "naive":
        import torch

        from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
        from splat_widgets.models.weights.keys import our_tensors

        checkpoint = torch.load(ckpt, map_location="cpu", weights_only=True)
        model = Splatt3R(Splatt3RConfig.full())
        model.load_state_dict(our_tensors(checkpoint, model.config))
        return model.eval()
    from splat_widgets.models import weights

    if mode == "import":
        return None
    if mode == "convert":
        return weights.convert(ckpt, folder)
    return weights.load_model(ckpt if mode == "ckpt" else folder, device="cpu")


def measure(mode: str, ckpt: Path, folder: Path) -> dict[str, float]:
    """In this process: seconds to the model and to its last weight, and memory in GB."""
    import resource

    import psutil
    import torch

    import splat_widgets.models.weights  # noqa: F401  (its import is not what is measured)

    torch.set_num_threads(1)
    started = time.perf_counter()
    model = load(mode, ckpt, folder)
    loaded = time.perf_counter() - started
    if isinstance(model, torch.nn.Module):
        for parameter in model.parameters():
            parameter.sum()
    memory = psutil.Process().memory_info()
    return {
        "loaded": loaded,
        "touched": time.perf_counter() - started,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "anonymous": (memory.rss - memory.shared) / 1e9,
        "mapped": memory.shared / 1e9,
    }


def drop_from_cache(*paths: Path) -> None:
    """Have the system forget the pages of files."""
    for path in paths:
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def run(mode: str, ckpt: Path, folder: Path, *, cold: bool) -> dict[str, float]:
    """`measure` in a fresh process."""
    if cold:
        drop_from_cache(ckpt, folder / "model.safetensors")
    answer = subprocess.run(
        [sys.executable, __file__, "--measure", mode, str(ckpt), str(folder)],
        env=os.environ | {"HF_HOME": str(ckpt.parent / "hf")},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(answer.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder otherwise")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="do not delete the files")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        mode, ckpt, folder = options.measure
        print(json.dumps(measure(mode, Path(ckpt), Path(folder))))
        return
    if options.write:
        write_checkpoint(options.write)
        return
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="bench_load_", dir=options.folder))
    ckpt, folder = place / "official.ckpt", place / "converted"
    try:
        started = time.perf_counter()
        subprocess.run([sys.executable, __file__, "--write", str(ckpt)], check=True)
        seconds = time.perf_counter() - started
        print(f"wrote {ckpt.stat().st_size / 1e9:.3f} GB in {seconds:.0f} s", flush=True)
        run("convert", ckpt, folder, cold=False)
        results: dict[tuple[str, bool], list[dict[str, float]]] = {}
        for _ in range(options.repeats):  # in turn, so that a change of load hits all
            for mode in MODES:
                for cold in (True, False):
                    if mode not in ("import", "convert") or not cold:
                        result = run(mode, ckpt, folder, cold=cold)
                        results.setdefault((mode, cold), []).append(result)
        report(results)
    finally:
        if not options.keep:
            shutil.rmtree(place)


def report(results: dict[tuple[str, bool], list[dict[str, float]]]) -> None:
    """A table of medians, and ratios to the naive way."""

    def middle(mode: str, cold: bool, name: str) -> float:
        return statistics.median(r[name] for r in results[mode, cold])

    naive = {cold: middle("naive", cold, "touched") for cold in (True, False)}
    print(
        "\n| way | cache | model, s | weights read, s | x naive | peak, GB | own, GB | file, GB |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for mode, cold in results:
        touched = middle(mode, cold, "touched")
        cells = [
            MODES[mode],
            "cold" if cold else "warm",
            f"{middle(mode, cold, 'loaded'):.2f}",
            f"{touched:.2f}",
            f"{touched / naive[cold]:.2f}",
            *(f"{middle(mode, cold, name):.2f}" for name in ("peak", "anonymous", "mapped")),
        ]
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
