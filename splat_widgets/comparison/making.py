"""Scenes that are made to be compared: orders of photos, models and checkpoints."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from splat_widgets.comparison.scenes import check_count, numbered
from splat_widgets.models.predictor import Predictor
from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.photos.given import listed
from splat_widgets.photos.source import PhotoLike
from splat_widgets.reconstruction import reconstruct
from splat_widgets.reconstruction.choices import Refine
from splat_widgets.scene.scene import Scene

ModelLike = Predictor | Splatt3R | str | os.PathLike[str] | None
Made = tuple[list[Scene], list[str]]
"""Scenes and what they are called."""


def scenes_of_orders(first: PhotoLike, second: PhotoLike, model: ModelLike, refine: Refine) -> Made:
    """Of (A, B), of (B, A), and of (A, A): how much does a network mind the order?"""
    orders = [(first, second), (second, first), (first, first)]
    scenes = [reconstruct(*photos, model=model, refine=refine) for photos in orders]
    one, other = (photo.name for photo in scenes[0].photos)
    return scenes, [f"{one}, {other}", f"{other}, {one}", f"{one} twice"]


def scenes_of_models(
    photos: Iterable[PhotoLike], models: Iterable[ModelLike], refine: Refine
) -> Made:
    """Of the same photos by each of the models, one after the other.

    Raises:
        ValueError: for fewer than two models or more than six.
    """
    given, chosen = listed(photos), _models(models)
    check_count(len(chosen), "models")
    scenes = [reconstruct(given, model=model, refine=refine) for model in chosen]
    return scenes, numbered([_name(*pair) for pair in zip(chosen, scenes, strict=True)])


def _models(models: Iterable[ModelLike]) -> list[ModelLike]:
    if isinstance(models, str | os.PathLike | Predictor | Splatt3R):
        return [cast("ModelLike", models)]
    return list(models)


def _name(model: ModelLike, scene: Scene) -> str:
    if isinstance(model, str | os.PathLike):
        return Path(model).name
    return Path(scene.timings.model).name
