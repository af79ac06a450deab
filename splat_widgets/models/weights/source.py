"""Which weights a name, a path or a setting means."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch

from splat_widgets import embedded
from splat_widgets.files import local_path
from splat_widgets.models.weights import hub
from splat_widgets.models.weights.errors import CheckpointError
from splat_widgets.models.weights.files import weights_at
from splat_widgets.models.weights.fill import pick_device
from splat_widgets.settings import Settings

# How else people call the released weights, in lower case; a file of that name comes first.
_OFFICIAL = (
    "splatt3r",
    hub.REPOSITORY.lower(),
    hub.REPOSITORY.partition("/")[2].lower(),
    hub.FILENAME.lower(),
    f"https://huggingface.co/{hub.REPOSITORY}".lower(),
)


@dataclass(frozen=True)
class Source:
    """A resolved source: which file or folder to load, and how to describe it."""

    kind: Literal["official", "embedded", "local"]
    path: Path  # absolute
    label: str = field(compare=False)  # as the user wrote it; every spelling is one source
    sha256: str | None = None
    revision: str | None = None

    def stamp(self) -> tuple[tuple[int, int], ...] | None:
        """Sizes and times of the weights' files, so that a replaced one is loaded anew."""
        files = [self.path]
        if self.path.is_dir() or self.path.name.endswith(".index.json"):
            folder = self.path if self.path.is_dir() else self.path.parent
            files = sorted(folder.glob("*.safetensors"))
        try:
            found = [file.stat() for file in files]
        except OSError:
            return None  # reading the source says what is missing
        return tuple((status.st_size, status.st_mtime_ns) for status in found)


def default_source(device: torch.device) -> Source:
    """The setting; else the released weights where they are at hand, or worth a download."""
    return named_source(_default_name(device))


def is_embedded(source: str | Path | None, device: torch.device | str | None = None) -> bool:
    """Whether `load_model` would take the model in this package; loads and fetches nothing.

    Raises:
        ValueError: for a device that this machine lacks.
    """
    if source is None:
        place = pick_device(device if device is not None else Settings.resolve("device").device)
        source = _default_name(place)
    return str(source) == "embedded"


def _default_name(device: torch.device) -> str | Path:
    setting = Settings.resolve("model_path").model_path
    if setting is not None:
        return setting.absolute()  # here, "official" is a file of that name
    may_download = device.type == "cuda" and not hub.is_offline()
    return "official" if may_download or hub.cached() else "embedded"


def named_source(source: str | Path) -> Source:
    """The source that a caller names; the released weights are fetched if need be.

    Raises:
        CheckpointError: if there is no such thing, or the released weights cannot be had.
    """
    name, _, revision = str(source).partition("@")
    if name == "official":
        return _official(revision)
    if str(source) == "embedded":
        return Source("embedded", embedded.CHECKPOINT, "embedded")
    try:
        path = local_path(source)
    except ValueError:  # a web address, or "~name" of an unknown user
        path = None
    if path is not None and path.exists():
        return Source("local", weights_at(path.resolve()), str(source))
    if name.lower().rstrip("/") in _OFFICIAL:
        return _official(revision)
    raise CheckpointError(
        f'expected "official", "embedded", or an existing checkpoint file or model folder, '
        f"got {str(source)!r}"
    )


def _official(revision: str) -> Source:
    file = hub.fetch(revision or hub.DEFAULT_REVISION, announce=_announce)
    return Source("official", file.path, "official", file.sha256, file.revision)


def _announce(line: str) -> None:
    # Printed, not logged: a user must see this before gigabytes are downloaded.
    print(line, file=sys.stderr, flush=True)
