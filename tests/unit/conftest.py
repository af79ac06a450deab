"""The scenes of `tests/builders.py` as fixtures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import builders
import pytest

from splat_widgets.reconstruction import reconstruct
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.reconstruction import Reconstruction
from splat_widgets.scene.scene import Scene


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


@pytest.fixture(scope="session")
def known() -> Scene:
    """What `reconstruct` makes of a landscape and a portrait, with a model that knows the scene."""
    return reconstruct(builders.PHOTOS, model=builders.KnownPredictor(), progress=False)


@pytest.fixture
def side() -> int:
    return builders.SIDE


@pytest.fixture
def focal_px() -> float:
    return builders.FOCAL_PX


@pytest.fixture(scope="package")
def few_training_scenes() -> Iterator[None]:
    """An evaluation learns its mean point map and its plane from 16 scenes instead of 512."""
    from splat_widgets.training.evaluate import guesses

    all_scenes = guesses.training_scenes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guesses, "training_scenes", lambda num, size: all_scenes(min(num, 16), size))
        yield
