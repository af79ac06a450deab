"""Our own format: a folder with `config.json`, `model.safetensors` and perhaps `model_card.md`.

No pickle, our parameter names, the network's sizes beside the weights, and their SHA-256, which is
checked on loading. Tensors are written one after the other, hashed on the way and mapped on
reading, so that neither direction holds the weights in memory twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights.errors import IN_MEMORY_BYTES, CheckpointError
from splat_widgets.models.weights.verified import file_sha256, remember

FORMAT = "splat-widgets model"
FORMAT_VERSION = 1
CONFIG, WEIGHTS, CARD = "config.json", "model.safetensors", "model_card.md"
_FIELDS = {"format", "format_version", "network", "weights", "source", "license", "notice"}
_DTYPE_NAMES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


@dataclass(frozen=True)
class Description:
    """What `config.json` says."""

    config: Splatt3RConfig
    sha256: str  # of model.safetensors
    size: int  # of model.safetensors, bytes
    source: str
    license: str
    notice: str | None
    card: str | None  # text of model_card.md


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
        model: what to write.
        folder: created if need be; an earlier model in it is replaced, other files stay.
        source: where the weights come from, in words.
        license: terms of the weights, in words.
        notice: one line that a panel shows beside the results.
        card: Markdown model card.
        dtype: type to store, float32 or a half; None keeps each parameter's own.

    Raises:
        CheckpointError: if `folder` is a file, or the model has parameters of another type.
        OSError: if it cannot be written; an earlier model stays in place.
    """
    tensors = model.state_dict()
    return write_folder(
        tensors,
        model.config,
        folder,
        source=source,
        license=license,
        notice=notice,
        card=card,
        dtype=dtype,
    )


def write_folder(
    tensors: Mapping[str, Tensor],
    config: Splatt3RConfig,
    folder: str | Path,
    *,
    source: str,
    license: str,
    notice: str | None = None,
    card: str | None = None,
    dtype: torch.dtype | None = None,
) -> Path:
    """`save_folder` from tensors under our names, which may be views of a mapped file."""
    try:
        folder = Path(folder).expanduser()
    except RuntimeError as error:  # "~name" of a user who is not there
        raise CheckpointError(f"expected a folder to write to, got {folder}: {error}") from error
    if folder.exists() and not folder.is_dir():
        raise CheckpointError(f"{folder} is a file; name a folder to write the model to")
    folder.mkdir(parents=True, exist_ok=True)
    # Inside the folder, so that the last steps are renames on one file system.
    with tempfile.TemporaryDirectory(prefix=".incoming-", dir=folder) as name:
        staging = Path(name)
        sha256 = write_safetensors(staging / WEIGHTS, tensors, dtype)
        description = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "network": config.to_json(),
            "weights": {"sha256": sha256, "size": (staging / WEIGHTS).stat().st_size},
            "source": source,
            "license": license,
            "notice": notice,
        }
        (staging / CONFIG).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
        if card is None:
            (folder / CARD).unlink(missing_ok=True)
        else:
            (staging / CARD).write_text(card, encoding="utf-8")
            (staging / CARD).replace(folder / CARD)
        # Cut off between these two, the hash tells; before them, the earlier model is untouched.
        (staging / WEIGHTS).replace(folder / WEIGHTS)
        (staging / CONFIG).replace(folder / CONFIG)
    remember(folder / WEIGHTS, sha256)
    return folder


def write_safetensors(
    path: Path, tensors: Mapping[str, Tensor], dtype: torch.dtype | None = None
) -> str:
    """Write tensors in the safetensors format, one at a time; returns the file's SHA-256.

    The library's own writer first collects the bytes of all tensors in memory.
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    order = sorted(tensors, key=lambda name: (-(dtype or tensors[name].dtype).itemsize, name))
    end = 0
    for name in order:
        kind = dtype or tensors[name].dtype
        if kind not in _DTYPE_NAMES:
            raise CheckpointError(f"expected {name} in a floating type up to 32 bits, got {kind}")
        start, end = end, end + tensors[name].numel() * kind.itemsize
        header[name] = {
            "dtype": _DTYPE_NAMES[kind],
            "shape": list(tensors[name].shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 64)  # the data start at a cache line
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for part in (len(text).to_bytes(8, "little"), text):
            file.write(part)
            digest.update(part)
        for name in order:
            values = tensors[name].detach().to("cpu", dtype or tensors[name].dtype).contiguous()
            part = values.view(-1).view(torch.uint8).numpy().data
            file.write(part)
            digest.update(part)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def read_description(folder: Path) -> Description:
    """Read and check `config.json`.

    Raises:
        CheckpointError: if it is missing, damaged or of a version this package does not know.
    """
    try:
        values = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(
            f"{folder} is not a model folder, it has no readable {CONFIG}: {error}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{folder / CONFIG} is not valid JSON: {error}") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise CheckpointError(
            f"{folder / CONFIG} does not describe a {FORMAT!r}; "
            "`splat-widgets convert` writes one from a checkpoint"
        )
    if values.get("format_version") != FORMAT_VERSION:
        raise CheckpointError(
            f"{folder} has format version {values.get('format_version')}, this splat_widgets reads "
            f"{FORMAT_VERSION}; update splat_widgets, or convert the checkpoint again"
        )
    card = folder / CARD
    try:
        if set(values) != _FIELDS:
            raise ValueError(f"expected the fields {sorted(_FIELDS)}, got {sorted(values)}")
        if not isinstance(values["notice"], str | None):
            raise TypeError(f"expected a text or null as notice, got {values['notice']!r:.100}")
        return Description(
            config=Splatt3RConfig.from_json(values["network"]),
            sha256=str(values["weights"]["sha256"]),
            size=int(values["weights"]["size"]),
            source=str(values["source"]),
            license=str(values["license"]),
            notice=values["notice"],
            card=card.read_text(encoding="utf-8") if card.is_file() else None,
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"{folder / CONFIG} is damaged: {error}") from error


def read_tensors(folder: Path, description: Description) -> dict[str, Tensor]:
    """The weights, after the file's size and SHA-256 have been checked.

    They are views of the mapped file, or copies if that is small.

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
        sha256 = file_sha256(path)
        if sha256 != description.sha256:
            raise CheckpointError(
                f"{path} was changed: expected SHA-256 {description.sha256}, got {sha256}; "
                "copy the folder again"
            )
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        if size < IN_MEMORY_BYTES:
            tensors = {name: tensor.clone() for name, tensor in tensors.items()}
        return tensors
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error
