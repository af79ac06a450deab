"""Checkpoints as they arrive broken or hostile: pickles, archives, tensors, from one seed."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from hostile.archives import archives
from hostile.case import Case, WrongEnding
from hostile.pickles import SENTINEL, attacks, programs
from hostile.tensors import safetensors, tensors
from hostile.weights import (
    MICRO,
    OFFICIAL,
    case,
    named,
    saved,
    state,
    zipped,
)
from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.models.weights import CheckpointError, load_model, unload


def cases(seed: int = 0) -> Iterator[Case]:
    """At least 40 files."""
    yield from _models()
    yield from attacks()
    yield from programs()
    yield from archives(np.random.default_rng(seed))
    yield from tensors()
    yield from safetensors()
    yield from _other_files()


def _models() -> Iterator[Case]:
    def renamed(form: str) -> dict[str, torch.Tensor]:
        return {form.format(key): value for key, value in state().items()}

    def own() -> bytes:
        torch.manual_seed(0)
        network = {f"model.{k}": v for k, v in Splatt3R(MICRO).state_dict().items()}
        return saved({"state_dict": network, "hyper_parameters": {"network": MICRO.to_json()}})

    def halves() -> dict[str, torch.Tensor]:
        kinds = (torch.float16, torch.bfloat16, torch.float64, torch.float32)
        return {
            k: v.to(kinds[n % 4])
            for n, (k, v) in enumerate(state().items())
            if ".layer_rn." not in k
        }

    for name, make in {
        "released layout": OFFICIAL.read_bytes,
        "protocol 5": lambda: saved({"state_dict": state()}, pickle_protocol=5),
        "of our training": own,
        "bare": lambda: saved(state()),
        "module.": lambda: saved({"state_dict": renamed("module.{}")}),
        "model._orig_mod.": lambda: saved({"state_dict": renamed("model._orig_mod.{}")}),
        "four types": lambda: saved({"state_dict": halves()}),
        "safetensors": lambda: save(state()),
    }.items():
        yield case("models", name, make, "right", is_slow=True)


def _other_files() -> Iterator[Case]:
    old = io.BytesIO()
    torch.save(state(), old, _use_new_zipfile_serialization=False)
    for name, data, said in (
        ("empty", b"", "is empty"),
        ("zeros", bytes(999), ""),
        ("text", b"hello", ""),
        ("web page", b"<html>Sign in", "web page"),
        ("LFS pointer", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("scene", b"ply\nformat ascii 1.0\n", ".ply scene"),
        ("torch before 1.6", old.getvalue(), "before 1.6"),
        ("zip of something else", named("a.txt", b"hello"), "data.pkl"),
        ("empty zip", zipped({}), "data.pkl"),
    ):
        yield case("other files", name, lambda d=data: d, "refused", said=said)


def opens(case: Case, path: Path) -> str | None:
    """Load the file as the micro network's weights; nothing in it may have run."""
    os.environ.pop(SENTINEL, None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is unwrapped is said in a line
            model = load_model(path, config=MICRO, device="cpu")
    except CheckpointError as error:
        if len(str(error)) > 3000:
            raise WrongEnding(f"a message of {len(str(error)):,} characters") from None
        return str(error)
    finally:
        if SENTINEL in os.environ or os.getenv(SENTINEL):
            raise WrongEnding("something in the file was executed")
    if not all(value.isfinite().all() for value in model.state_dict().values()):
        raise WrongEnding("the model holds numbers that are not finite")
    unload(model)
    return None
