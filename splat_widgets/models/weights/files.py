"""Which file of a download holds the weights, and what is in it, told by its content."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torch import Tensor

from splat_widgets.files import open_file
from splat_widgets.models.weights import hub
from splat_widgets.models.weights.checkpoint import read_checkpoint
from splat_widgets.models.weights.errors import CheckpointError, first_few
from splat_widgets.models.weights.folder import CONFIG, WEIGHTS, read_safetensors

INDEX = "model.safetensors.index.json"
_MAX_INDEX_BYTES = 16 * 2**20
_SUFFIXES = (".ckpt", ".pth", ".pt", ".safetensors", ".bin")
_NO_WEIGHTS = (  # (first bytes in lower case, what it is and what to do)
    (b"version https://git-lfs", "a Git LFS pointer, not the weights; run `git lfs pull` there"),
    (b"<", "a web page, not the weights; download the file itself"),
    (b"ply", "a .ply scene; open it with `splat_widgets.load`"),
    (b"gguf", "a GGUF file of a language model"),
    (b"\x89hdf", "an HDF5 file, which PyTorch does not write"),
    (b"\x80\x02\x8a\nl\xfc\x9cf\xf9 j\xa8p\x19.", "of torch before 1.6; save it anew with torch"),
)


def weights_at(path: Path) -> Path:
    """Where the weights of a file or folder are: a model folder, or one file.

    A download's folder may hold them under any name; the Hub's cache keeps them in `snapshots`.

    Args:
        path: of something that exists.

    Raises:
        CheckpointError: if a folder holds several checkpoints.
    """
    if path.is_file():
        is_part = path.name in (WEIGHTS, CONFIG) and _is_model_folder(path.parent)
        return path.parent if is_part else path
    if not path.is_dir() or _is_model_folder(path):  # reading a pipe or device says what it is
        return path
    for folder in (path, *_snapshots(path)):
        found = sorted(p for p in folder.iterdir() if p.suffix in _SUFFIXES and p.is_file())
        for name in (INDEX, hub.FILENAME):
            if (folder / name).is_file():
                return folder / name
        if len(found) > 1:
            names = first_few(p.name for p in found)
            raise CheckpointError(f"{path} holds several checkpoints ({names}); name one of them")
        if found:
            return found[0]
    return path  # reading it as a model folder says what is missing


def read_weights(path: Path) -> dict[str, Any]:
    """The content of a checkpoint, of a `.safetensors` file, or of all files of an index.

    Raises:
        CheckpointError: if it cannot be read as any of them.
    """
    if path.name.endswith(".index.json"):
        return {"state_dict": _read_sharded(path)}
    try:
        with open_file(path) as file:
            head = file.read(64)
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error
    if not head:
        raise CheckpointError(f"{path.name} is empty; download or copy it again")
    for start, what in _NO_WEIGHTS:
        if head.lower().startswith(start):
            raise CheckpointError(f"{path.name} is {what}")
    if head[8:9] == b"{":  # after the length of its header
        return {"state_dict": read_safetensors(path)}
    return read_checkpoint(path)


def _read_sharded(path: Path) -> dict[str, Tensor]:
    try:
        if path.stat().st_size > _MAX_INDEX_BYTES:
            raise CheckpointError(f"{path.name} is too large for an index")
        places = json.loads(path.read_bytes())["weight_map"]
        files = sorted(set(places.values()))
        if not all(isinstance(name, str) and Path(name).name == name for name in files):
            raise ValueError("it names files outside of its folder")
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"expected {path.name} to tell the file of each tensor in 'weight_map': {error}"
        ) from error
    missing = [name for name in files if not (path.parent / name).is_file()]
    if missing:
        raise CheckpointError(
            f"{path.parent} lacks {len(missing)} of the {len(files)} files that {path.name} names "
            f"({first_few(missing)}); download them too"
        )
    tensors: dict[str, Tensor] = {}
    for name in files:
        tensors |= read_safetensors(path.parent / name)
    lacking = [name for name in places if name not in tensors]
    if lacking:
        raise CheckpointError(
            f"{len(lacking)} tensors that {path.name} names are in none of its files "
            f"({first_few(lacking)}); download them again"
        )
    return tensors


def _is_model_folder(path: Path) -> bool:
    """Whether `config.json` is ours; so is a damaged one, and reading it says what is wrong.

    Those of other libraries have other entries.
    """
    config = path / CONFIG
    try:
        with open_file(config) as file:
            values = json.loads(file.read(_MAX_INDEX_BYTES))
    except FileNotFoundError:
        return False
    except OSError:
        return True
    except (ValueError, RecursionError):
        return True
    return not isinstance(values, dict) or bool({"format", "format_version"} & values.keys())


def _snapshots(path: Path) -> list[Path]:
    """Folders of a repository in the Hub's cache, the one of its main branch first."""
    folders = sorted((path / "snapshots").glob("*/"))
    try:
        main = (path / "refs" / "main").read_text().strip()
    except (OSError, ValueError):
        return folders
    return sorted(folders, key=lambda folder: folder.name != main)
