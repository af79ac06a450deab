"""Cameras from two photos, and with `--dense` the points that follow, beside the network's.

    python tests/benchmarks/refine/pair_rows.py [--scenes 64] [--skip 0] [--truth FOLDER]
        [--cache FOLDER] [--known] [--dense] [--verbose]
        [--prototype CHECKOUT --prototype-code FOLDER]

`--cache` keeps the rendered scenes and, until the code changes, the rows: a run that was cut off
goes on where it was. Refused pairs count with the network's errors in every row; a network without
a pose is 180 degrees wrong. A wrong minimum is a direction that is off by more than 30 degrees.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from dense_data import GRID, Case, hololens, procedural
from dense_rows import depth_error
from kept import Kept, Row
from pair_data import angles_deg, prior_of
from prototype import Prototype

from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.models.weights import load_model
from splat_widgets.refinement import grids
from splat_widgets.refinement.dense import dense_depths
from splat_widgets.refinement.epipolar import rays
from splat_widgets.refinement.features import features
from splat_widgets.refinement.matches import match
from splat_widgets.refinement.pair import solve_pair
from splat_widgets.refinement.pair_search import FOCAL_SIDES
from splat_widgets.refinement.records import PairAnswer, PairPrior, Pose, SparseDepths
from splat_widgets.training.procedural.data import HELD_OUT_SEED

WRONG_DEG = 30.0
FOCAL_NETWORK = FOCAL_SIDES  # of a network whose points give none


@dataclass(frozen=True)
class Options:
    known: tuple[bool, ...] = (False,)  # whether focal lengths are given; a table for each
    dense: bool = False  # depth too; a second or two a pair
    prototype: Prototype | None = None
    verbose: bool = False


def rows(
    cases: Iterable[Case], model: Splatt3R, options: Options, cache: Path | None
) -> dict[bool, list[Row]]:
    """One row per pair, with known focal lengths and without; a pair is rendered once."""
    made = "-dense" * options.dense + "-prototype" * (options.prototype is not None)
    kept = {known: Kept(cache, f"pairs-{_words(known)}{made}") for known in options.known}
    found: dict[bool, list[Row]] = {known: [] for known in options.known}
    for case in cases:
        for known in options.known:
            row = kept[known].row(case.name, partial(judged, case, model, options, known))
            found[known].append(row)
            if options.verbose:
                values = " ".join(f"{name} {value:.4g}" for name, value in row.items())
                print(f"{case.name}, focal length {_words(known)}: {values}", flush=True)
    return found


def _words(known: bool) -> str:
    return "known" if known else "unknown"


def judged(case: Case, model: Splatt3R, options: Options, known: bool) -> Row:
    """The errors of one pair."""
    if known:
        first, second = (replace(shot, focal_sides=case.focal_sides) for shot in case.shots)
        case = replace(case, shots=(first, second))
    prior = prior_of(model, case.shots)
    began = time.process_time()
    first, second = (features(shot.picture) for shot in case.shots)
    answer = solve_pair(case.shots, match(first, second, case.shots), prior)
    seconds = time.process_time() - began
    pose, focals = _cameras(answer, prior, case)
    turn, aside = angles_deg(pose, case.poses[1])
    row = {
        "answered": float(answer.answered),
        "rotation deg": turn,
        "direction deg": aside,
        "focal": abs(float(np.sqrt(focals[0] * focals[1])) / case.focal_sides - 1),
        "wrong": float(aside > WRONG_DEG),
        "two focals": float(focals[0] != focals[1]),
        "CPU s": seconds,
    }
    network = angles_deg(prior.pose, case.poses[1])
    row |= {"network rotation": network[0], "network direction": network[1]}
    if options.dense:
        row |= _depth_errors(case, answer, prior, pose, focals)
    if options.prototype is not None:
        focal = case.focal_sides if known else None
        pose_s, depth_s = options.prototype.seconds(case.shots, prior, focal, dense=options.dense)
        row |= {"prototype pose s": pose_s, "pose share": seconds / pose_s}
        if options.dense:
            all_s = seconds + row["dense CPU s"]
            row |= {"prototype all s": pose_s + depth_s, "all share": all_s / (pose_s + depth_s)}
    return row


def _cameras(
    answer: PairAnswer, prior: PairPrior, case: Case
) -> tuple[Pose | None, tuple[float, float]]:
    """Of the answer, else of the network."""
    if answer.geometry is not None:
        return answer.geometry.pose, answer.geometry.focals_sides
    focal = case.shots[0].focal_sides or prior.focal_sides or FOCAL_NETWORK
    return prior.pose, (focal, focal)


def _depth_errors(
    case: Case,
    answer: PairAnswer,
    prior: PairPrior,
    pose: Pose | None,
    focals: tuple[float, float],
) -> dict[str, float]:
    """Scaled point errors of both photos and the error of their depth."""
    focal = case.shots[0].focal_sides or prior.focal_sides or FOCAL_NETWORK
    theirs = _point_errors(case, list(prior.depths), prior.pose, (focal, focal))
    depths = list(prior.depths)
    began = time.process_time()
    if answer.geometry is not None:
        kept = answer.geometry
        points = rays(kept.matches.first, focals[0]) * kept.depths[:, None]
        there = kept.pose.apply(points)[:, 2]
        dense = dense_depths(
            case.shots,
            (Pose(np.eye(3), np.zeros(3)), kept.pose),
            focals,
            prior.depths,
            (
                SparseDepths(kept.matches.first, kept.depths),
                SparseDepths(kept.matches.second, there),
            ),
            count=GRID,
            device=torch.device("cpu"),
        )
        depths = [one.depth for one in dense]
    seconds = time.process_time() - began
    ours = _point_errors(case, depths, pose, focals)
    return {
        "point error 1": ours[0],
        "point error 2": ours[1],
        "network 1": theirs[0],
        "network 2": theirs[1],
        "worse": float(ours.mean() > 1.1 * theirs.mean()),
        "depth error": depth_error(case, depths),
        "network depth": depth_error(case, list(prior.depths)),
        "dense CPU s": seconds,
    }


def _point_errors(
    case: Case, depths: list[np.ndarray], pose: Pose | None, focals: tuple[float, float]
) -> np.ndarray:
    """(2,) medians of the relative error of the points after one scale for both photos.

    The distance of a point from the true one over the true point's distance from its own camera;
    all in the frame of the first camera, so that errors of pose and focal length count.
    """
    still = Pose(np.eye(3), np.zeros(3))
    points, truths, distances = [], [], []
    for k, (depth, true) in enumerate(zip(depths, case.depths, strict=True)):
        window, valid = case.shots[k].window, true > 0
        full = cv2.resize(depth.astype(np.float32), (GRID, GRID))
        own = grids.rays(window, focals[k], GRID) * full[..., None]
        exact = grids.rays(window, case.focal_sides, GRID) * true[..., None]
        back = (still if k == 0 or pose is None else pose).inverse
        points.append(back.apply(own)[valid])
        truths.append(case.poses[k].inverse.apply(exact)[valid])
        distances.append(np.linalg.norm(exact[valid], axis=-1))
    ratios = [
        np.linalg.norm(t, axis=-1) / np.maximum(np.linalg.norm(p, axis=-1), 1e-9)
        for p, t in zip(points, truths, strict=True)
    ]
    scale = np.median(np.concatenate(ratios))
    return np.array(
        [
            np.median(np.linalg.norm(scale * p - t, axis=-1) / d)
            for p, t, d in zip(points, truths, distances, strict=True)
        ]
    )


def report(title: str, found: list[Row]) -> None:
    """Median, mean and, of counts, the sum over all pairs."""
    print(f"{title}: {len(found)} pairs, load {Path('/proc/loadavg').read_text()[:4]}")
    print(f"  {'':<18} {'median':>9} {'mean':>9} {'sum':>9}")
    for name in found[0]:
        values = np.array([row[name] for row in found])
        print(f"  {name:<18} {np.median(values):9.4f} {values.mean():9.4f} {values.sum():9.2f}")


def tables(
    scenes: int, skip: int, truth: Path | None, cache: Path | None, options: Options
) -> None:
    """Print the rows of the procedural evaluation pairs and of the measured ones."""
    model = load_model("embedded")
    seeds = range(HELD_OUT_SEED + skip, HELD_OUT_SEED + skip + scenes)
    parts: dict[str, Iterable[Case]] = {"procedural pairs": procedural(seeds, cache)}
    if truth is not None:
        parts["measured pairs"] = hololens(truth)
    for name, cases in parts.items():
        for known, found in rows(cases, model, options, cache).items():
            if found:
                report(f"{name}, focal length {_words(known)}", found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=64)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--known", action="store_true")
    parser.add_argument("--dense", action="store_true")
    parser.add_argument("--prototype", type=Path, help="a checkout of commit fa7de65")
    parser.add_argument("--prototype-code", type=Path, help="the folder of two_view.py")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    prototype = None
    if given.prototype is not None and given.prototype_code is not None:
        prototype = Prototype(given.prototype, given.prototype_code)
    options = Options((given.known,), given.dense, prototype, given.verbose)
    tables(given.scenes, given.skip, given.truth, given.cache, options)


if __name__ == "__main__":
    main()
