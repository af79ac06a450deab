"""A scene that has everything a file can keep, made once."""

from __future__ import annotations

import numpy as np
import pytest

import splat_widgets as sw
from splat_widgets.embedded import demo_pair


@pytest.fixture(scope="session")
def whole() -> sw.Scene:
    """Refined, with photos, cameras, a prediction and an attribute of its own."""
    scene = sw.reconstruct(
        *demo_pair(), model="embedded", refine=True, gaussian_size=64, progress=False
    )
    values = np.random.default_rng(0).normal(size=len(scene)).astype(np.float32)
    sw.attributes.register("my_score", values, scene=scene, label="Score", unit="m", log=False)
    return scene


@pytest.fixture(scope="session")
def saved(whole, tmp_path_factory):
    """Its file."""
    return sw.save(whole, tmp_path_factory.mktemp("scene") / "room.splatscene")
