"""Which weights, and loading them once per kernel."""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from splat_widgets import embedded, notices
from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights import hub
from splat_widgets.models.weights.checkpoint import read_checkpoint
from splat_widgets.models.weights.fill import check, fill, pick_device, pick_dtype
from splat_widgets.models.weights.folder import (
    WEIGHTS,
    read_description,
    read_tensors,
    write_folder,
)
from splat_widgets.models.weights.keys import our_tensors, own_config
from splat_widgets.models.weights.errors import CheckpointError, EmbeddedModelNotice
from splat_widgets.scene.provenance import Provenance
from splat_widgets.settings import Settings

EMBEDDED_NOTICE = (
    "Small embedded model, for trying the tool: it was trained on drawn rooms, so expect blurry "
    "geometry on real photos."
)  # where the model's own description is not at hand
_REAL_ONE = (
    'The released Splatt3R weights: splat_widgets.load_model("official") downloads them once '
    f"(about 3.2 GB, {hub.LICENSE})."
)
LOCAL_LICENSE = "as its author states; Splatt3R's released weights are " + hub.LICENSE


@dataclass(frozen=True)
class _Source:
    """A source made out: what to read and what to say of it."""

    kind: str  # "official", "embedded" or "local"
    path: Path  # absolute; file or folder
    label: str = field(compare=False)  # as the user knows it; every spelling is one source
    sha256: str | None = None
    revision: str | None = None

    def stamp(self) -> tuple[int, int] | None:
        """Size and modification time of the weights, so that a replaced file is loaded anew."""
        file = self.path / WEIGHTS if self.path.is_dir() else self.path
        try:
            status = file.stat()
        except OSError:
            return None  # reading the source says what is missing
        return status.st_size, status.st_mtime_ns


_LOCK = threading.Lock()  # of the two below; never held while something is read or downloaded
_LOADED: dict[tuple[object, ...], Splatt3R] = {}
_LOADING: dict[str, threading.RLock] = {}  # by source as it was given


def load_model(
    source: str | Path | None = None,
    *,
    config: Splatt3RConfig | None = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> Splatt3R:
    """The network with its weights; the same arguments give the same object.

    The model is shared: everything in this kernel that loads the same weights gets it, in
    evaluation mode and without gradients. `unload` frees it.

    On a CPU, weights in float32 from a file of 256 MiB or more are not copied but read from the
    file as they are used: replace such a file (write another and rename it), and do not rewrite or
    shorten it in place while the model lives.

    Args:
        source: "official" (the released weights, from the Hub's cache or the Hub; a commit can be
            pinned with "official@<revision>"), "embedded" (small, in this package), a `.ckpt` file
            of the released layout, or a folder with `config.json` and `model.safetensors`. None:
            the setting `SPLAT_WIDGETS_MODEL_PATH`; else the released weights if they are cached;
            else, with a CUDA device, they are downloaded after a line that says so; else the
            embedded model, with an `EmbeddedModelNotice` at every call.
        config: sizes of the network, for a `.ckpt` of other sizes than the released model's. A
            folder states its own.
        device: "cuda", "mps" or "cpu"; None: the setting `SPLAT_WIDGETS_DEVICE`, else the best
            one present.
        dtype: type of encoder and decoder; None: float32 on a CPU, on a GPU the half type it
            computes natively. The heads always are float32.

    Raises:
        CheckpointError: if the weights cannot be found, trusted or fitted to the network; the
            message says what to do.
        ValueError: for a device or type that is not there.
    """
    place = pick_device(device if device is not None else Settings.resolve("device").device)
    kind = pick_dtype(place, dtype)
    with _LOCK:
        loading = _LOADING.setdefault(str(source), threading.RLock())
    with loading:  # a second caller waits for the first one's model instead of loading its own
        made_out = _default_source(place) if source is None else _named_source(source)
        model = _load(made_out, config, place, kind)
    if source is None and made_out.kind == "embedded" and model.provenance is not None:
        notices.warn(
            f"The released weights are not on this machine. {model.provenance.notice}",
            EmbeddedModelNotice,
        )
    return model


def _load(
    source: _Source, config: Splatt3RConfig | None, device: torch.device, dtype: torch.dtype
) -> Splatt3R:
    place = (source, source.stamp(), str(device), dtype)
    with _LOCK:
        model = _LOADED.get((*place, config))
    if model is not None:
        return model
    tensors, sizes, provenance = _read(source, config)
    # Sizes that were given and equal ones that the source states are one model.
    with _LOCK:
        model = _LOADED.get((*place, sizes))
    if model is None:
        model = fill(sizes, tensors, device=device, dtype=dtype)
        model.provenance = provenance
    with _LOCK:
        model = _LOADED.setdefault((*place, sizes), model)
        _LOADED[(*place, config)] = model
    return model


def unload(model: Splatt3R | None = None) -> None:
    """Forget a loaded model, or all of them, and give their memory back.

    A model that is still referenced elsewhere lives until that reference goes.

    Raises:
        TypeError: for something that is no model, such as a source's name.
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
        folder: created if need be; an earlier model in it is replaced, other files stay.
        config: as in `load_model`.

    Returns:
        The folder.

    Raises:
        CheckpointError: as in `load_model`; or if `folder` is a file.
        OSError: if it cannot be written.
    """
    made_out = _named_source(source)
    tensors, sizes, provenance = _read(made_out, config)
    with torch.device("meta"):
        expected = Splatt3R(sizes).state_dict()
    check(tensors, expected)
    return write_folder(
        tensors,
        sizes,
        folder,
        source=_origin(made_out),
        license=provenance.license,
        notice=provenance.notice,
        card=provenance.card,
    )


def _default_source(device: torch.device) -> _Source:
    setting = Settings.resolve("model_path").model_path
    if setting is not None:
        return _named_source(setting.absolute())  # a file called "official" is a file here
    file = hub.cached()
    if file is None and device.type == "cuda" and not hub.is_offline():
        file = hub.fetch(announce=_announce)
    if file is not None:
        return _Source("official", file.path, "official", file.sha256, file.revision)
    return _named_source("embedded")


def _named_source(source: str | Path) -> _Source:
    name, _, revision = str(source).partition("@")
    if name == "official":
        file = hub.fetch(revision or hub.DEFAULT_REVISION, announce=_announce)
        return _Source("official", file.path, "official", file.sha256, file.revision)
    if str(source) == "embedded":
        return _Source("embedded", embedded.CHECKPOINT, "embedded")
    path = Path(source)
    with contextlib.suppress(RuntimeError):  # "~name" of a user who is not there
        path = path.expanduser()
    if not path.exists():
        raise CheckpointError(
            f'expected "official", "embedded", or an existing checkpoint file or model folder, '
            f"got {str(source)!r}"
        )
    return _Source("local", path.resolve(), str(source))


def _read(
    source: _Source, config: Splatt3RConfig | None
) -> tuple[dict[str, Tensor], Splatt3RConfig, Provenance]:
    """Tensors under our names, the network's sizes, and what to say of them."""
    if source.path.is_dir():
        description = read_description(source.path)
        if config not in (None, description.config):
            raise CheckpointError(
                f"{source.path} states its own sizes, {description.config}; leave out `config`"
            )
        tensors = read_tensors(source.path, description)
        notice = description.notice
        if source.kind == "embedded":
            notice = _embedded_notice(notice)
        return (
            tensors,
            description.config,
            Provenance(
                source=source.label,
                path=source.path,
                sha256=description.sha256,
                license=description.license,
                notice=notice,
                card=description.card,
            ),
        )
    checkpoint = read_checkpoint(source.path)
    sizes = config or own_config(checkpoint) or Splatt3RConfig.full()
    return (
        our_tensors(checkpoint, sizes),
        sizes,
        Provenance(
            source=source.label,
            path=source.path,
            sha256=source.sha256,
            license=hub.LICENSE if source.kind == "official" else LOCAL_LICENSE,
            revision=source.revision,
        ),
    )


def embedded_notice() -> str:
    """What to know of the embedded model, for those who have not loaded it yet."""
    try:
        notice = read_description(embedded.CHECKPOINT).notice
    except CheckpointError:  # loading it will say what is wrong
        notice = None
    return _embedded_notice(notice)


def _embedded_notice(notice: str | None) -> str:
    notice = notice or EMBEDDED_NOTICE
    return notice if "official" in notice else f"{notice} {_REAL_ONE}"


def _origin(source: _Source) -> str:
    """Where converted weights come from, in words that mean something on another machine."""
    if source.kind == "official":
        return f"{hub.REPOSITORY}, {hub.FILENAME}, revision {source.revision}"
    return source.path.name


def _announce(line: str) -> None:
    # Not logging: nobody may download gigabytes without having seen this.
    print(line, file=sys.stderr, flush=True)
