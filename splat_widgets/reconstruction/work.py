"""The stages of a run after the photos were opened: match, predict, solve, refine, assemble."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations

import torch
from torch import Tensor

from splat_widgets.models.predictor import Group, OnStep, Predictor, part_of
from splat_widgets.models.splatt3r import PairPredictor
from splat_widgets.photos.opening import DecodedPhoto
from splat_widgets.photos.photo import Photo, cropped, on_grid
from splat_widgets.reconstruction.choices import Choices, size_notice
from splat_widgets.reconstruction.predicted import (
    estimated_cameras,
    own_maps,
    pair_maps,
    priors_of,
)
from splat_widgets.reconstruction.progress import ASSEMBLE, CAMERAS, DEPTH, MATCH, Stopwatch
from splat_widgets.reconstruction.refined import (
    COARSE_GRID,
    Placed,
    depths_of,
    evidence_of,
    kept,
    maps_of,
    placed,
)
from splat_widgets.reconstruction.verdict import Outcome, lines, one_photo, refinement_of
from splat_widgets.refinement.descriptors import descriptor_matches, has_descriptors
from splat_widgets.refinement.graph import candidate_pairs, canonical_order, lonely_pairs
from splat_widgets.refinement.known import solved_by
from splat_widgets.refinement.records import DenseDepth, Matches, PairPrior, Shot
from splat_widgets.refinement.shots import shot_of
from splat_widgets.refinement.solution import Edge, Solution, compared, solved
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.given import given_cameras
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.scene.reconstruction import Reconstruction, Timings
from splat_widgets.scene.refinement import Refinement
from splat_widgets.settings import Settings

logger = logging.getLogger(__name__)

SINGLE_PHOTO_NOTICE = (
    "Only one photo was given, so it is paired with itself: depth then rests on what the model "
    "has learned alone. A second photo from about a step aside gives a better scene."
)
SIZE_UNUSED_NOTICE = (
    "gaussian_size was not used: it is for refined scenes, and this one keeps the network's own "
    "Gaussians. refine=True refines a pair."
)
LEAST_SHARE = 0.05
"""Checked pixels of a photo of a set, below which it is left out."""
_NO_TIMES = Timings((), "", "", "", 0)  # until the run is over


class NonFiniteError(ArithmeticError):
    """The model's output has values that are not numbers: nothing can be built on it."""


@dataclass(frozen=True, eq=False)
class Opened:
    """The photos of a run."""

    photos: tuple[Photo, ...]  # as the network sees them
    on_grids: tuple[Photo, ...]  # their crops at the resolution of the refined Gaussians
    cameras: tuple[Camera, ...] | None  # given ones, in pixels of the upright photos

    @property
    def grids(self) -> tuple[int, ...]:
        """Sides of the grids of Gaussians."""
        return tuple(photo.pixels.shape[0] for photo in self.on_grids)


def open_photos(
    decoded: Iterable[DecodedPhoto], choices: Choices, size: int, model_size: int
) -> Opened:
    """Crops of all photos; each whole photo is let go before the next one is opened.

    Raises:
        ValueError: for a crop or a grid that a photo does not have, or cameras that do not fit.
    """
    photos, on_grids = [], []
    for one, crop in zip(decoded, choices.crops, strict=True):
        photo = cropped(one, size, crop)
        photos.append(photo)
        on_grids.append(on_grid(photo, one, choices.grid(photo, model_size), crop))
    cameras = None if choices.cameras is None else given_cameras(choices.cameras, photos)
    return Opened(tuple(photos), tuple(on_grids), cameras)


def make_scene(
    opened: Opened, predictor: Predictor, choices: Choices, settings: Settings, watch: Stopwatch
) -> Reconstruction:
    """The scene of opened photos; its timings are still to be filled in."""
    photos = opened.photos
    # Crops of two resolutions begin at whole pixels of each: geometry follows the Gaussians' grid.
    shots = [
        shot_of(photo, focal_px=focal)
        for photo, focal in zip(opened.on_grids, choices.focals_px, strict=True)
    ]
    matches, edges = _matched(shots, predictor, watch)
    groups, said = _predict(predictor, photos, edges, watch)
    _check_finite([one for group in groups for one in group.maps], predictor)
    if len(photos) == 1:
        for stage in (CAMERAS, DEPTH, ASSEMBLE):
            watch.step(stage.name)
        scene = replace(_network_scene(groups[0], opened, predictor), refinement=one_photo())
        if len(groups[0].photos) > 1:
            said.append(SINGLE_PHOTO_NOTICE)
        if choices.gaussian_size is not None:
            said.append(SIZE_UNUSED_NOTICE)
        return _with_notices(scene, said, predictor, settings)
    maps = pair_maps(groups, edges)
    priors = priors_of(maps, shots)
    solution = _solved(opened, shots, matches, maps, priors, predictor, watch)
    groups = tuple(replace(group, maps=_plain(group.maps)) for group in groups)
    maps = {edge: (_plain(pair)[0], _plain(pair)[1]) for edge, pair in maps.items()}
    found = _Found(opened, groups, matches, maps, priors, solution, said)
    return _decided(found, predictor, choices, settings, watch)


def _plain(maps: Sequence[PhotoMaps]) -> tuple[PhotoMaps, ...]:
    """Maps without descriptors, which only matching needs: they double a scene's memory."""
    return tuple(replace(one, descriptors=None, descriptor_confidence=None) for one in maps)


def timed(scene: Reconstruction, timings: Timings) -> Reconstruction:
    """A scene, and the network's own scene of it, with what the run took."""
    before = None if scene.predicted is None else replace(scene.predicted, timings=timings)
    return replace(scene, timings=timings, predicted=before)


@dataclass(frozen=True, eq=False)
class _Found:
    """What network and matches say of several photos."""

    opened: Opened
    groups: Sequence[Group]
    matches: Mapping[Edge, Matches]
    maps: Mapping[Edge, tuple[PhotoMaps, PhotoMaps]]
    priors: Mapping[Edge, PairPrior]
    solution: Solution
    said: Sequence[str]  # by the network


def _matched(
    shots: Sequence[Shot], predictor: Predictor, watch: Stopwatch
) -> tuple[dict[Edge, Matches], list[Edge]]:
    """Matches of all pairs, and the pairs that are worth decoding, the strongest first.

    Three and more photos are paired in an order that only their pictures decide, so that the order
    in which they are given changes nothing but the frame.
    """
    count = len(shots)
    watch.step(MATCH.name)
    if count == 1:
        return {}, [(0, 0)]
    order = list(range(count)) if count == 2 else list(canonical_order(shots))
    sorted_matches = compared([shots[k] for k in order], watch.step)
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
    )
    watch.step(CAMERAS.name, 99, 100)
    return found


def _decided(
    found: _Found, predictor: Predictor, choices: Choices, settings: Settings, watch: Stopwatch
) -> Reconstruction:
    """The refined scene where it is wanted and the photos determine it, else the network's."""
    opened, solution = found.opened, found.solution
    refines = choices.refines(predictor, len(opened.photos))
    known, dense, shares = None, (), ()
    if not solution.reason:
        known = _placed(found)
        grids = [opened.grids[k] if refines else COARSE_GRID for k in known.photos]

        def step(done: int, total: int) -> None:
            watch.step(DEPTH.name, min(done, total - 1), total)

        dense = depths_of(known, solution, found.matches, grids, predictor.device, step)
        agreeing = _agreeing(dense)
        known, dense = known.part(agreeing), tuple(dense[k] for k in agreeing)
        shares = tuple(float(one.checked.mean()) for one in dense)
    else:
        watch.step(DEPTH.name)
    watch.step(ASSEMBLE.name)
    outcome = Outcome(solution, False, shares)
    if known is not None and refines and not outcome.reason:
        outcome = replace(outcome, applied=True)
    predicted = _predicted_scene(found, None if outcome.reason else known, predictor, refines)
    members = _members(predicted, opened)
    refinement = refinement_of(outcome, opened.photos, members, _network_focals(found, members))
    scene = replace(predicted, refinement=refinement)
    predicted = _with_notices(
        replace(predicted, refinement=replace(refinement, applied=False)),
        found.said,
        predictor,
        settings,
    )
    if outcome.applied and known is not None:
        scene = _refined_scene(predicted, refinement, known, dense, found, predictor, choices)
    notices = [*found.said, *lines(outcome, refinement, predictor)]
    if outcome.applied and (large := size_notice(opened.grids)):
        notices.append(large)
    if choices.gaussian_size is not None and not refines:
        notices.append(SIZE_UNUSED_NOTICE)
    return _with_notices(scene, notices, predictor, settings)


def _agreeing(dense: Sequence[DenseDepth]) -> list[int]:
    """Of three and more photos those with whose depths another photo agrees; of two, both.

    A camera that hangs on a few points of a wrong pair would tear the scene.
    """
    every = list(range(len(dense)))
    good = [k for k in every if dense[k].checked.mean() >= LEAST_SHARE]
    return good if len(every) > 2 and len(good) >= 2 else every


def _placed(found: _Found) -> Placed:
    priors = priors_of(found.maps, found.solution.shots)
    own = {}
    for photo in found.solution.registered:
        maps = own_maps(photo, found.maps, priors, found.solution)
        if maps is not None:
            own[photo] = maps
    keeps_unit = len(found.opened.photos) == 2 and not found.solution.is_given
    return placed(found.solution, own, keeps_unit=keeps_unit)


def _predicted_scene(
    found: _Found, known: Placed | None, predictor: Predictor, refines: bool
) -> Reconstruction:
    """The network's own scene.

    Of a pair, or of a group that holds all photos, as it stands; of several pairs, each photo's map
    of its best-connected pair placed by the cameras that were solved; without those, the best pair
    alone.
    """
    opened = found.opened
    count = len(opened.photos)
    whole = [group for group in found.groups if len(set(group.photos)) == count]
    if known is None or (whole and (count == 2 or not refines)):
        answered = {one.photos for one in found.solution.verdicts if not one.reason}
        fitting = [group for group in found.groups if tuple(group.photos) in answered]
        return _network_scene((whole or fitting or found.groups)[0], opened, predictor)
    maps = known.predicted_maps()
    cameras = tuple(known.camera(k, one.confidence.shape[0]) for k, one in enumerate(maps))
    members = tuple(opened.photos[k] for k in known.photos)
    return _reconstruction(maps, members, cameras, (None,) * len(members), predictor)


def _network_scene(group: Group, opened: Opened, predictor: Predictor) -> Reconstruction:
    cameras, ratios = estimated_cameras(group.maps)
    photos = tuple(opened.photos[index] for index in group.photos)
    return _reconstruction(group.maps, photos, cameras, ratios, predictor)


def _refined_scene(
    predicted: Reconstruction,
    refinement: Refinement,
    known: Placed,
    dense: Sequence[DenseDepth],
    found: _Found,
    predictor: Predictor,
    choices: Choices,
) -> Reconstruction:
    photos = tuple(found.opened.on_grids[k] for k in known.photos)
    source = predictor.provenance.source if predictor.provenance is not None else None
    maps = maps_of(known, dense, photos, footprints=source == "embedded")
    cameras = tuple(known.camera(k, len(one.depth)) for k, one in enumerate(dense))
    scene = replace(
        _reconstruction(maps, photos, cameras, _inlier_ratios(found, known), predictor),
        refinement=refinement,
        evidence=evidence_of(known, dense),
        predicted=_in_order(predicted, known, found.opened),
    )
    if choices.keep_all or len(photos) == 2:
        return scene
    return scene.select(kept(known, dense))


def _network_focals(found: _Found, members: Sequence[int]) -> list[float | None]:
    """Of each photo as the network sees it, in sides; of its first pair that tells."""
    return [
        next(
            (p.focal_sides for edge, p in found.priors.items() if k in edge and p.focal_sides), None
        )
        for k in members
    ]


def _in_order(predicted: Reconstruction, known: Placed, opened: Opened) -> Reconstruction:
    """The network's scene, whose photos must be those of the refined one: evidence counts rows."""
    order = _members(predicted, opened)
    if tuple(order) != known.photos:
        raise AssertionError(f"expected photos {known.photos} in the prediction, got {order}")
    return predicted


def _members(scene: Reconstruction, opened: Opened) -> list[int]:
    """Indices of a scene's photos among all that were given."""
    place = {id(photo): number for number, photo in enumerate(opened.photos)}
    return [place[id(photo)] for photo in scene.photos]


def _inlier_ratios(found: _Found, known: Placed) -> tuple[float | None, ...]:
    """Share of each photo's matches that the cameras explain; None for the first photo."""
    ratios: list[float | None] = []
    for number, photo in enumerate(known.photos):
        of = [one for one in found.solution.verdicts if photo in one.photos]
        matches = sum(one.num_matches for one in of)
        share = sum(one.num_inliers for one in of) / matches if matches else None
        ratios.append(None if number == 0 else share)
    return tuple(ratios)


def _reconstruction(
    maps: Sequence[PhotoMaps],
    photos: tuple[Photo, ...],
    cameras: tuple[Camera | None, ...],
    inlier_ratios: tuple[float | None, ...],
    predictor: Predictor,
) -> Reconstruction:
    return Reconstruction.of_maps(
        maps,
        photos=photos,
        cameras=cameras,
        pose_inlier_ratios=inlier_ratios,
        timings=_NO_TIMES,
        provenance=predictor.provenance,
    )


def _with_notices(
    scene: Reconstruction, found: Sequence[str], predictor: Predictor, settings: Settings
) -> Reconstruction:
    known = predictor.provenance
    general = [known.notice if known is not None else None]
    general.append(settings.image_size_notice(predictor.image_size))
    return replace(scene, notices=(*found, *(line for line in general if line)))


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
