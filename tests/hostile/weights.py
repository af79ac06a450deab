"""A good checkpoint, and the pieces to break it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch

from hostile.case import Case, Ending
from splat_widgets.models.splatt3r import Splatt3RConfig
from splat_widgets.models.weights import read_checkpoint

MICRO = Splatt3RConfig.micro()


OFFICIAL = Path(__file__).parents[1] / "data" / "checkpoints" / "tiny_official_layout.ckpt"


KEY = "encoder.enc_norm.weight"


@cache
def state() -> dict[str, torch.Tensor]:
    return {k: v.clone() for k, v in read_checkpoint(OFFICIAL)["state_dict"].items()}


def saved(content: object, **options: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, **options)
    return stream.getvalue()


def with_state(**changes: object) -> bytes:
    return saved({"state_dict": state() | changes})


def archive(program: bytes, kind: int = zipfile.ZIP_STORED, **members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", kind) as file:
        file.writestr("archive/data.pkl", program)
        for name, content in members.items():
            file.writestr(f"archive/{name.replace('__', '/')}", content)
    return stream.getvalue()


def case(group: str, name: str, make: Callable[[], bytes], ending: Ending, **more: Any) -> Case:
    return Case(group, name, make, ending, **{"suffix": ".ckpt", **more})


def named(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr(name, content)
    return stream.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return stream.getvalue()
