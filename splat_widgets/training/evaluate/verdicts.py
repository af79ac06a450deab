"""An evaluation in plain words: which methods the network beats, computed from the numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from splat_widgets.training.evaluate.records import METHODS, Evaluation, PhotoEvaluation

LITTLE_EFFECT = 0.9
"""The second photo counts if photo 2's scaled error is below this part of the error with the first
photo given twice."""
CLEARLY_LOWER = 0.9
"""Confidence is useful if the more confident half's error is below this part of the other's."""

_POINTS = {
    "error1": "photo 1",
    "error2": "photo 2",
    "aligned1": "photo 1, scaled",
    "aligned2": "photo 2, scaled",
}
_SCALED = {name: title for name, title in _POINTS.items() if name.startswith("aligned")}


@dataclass(frozen=True)
class Verdict:
    """One statement of a model card."""

    name: str
    holds: bool  # whether it is good news
    text: str  # Markdown, a sentence or a few


def verdicts(evaluation: Evaluation) -> tuple[Verdict, ...]:
    """All verdicts, in the order of a card."""
    found = (
        _beats(evaluation, "mean_points"),
        _beats(evaluation, "constant_depth"),
        _half_of_mean(evaluation),
        second_photo(evaluation),
        _pose(evaluation),
        _stereo(evaluation),
        _novel_views(evaluation),
        _confidence(evaluation),
    )
    return found if evaluation.photos is None else (*found, _refined(evaluation.photos))


def second_photo(evaluation: Evaluation) -> Verdict:
    """Whether the second photo counts, by photo 2's scaled error and by the pose."""
    ours, twice = evaluation.network[0], evaluation.first_photo_twice[0]
    counts = _number(ours.aligned2) < LITTLE_EFFECT * _number(twice.aligned2)
    numbers = (
        "with the first photo given twice, the scaled error of photo 2 is "
        f"{_three(twice.aligned2)} instead of {_three(ours.aligned2)}, that of the rotation "
        f"{_one(twice.rotation_deg)}° instead of {_one(ours.rotation_deg)}°"
    )
    if counts:
        text = f"The second photo is used: {numbers}."
        text += _each_range(
            evaluation,
            "first_photo_twice",
            {"aligned2": "photo 2, scaled"},
            "So it is in every range of baselines.",
            "It does not help at ",
        )
    else:
        text = (
            f"**The second photo has little effect**: {numbers}. Depth is mostly guessed from one "
            "picture."
        )
    return Verdict("second_photo", counts, text)


def _beats(evaluation: Evaluation, other: str) -> Verdict:
    lost = _lost(evaluation, other, _POINTS)
    name = f"the {METHODS[other]}"
    if not lost:
        text = f"Beats {name} in every range of baselines, for both photos, in metres and scaled."
    else:
        won = len(evaluation.ranges) * len(_POINTS) - len(lost)
        total = won + len(lost)
        text = f"Beats {name} in {won} of {total} comparisons; **not** at {'; '.join(lost)}."
    return Verdict(f"beats_{other}", not lost, text)


def _half_of_mean(evaluation: Evaluation) -> Verdict:
    ours, mean = evaluation.network[0], evaluation.mean_points[0]
    parts = [_number(getattr(ours, n)) / _number(getattr(mean, n)) for n in _SCALED]
    holds = max(parts) <= 0.5
    aim = "The aim of half is reached." if holds else "The aim was half, which is **not** reached."
    text = (
        f"Scaled error over all scenes: {parts[0]:.2f} of the mean point map's for photo 1 and "
        f"{parts[1]:.2f} of it for photo 2. {aim}"
    )
    return Verdict("half_of_mean", holds, text)


def _pose(evaluation: Evaluation) -> Verdict:
    ours, still = evaluation.network[0], evaluation.identity_pose[0]
    holds = _number(ours.rotation_deg) < _number(still.rotation_deg)
    comparison = "less than" if holds else "**no less than**"
    text = (
        f"The points give a pose in {ours.with_pose:.0%} of the scenes; its rotation is off by "
        f"{_one(ours.rotation_deg)}°, {comparison} the {_one(still.rotation_deg)}° of cameras "
        f"taken to coincide, and its direction by {_one(ours.direction_deg)}°, where 90° is chance."
    )
    return Verdict("pose", holds, text)


def _stereo(evaluation: Evaluation) -> Verdict:
    """Beaten or not on the pixels that stereo answers, per range, scaled."""
    better, worse, silent = [], [], []
    for index, scope in enumerate(evaluation.ranges):
        ours, theirs = evaluation.network_where_stereo[index], evaluation.stereo[index]
        if theirs.aligned1 is None or theirs.aligned2 is None:
            silent.append(scope.title)
            continue
        detail = (
            f"{scope.title} ({_three(ours.aligned1)} and {_three(ours.aligned2)} against "
            f"{_three(theirs.aligned1)} and {_three(theirs.aligned2)})"
        )
        wins = all(_number(getattr(ours, n)) < getattr(theirs, n) for n in _SCALED)
        (better if wins else worse).append(detail)
    found = evaluation.stereo[0]
    text = (
        f"Classical stereo has an answer in {found.with_points:.0%} of the scenes, for "
        f"{(found.pixels or 0.0):.0%} of their pixels. There, by the scaled errors of photo 1 and "
        "2, "
    )
    clauses = []
    if better:
        clauses.append(f"the network is better in both at {'; '.join(better)}")
    if worse:
        clauses.append(f"it is **not** better in both at {'; '.join(worse)}")
    if silent:
        clauses.append(f"there is nothing to compare at {'; '.join(silent)}")
    text += ", and ".join(clauses) + ". Elsewhere stereo has no answer, and the network has."
    return Verdict("stereo", not worse, text)


def _novel_views(evaluation: Evaluation) -> Verdict:
    names = {"psnr": "PSNR"}
    lost = _lost(evaluation, "nearest_photo", names, lower=False, digits=2)
    ours, photo = evaluation.network[0], evaluation.nearest_photo[0]
    plane = evaluation.nearest_photo_on_plane[0]
    holds = _number(ours.psnr) > _number(photo.psnr)
    text = (
        f"Novel views: PSNR {_two(ours.psnr)} dB ({_two(ours.psnr_aligned)} dB scaled) against "
        f"{_two(photo.psnr)} dB of the nearer photo as it is, which is "
        f"{'**not** ' if not holds else ''}beaten, and {_two(plane.psnr)} dB of the nearer photo "
        "moved as a plane by the true pose, which is "
        f"{'**not** ' if _number(ours.psnr) <= _number(plane.psnr) else ''}beaten."
    )
    if holds and lost:
        text += f" The photo as it is is better at {'; '.join(lost)}."
    return Verdict("novel_views", holds, text)


def _confidence(evaluation: Evaluation) -> Verdict:
    surer, less = evaluation.surer_half, evaluation.less_sure_half
    holds = surer < CLEARLY_LOWER * less
    word = "clearly lower" if holds else ("hardly lower" if surer < less else "**not** lower")
    text = (
        f"The half of a scene's pixels with the higher confidence has a median error of "
        f"{surer:.3f}, the other half {less:.3f}: {word}."
    )
    return Verdict("confidence", holds, text)


def _refined(photos: PhotoEvaluation) -> Verdict:
    """What the photos themselves add to the network."""
    before, after = photos.network, photos.refined
    better = _number(after.psnr) > _number(before.psnr)
    holds = better and _number(after.aligned1) < _number(before.aligned1)
    beaten = "" if _number(after.psnr) > _number(photos.plane.psnr) else "**not** "
    text = (
        f"Refined with the photos ({photos.num_scenes} scenes of 512 px, answered in "
        f"{photos.answered:.0%}), the scaled errors are {_three(after.aligned1)} and "
        f"{_three(after.aligned2)} instead of {_three(before.aligned1)} and "
        f"{_three(before.aligned2)}, the rotation is off by {_two(after.rotation_deg)}° instead of "
        f"{_two(before.rotation_deg)}°, the direction by {_two(after.direction_deg)}° instead of "
        f"{_two(before.direction_deg)}°; {photos.worse:.0%} of the scenes have points more than "
        f"1.1 times worse. Fair novel views: {_two(after.psnr)} dB instead of "
        f"{_two(before.psnr)} dB; the nearer photo moved as a plane ({_two(photos.plane.psnr)} dB) "
        f"is {beaten}beaten, and exact geometry has {_two(photos.exact.psnr)} dB."
    )
    return Verdict("refined", holds, text)


def _lost(
    evaluation: Evaluation,
    other: str,
    names: dict[str, str],
    *,
    lower: bool = True,
    digits: int = 3,
) -> list[str]:
    """Where another method is as good or better, with both numbers."""
    found = []
    for index, scope in enumerate(evaluation.ranges):
        ours, theirs = evaluation.network[index], getattr(evaluation, other)[index]
        for name, title in names.items():
            a, b = getattr(ours, name), getattr(theirs, name)
            if a is None or b is None:
                continue
            if (a >= b) if lower else (a <= b):
                found.append(f"{scope.title}, {title} ({a:.{digits}f} against {b:.{digits}f})")
    return found


def _each_range(
    evaluation: Evaluation, other: str, names: dict[str, str], always: str, else_: str
) -> str:
    lost = _lost(evaluation, other, names)
    return " " + (else_ + "; ".join(lost) + "." if lost else always)


def _number(value: float | None) -> float:
    """A missing value compares as false."""
    return float("nan") if value is None else value


def _format(digits: int) -> Callable[[float | None], str]:
    return lambda value: "–" if value is None else f"{value:.{digits}f}"


_one, _two, _three = (_format(digits) for digits in (1, 2, 3))
