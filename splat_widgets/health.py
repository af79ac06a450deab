"""What this machine and kernel offer, for users and problem reports."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass, fields
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
import torch

from splat_widgets import events
from splat_widgets.page.bundle import BundleError, read_bundle
from splat_widgets.settings import Settings
from splat_widgets.sizes import format_bytes
from splat_widgets.version import __version__

_PACKAGES = ("torch", "numpy", "ipywidgets", "anywidget", "ipykernel", "jupyterlab", "pillow")


@dataclass(frozen=True)
class Health:
    """One line for each subject, and the settings."""

    model: str  # the loaded one, or the one that a run would load
    device: str
    memory: str  # of the process and the machine
    disk: str  # where scenes are saved
    cache: str  # of the released weights
    front_end: str  # the widgets' JavaScript: built or missing
    versions: str
    settings: Settings

    def __repr__(self) -> str:
        lines = [
            f"{field.name.replace('_', ' '):<10} {getattr(self, field.name)}"
            for field in fields(self)
            if field.name != "settings"
        ]
        settings = repr(self.settings).splitlines()[1:]
        return "\n".join([*lines, "settings", *settings])


@events.telling("health")
def health(
    settings: Settings | None = None, model: Any = None, source: str | Path | None = None
) -> Health:
    """Report on the machine. Nothing is loaded or downloaded.

    Args:
        settings: the current ones; resolved from the environment if not given.
        model: the loaded model, if there is one.
        source: the model that will be loaded, as in `load_model`; else the one of the settings.
    """
    settings = settings or Settings.resolve()
    return Health(
        model=_model(model, source or settings.model_path),
        device=_device(settings, model),
        memory=_memory(),
        disk=_disk(settings.output_dir),
        cache=_cache(),
        front_end=_front_end(),
        versions=_versions(),
        settings=settings,
    )


def describe_model(model: Any) -> str:
    """One line on a loaded model: where its weights come from, size, device, type."""
    provenance = getattr(model, "provenance", None)
    parts = [getattr(provenance, "source", None) or type(model).__name__]
    if hasattr(model, "image_size"):
        parts.append(f"{model.image_size} px")
    for name in ("device", "dtype"):
        if hasattr(model, name):
            parts.append(str(getattr(model, name)).removeprefix("torch."))
    where = getattr(model, "address", "")
    return ", ".join(parts) + (f" at {where}" if where else "")


def _model(model: Any, source: str | Path | None) -> str:
    if model is not None:
        provenance = getattr(model, "provenance", None)
        licence = getattr(provenance, "license", None)
        return describe_model(model) + (f", licence: {licence}" if licence else "")
    if source is not None:
        return f"none loaded; the first run loads {source}"
    return "none loaded; the first run chooses one"


def _device(settings: Settings, model: Any) -> str:
    from splat_widgets.models.weights.fill import pick_device

    if where := getattr(model, "address", ""):
        return f"{model.device} at {where}"
    if isinstance(getattr(model, "device", None), torch.device):
        place = model.device
    else:
        try:
            place = pick_device(settings.device)
        except ValueError as error:
            return str(error)
    if place.type == "cuda":
        free, total = torch.cuda.mem_get_info(place)
        name = torch.cuda.get_device_name(place)
        return f"{place}, {name}, {format_bytes(free)} of {format_bytes(total)} free"
    return f"{place.type}, {torch.get_num_threads()} threads, {platform.machine()}"


def _memory() -> str:
    own = psutil.Process().memory_info().rss
    machine = psutil.virtual_memory()
    return (
        f"{format_bytes(own)} in this kernel, {format_bytes(machine.available)} of "
        f"{format_bytes(machine.total)} available"
    )


def _disk(folder: Path) -> str:
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    try:
        free = format_bytes(shutil.disk_usage(existing).free)
    except OSError as error:
        free = f"not readable ({error.strerror})"
    note = "" if folder.exists() else " (made when the first scene is saved)"
    return f"{free} free for {folder.absolute()}{note}"


def _cache() -> str:
    from huggingface_hub import constants

    from splat_widgets.models.weights import hub

    found = hub.cached()
    if found is not None:
        size = format_bytes(found.path.stat().st_size)
        return f"released weights, {size}, in {constants.HF_HUB_CACHE}"
    mode = ", offline mode" if hub.is_offline() else ""
    return f"no released weights in {constants.HF_HUB_CACHE}{mode}"


def _front_end() -> str:
    try:
        digest, data = read_bundle()
    except BundleError as error:
        return str(error)
    return f"built, {format_bytes(len(data))}, {digest}"


def _versions() -> str:
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(
        [f"splat_widgets {__version__}", f"Python {platform.python_version()}", *found]
    )
