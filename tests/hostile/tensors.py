"""Checkpoints whose tensors, or their names, do not fit; and safetensors files."""

from __future__ import annotations

import json
import struct
import warnings
from collections.abc import Iterator

import torch
from safetensors.torch import save

from hostile.case import Case
from hostile.weights import (
    KEY,
    MICRO,
    case,
    saved,
    state,
    with_state,
)


def tensors() -> Iterator[Case]:
    size = MICRO.encoder_dim
    value = state()[KEY]
    for name, tensor, said in (
        ("shape", torch.zeros(size + 1), "another shape"),
        ("rank", torch.zeros(size, 1), "another shape"),
        ("one number", torch.tensor(3.0), "another shape"),
        ("empty", torch.zeros(0), "another shape"),
        ("integers", torch.zeros(size, dtype=torch.int64), "not of a floating type"),
        ("booleans", torch.zeros(size, dtype=torch.bool), "not of a floating type"),
        ("NaN", value * torch.nan, "NaN or infinite"),
        (
            "one infinity",
            value.clone().index_fill_(0, torch.tensor(1), torch.inf),
            "NaN or infinite",
        ),
        ("stride 0, 2 ** 40 numbers", torch.zeros(1).expand(2**20, 2**20), "another shape"),
    ):
        yield case(
            "tensors",
            name,
            lambda t=tensor: with_state(**{KEY: t}),
            "refused",
            said=said,
            is_slow=name != "NaN",
        )
    yield case(
        "tensors",
        "stride 0",
        lambda: with_state(**{KEY: torch.ones(1).expand(size)}),
        "right",
        is_slow=True,
    )
    yield case(
        "tensors",
        "complex",
        lambda: with_state(**{KEY: torch.zeros(size, dtype=torch.complex64)}),
        "refused",
        is_slow=True,
    )
    yield case(
        "tensors",
        "sparse",
        lambda: with_state(**{KEY: torch.zeros(size).to_sparse()}),
        "refused",
        is_slow=True,
    )
    yield case(
        "tensors",
        "quantized",
        lambda: with_state(**{KEY: _quantized(size)}),
        "refused",
        is_slow=True,
    )
    yield case(
        "keys",
        "missing",
        lambda: saved({"state_dict": {k: v for k, v in state().items() if k != KEY}}),
        "refused",
        said="1 missing",
        is_slow=True,
    )
    yield case(
        "keys",
        "too many",
        lambda: with_state(**{f"extra.{k}": value for k in range(999)}),
        "refused",
        said="999 entries",
        is_slow=True,
    )
    yield case(
        "keys",
        "twice",
        lambda: with_state(**{f"module.{KEY}": value}),
        "refused",
        said="twice",
        is_slow=True,
    )
    yield case(
        "keys",
        "a name of 1 MB",
        lambda: with_state(**{"x" * 2**20: value}),
        "refused",
        max_mib=120,
        is_slow=True,
    )
    yield case(
        "keys",
        "MASt3R's",
        lambda: saved(
            {
                "model": {
                    k.removeprefix("encoder."): v for k, v in state().items() if "gaussian" not in k
                }
            }
        ),
        "refused",
        said="MASt3R's own",
        is_slow=True,
    )
    yield case(
        "keys",
        "nested",
        lambda: saved({"model": {"model": {"model": {"model": state()}}}}),
        "refused",
        is_slow=True,
    )
    yield case("keys", "none", lambda: saved({}), "refused")
    yield case(
        "keys",
        "lists of tensors",
        lambda: saved({"state_dict": {"a": [value]}}),
        "refused",
        said="expected a tensor",
    )


def _quantized(size: int) -> torch.Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.quantize_per_tensor(torch.zeros(size), 0.1, 0, torch.qint8)


def safetensors() -> Iterator[Case]:
    whole = save(state())
    length = struct.unpack("<Q", whole[:8])[0]

    def made(header: object, data: bytes = b"") -> bytes:
        text = json.dumps(header).encode() if not isinstance(header, bytes) else header
        return struct.pack("<Q", len(text)) + text + data

    for name, make in {
        "cut off": lambda: whole[: len(whole) // 2],
        "cut off in its header": lambda: whole[: length // 2],
        "header of 2 ** 63 bytes": lambda: b"\xff" * 7 + b"\x7f" + whole[8:],
        "header that nests": lambda: made(b'{"a":' + b"[" * 100_000),
        "header that is a list": lambda: made(b"{" + b"[]"),
        "tensor beyond the end": lambda: made(
            {"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}, b"1234"
        ),
        "tensors that overlap": lambda: made(
            {n: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} for n in "ab"}, b"1234"
        ),
        "2 ** 62 numbers": lambda: made(
            {"a": {"dtype": "F32", "shape": [2**31, 2**31], "data_offsets": [0, 4]}}, b"1234"
        ),
        "other tensors": lambda: save({"a": torch.zeros(3)}),
        "none": lambda: made({}),
    }.items():
        yield case("safetensors", name, make, "refused", suffix=".safetensors")
