"""What is said of a scene after its photos were matched: the record, and lines for the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from splat_widgets.models.predictor import Predictor
from splat_widgets.photos.photo import Photo
from splat_widgets.refinement.known import contradicted
from splat_widgets.refinement.lenses import ZOOMED
from splat_widgets.refinement.solution import Solution
from splat_widgets.refinement.verdict import (
    FOCAL_SENTENCE,
    WRONG_CAMERA_SENTENCE,
    ZOOM_DOUBT_SENTENCE,
    ZOOMED_SENTENCE,
    sentence,
    share_verdict,
)
from splat_widgets.scene.refinement import METRES_SENTENCE, PairVerdict, Reason, Refinement

_SEEN_CHANGE = 0.15  # logarithm of a factor between the light of photos that a user is told
OFFER = "refine=True replaces depth and Gaussians by what they determine."


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of the photos' answer."""

    solution: Solution
    applied: bool
    checked_shares: tuple[float, ...]  # of the photos of the scene; empty if none were compared

    @property
    def reason(self) -> Reason:
        """Why there is no answer; "" if there is one."""
        if self.solution.reason or not self.checked_shares:
            return self.solution.reason
        return share_verdict(self.checked_shares)[0]


def one_photo() -> Refinement:
    """Of a scene of a single photo."""
    return Refinement(
        answered=False,
        applied=False,
        reason="one_photo",
        sentence=sentence("one_photo"),
        pairs=(),
        focal_px_before=(None,),
        focal_px_after=(None,),
        reprojection_error_px=(None,),
        checked_shares=(0.0,),
        metres="model",
    )


def refinement_of(
    outcome: Outcome,
    all_photos: Sequence[Photo],
    members: Sequence[int],
    network_focals_sides: Sequence[float | None],
) -> Refinement:
    """The record of a scene.

    Args:
        outcome: of all photos.
        all_photos: as they were given.
        members: indices of those that the scene has, in its order.
        network_focals_sides: the network's, of the members.
    """
    solution, reason = outcome.solution, outcome.reason
    place = {photo: number for number, photo in enumerate(members)}
    pairs = tuple(
        PairVerdict(
            _in_order(place[one.photos[0]], place[one.photos[1]]),
            one.num_matches,
            one.num_inliers,
            one.parallax_deg,
            one.reason,
        )
        for one in solution.verdicts
        if set(one.photos) <= set(place)
    )
    photos = [all_photos[k] for k in members]
    sides = [min(photo.original_size) for photo in photos]
    answered = not reason
    shares = outcome.checked_shares if answered else ()
    if len(shares) != len(photos):  # refused, or of a network that keeps its scene of all photos
        shares = (0.0,) * len(photos)
    return Refinement(
        answered=answered,
        applied=outcome.applied,
        reason=reason,
        sentence=_sentence(outcome),
        pairs=pairs,
        focal_px_before=tuple(
            None if focal is None else focal * side
            for focal, side in zip(network_focals_sides, sides, strict=True)
        ),
        focal_px_after=tuple(
            _known(solution.focals_sides[k] * side) for k, side in zip(members, sides, strict=True)
        ),
        reprojection_error_px=tuple(
            _known(solution.errors_sides[k] * side) for k, side in zip(members, sides, strict=True)
        ),
        checked_shares=shares,
        metres="given" if solution.is_given and answered else "model",
        left_out=tuple(
            photo.name for number, photo in enumerate(all_photos) if number not in place
        ),
    )


def lines(
    outcome: Outcome, photos: Sequence[Photo], refinement: Refinement, predictor: Predictor
) -> list[str]:
    """What a user should read.

    Args:
        outcome: of all photos.
        photos: as they were given.
        refinement: of the scene.
        predictor: whose scene it is.
    """
    found = []
    if refinement.left_out and refinement.answered:
        found += _left_out(outcome.solution, photos, refinement.left_out)
    if not refinement.answered:
        return [*found, refinement.sentence]
    if not outcome.applied:
        found.append(f"{refinement.sentence} {OFFER}")
    doubt = share_verdict(outcome.checked_shares)[1] if outcome.checked_shares else ""
    if doubt:
        found.append(doubt)
    if outcome.solution.focal_refuted:
        found.append(FOCAL_SENTENCE)
    found += _zoomed(outcome.solution, photos)
    known = predictor.provenance
    if refinement.metres == "model" and known is not None and known.source == "embedded":
        found.append(METRES_SENTENCE.format(model="embedded model"))
    return found


def exposure_lines(refinement: Refinement | None, photos: Sequence[Photo]) -> list[str]:
    """What of the photos' light was changed so that they fit each other, where it can be seen."""
    if refinement is None or not refinement.exposures:
        return []
    logs = np.log(refinement.exposures).mean(axis=1)
    contrasts = np.log([tone.contrast for tone in refinement.tones])
    done = []
    if np.ptp(logs) > _SEEN_CHANGE:
        changed = [
            f"{photo.name} {np.exp(abs(log)):.1f} times {'brighter' if log > 0 else 'darker'}"
            for photo, log in zip(photos, logs, strict=True)
            if abs(log) >= _SEEN_CHANGE / 2
        ]
        done.append(f"shows {', '.join(changed)}")
    if np.ptp(contrasts) > _SEEN_CHANGE:
        done.append("evens out their contrast")
    if not done:
        return []
    return [
        f"The photos were exposed differently: the scene {' and '.join(done)}, so that they fit "
        "together (same_exposure=False keeps their own colours)."
    ]


def _left_out(solution: Solution, photos: Sequence[Photo], names: Sequence[str]) -> list[str]:
    """Which photos the scene lacks, and why."""
    wrong = [photos[k].name for k in contradicted(solution)]
    unconnected = [name for name in names if name not in wrong]
    wrong = [name for name in names if name in wrong]
    found = []
    if wrong:
        them = "it" if len(wrong) == 1 else "them"
        found.append(WRONG_CAMERA_SENTENCE.format(names=", ".join(wrong), them=them))
    if unconnected:
        shows = "it shows" if len(unconnected) == 1 else "they show"
        listed = ", ".join(unconnected)
        found.append(f"Left out: {listed}. Too little of what {shows} is in the other photos.")
    return found


def _zoomed(solution: Solution, photos: Sequence[Photo]) -> list[str]:
    """Which photos were zoomed in, or that it cannot be told."""
    if solution.zoom_doubtful:
        return [ZOOM_DOUBT_SENTENCE]
    if not solution.zooms:
        return []
    ratios = [solution.zooms[k] for k in solution.registered]
    names = [photos[k].name for k in solution.registered]
    listed = ", ".join(
        f"{name} is enlarged {ratio:.1f} times"
        for name, ratio in zip(names, ratios, strict=True)
        if ratio > ZOOMED
    )
    return [ZOOMED_SENTENCE.format(zooms=listed, widest=names[int(np.argmin(ratios))])]


def _sentence(outcome: Outcome) -> str:
    if outcome.reason:
        return sentence(outcome.reason)
    solution = outcome.solution
    inliers = sum(one.num_inliers for one in solution.verdicts)
    share = f", {np.mean(outcome.checked_shares):.0%} of the pixels agree on depth"
    return (
        f"{len(outcome.checked_shares)} photos determine cameras and depth: {inliers:,} matches fit"
        f"{share if outcome.checked_shares else ''}."
    )


def _in_order(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
