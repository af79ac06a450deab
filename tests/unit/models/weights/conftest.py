"""Checkpoints for the tests: the fixtures, and archives written by hand."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from splat_widgets.models.weights import load, unload, verified

CHECKPOINTS = Path(__file__).parents[3] / "data" / "checkpoints"


@pytest.fixture(scope="session")
def tiny_official() -> Path:
    """A real Lightning checkpoint of the released layout, micro sizes, tagged cuda:0."""
    return CHECKPOINTS / "tiny_official_layout.ckpt"


@pytest.fixture(scope="session")
def full_shape() -> Path:
    """All official keys with the official shapes, stride-0 tensors, tagged cuda:0."""
    return CHECKPOINTS / "full_shape_layout.ckpt"


@pytest.fixture(autouse=True)
def clean_kernel(monkeypatch, tmp_path_factory):
    """Nothing loaded, no settings, no hashes remembered from elsewhere, no Hub."""
    for name in ("DEVICE", "MODEL_PATH"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"SPLAT_WIDGETS_{name}", raising=False)
    home = tmp_path_factory.mktemp("hf_home")
    monkeypatch.setattr(verified.constants, "HF_HOME", str(home))
    monkeypatch.setattr(verified.constants, "HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr(verified.constants, "HF_HUB_OFFLINE", True)
    unload()
    yield
    unload()
    assert not load._LOADED


@pytest.fixture
def archive(tmp_path) -> Callable[..., Path]:
    """Writes a checkpoint's zip container around a pickle."""

    def write(program: bytes, *, name: str = "made.ckpt", compress: bool = False, **members: bytes):
        path = tmp_path / name
        kind = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        with zipfile.ZipFile(path, "w", kind) as file:
            file.writestr("archive/data.pkl", program)
            for member, content in members.items():
                file.writestr(f"archive/{member.replace('__', '/')}", content)
        return path

    return write
