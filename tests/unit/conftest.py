"""The scenes of `tests/builders.py` as fixtures."""

from __future__ import annotations

from collections.abc import Callable

import builders
import pytest

from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.reconstruction import Reconstruction


@pytest.fixture
def gaussians() -> Gaussians:
    return builders.make_gaussians()


@pytest.fixture
def make_gaussians() -> Callable[..., Gaussians]:
    return builders.make_gaussians


@pytest.fixture
def scene() -> Reconstruction:
    return builders.make_scene()


@pytest.fixture
def make_scene() -> Callable[..., Reconstruction]:
    return builders.make_scene


@pytest.fixture
def side() -> int:
    return builders.SIDE


@pytest.fixture
def focal_px() -> float:
    return builders.FOCAL_PX
