"""Dense depth with true cameras: errors and CPU seconds, beside the network's.

    python tests/benchmarks/refine/dense_rows.py [--scenes 64] [--skip 0] [--truth FOLDER]
        [--cache FOLDER] [--count 256] [--verbose]

Procedural scenes are the held-out ones from `--skip` on. The point error is that of
`training/evaluate`, after one scale per scene, on the true 256 px depth. Frames with measured depth
are judged by |log z - log z_true - their median|. Rotation and direction have no error here: poses
and focal lengths are the true ones. `--cache` keeps the rendered scenes.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from dense_data import GRID, Case, hololens, procedural, triangulated
from pair_data import prior_of

from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.models.weights import load_model
from splat_widgets.refinement import grids
from splat_widgets.refinement.dense import dense_depths
from splat_widgets.refinement.records import DenseDepth
from splat_widgets.training.procedural.data import HELD_OUT_SEED


def full(depth: np.ndarray) -> np.ndarray:
    return cv2.resize(depth, (GRID, GRID), interpolation=cv2.INTER_LINEAR)


def point_errors(case: Case, depths: list[np.ndarray]) -> np.ndarray:
    """Median relative error of each photo's points after one scale for both."""
    rays = grids.rays(case.shots[0].window, case.focal_sides, GRID)
    valid = [true > 0 for true in case.depths]
    backs = [pose.inverse for pose in case.poses]
    points = [
        back.apply(rays * full(depth)[..., None])[v]
        for back, depth, v in zip(backs, depths, valid, strict=True)
    ]
    truths = [
        back.apply(rays * depth[..., None])[v]
        for back, depth, v in zip(backs, case.depths, valid, strict=True)
    ]
    ratios = [norm(t) / norm(p) for p, t in zip(points, truths, strict=True)]
    scale = np.median(np.concatenate(ratios))
    distances = [
        norm(rays * depth[..., None])[v] for depth, v in zip(case.depths, valid, strict=True)
    ]
    errors = [
        np.median(norm(scale * p - t) / d)
        for p, t, d in zip(points, truths, distances, strict=True)
    ]
    return np.array(errors)


def norm(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=-1)


def depth_error(case: Case, depths: list[np.ndarray]) -> float:
    errors = []
    for depth, true in zip(depths, case.depths, strict=True):
        known = true > 0
        gap = np.log(full(depth)[known] / true[known])
        errors.append(np.median(np.abs(gap - np.median(gap))))
    return float(np.mean(errors))


def checked_misses(case: Case, dense: tuple[DenseDepth, ...]) -> float:
    """Share of the checked pixels whose depth is off by more than 5 %."""
    misses = [
        np.abs(full(one.depth) / np.maximum(true, 1e-9) - 1)[
            (full(one.checked.astype(np.float32)) > 0.5) & (true > 0)
        ]
        for one, true in zip(dense, case.depths, strict=True)
    ]
    return float((np.concatenate(misses) > 0.05).mean())


def solved(
    case: Case, priors: tuple[np.ndarray, np.ndarray], count: int
) -> tuple[tuple[DenseDepth, ...], float]:
    sparse = triangulated(case.shots, case.poses[1], case.focal_sides)
    began = time.process_time()
    dense = dense_depths(
        case.shots,
        case.poses,
        (case.focal_sides,) * 2,
        priors,
        sparse,
        count=count,
        device=torch.device("cpu"),
    )
    return dense, time.process_time() - began


def judged(case: Case, model: Splatt3R, count: int) -> dict[str, float]:
    priors = prior_of(model, case.shots).depths
    dense, seconds = solved(case, priors, count)
    depths, network = [one.depth for one in dense], list(priors)
    own, theirs = point_errors(case, depths), point_errors(case, network)
    return {
        "point 1": own[0],
        "point 2": own[1],
        "network 1": theirs[0],
        "network 2": theirs[1],
        "depth": depth_error(case, depths),
        "network depth": depth_error(case, network),
        "checked": float(np.mean([one.checked.mean() for one in dense])),
        "checked misses": checked_misses(case, dense),
        "worse": float(own.mean() > 1.1 * theirs.mean()),
        "CPU s": seconds,
    }


def report(title: str, rows: list[dict[str, float]]) -> None:
    print(title)
    print(f"  {'':<16} {'median':>8} {'mean':>8}")
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        print(f"  {name:<16} {np.median(values):8.4f} {values.mean():8.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=64)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--count", type=int, default=GRID)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    model = load_model("embedded")
    first = HELD_OUT_SEED + arguments.skip
    seeds = range(first, first + arguments.scenes)
    parts = {
        f"procedural scenes from held-out {arguments.skip} on": procedural(seeds, arguments.cache)
    }
    if arguments.truth is not None:
        parts["measured depth"] = hololens(arguments.truth)
    for title, cases in parts.items():
        rows = []
        for case in cases:
            rows.append(judged(case, model, arguments.count))
            if arguments.verbose:
                values = " ".join(f"{value:.4f}" for value in rows[-1].values())
                print(f"{case.name} {values}", flush=True)
        if rows:
            report(f"{title}: {len(rows)} pairs, grid {arguments.count}", rows)


if __name__ == "__main__":
    main()
