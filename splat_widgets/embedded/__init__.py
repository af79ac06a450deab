"""What the package carries: a small checkpoint and two photos to try it on."""

from __future__ import annotations

from pathlib import Path

CHECKPOINT = Path(__file__).parent
"""Folder of the embedded model: `config.json`, `model.safetensors`, `model_card.md`."""


def demo_pair() -> tuple[Path, Path]:
    """Two photos of a furnished room, path-traced by `tests/data/room/make.py`."""
    folder = CHECKPOINT / "demo"
    first, second = (next(folder.glob(f"{name}.*")) for name in ("first", "second"))
    return first, second
