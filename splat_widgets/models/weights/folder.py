"""Our own format: a folder with `config.json`, `model.safetensors` and perhaps `model_card.md`.

It holds no pickle. It has our parameter names, the network's sizes beside the weights, and the size
and SHA-256 of the weights' file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save_file
from torch import Tensor

from splat_widgets.files import make_folder, open_file, replacing
from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights.archive import IN_MEMORY_BYTES
from splat_widgets.models.weights.errors import CheckpointError

FORMAT = "splat-widgets model"
FORMAT_VERSION = 1
CONFIG, WEIGHTS, CARD = "config.json", "model.safetensors", "model_card.md"
_FIELDS = {"format", "format_version", "network", "weights", "source", "license", "notice"}
_STORED_DTYPES = (torch.float32, torch.float16, torch.bfloat16)


@dataclass(frozen=True)
class Description:
    """What `config.json` says."""

    config: Splatt3RConfig
    sha256: str  # of model.safetensors
    size: int  # of model.safetensors, bytes
    license: str
    notice: str | None


def save_folder(
    model: Splatt3R,
    folder: str | Path,
    *,
    source: str,
    license: str,
    notice: str | None = None,
    card: str | None = None,
    dtype: torch.dtype | None = None,
) -> Path:
    """Write a model's weights.

    Args:
        model: what to write; its parameters may be views of a mapped file.
        folder: made if it is missing; an earlier model in it is replaced, other files stay.
        source: where the weights come from, in words.
        license: terms of the weights, in words.
        notice: one line that a panel shows beside the results.
        card: Markdown model card.
        dtype: type to store, float32 or a half; None keeps each parameter's own.

    Raises:
        CheckpointError: if the model has parameters of another type.
        NotADirectoryError: if `folder` is a file.
        OSError: if it cannot be written; an earlier model stays in place.
    """
    folder = make_folder(folder)
    # The weights are renamed before their description: cut off in between, the hash differs.
    with replacing(folder / CONFIG) as description, replacing(folder / WEIGHTS) as weights:
        _write_weights(weights, model.state_dict(), dtype)
        values = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "network": model.config.to_json(),
            "weights": {"sha256": file_sha256(weights), "size": weights.stat().st_size},
            "source": source,
            "license": license,
            "notice": notice,
        }
        description.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
        weights.chmod(description.stat().st_mode)  # safetensors lets only the owner read
    if card is None:
        (folder / CARD).unlink(missing_ok=True)
    else:
        with replacing(folder / CARD) as text:
            text.write_text(card, encoding="utf-8")
    return folder


def read_description(folder: Path) -> Description:
    """Read and check `config.json`.

    Raises:
        CheckpointError: if it is missing, damaged or of a version this package does not know.
    """
    path = folder / CONFIG
    try:
        with open_file(path) as file:
            values = json.load(file)
    except OSError as error:
        raise CheckpointError(
            f"{folder} is not a model folder, it has no readable {CONFIG}: {error}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} does not describe a {FORMAT!r}; "
            "`splat-widgets convert` writes one from a checkpoint"
        )
    if values.get("format_version") != FORMAT_VERSION:
        raise CheckpointError(
            f"{folder} has format version {values.get('format_version')}, this splat_widgets reads "
            f"{FORMAT_VERSION}; update splat_widgets, or convert the checkpoint again"
        )
    try:
        if set(values) != _FIELDS:
            raise ValueError(f"expected the fields {sorted(_FIELDS)}, got {sorted(values)}")
        if not isinstance(values["notice"], str | None):
            raise TypeError(f"expected a text or null as notice, got {values['notice']!r:.100}")
        return Description(
            config=Splatt3RConfig.from_json(values["network"]),
            sha256=str(values["weights"]["sha256"]),
            size=int(values["weights"]["size"]),
            license=str(values["license"]),
            notice=values["notice"],
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from error


def read_tensors(folder: Path, description: Description) -> dict[str, Tensor]:
    """The weights: copies out of a small file, whose hash is checked, or views of a large one.

    A large file is mapped, not read, so that it loads at once; hashing would read all of it. Its
    size is checked in any case, which finds copies that broke off.

    Raises:
        CheckpointError: if the file is missing or not the one that `config.json` describes.
    """
    path = folder / WEIGHTS
    try:
        size = path.stat().st_size
        if size != description.size:
            raise CheckpointError(
                f"expected {path} to have {description.size:,} bytes, got {size:,}; "
                "copy the folder again"
            )
        if size < IN_MEMORY_BYTES and (sha256 := file_sha256(path)) != description.sha256:
            raise CheckpointError(
                f"{path} was changed: expected SHA-256 {description.sha256}, got {sha256}; "
                "copy the folder again"
            )
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error
    return read_safetensors(path)


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Tensors of a `.safetensors` file: copies out of a small one, views of a large one.

    Raises:
        CheckpointError: if it is missing, damaged or cut off.
    """
    try:
        if path.stat().st_size < IN_MEMORY_BYTES:
            return load(path.read_bytes())
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error


def read_card(folder: Path) -> str | None:
    """The Markdown model card of a folder, if it has one."""
    card = folder / CARD
    return card.read_text(encoding="utf-8") if card.is_file() else None


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_weights(path: Path, tensors: Mapping[str, Tensor], dtype: torch.dtype | None) -> None:
    stored: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        kind = dtype or tensor.dtype
        if kind not in _STORED_DTYPES:
            raise CheckpointError(f"expected {name} in a floating type up to 32 bits, got {kind}")
        stored[name] = tensor.to("cpu", kind).contiguous()
    try:
        save_file(stored, path, metadata={"format": "pt"})
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))  # its only trace of what went wrong
        code = int(number[1]) if number else errno.EIO
        raise OSError(code, f"cannot write {path.name}: {error}") from error
