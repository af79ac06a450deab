"""Which scene the photos determine: the refined one, or the network's, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from splat_widgets.models.predictor import Group, Predictor
from splat_widgets.photos.photo import Photo
from splat_widgets.reconstruction.choices import Choices, size_notice
from splat_widgets.reconstruction.opened import Opened
from splat_widgets.reconstruction.predicted import estimated_cameras, own_maps, prior_of
from splat_widgets.reconstruction.progress import ASSEMBLE, DEPTH, Stopwatch
from splat_widgets.reconstruction.refined import (
    COARSE_GRID,
    Placed,
    depths_of,
    evidence_of,
    exposures_of,
    footprints,
    kept,
    moved_along,
    placed,
    surfaces_of,
)
from splat_widgets.reconstruction.verdict import Outcome, exposure_lines, lines, refinement_of
from splat_widgets.refinement.records import DenseDepth, Matches, PairPrior
from splat_widgets.refinement.solution import Edge, Solution
from splat_widgets.scene.cameras import Camera, PhotoCrop
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.scene.reconstruction import Reconstruction, Timings
from splat_widgets.scene.refinement import Refinement
from splat_widgets.settings import Settings

SIZE_UNUSED_NOTICE = (
    "gaussian_size was not used: it is for refined scenes, and this one keeps the network's own "
    "Gaussians. refine=True refines a pair."
)
GIVEN_ORDER: Edge = (0, 1)
"""Of a pair. Its geometry may follow from the other one, which its photos' content decides."""
LEAST_SHARE = 0.05
"""Checked pixels of a photo of a set, below which it is left out."""
_NO_TIMES = Timings((), "", "", "", 0)  # until the run is over


@dataclass(frozen=True, eq=False)
class Found:
    """What network and matches say of several photos."""

    opened: Opened
    groups: Sequence[Group]  # of two photos the one in their given order first
    matches: Mapping[Edge, Matches]
    maps: Mapping[Edge, tuple[PhotoMaps, PhotoMaps]]
    priors: Mapping[Edge, PairPrior]
    edges: Sequence[Edge]  # the pairs whose maps and priors the geometry follows
    solution: Solution
    said: Sequence[str]  # by the network


def decided(
    found: Found, predictor: Predictor, choices: Choices, settings: Settings, watch: Stopwatch
) -> Reconstruction:
    """The refined scene where it is wanted and the photos determine it, else the network's."""
    opened, solution = found.opened, found.solution
    refines = choices.refines(predictor, len(opened.photos))
    known, dense = _depths(found, predictor, watch, refines=refines)
    shares = tuple(float(one.checked.mean()) for one in dense)
    watch.step(ASSEMBLE.name)
    outcome = Outcome(solution, False, shares)
    if known is not None and refines and not outcome.reason:
        outcome = replace(outcome, applied=True)
    predicted = _predicted_scene(found, None if outcome.reason else known, predictor, refines)
    members = _members(predicted, opened)
    refinement = refinement_of(outcome, opened.photos, members, _network_focals(found, members))
    scene = replace(predicted, refinement=refinement)
    predicted = with_notices(
        replace(predicted, refinement=replace(refinement, applied=False)),
        found.said,
        predictor,
        settings,
    )
    if outcome.applied and known is not None:
        scene = _refined_scene(predicted, refinement, known, dense, found, predictor, choices)
    notices = [*found.said, *lines(outcome, opened.photos, refinement, predictor)]
    notices += exposure_lines(scene.refinement, scene.photos)
    if outcome.applied and (large := size_notice(opened.grids)):
        notices.append(large)
    if choices.gaussian_size is not None and not refines:
        notices.append(SIZE_UNUSED_NOTICE)
    return with_notices(scene, notices, predictor, settings)


def _depths(
    found: Found, predictor: Predictor, watch: Stopwatch, *, refines: bool
) -> tuple[Placed | None, tuple[DenseDepth, ...]]:
    """The photos that agree on depth, and their depths; a coarse one where it only judges."""
    if found.solution.reason:
        watch.step(DEPTH.name)
        return None, ()
    known = _placed(found, found.edges)
    grids = [found.opened.grids[k] if refines else COARSE_GRID for k in known.photos]

    def step(done: int, total: int) -> None:
        watch.step(DEPTH.name, min(done, total - 1), total)

    dense = depths_of(known, found.solution, found.matches, grids, predictor.device, step)
    agreeing = _agreeing(dense)
    return known.part(agreeing), tuple(dense[k] for k in agreeing)


def _agreeing(dense: Sequence[DenseDepth]) -> list[int]:
    """Of three and more photos those with whose depths another photo agrees; of two, both.

    A camera that hangs on a few points of a wrong pair would tear the scene.
    """
    every = list(range(len(dense)))
    good = [k for k in every if dense[k].checked.mean() >= LEAST_SHARE]
    return good if len(every) > 2 and len(good) >= 2 else every


def _placed(found: Found, edges: Sequence[Edge]) -> Placed:
    """The photos with a pose, and what the network says of them in these pairs."""
    maps = {edge: found.maps[edge] for edge in edges if edge in found.maps}
    told = cache(lambda edge: prior_of(edge, maps[edge], found.solution.shots))
    own = {}
    for photo in found.solution.registered:
        mine = own_maps(photo, maps, told, found.solution)
        if mine is not None:
            own[photo] = mine
    keeps_unit = len(found.opened.photos) == 2 and not found.solution.is_given
    return placed(found.solution, own, keeps_unit=keeps_unit)


def _predicted_scene(
    found: Found, known: Placed | None, predictor: Predictor, refines: bool
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
        return network_scene((whole or fitting or found.groups)[0], opened, predictor)
    known = _in_frame(known, found)
    maps = known.predicted_maps()
    cameras = tuple(known.camera(k, one.confidence.shape[0]) for k, one in enumerate(maps))
    members = tuple(opened.photos[k] for k in known.photos)
    return _reconstruction(maps, members, cameras, (None,) * len(members), predictor)


def network_scene(group: Group, opened: Opened, predictor: Predictor) -> Reconstruction:
    """What the network says of a group of photos, with the cameras that its points give."""
    cameras, ratios = estimated_cameras(group.maps)
    photos = tuple(opened.photos[index] for index in group.photos)
    return _reconstruction(group.maps, photos, cameras, ratios, predictor)


def _refined_scene(
    predicted: Reconstruction,
    refinement: Refinement,
    known: Placed,
    dense: Sequence[DenseDepth],
    found: Found,
    predictor: Predictor,
    choices: Choices,
) -> Reconstruction:
    photos = tuple(found.opened.on_grids[k] for k in known.photos)
    source = predictor.provenance.source if predictor.provenance is not None else None
    shown = surfaces_of(known, dense)
    # Only now: no depth and no surface may differ by the rounding of another frame.
    known = _in_frame(known, found)
    said = _as_predicted(known, found)
    if source == "embedded":
        tones = exposures_of(shown, dense, photos) if choices.same_exposure else ()
        refinement = refinement.toned(tones)
        maps = footprints(known, dense, photos, tones)
    else:
        maps = moved_along(said, dense)
    cameras = tuple(known.camera(k, len(one.depth)) for k, one in enumerate(dense))
    scene = replace(
        _reconstruction(maps, photos, cameras, _inlier_ratios(found, known), predictor),
        refinement=refinement,
        evidence=evidence_of(said, dense),
        predicted=_in_order(predicted, known, found.opened),
    )
    if choices.keep_all or len(photos) == 2:
        return scene
    return scene.select(kept(known, shown, dense))


def _in_frame(known: Placed, found: Found) -> Placed:
    """The placed photos in the scene's frame: the given cameras', else that of the first photo."""
    return known if found.solution.is_given else known.from_first()


def _as_predicted(known: Placed, found: Found) -> Placed:
    """The placed photos with the maps of the network's own scene, which evidence refers to."""
    if len(found.opened.photos) > 2 or GIVEN_ORDER in found.edges:
        return known
    said = _placed(found, [GIVEN_ORDER])
    return replace(known, own=said.own, scales=said.scales)


def _network_focals(found: Found, members: Sequence[int]) -> list[float | None]:
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


def _inlier_ratios(found: Found, known: Placed) -> tuple[float | None, ...]:
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
        cameras=tuple(
            camera and replace(camera, crop=PhotoCrop(*photo.crop, *photo.original_size))
            for camera, photo in zip(cameras, photos, strict=True)
        ),
        pose_inlier_ratios=inlier_ratios,
        timings=_NO_TIMES,
        provenance=predictor.provenance,
    )


def with_notices(
    scene: Reconstruction, found: Sequence[str], predictor: Predictor, settings: Settings
) -> Reconstruction:
    """A scene with what was found, and what holds for every scene of this model and size."""
    known = predictor.provenance
    general = [known.notice if known is not None else None]
    general.append(settings.image_size_notice(predictor.image_size))
    return replace(scene, notices=(*found, *(line for line in general if line)))
