"""Fill a network with weights: it is built without memory and takes over tensors by reference."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from splat_widgets import notices
from splat_widgets.devices import KINDS, check_device
from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights.errors import CheckpointError, WeightsNotice, first_few

_TRUNK = ("encoder.", "decoder.")  # may run in half precision; the heads may not


def pick_device(device: torch.device | str | None) -> torch.device:
    """The given device, else cuda, else mps, else cpu.

    Raises:
        ValueError: if it is unknown, or this machine lacks it.
    """
    if device is None:
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    place = check_device(device)
    if place.type not in KINDS:
        raise ValueError(f"expected cuda, mps or cpu as device, got {str(device)!r}")
    if place.type != "cuda":
        return torch.device(place.type)  # there is one of each: "cpu:0" is "cpu"
    return place if place.index is not None else torch.device("cuda", torch.cuda.current_device())


def pick_dtype(device: torch.device, dtype: torch.dtype | None) -> torch.dtype:
    """The given type, else float32 on a CPU and the half type that a GPU computes natively.

    Raises:
        ValueError: for another type than float32 and the halves.
    """
    if dtype is not None:
        if dtype not in (torch.float32, torch.float16, torch.bfloat16):
            raise ValueError(f"expected float32, float16 or bfloat16 as dtype, got {dtype}")
        return dtype
    if device.type == "cpu":
        return torch.float32
    if device.type == "cuda":
        with torch.cuda.device(device):
            # Emulated bfloat16 (Turing and older, such as the T4) is slower than float32.
            if torch.cuda.is_bf16_supported(including_emulation=False):
                return torch.bfloat16
    return torch.float16


def fill(
    config: Splatt3RConfig,
    tensors: Mapping[str, Tensor],
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
) -> Splatt3R:
    """A network in evaluation mode with these weights.

    Args:
        config: sizes of the network.
        tensors: every parameter under our name. Tensors that already have the right device and
            type, and are contiguous, are taken over without a copy.
        device: where the network runs.
        dtype: type of the encoder and the decoder, with the heads in float32; None keeps the type
            of every tensor.

    Raises:
        CheckpointError: for missing or unknown names, for other shapes than `config` asks for, and
            for values that are not finite.
    """
    with torch.device("meta"):
        model = Splatt3R(config)
    check(tensors, model.state_dict())
    state, broken, too_large = {}, [], []
    for name, tensor in tensors.items():
        if not tensor.is_contiguous():  # such as stride-0 tensors, whose elements share memory
            tensor = tensor.clone(memory_format=torch.contiguous_format)
        kind = dtype if name.startswith(_TRUNK) or dtype is None else torch.float32
        # First across, then cast: the GPU casts faster, and holds one tensor more at most.
        whole = tensor.to(device)
        state[name] = whole.to(kind or tensor.dtype)
        if num_strange := _num_not_finite(whole):
            broken.append(f"{name}: {num_strange:,} of {tensor.numel():,}")
        elif state[name].dtype != whole.dtype and _num_not_finite(state[name]):
            too_large.append(name)
    if broken:
        raise CheckpointError(
            f"{len(broken)} tensors hold values that are NaN or infinite ({first_few(broken)}): "
            "the file is damaged, or its training diverged; take an earlier checkpoint"
        )
    if too_large:
        notices.warn(
            f"Weights do not fit into {dtype} ({first_few(too_large, limit=3)}), so encoder and "
            "decoder run in float32.",
            WeightsNotice,
        )
        return fill(config, tensors, device=device, dtype=torch.float32)
    model.load_state_dict(state, strict=True, assign=True)
    return model.eval().requires_grad_(False)


def _num_not_finite(tensor: Tensor) -> int:
    """How many values are NaN or infinite; one sum, without a copy, where there are none."""
    if tensor.sum(dtype=torch.float32).isfinite():
        return 0
    return int((~tensor.isfinite()).sum())  # none, if the sum itself was too large


def check(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Refuse weights whose names and shapes are not exactly those expected.

    Raises:
        CheckpointError: naming what differs and what to do.
    """
    missing = [name for name in expected if name not in tensors]
    unknown = [name for name in tensors if name not in expected]
    shapes = [
        f"{name}: expected {tuple(expected[name].shape)}, got {tuple(tensor.shape)}"
        for name, tensor in tensors.items()
        if name in expected and tensor.shape != expected[name].shape
    ]
    kinds = [name for name, tensor in tensors.items() if not tensor.is_floating_point()]
    problems = [
        f"{len(names)} {what} ({first_few(names, '; ')})"
        for names, what in (
            (shapes, "of another shape"),
            (missing, "missing"),
            (unknown, "unknown"),
            (kinds, "not of a floating type"),
        )
        if names
    ]
    if problems:
        raise CheckpointError(
            "the weights do not fit the network: "
            + ", ".join(problems)
            + ". If the checkpoint is of another network than the released one, pass its sizes as "
            "`config=Splatt3RConfig(...)`; else it is damaged"
        )
