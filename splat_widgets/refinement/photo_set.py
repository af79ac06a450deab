"""Three to ten photos: cameras and points of all of them, from their pairs.

The pair with most inliers under a clear parallax begins, the set grows photo by photo, photos that
show too few of its points are hung up by a pair, and a bundle over all photos ends it. A wrong pair
misleads only where nothing contradicts it: it neither begins nor holds a photo if loops of
rotations speak against it or its matches tell the turn badly, and its matches count only where the
cameras agree with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from splat_widgets.models.predictor import OnStep
from splat_widgets.refinement.certainty import turn_sigma_deg
from splat_widgets.refinement.common_focal import scanned_focal, solved_anew
from splat_widgets.refinement.epipolar import AGREES, PX, epipolar_distances, rays
from splat_widgets.refinement.graph import canonical_order, components
from splat_widgets.refinement.growth import Grown, grow, placed, settled, start_order
from splat_widgets.refinement.joint_bundle import Cameras, Lenses
from splat_widgets.refinement.lenses import MIN_PHOTOS_OF_PRINCIPAL, lenses_of
from splat_widgets.refinement.loops import trusted_pairs
from splat_widgets.refinement.records import (
    Matches,
    PairAnswer,
    PairGeometry,
    PairPrior,
    Pose,
    SetGeometry,
    Shot,
)
from splat_widgets.refinement.set_geometry import set_geometry
from splat_widgets.refinement.tracks import Tracks, join

Edge = tuple[int, int]

_TOLERANCES = (8 * PX, 3 * PX, 2 * PX)
"""Reprojection errors under which points are triangulated anew before each last bundle."""
_NO_PARALLAX = ("same_photo", "rotation_only")
"""Reasons of pairs that say nothing of a set's shape."""
_STEPS = 30
_GROWING_TRACKS, _TRACKS = 150, 400  # of a photo; more add time and no accuracy
_ENOUGH_AGREE = 0.7  # of the pairs' inliers: no other start is tried if all photos are placed
_NUM_STARTS = 3
_LARGEST_SIGMA_DEG = 0.8  # of the rotation of a pair that begins or holds a photo
_MIN_SHARED = 5  # points that a pair and the set both know, to take the set's unit of length
_LONGEST_CHAIN = 3
"""Photos of a set that no points of three photos hold together: errors of pairs add up."""
_FEWEST_SURE = 3
"""Photos that such points hold, in a set that they hold together."""
_SURE_POINTS = 30  # of three photos and more, from which on a photo is not hung


def solve_set(
    shots: Sequence[Shot],
    matches: Mapping[Edge, Matches],
    answers: Mapping[Edge, PairAnswer],
    priors: Mapping[Edge, PairPrior],
    *,
    on_step: OnStep | None = None,
) -> SetGeometry | None:
    """Cameras of all photos that connect; None if no pair is solved.

    The order of the photos changes nothing: the world is a camera that the pictures choose.

    Args:
        shots: all photos. Known focal lengths stay.
        matches: of all pairs i < j that were compared.
        answers: of those pairs of them that were solved.
        priors: the network's; they give the unit of length. Pairs may be absent.
        on_step: called before each step, as `("cameras", done, total)`.
    """
    report = on_step or (lambda stage, done, total: None)
    order = canonical_order(shots)
    place = {photo: number for number, photo in enumerate(order)}
    sorted_shots = [shots[photo] for photo in order]
    pairs, all_matches = {}, {}
    for (i, j), found in matches.items():
        first, second = place[i], place[j]
        edge, turned = (min(first, second), max(first, second)), first > second
        answer = answers.get((i, j))
        if answer is not None and answer.reason in _NO_PARALLAX:
            continue
        all_matches[edge] = _in_order(found.swapped if turned else found)
        if answer is not None and answer.geometry is not None:
            pairs[edge] = swapped(answer.geometry) if turned else answer.geometry
    if not pairs:
        return None
    pairs, all_matches = dict(sorted(pairs.items())), dict(sorted(all_matches.items()))
    grown, tracks, points, weak = _solved(sorted_shots, all_matches, pairs, report)
    return set_geometry(shots, place, grown, tracks, points, weak, priors)


def swapped(pair: PairGeometry) -> PairGeometry:
    """The same geometry with the photos in the other order."""
    first = rays(pair.matches.first, pair.focals_sides[0]) * pair.depths[:, None]
    return replace(
        pair,
        pose=pair.pose.inverse,
        focals_sides=pair.focals_sides[::-1],
        matches=pair.matches.swapped,
        depths=pair.pose.apply(first)[:, 2],
    )


def _in_order(matches: Matches) -> Matches:
    """The matches by features: solvers that draw samples then draw the same ones."""
    looser = None if matches.looser is None else _in_order(matches.looser)
    order = np.lexsort([matches.second_index, matches.first_index])
    return replace(matches.select(order), looser=looser)


def _solved(
    shots: Sequence[Shot],
    matches: Mapping[Edge, Matches],
    pairs: Mapping[Edge, PairGeometry],
    report: OnStep,
) -> tuple[Grown, Tracks, np.ndarray, set[int]]:
    """The set, its tracks and points, and the photos that a pair holds."""
    consistent, trusted = _trusted(pairs, shots)
    lenses, lens = lenses_of(shots, consistent)
    if len(shots) > 2:
        lenses = _scanned(lenses, lens, {e: m for e, m in matches.items() if e in trusted})
        focals = np.exp(lenses.log_focal)[lens]
        pairs = solved_anew(matches, [float(focal) for focal in focals], pairs)
        _, trusted = _trusted(pairs, shots)
    tracks = _joined(pairs, trusted)
    starts = start_order(trusted)[:_NUM_STARTS]
    enough = _ENOUGH_AGREE * sum(len(pair.matches) for pair in trusted.values())
    best, most = None, -1
    for number, start in enumerate(starts):
        report("cameras", number, _NUM_STARTS + 2)
        grown = grow(tracks.longest(_GROWING_TRACKS), start, trusted[start].pose, lenses, lens)
        agreed = sum(len(one) for one in _agreeing(grown, matches).values())
        if agreed > most:
            best, most = grown, agreed
        if len(grown.registered) == len(shots) and most >= enough:
            break
    assert best is not None, "there is a pair to start from"
    report("cameras", _NUM_STARTS, _NUM_STARTS + 2)
    grown, tracks = best, tracks.longest(_TRACKS)
    for tolerance in _TOLERANCES:
        grown, *_ = settled(grown, tracks, tolerance, _STEPS)
    grown = _with_hung(grown, tracks, matches, trusted)
    report("cameras", _NUM_STARTS + 1, _NUM_STARTS + 2)
    tracks = join(_agreeing(grown, matches)).longest(_TRACKS)
    grown, tracks, points, _ = settled(grown, tracks, _TOLERANCES[-1], _STEPS)
    sure = len(grown.registered) - len(_weak(grown, tracks))
    if sure < _FEWEST_SURE:
        grown = replace(grown, registered=grown.registered[:_LONGEST_CHAIN])
    if sure >= MIN_PHOTOS_OF_PRINCIPAL:
        grown = _with_principal(grown)
    else:
        grown = _with_focals_of_pairs(grown, tracks)
    grown, tracks, points, _ = settled(grown, tracks, _TOLERANCES[-1], _STEPS)
    return grown, tracks, points, _weak(grown, tracks)


def _trusted(
    pairs: Mapping[Edge, PairGeometry], shots: Sequence[Shot]
) -> tuple[dict[Edge, PairGeometry], dict[Edge, PairGeometry]]:
    """The pairs that no loop speaks against, and of those the ones that are sure.

    Where sure ones hold fewer than three photos together they all count.
    """
    sigmas = {
        edge: turn_sigma_deg(pair, known_focals=all(shots[k].focal_sides for k in edge))
        for edge, pair in pairs.items()
    }
    consistent = {edge: pairs[edge] for edge in trusted_pairs(pairs, sigmas, len(shots))}
    sure = {e: pair for e, pair in consistent.items() if sigmas[e] <= _LARGEST_SIGMA_DEG}
    together = max(len(group) for group in components(sure, len(shots)))
    return consistent, sure if together >= min(_FEWEST_SURE, len(shots)) else consistent


def _scanned(lenses: Lenses, lens: np.ndarray, matches: Mapping[Edge, Matches]) -> Lenses:
    """The lenses with the focal lengths that all their pairs together tell."""
    focals = lenses.log_focal.copy()
    for number in np.flatnonzero(lenses.focal_free):
        own = [m for (i, j), m in matches.items() if lens[i] == number == lens[j]]
        focals[number] = np.log(scanned_focal(own, float(np.exp(focals[number]))))
    return replace(lenses, log_focal=focals, log_focal_prior=focals)


def _joined(pairs: Mapping[Edge, PairGeometry], trusted: Mapping[Edge, PairGeometry]) -> Tracks:
    """Tracks of the inliers of all pairs, strong and trusted pairs and good matches first."""
    order = sorted(pairs, key=lambda edge: (edge not in trusted, -len(pairs[edge].matches), edge))
    return join({e: pairs[e].matches.select(np.argsort(pairs[e].errors)) for e in order})


def _relative(cameras: Cameras, first: int, second: int) -> Pose:
    return Pose(cameras.R[second], cameras.t[second]).after(
        Pose(cameras.R[first], cameras.t[first]).inverse
    )


def _agreeing(grown: Grown, matches: Mapping[Edge, Matches]) -> dict[Edge, Matches]:
    """The matches of registered photos that lie near their epipolar lines, most of them first.

    Looser ones are among them, since cameras are known.
    """
    cameras, found = grown.cameras, {}
    lenses, lens = cameras.lenses, cameras.lens
    for (i, j), one in matches.items():
        if not {i, j} <= set(grown.registered):
            continue
        one = one.with_looser
        focals = tuple(float(np.exp(lenses.log_focal[lens[photo]])) for photo in (i, j))
        first, second = (
            one.first - lenses.principal[lens[i]],
            one.second - lenses.principal[lens[j]],
        )
        off = epipolar_distances(first, second, _relative(cameras, i, j), (focals[0], focals[1]))
        found[i, j] = one.select(np.flatnonzero(off < AGREES))
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def _with_hung(
    grown: Grown,
    tracks: Tracks,
    matches: Mapping[Edge, Matches],
    pairs: Mapping[Edge, PairGeometry],
) -> Grown:
    """The set with the photos that only a pair can place, one after the other.

    Of all pairs with a registered photo, that counts whose pose most matches with all registered
    photos agree with.
    """
    while True:
        options = []
        _, known, points, _ = settled(grown, tracks, _TOLERANCES[-1], 0)
        for edge, pair in pairs.items():
            inside = [photo in grown.registered for photo in edge]
            if sum(inside) != 1:
                continue
            holder, photo = edge if inside[0] else edge[::-1]
            pose = _hung_pose(grown, known, points, holder, pair if inside[0] else swapped(pair))
            option = placed(grown, photo, pose)
            agreed = _agreeing(option, matches)
            count = sum(len(one) for e, one in agreed.items() if photo in e)
            options.append((count, -photo, option))
        if not options:
            return grown
        grown = max(options, key=lambda option: option[:2])[2]


def _hung_pose(
    grown: Grown, known: Tracks, points: np.ndarray, holder: int, pair: PairGeometry
) -> Pose:
    """World to the second photo of a pair whose first one is registered."""
    cameras = grown.cameras
    base = Pose(cameras.R[holder], cameras.t[holder])
    mine = np.flatnonzero(known.photo == holder)
    depths = base.apply(points[known.point[mine]])[:, 2]
    _, here, there = np.intersect1d(
        known.feature[mine], pair.matches.first_index, return_indices=True
    )
    scale = 1.0
    if len(here) >= _MIN_SHARED:
        scale = float(np.median(depths[here] / pair.depths[there]))
    elif len(depths):
        scale = float(np.median(depths) / np.median(pair.depths))
    return Pose(pair.pose.R, pair.pose.t * scale).after(base)


def _with_principal(grown: Grown) -> Grown:
    """The set with the principal points free that enough photos carry."""
    lenses, lens = grown.cameras.lenses, grown.cameras.lens
    carried = np.bincount(lens[list(grown.registered)], minlength=len(lenses.log_focal))
    free = lenses.focal_free & (carried >= MIN_PHOTOS_OF_PRINCIPAL)
    return replace(
        grown, cameras=replace(grown.cameras, lenses=replace(lenses, principal_free=free))
    )


def _with_focals_of_pairs(grown: Grown, tracks: Tracks) -> Grown:
    """The set with the focal lengths that all its pairs together told.

    Where no points of three photos hold it together, it bends to fit nearly any focal length, and
    the one of its bundle has run away.
    """
    lenses = grown.cameras.lenses
    told = np.where(lenses.focal_free, lenses.log_focal_prior, lenses.log_focal)
    held = replace(lenses, log_focal=told, focal_free=np.zeros(len(told), bool))
    grown = replace(grown, cameras=replace(grown.cameras, lenses=held))
    for tolerance in _TOLERANCES:
        grown, *_ = settled(grown, tracks, tolerance, _STEPS)
    return grown


def _weak(grown: Grown, tracks: Tracks) -> set[int]:
    """Registered photos that show too few points which at least three photos know."""
    if len(grown.registered) < 3:
        return set()
    long = tracks.lengths[tracks.point] >= 3
    counts = np.bincount(tracks.photo[long], minlength=len(grown.cameras.t))
    return {photo for photo in grown.registered if counts[photo] < _SURE_POINTS}
