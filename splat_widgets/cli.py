"""The `splat-widgets` command: the package's main functions in a terminal."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from splat_widgets import child
from splat_widgets.embedded import demo_pair
from splat_widgets.files import existing_file, local_path, make_folder, replacing
from splat_widgets.settings import Settings
from splat_widgets.sizes import format_bytes
from splat_widgets.version import __version__

if TYPE_CHECKING:
    from splat_widgets.service.service_settings import ServiceSettings

PACKAGE = Path(__file__).parent
QUICKSTART = "01_quickstart.ipynb"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status. User errors print one line, no traceback."""
    parser = _parser()
    options, others = parser.parse_known_args(arguments)
    if options.run is lab:
        options.jupyter = others
    elif others:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    level = logging.INFO if options.verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(name)s: %(message)s")
    try:
        return options.run(options)
    except (ValueError, OSError, ArithmeticError, RuntimeError) as error:
        if options.verbose:
            raise
        print(f"splat-widgets: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("splat-widgets: interrupted", file=sys.stderr)
        return 130


def demo(options: argparse.Namespace) -> int:
    """Reconstruct the bundled photos with the embedded model: scene, picture and page."""
    photos = [str(path) for path in demo_pair()]
    print(f"splat-widgets {__version__}: two bundled photos, the embedded model")
    folder = _output_folder(options.output, "demo")
    _reconstruct_to(folder, photos, "embedded")
    print(f"\nOpen {folder / 'scene.html'} in a browser, or in JupyterLab:")
    print(f"  {_lab_command()}")
    return 0


def reconstruct(options: argparse.Namespace) -> int:
    """Reconstruct photos: scene, picture, page and, with --video, a video."""
    folder = _output_folder(options.output, "scene")
    if options.video:
        from splat_widgets.rendering.video import check_path

        check_path(options.video)  # a bad path fails before a long run
    for photo in options.photos:
        existing_file(photo)  # before a model is downloaded
    _reconstruct_to(folder, options.photos, options.model, options.video)
    return 0


def lab(options: argparse.Namespace) -> int:
    """Open JupyterLab with the quickstart: lab [folder] [options of jupyter lab].

    The notebooks are copied to the folder unless they are there. JupyterLab ends with this command.
    """
    if shutil.which("jupyter-lab") is None and not _importable("jupyterlab"):
        raise ValueError("JupyterLab is not installed; pip install 'splat-widgets[lab]'")
    passed_on = list(options.jupyter)
    is_option = not passed_on or passed_on[0].startswith("-")
    folder = make_folder(Path.cwd() if is_option else passed_on.pop(0))
    for source in _notebooks():
        if not (folder / source.name).exists():
            shutil.copyfile(source, folder / source.name)
    notebook = folder / QUICKSTART
    if getattr(os, "geteuid", lambda: None)() == 0 and "--allow-root" not in passed_on:
        print("running as root, so JupyterLab is started with --allow-root")
        passed_on.append("--allow-root")
    return child.run([sys.executable, "-m", "jupyterlab", str(notebook), *passed_on])


def train(options: argparse.Namespace) -> int:
    """Train with a recipe: from scratch, or fine-tune on a folder of posed photos."""
    from dataclasses import replace

    from splat_widgets.training.run.recipe import read_recipe

    recipe = read_recipe(options.config)
    if options.start:
        recipe = replace(recipe, start=options.start, network=None)
    if options.data:
        recipe = replace(recipe, data=replace(recipe.data, source=str(local_path(options.data))))
    if not _importable("pytorch_lightning"):
        raise ValueError("training needs more packages; pip install 'splat-widgets[train]'")
    from splat_widgets.training.run.fit import fit

    stages = ", ".join(f"{stage.part} {stage.steps:,}" for stage in recipe.stages)
    folder = options.folder or Path("runs") / Path(options.config).stem
    print(f"{options.config}: {recipe.num_steps:,} steps ({stages}) in {folder}")
    path = fit(
        recipe,
        folder,
        accelerator=options.accelerator,
        devices=options.devices,
        threads=options.threads,
    )
    print(f"wrote {path}; load it with splat_widgets.load_model({str(path)!r})")
    return 0


def convert(options: argparse.Namespace) -> int:
    """Convert files of scenes to another format, or a checkpoint to a folder of safetensors."""
    from splat_widgets.io import converting
    from splat_widgets.models.weights import convert as convert_weights

    sources, target, form = options.sources, options.target, options.format
    is_file = converting.ends_as_scene(target)
    if len(sources) > 1 and (is_file or form is None):
        raise ValueError("several scenes go into a folder, in a format such as --format spz")
    if form is None and not is_file and not converting.ends_as_scene(sources[0]):
        folder = convert_weights(sources[0], target)
        print(f"wrote {folder}; load it with splat_widgets.load_model({str(folder)!r})")
        return 0
    activated, attributes = _names(options.activated), _names(options.attributes)
    how = {"format": form, "on_bad": options.on_bad, "activated": activated}
    run = converting.convert if is_file or form is None else converting.convert_all
    source = sources[0] if run is converting.convert else sources
    run(source, target, **how, attributes=attributes, force=options.force)
    return 0


def evaluate(options: argparse.Namespace) -> int:
    """Compare a model with guesses and classical stereo on held-out procedural scenes."""
    import json
    from dataclasses import replace

    import torch
    from tqdm import tqdm

    from splat_widgets.models.weights import load_model
    from splat_widgets.training.evaluate import evaluate as judge
    from splat_widgets.training.evaluate import evaluate_photos
    from splat_widgets.training.evaluate.table import table
    from splat_widgets.training.evaluate.verdicts import verdicts

    if options.json is not None:
        make_folder(local_path(options.json).parent)  # a bad path fails before a long run
    model = load_model(options.model, device=options.device, dtype=torch.float32)
    num_photos = options.scenes if options.photos is None else options.photos
    with tqdm(total=options.scenes + max(0, num_photos), unit=" scenes", disable=None) as bar:

        def advance_after(before: int) -> Callable[[int, int], object]:
            return lambda done, _: bar.update(before + done - bar.n)

        evaluation = judge(model, options.scenes, report=advance_after(0))
        if num_photos > 0:
            photos = evaluate_photos(model, num_photos, report=advance_after(options.scenes))
            evaluation = replace(evaluation, photos=photos)
    print("\n".join(f"- {verdict.text}" for verdict in verdicts(evaluation)))
    if options.markdown:
        print(f"\n{table(evaluation)}")
    if options.json is not None:
        text = json.dumps(evaluation.to_json(), indent=1) + "\n"
        with replacing(options.json) as partial:
            partial.write_text(text, encoding="utf-8")
        print(f"\nwrote {options.json}")
    return 0


def serve(options: argparse.Namespace) -> int:
    """Serve photos to scenes over HTTP: POST /api/generate-splat, and sw.connect in notebooks."""
    if not (_importable("fastapi") and _importable("uvicorn") and _importable("limits")):
        raise ValueError("serving needs more packages; pip install 'splat-widgets[serve]'")
    from splat_widgets.service.service_settings import ServiceSettings

    settings = ServiceSettings.resolve(
        host=options.host,
        backend_port=options.port,
        model=options.model,
        device=options.device,
        output_dir=options.output,
        token_file=options.token_file,
        origins=options.origin,
        queue_limit=options.queue,
        workers=options.workers,
    )
    if options.cluster:
        return _serve_cluster(options, settings)
    if options.replicas is not None or options.address is not None:
        raise ValueError("--replicas and --address are of a cluster; add --cluster")
    from splat_widgets.service.app import local_app
    from splat_widgets.service.cluster.storage import store_at
    from splat_widgets.service.logs import log_to_stderr
    from splat_widgets.service.server import address_of, listen
    from splat_widgets.service.server import serve as run

    store = store_at(options.storage, settings.lease_ttl) if options.storage else None
    log_to_stderr()
    with listen(settings) as listener:
        app = local_app(settings, store=store)
        lock = f"{len(settings.tokens)} tokens" if settings.tokens else "no token needed"
        print(f"splat-widgets {__version__} serves {address_of(listener)} ({lock})", flush=True)
        run(app, settings, listener)
    return 0


def _serve_cluster(options: argparse.Namespace, settings: ServiceSettings) -> int:
    if not _importable("ray") or not _importable("fsspec"):
        raise ValueError("--cluster needs Ray; pip install 'splat-widgets[serve,cluster]'")
    if not options.storage:
        raise ValueError(
            "--cluster needs --storage with an address that all machines reach: s3://, gs://, or "
            "a folder that they share"
        )
    from splat_widgets.service.cluster.plan import ClusterPlan, replicas_of
    from splat_widgets.service.cluster.serving import serve_cluster

    plan = ClusterPlan(settings, options.storage, replicas_of(options.replicas or "1"))
    serve_cluster(plan, options.address)
    return 0


def batch(options: argparse.Namespace) -> int:
    """Make scenes of many folders of photos, here or on a Ray cluster; status 3: some failed."""
    from splat_widgets.service.batch.running import run_batch
    from splat_widgets.service.logs import log_to_stderr

    if not sys.stderr.isatty():  # whoever looks sees a bar instead
        log_to_stderr()
    outcome = run_batch(
        options.photos,
        options.output,
        pairs=options.pairs,
        model=options.model,
        device=options.device,
        workers=options.workers,
        cluster=options.cluster,
    )
    print(outcome)
    return outcome.status


def repair(options: argparse.Namespace) -> int:
    """Say what is wrong with a .ply of another program, and write a mended one beside it."""
    from splat_widgets.io.repair import repair as mend

    print(mend(options.path, options.output))
    return 0


def app(options: argparse.Namespace) -> int:
    """Open the Studio as a page of its own in the browser, for people without notebooks."""
    from splat_widgets.app.launch import launch
    from splat_widgets.app.options import AppOptions

    given = {name: getattr(options, name) for name in AppOptions.ARGUMENTS}
    return launch(AppOptions.resolve(**given))


def health(options: argparse.Namespace) -> int:
    """Report device, memory, disk, cached weights and settings of this machine."""
    from splat_widgets.health import health as report

    print(report())
    return 0


def _names(listed: str | None) -> tuple[str, ...]:
    """The names in "a,b"."""
    return tuple(name.strip() for name in listed.split(",")) if listed else ()


def _output_folder(given: Path | None, name: str) -> Path:
    """The folder to write to, made before the run: a bad path fails early."""
    return make_folder(given or Settings.resolve("output_dir").output_dir / name)


def _reconstruct_to(
    folder: Path, photos: Sequence[str], model: str | None, video: str | None = None
) -> None:
    """Write scene.ply, preview.png, scene.html and a video, with a line for each stage."""
    started = time.perf_counter()
    import splat_widgets as sw
    from splat_widgets.rendering.preview import preview_png

    network = sw.load_model(model)
    origin = network.provenance
    described = f"{origin.source}, {origin.license}" if origin else "without provenance"
    print(f"  model      {time.perf_counter() - started:6.2f} s  {described}")
    scene = sw.reconstruct(photos, model=network)
    if scene.refinement is not None and scene.refinement.applied:
        print(scene.refinement.sentence)
    for stage, seconds in scene.timings.stages:
        print(f"  {stage:10} {seconds:6.2f} s")
    files = {
        "scene.ply": lambda path: sw.save(scene, path),
        "preview.png": lambda path: _write_bytes(path, preview_png(scene)),
        "scene.html": lambda path: sw.write_page(path, scene),
    }
    if video:
        files[video] = lambda path: sw.write_video(path, scene)
    for name, write in files.items():
        began = time.perf_counter()
        path = folder / local_path(name)
        told = getattr(write(path), "sentence", "")
        size = f"{format_bytes(path.stat().st_size)}{', ' if told else ''}{told}"
        print(f"  {name:10} {time.perf_counter() - began:6.2f} s  {path} ({size})")
    print(f"  {len(scene):,} Gaussians in {time.perf_counter() - started:.1f} s")


def _write_bytes(path: Path, data: bytes) -> None:
    with replacing(path) as partial:
        partial.write_bytes(data)


def _notebooks() -> list[Path]:
    """The notebooks, in the wheel or in the source tree."""
    places = (PACKAGE / "notebooks", PACKAGE.parent / "notebooks")
    return sorted(next(folder for folder in places if folder.is_dir()).glob("*.ipynb"))


def _lab_command() -> str:
    if shutil.which("splat-widgets"):
        return "splat-widgets lab"
    return f"{Path(sys.executable).parent / 'splat-widgets'} lab"


def _importable(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="splat-widgets", description=__doc__)
    parser.add_argument("--version", action="version", version=f"splat-widgets {__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log every stage")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run, **kwargs) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name, help=(run.__doc__ or run.__name__).splitlines()[0], **kwargs
        )
        sub.set_defaults(run=run)
        return sub

    sub = command("demo", demo)
    where = {"type": Path, "help": "folder; by default one in SPLAT_WIDGETS_OUTPUT_DIR"}
    sub.add_argument("-o", "--output", **where)
    sub = command("reconstruct", reconstruct)
    sub.add_argument("photos", nargs="+", help="1 to 10 photos of one scene, a step apart")
    sub.add_argument("-o", "--output", **where)
    sub.add_argument("-m", "--model", help="official, embedded, a checkpoint or a folder")
    sub.add_argument(
        "--video",
        metavar="NAME",
        help="also write a video that swings around the scene: turntable.mp4, .webm, .gif or .webp",
    )
    # It has no arguments of its own: argparse cannot pass on options that come before the folder.
    command("lab", lab, usage="splat-widgets lab [folder] [options of jupyter lab]")
    sub = command("train", train)
    sub.add_argument(
        "--config", required=True, help="a TOML file, or a recipe by name: embedded, finetune"
    )
    sub.add_argument("--folder", type=Path, help="folder of the run; continued if it exists")
    sub.add_argument("--data", type=Path, help="folder with transforms.json; replaces the recipe's")
    sub.add_argument("--start", help="embedded, official or a checkpoint; replaces the recipe's")
    sub.add_argument(
        "--accelerator", default="auto", help="cpu, cuda, mps, ...; automatic by default"
    )
    sub.add_argument("--devices", type=int, default=1, help="processes that share each batch")
    sub.add_argument("--threads", type=int, help="CPU threads of each process")
    sub = command("convert", convert)
    sub.add_argument(
        "sources",
        nargs="+",
        metavar="source",
        help="a scene's file; with --format also several, or a folder of them; or official, or a "
        "checkpoint",
    )
    sub.add_argument(
        "target",
        type=Path,
        help="new file, whose ending chooses the format; with --format also a folder, for files "
        "of the same names; of a checkpoint: new folder for config.json and model.safetensors, "
        "which load faster and have no pickle",
    )
    sub.add_argument(
        "--format",
        metavar="NAME",
        help="splatscene, ply, compressed-ply, spz, sog, glb or splat; by default the target's",
    )
    sub.add_argument(
        "--on-bad",
        choices=("drop", "raise"),
        default="drop",
        help="leave rows out that no Gaussian can be made of (the default), or refuse the file",
    )
    sub.add_argument(
        "--activated",
        metavar="A,B",
        help="columns of a .ply with plain values: opacity for logits, scale for logarithms",
    )
    sub.add_argument("--force", action="store_true", help="replace files of scenes that are there")
    sub.add_argument(
        "--attributes", metavar="A,B", help="attributes of the scene to keep, where a format can"
    )
    sub = command("evaluate", evaluate)
    sub.add_argument("model", nargs="?", default="embedded", help="a name, a .ckpt or a folder")
    sub.add_argument("--scenes", type=int, default=256, help="how many of the held-out scenes")
    sub.add_argument(
        "--photos",
        type=int,
        metavar="N",
        help="of how many scenes to refine 512 px photos, a few seconds each; by default all",
    )
    sub.add_argument("--device", help="cuda, mps or cpu")
    sub.add_argument("--json", type=Path, metavar="FILE", help="write all numbers there")
    sub.add_argument("--markdown", action="store_true", help="print the tables of the model card")
    sub = command("serve", serve)
    sub.add_argument("--host", help="address to listen at; 127.0.0.1 by default")
    sub.add_argument("--port", type=int, help="8000 by default; BACKEND_PORT")
    sub.add_argument("-m", "--model", help="embedded, official, a checkpoint or a folder")
    sub.add_argument("--device", help="cuda, mps or cpu")
    sub.add_argument("-o", "--output", **where)
    sub.add_argument("--token-file", metavar="FILE", help="tokens, one on a line")
    sub.add_argument("--origin", action="append", help="of a web page that may call it; repeat")
    sub.add_argument(
        "--storage", metavar="URL", help="for photos, jobs and results: s3://, gs://, file://"
    )
    sub.add_argument(
        "--cluster", action="store_true", help="serve on Ray, with replicas of the model"
    )
    sub.add_argument("--replicas", metavar="MIN:MAX", help="as the queue needs; 1 by default")
    sub.add_argument("--address", help="of a Ray cluster, ray://head:10001; a new one by default")
    sub.add_argument("--queue", type=int, metavar="N", help="most jobs that wait; 32 by default")
    sub.add_argument("--workers", type=int, metavar="N", help="jobs at once; 1 by default")
    sub = command("batch", batch)
    sub.add_argument("photos", help="folder or URL with a sub-folder a scene, or a .csv")
    sub.add_argument("-o", "--output", required=True, help="folder or URL: s3://, gs://, file://")
    sub.add_argument("--pairs", choices=("folders", "csv"), help="by default by the ending")
    sub.add_argument("-m", "--model", help="embedded, official, a checkpoint or a folder")
    sub.add_argument("--device", help="cuda, mps or cpu")
    sub.add_argument("--workers", type=int, metavar="N", help="models at once")
    sub.add_argument(
        "--cluster", nargs="?", const="", metavar="ADDRESS", help="of Ray; RAY_ADDRESS or a new one"
    )
    sub = command("repair", repair)
    sub.add_argument("path", help="a .ply of 3D Gaussians; it is not changed")
    sub.add_argument(
        "-o", "--output", help="the new file; by default beside the old one, -repaired in its name"
    )
    sub = command("app", app)
    sub.add_argument(
        "--host",
        help="address to listen at; 127.0.0.1 by default; the page's address carries a token, new "
        "with each start unless SPLAT_WIDGETS_APP_TOKEN names one",
    )
    sub.add_argument("--port", type=int, help="the first free one from 8866 on by default")
    sub.add_argument("-m", "--model", help="embedded, official, a checkpoint or a folder")
    sub.add_argument("--device", help="cuda, mps or cpu")
    sub.add_argument("--service", metavar="URL", help="a service that makes the scenes instead")
    sub.add_argument("--token-file", metavar="FILE", help="the token that the service asks for")
    sub.add_argument(
        "--idle", type=float, metavar="MINUTES", help="end sessions without use; 120 by default"
    )
    sub.add_argument("--no-browser", action="store_true", help="print the address only")
    command("health", health)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
