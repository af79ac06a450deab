"""What the package carries: a small checkpoint, two photos, and a scene of degree 3."""

from __future__ import annotations

from pathlib import Path

CHECKPOINT = Path(__file__).parent
"""Folder of the embedded model: `config.json`, `model.safetensors`, `model_card.md`."""


def demo_pair() -> tuple[Path, Path]:
    """Two photos of a furnished room, path-traced by `tests/data/room/make.py`."""
    folder = CHECKPOINT / "demo"
    first, second = (next(folder.glob(f"{name}.*")) for name in ("first", "second"))
    return first, second


def demo_scene() -> Path:
    """A `.ply` of a mirroring ball with harmonics of degree 3, made by `tests/data/ball/make.py`.

    The harmonics of the embedded model have degree 0; here are some to study without a download.
    """
    return CHECKPOINT / "demo" / "ball.ply"
