"""Which weights to load, and loading them once per kernel."""

from __future__ import annotations

import gc
import threading
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from splat_widgets import embedded, notices
from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights import hub
from splat_widgets.models.weights.errors import CheckpointError
from splat_widgets.models.weights.files import read_weights
from splat_widgets.models.weights.fill import fill, pick_device, pick_dtype
from splat_widgets.models.weights.folder import (
    read_card,
    read_description,
    read_tensors,
    save_folder,
)
from splat_widgets.models.weights.keys import our_tensors, own_config
from splat_widgets.models.weights.sizes import sizes_of
from splat_widgets.models.weights.source import Source, default_source, named_source
from splat_widgets.models.weights.state import network_state
from splat_widgets.scene.provenance import Provenance
from splat_widgets.settings import Settings

LOCAL_LICENSE = "as its author states; Splatt3R's released weights are " + hub.LICENSE


@dataclass(frozen=True)
class _Weights:
    """What a source holds."""

    tensors: dict[str, Tensor]  # under our names
    config: Splatt3RConfig
    provenance: Provenance


_LOCK = threading.Lock()  # guards the two below; released before anything is read or downloaded
_LOADED: dict[tuple[object, ...], Splatt3R] = {}
_LOADING: dict[str, threading.RLock] = {}  # by the source as it was given


def load_model(
    source: str | Path | None = None,
    *,
    config: Splatt3RConfig | None = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> Splatt3R:
    """The network with its weights; equal arguments give the same object.

    The model is shared by everything in this kernel that loads the same weights. It is in
    evaluation mode and has no gradients. `unload` frees it.

    On a CPU, float32 weights in a file of 256 MB or more are not copied but read from the file
    when they are used, and once at loading, to see that they are finite. Do not overwrite or
    shorten such a file while the model lives; to replace it, write another file and rename that.

    Args:
        source: "official" (the released weights, from the Hub's cache or the Hub; a commit can be
            pinned with "official@<revision>"), "embedded" (small, in this package), a `.ckpt`,
            `.pth` or `.safetensors` file of the released layout, bare or as trainers wrap it, a
            folder that holds one, or one with `config.json` and `model.safetensors`. None: the
            setting `SPLAT_WIDGETS_MODEL_PATH`; else the released weights if they are cached;
            else, on a CUDA device, the released weights after a line that announces the download;
            else the embedded model, which a printed line says once.
        config: sizes of the network, for a `.ckpt` of other sizes than the released model's. A
            folder states its own.
        device: "cuda", "mps" or "cpu"; None: the setting `SPLAT_WIDGETS_DEVICE`, else the best
            one present.
        dtype: type of encoder and decoder; None: float32 on a CPU, on a GPU the half type that it
            computes natively. The heads are always float32. Photos whose values leave the range of
            a half type are run once more in float32, and the scene says so.

    Raises:
        CheckpointError: if the weights cannot be found, trusted or fitted to the network; the
            message says what to do.
        ValueError: for a device that this machine lacks, or a type that cannot be used.
    """
    place = pick_device(device if device is not None else Settings.resolve("device").device)
    kind = pick_dtype(place, dtype)
    with _LOCK:
        loading = _LOADING.setdefault(str(source), threading.RLock())
    with loading:  # a second caller waits for the first one's model instead of loading its own
        resolved = default_source(place) if source is None else named_source(source)
        model = _load(resolved, config, place, kind)
    if source is None and resolved.kind == "embedded":
        notices.tell(
            "The embedded model is used, because no model was named and the released weights are "
            f"not on this machine. {embedded_notice() or ''}".rstrip()
        )
    return model


def _load(
    source: Source, config: Splatt3RConfig | None, device: torch.device, dtype: torch.dtype
) -> Splatt3R:
    place = (source, source.stamp(), str(device), dtype)
    with _LOCK:
        model = _LOADED.get((*place, config))
    if model is not None:
        return model
    weights = _read(source, config)
    # The same sizes, given by the caller or stated by the source, are one model.
    with _LOCK:
        model = _LOADED.get((*place, weights.config))
    if model is None:
        model = fill(weights.config, weights.tensors, device=device, dtype=dtype)
        model.provenance = weights.provenance
    with _LOCK:
        model = _LOADED.setdefault((*place, weights.config), model)
        _LOADED[(*place, config)] = model
    return model


def unload(model: Splatt3R | None = None) -> None:
    """Forget a loaded model, or all of them, and free their memory.

    A model that is referenced elsewhere lives until that reference is gone.

    Args:
        model: one that `load_model` gave; None: all of them.

    Raises:
        TypeError: for something that is not a model, such as a source's name.
    """
    if not isinstance(model, Splatt3R | None):
        raise TypeError(
            f"expected a model from `load_model`, or None for all of them, got {model!r}"
        )
    with _LOCK:
        keys = [k for k, loaded in _LOADED.items() if model is None or loaded is model]
        for key in keys:
            del _LOADED[key]
    if not keys:
        return
    del model
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def convert(
    source: str | Path, folder: str | Path, *, config: Splatt3RConfig | None = None
) -> Path:
    """Write weights as a folder with safetensors, which loads fast and holds no pickle.

    Args:
        source: as in `load_model`.
        folder: made if it is missing; an earlier model in it is replaced, other files stay.
        config: as in `load_model`.

    Returns:
        The folder.

    Raises:
        CheckpointError: as in `load_model`.
        NotADirectoryError: if `folder` is a file.
        OSError: if it cannot be written.
    """
    resolved = named_source(source)
    weights = _read(resolved, config)
    return save_folder(
        fill(weights.config, weights.tensors),
        folder,
        source=_origin(resolved),
        license=weights.provenance.license,
        notice=weights.provenance.notice,
        card=read_card(resolved.path),
    )


def _read(source: Source, config: Splatt3RConfig | None) -> _Weights:
    if source.path.is_dir():
        return _read_folder(source, config)
    checkpoint = read_weights(source.path)
    sizes = config or own_config(checkpoint)
    state = network_state(checkpoint)
    if sizes is None:
        sizes = sizes_of(state)
    provenance = Provenance(
        source=source.label,
        path=source.path,
        sha256=source.sha256,
        license=hub.LICENSE if source.kind == "official" else LOCAL_LICENSE,
        revision=source.revision,
    )
    return _Weights(our_tensors({"state_dict": state}, sizes), sizes, provenance)


def _read_folder(source: Source, config: Splatt3RConfig | None) -> _Weights:
    description = read_description(source.path)
    if config not in (None, description.config):
        raise CheckpointError(
            f"{source.path} states its own sizes, {description.config}; leave out `config`"
        )
    provenance = Provenance(
        source=source.label,
        path=source.path,
        sha256=description.sha256,
        license=description.license,
        notice=description.notice,
    )
    return _Weights(read_tensors(source.path, description), description.config, provenance)


def embedded_notice() -> str | None:
    """What a user should know of the embedded model, without loading it."""
    try:
        return read_description(embedded.CHECKPOINT).notice
    except CheckpointError:  # loading it says what is wrong
        return None


def _origin(source: Source) -> str:
    """Where converted weights come from, in words that mean something on another machine."""
    if source.kind == "official":
        return f"{hub.REPOSITORY}, {hub.FILENAME}, revision {source.revision}"
    return source.path.name
