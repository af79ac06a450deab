"""Twenty pairs made from rendered ones; what must come out of each is named beforehand.

    python tests/benchmarks/refine/made.py [--scenes 3] [--cache FOLDER]

The pairs are the first evaluation scenes with a usual step between the photos and enough to match,
so that the case is tested and not the scene. An answer is right within 2 degrees of rotation and 10
degrees of direction; a refusal must give the reason that is named.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from dense_data import Case, procedural
from pair_data import angles_deg, prior_of

from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.models.weights import load_model
from splat_widgets.refinement.features import features
from splat_widgets.refinement.matches import match
from splat_widgets.refinement.pair import solve_pair
from splat_widgets.refinement.records import PairAnswer, Pose, Shot, Window
from splat_widgets.scene.refinement import Reason
from splat_widgets.training.procedural.data import HELD_OUT_SEED

RIGHT_DEG = (2.0, 10.0)
BASELINES = (0.08, 0.25)  # over the median depth, of the pairs that cases are made from
MIN_MATCHES = 400  # that they have as taken
_STILL = Pose(np.eye(3), np.zeros(3))


@dataclass(frozen=True, eq=False)
class Made:
    """Two photos and what must come of them."""

    shots: tuple[Shot, Shot]
    pose: Pose = _STILL  # second from first, if there must be an answer
    reason: Reason = ""  # why there must be none
    refuted: bool = False  # whether known focal lengths must be refused


def shot(picture: np.ndarray, focal_sides: float | None = None) -> Shot:
    height, width = picture.shape[:2]
    square = Window(-0.5, -0.5, 1.0)
    return Shot(np.ascontiguousarray(picture), square, (width / 2, height / 2), focal_sides)


def second(change: Callable[[np.ndarray], np.ndarray], turn: np.ndarray | None = None):
    """A case whose second photo is changed; `turn` is what that does to its camera's axes."""

    def made(case: Case, other: Case) -> Made:
        one, two = (each.picture for each in case.shots)
        R = np.eye(3) if turn is None else turn
        pose = Pose(R @ case.poses[1].R, R @ case.poses[1].t)
        return Made((shot(one), shot(change(two))), pose)

    return made


def zoomed(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    return picture[height // 4 : -(height // 4), width // 4 : -(width // 4)]


def noisy(picture: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 15, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def squeezed(picture: np.ndarray, quality: int = 10) -> np.ndarray:
    done = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(done, cv2.IMREAD_COLOR)


def first_zoomed(case: Case, other: Case) -> Made:
    one, two = (each.picture for each in case.shots)
    return Made((shot(zoomed(one)), shot(two)), case.poses[1])


def two_formats(case: Case, other: Case) -> Made:
    one, two = (each.picture for each in case.shots)
    return Made((shot(one[64:-64]), shot(two[:, 64:-64])), case.poses[1])


def exif_lies(case: Case, other: Case) -> Made:
    one, two = (shot(each.picture, 2 * case.focal_sides) for each in case.shots)
    return Made((one, two), case.poses[1], refuted=True)


def unrelated(case: Case, other: Case) -> Made:
    return Made((shot(case.shots[0].picture), shot(other.shots[0].picture)), reason="few_matches")


def turned(zoom: float):
    def made(case: Case, other: Case) -> Made:
        picture = case.shots[0].picture
        side = picture.shape[0]
        focal = case.focal_sides * side
        K = np.array([[focal, 0, side / 2 - 0.5], [0, focal, side / 2 - 0.5], [0, 0, 1]])
        R = cv2.Rodrigues(np.radians([2.0, 6.0, 1.0]))[0]
        K2 = K @ np.diag([zoom, zoom, 1])
        moved = cv2.warpPerspective(
            picture, K2 @ R @ np.linalg.inv(K), (side, side), flags=cv2.INTER_CUBIC
        )
        inner = slice(side // 6, -(side // 6))
        return Made(
            (shot(picture[inner, inner]), shot(moved[inner, inner])), reason="rotation_only"
        )

    return made


def refused(reason: Reason, change: Callable[[np.ndarray], np.ndarray], photo: int = 1):
    def made(case: Case, other: Case) -> Made:
        changed = change(case.shots[photo].picture)
        return Made((shot(case.shots[0].picture), shot(changed)), reason=reason)

    return made


def static(picture: np.ndarray) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, picture.shape, np.uint8)


UPSIDE_DOWN = np.diag([-1.0, -1.0, 1.0])
QUARTER = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
MUST_ANSWER: dict[str, Callable[[Case, Case], Made]] = {
    "as taken": second(lambda picture: picture),
    "second zoomed 2x": second(zoomed),
    "first zoomed 2x": first_zoomed,
    "upside down": second(lambda picture: picture[::-1, ::-1], UPSIDE_DOWN),
    "a quarter turned": second(np.rot90, QUARTER),
    "dark, 0.15x": second(lambda picture: (picture * 0.15).astype(np.uint8)),
    "blurred, sigma 3": second(lambda picture: cv2.GaussianBlur(picture, (0, 0), 3)),
    "noisy, sigma 15": second(noisy),
    "JPEG of quality 10": second(squeezed),
    "half the pixels": second(lambda picture: cv2.resize(picture, None, fx=0.5, fy=0.5)),
    "landscape and portrait": two_formats,
    "EXIF twice too long": exif_lies,
}
MUST_REFUSE: dict[str, Callable[[Case, Case], Made]] = {
    "unrelated": unrelated,
    "only turned": turned(1.0),
    "turned and zoomed 1.5x": turned(1.5),
    "one blank": refused("blank", lambda picture: np.full_like(picture, 90)),
    "mirrored": refused("mirrored", lambda picture: picture[:, ::-1]),
    "the same photo": refused("same_photo", lambda picture: picture, photo=0),
    "the same photo, JPEG": refused("same_photo", lambda p: squeezed(p, 60), photo=0),
    "static": refused("few_matches", static),
}


def outcome(made: Made, model: Splatt3R) -> tuple[bool, str]:
    """Whether a case came out as named, and what came out."""
    first, other = (features(one.picture) for one in made.shots)
    answer = solve_pair(made.shots, match(first, other, made.shots), prior_of(model, made.shots))
    if made.reason or not answer.answered:
        return answer.reason == made.reason, answer.reason or "answered"
    return _right(answer, made)


def _right(answer: PairAnswer, made: Made) -> tuple[bool, str]:
    assert answer.geometry is not None
    turn, aside = angles_deg(answer.geometry.pose, made.pose)
    first, other = answer.geometry.focals_sides
    said = f"{turn:.2f}/{aside:.1f} deg, focals {first:.2f} {other:.2f}"
    right = turn < RIGHT_DEG[0] and aside < RIGHT_DEG[1]
    return right and answer.focal_refuted == made.refuted, said


def _is_usual(case: Case) -> bool:
    depth = case.depths[0]
    share = np.linalg.norm(case.poses[1].t) / np.median(depth[depth > 0])
    if not BASELINES[0] < share < BASELINES[1]:
        return False
    first, other = (features(one.picture) for one in case.shots)
    return len(match(first, other, case.shots)) >= MIN_MATCHES


def table(num_scenes: int, cache: Path | None) -> None:
    """Print one line per case."""
    model = load_model("embedded")
    seeds = range(HELD_OUT_SEED, HELD_OUT_SEED + 100)
    usual = (case for case in procedural(seeds, cache) if _is_usual(case))
    cases = list(islice(usual, num_scenes + 1))
    passed = 0
    print(f"made cases on {num_scenes} scenes: as named, what came out")
    for kind, makers in (("answer", MUST_ANSWER), ("refuse", MUST_REFUSE)):
        for name, maker in makers.items():
            found = [outcome(maker(one, other), model) for one, other in pairwise(cases)]
            good = sum(right for right, _ in found)
            passed += good == num_scenes
            told = "; ".join(said for _, said in found)
            print(f"  must {kind}  {name:<28} {good}/{num_scenes}  {told}", flush=True)
    print(f"  {passed} of {len(MUST_ANSWER) + len(MUST_REFUSE)} cases as named on every scene")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=3)
    parser.add_argument("--cache", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    table(given.scenes, given.cache)


if __name__ == "__main__":
    main()
