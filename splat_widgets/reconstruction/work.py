"""The stages of a run after the photos were opened: match, predict, solve, decide."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from itertools import combinations

import torch
from torch import Tensor

from splat_widgets.models.predictor import Group, OnStep, Predictor, part_of
from splat_widgets.models.splatt3r import PairPredictor
from splat_widgets.photos.photo import Photo
from splat_widgets.reconstruction.choices import Choices
from splat_widgets.reconstruction.decision import (
    GIVEN_ORDER,
    SIZE_UNUSED_NOTICE,
    Found,
    decided,
    network_scene,
    with_notices,
)
from splat_widgets.reconstruction.once import once
from splat_widgets.reconstruction.opened import Opened
from splat_widgets.reconstruction.predicted import (
    pair_maps,
    priors_of,
)
from splat_widgets.reconstruction.progress import ASSEMBLE, CAMERAS, DEPTH, MATCH, Stopwatch
from splat_widgets.reconstruction.verdict import one_photo
from splat_widgets.refinement.descriptors import descriptor_matches, has_descriptors
from splat_widgets.refinement.features import Looks
from splat_widgets.refinement.graph import candidate_pairs, canonical_order, lonely_pairs
from splat_widgets.refinement.known import solved_by
from splat_widgets.refinement.records import Matches, PairPrior, Shot
from splat_widgets.refinement.shots import shot_of
from splat_widgets.refinement.solution import Edge, Solution, compared, solved
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.scene.reconstruction import Reconstruction, Timings
from splat_widgets.settings import Settings

logger = logging.getLogger(__name__)

SINGLE_PHOTO_NOTICE = (
    "Only one photo was given, so it is paired with itself: depth then rests on what the model "
    "has learned alone. A second photo from about a step aside gives a better scene."
)


CAMERA_UNUSED_NOTICE = (
    "The given camera is not used: with one photo, camera and depth are what the model says. With "
    "two photos, given cameras decide where the scene lies."
)


class NonFiniteError(ArithmeticError):
    """The model's output has values that are not numbers: nothing can be built on it."""


def make_scene(
    opened: Opened, predictor: Predictor, choices: Choices, settings: Settings, watch: Stopwatch
) -> Reconstruction:
    """The scene of opened photos; its timings are still to be filled in."""
    # Crops of two resolutions begin at whole pixels of each: geometry follows the Gaussians' grid.
    shots = [
        shot_of(photo, focal_px=focal)
        for photo, focal in zip(opened.on_grids, choices.focals_px, strict=True)
    ]
    taken, again = once(opened, shots)
    opened, shots = opened.part(taken), [shots[k] for k in taken]
    photos = opened.photos
    refines = choices.refines(predictor, len(photos))
    looks = Looks()
    matches, edges = _matched(shots, looks, predictor, watch, refines=refines)
    turned = edges == [GIVEN_ORDER[::-1]]
    decoded = [GIVEN_ORDER, *edges] if turned else edges
    groups, told = _predict(predictor, photos, decoded, watch)
    said = [*again, *told]
    _check_finite([one for group in groups for one in group.maps], predictor)
    if len(photos) == 1:
        for stage in (CAMERAS, DEPTH, ASSEMBLE):
            watch.step(stage.name)
        scene = replace(network_scene(groups[0], opened, predictor), refinement=one_photo())
        if len(groups[0].photos) > 1:
            said.append(SINGLE_PHOTO_NOTICE)
        if choices.gaussian_size is not None:
            said.append(SIZE_UNUSED_NOTICE)
        if opened.cameras is not None:
            said.append(CAMERA_UNUSED_NOTICE)
        return with_notices(scene, said, predictor, settings)
    maps = pair_maps(groups, decoded)
    if turned and edges[0] not in maps:  # of a model whose points tell no second camera
        matches, edges = {GIVEN_ORDER: matches[edges[0]].swapped}, [GIVEN_ORDER]
    priors = priors_of(maps, shots)
    solving = {edge: priors[edge] for edge in edges if edge in priors}
    solution = _solved(opened, shots, looks, matches, maps, solving, predictor, watch)
    del looks  # depth needs the memory more
    groups = tuple(replace(group, maps=_plain(group.maps)) for group in groups)
    maps = {edge: (_plain(pair)[0], _plain(pair)[1]) for edge, pair in maps.items()}
    found = Found(opened, groups, matches, maps, priors, edges, solution, said)
    return decided(found, predictor, choices, settings, watch)


def _plain(maps: Sequence[PhotoMaps]) -> tuple[PhotoMaps, ...]:
    """Maps without descriptors, which only matching needs: they double a scene's memory."""
    return tuple(replace(one, descriptors=None, descriptor_confidence=None) for one in maps)


def timed(scene: Reconstruction, timings: Timings) -> Reconstruction:
    """A scene, and the network's own scene of it, with what the run took."""
    before = None if scene.predicted is None else replace(scene.predicted, timings=timings)
    return replace(scene, timings=timings, predicted=before)


def _matched(
    shots: Sequence[Shot], looks: Looks, predictor: Predictor, watch: Stopwatch, *, refines: bool
) -> tuple[dict[Edge, Matches], list[Edge]]:
    """Matches of all pairs, and the pairs that are worth decoding, the strongest first.

    Photos that may be refined are paired in an order that only their pictures decide, so that the
    order in which they are given changes nothing but the frame. Two whose scene stays the network's
    are judged as they were given.
    """
    count = len(shots)
    watch.step(MATCH.name)
    if count == 1:
        return {}, [(0, 0)]
    order = list(canonical_order(shots)) if refines or count > 2 else list(GIVEN_ORDER)
    sorted_matches = compared([shots[k] for k in order], watch.step, looks)
    numbers = {edge: len(found) for edge, found in sorted_matches.items()}
    if count == 2:
        chosen = [(0, 1)]
    else:
        chosen = list(candidate_pairs(numbers, count))
        if isinstance(predictor, PairPredictor) and predictor.has_descriptors:
            chosen += lonely_pairs(numbers, chosen, count)
        chosen = chosen or [max(numbers, key=lambda edge: numbers[edge])]
        chosen.sort(key=lambda edge: -numbers[edge])
    original = {edge: (order[edge[0]], order[edge[1]]) for edge in combinations(range(count), 2)}
    return (
        {original[edge]: found for edge, found in sorted_matches.items()},
        [original[edge] for edge in chosen],
    )


def _predict(
    predictor: Predictor, photos: Sequence[Photo], edges: Sequence[Edge], watch: Stopwatch
) -> tuple[tuple[Group, ...], list[str]]:
    """What the network says of the chosen pairs, and its notices; photos are encoded once."""
    count = len(photos)
    tokens = [
        predictor.encode(photo, part_of(watch.step, k, count)) for k, photo in enumerate(photos)
    ]
    prediction = predictor.predict(tokens, edges, watch.step)
    groups = prediction.groups
    for edge in edges:
        if not any(set(edge) <= set(group.photos) for group in groups):
            names = " and ".join(photos[k].name for k in sorted(set(edge)))
            raise ValueError(
                f"expected {names} in one frame from the model, got groups of "
                f"{[len(group.photos) for group in groups]} photos; its `predict` must put the "
                "photos of every pair it is given into one group"
            )
    on_cpu = tuple(Group(g.photos, tuple(one.to("cpu") for one in g.maps)) for g in groups)
    return on_cpu, list(prediction.notices)


def _solved(
    opened: Opened,
    shots: Sequence[Shot],
    looks: Looks,
    matches: Mapping[Edge, Matches],
    maps: Mapping[Edge, tuple[PhotoMaps, PhotoMaps]],
    priors: Mapping[Edge, PairPrior],
    predictor: Predictor,
    watch: Stopwatch,
) -> Solution:
    """Cameras of the photos, from their matches or as they were given."""
    watch.step(CAMERAS.name)
    if opened.cameras is not None:
        return solved_by(opened.cameras, shots, matches)

    def further(edge: Edge, step: OnStep) -> Matches:
        windows = (shots[edge[0]].window, shots[edge[1]].window)
        return descriptor_matches(maps[edge], windows, lambda: step("descriptors", 0, 1))

    described = all(has_descriptors(pair) for pair in maps.values())
    found = solved(
        shots,
        matches,
        priors,
        predictor.device,
        watch.step,
        further if described else None,
        looks,
    )
    watch.step(CAMERAS.name, 99, 100)
    return found


def _check_finite(maps: Sequence[PhotoMaps], predictor: Predictor) -> None:
    bad = {}
    for field in fields(PhotoMaps):
        values: list[Tensor | None] = [getattr(one, field.name) for one in maps]
        count = sum(int((~value.isfinite()).sum()) for value in values if value is not None)
        if count:
            bad[field.name] = count
    if bad:
        listed = ", ".join(f"{count:,} in {name}" for name, count in bad.items())
        advice = "check that the weights belong to this network"
        if predictor.dtype != torch.float32 and not isinstance(predictor, PairPredictor):
            advice = "load the model with dtype=torch.float32, which has the range"
        raise NonFiniteError(
            f"expected finite numbers from the network, got NaN or infinity ({listed}; "
            f"{predictor.device}, {predictor.dtype}); {advice}"
        )
