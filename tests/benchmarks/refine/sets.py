"""Sets of 3, 5 and 10 photos: cameras against the truth, beside pycolmap as documented.

    python tests/benchmarks/refine/sets.py [--truth FOLDER] [--loops 12] [--seed 5001]
        [--cache FOLDER] [--no-pycolmap]

Rendered loops of our own, and with `--truth` the sets of its `pairs.json`. The principal point is
taken to be in the middle, as without calibration. Both sides are run once: own from the features
on, without a network, pycolmap with its default options and one camera for all photos, incremental
and global. Rows give medians over sets of each set's median over pairs of registered photos; a
direction counts as wrong from 30 degrees on. `--cache` keeps the rendered photos.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from loops import Loop, render_loop

from splat_widgets.photos.photo import load_photos
from splat_widgets.refinement.features import features
from splat_widgets.refinement.matches import match
from splat_widgets.refinement.pair import solve_pair
from splat_widgets.refinement.photo_set import solve_set
from splat_widgets.refinement.records import Pose
from splat_widgets.refinement.shots import shot_of

COUNTS = (3, 5, 3, 5, 3, 5, 10, 3, 5, 10, 5, 3)
WRONG_DEG = 30.0


@dataclass(frozen=True, eq=False)
class Case:
    """A set of photos with true cameras."""

    name: str
    group: str
    photos: list[Path]
    T_world_camera: np.ndarray  # (N, 4, 4)
    focal_sides: float


@dataclass(frozen=True, eq=False)
class Found:
    """What one side says of a set."""

    poses: dict[int, Pose]
    focal_sides: float
    seconds: float  # of one core, after the features for own; of everything for pycolmap


@dataclass
class Rows:
    """What is collected of one side over the sets of a group."""

    registered: list[int] = field(default_factory=list)
    medians: list[np.ndarray] = field(default_factory=list)  # (2,) rotation, direction
    directions: list[np.ndarray] = field(default_factory=list)
    focals: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, case: Case, found: Found) -> None:
        """One set."""
        self.registered.append(len(found.poses))
        self.seconds.append(found.seconds)
        errors = _errors(found.poses, case.T_world_camera)
        if len(errors):
            self.medians.append(np.median(errors, 0))
            self.directions.append(errors[:, 1])
            self.focals.append(abs(np.log(found.focal_sides / case.focal_sides)))

    def line(self, name: str, photos: int) -> str:
        """For the table."""
        head = f"  {name:22s} registered {sum(self.registered):3d} of {photos:3d}"
        if not self.medians:
            return f"{head}; no cameras"
        turn, aside = np.median(self.medians, 0)
        wrong = float((np.concatenate(self.directions) > WRONG_DEG).mean())
        return (
            f"{head} in {len(self.medians):2d} sets; rotation {turn:6.3f}, direction {aside:6.3f} "
            f"degrees; focal {100 * np.median(self.focals):5.2f} %; wrong {100 * wrong:4.1f} %; "
            f"{np.median(self.seconds):5.2f} s"
        )


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--loops", type=int, default=12)
    parser.add_argument("--seed", type=int, default=5001)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--no-pycolmap", action="store_true")
    given = parser.parse_args()
    table(given.loops, given.truth, given.cache, seed=given.seed, ours_only=given.no_pycolmap)


def table(
    loops: int, truth: Path | None, cache: Path | None, *, seed: int = 5001, ours_only: bool = False
) -> None:
    """Rendered loops, and the sets of a folder of measured photos."""
    with tempfile.TemporaryDirectory() as folder:
        cases = list(loop_cases(loops, seed, cache or Path(folder)))
        cases += [] if truth is None else list(true_cases(truth))
        report(cases, ours_only=ours_only)


def report(cases: Sequence[Case], *, ours_only: bool) -> None:
    """Runs all sides and prints one block for each group, and one for all."""
    sides: dict[str, list[Found]] = {"own": [own(case) for case in cases]}
    if not ours_only:
        for kind in ("incremental", "global"):
            sides[f"pycolmap {kind}"] = [colmap(case, kind) for case in cases]
    groups = list(dict.fromkeys(case.group for case in cases))
    for group in [*groups, "all sets"]:
        chosen = [k for k, case in enumerate(cases) if group in (case.group, "all sets")]
        print(group)
        for name, found in sides.items():
            rows = Rows()
            for k in chosen:
                rows.add(cases[k], found[k])
            print(rows.line(name, sum(len(cases[k].photos) for k in chosen)))
        for name in list(sides)[1:]:
            fewer = [k for k in chosen if len(sides["own"][k].poses) < len(sides[name][k].poses)]
            listed = ", ".join(
                f"{cases[k].name} {len(sides['own'][k].poses)}/{len(sides[name][k].poses)}"
                for k in fewer
            )
            print(f"  sets with fewer photos than {name}: {listed or 'none'}")
    print(f"order reversed: {_reversed(cases[0]):.2e} degrees of rotation at most")


def own(case: Case, order: Sequence[int] | None = None) -> Found:
    """Features, matches, pairs and the set, without a network."""
    order = range(len(case.photos)) if order is None else order
    photos = load_photos([case.photos[k] for k in order], image_size=128)
    shots = [shot_of(photo) for photo in photos]
    found = [features(shot.picture) for shot in shots]
    matches, answers = {}, {}
    started = time.process_time()
    for i, j in combinations(range(len(shots)), 2):
        matches[i, j] = match(found[i], found[j], (shots[i], shots[j]))
        answers[i, j] = solve_pair((shots[i], shots[j]), matches[i, j], None)
    begun = time.process_time()
    answer = solve_set(shots, matches, answers, {})
    ended = time.process_time()
    if answer is None:
        return Found({}, float("nan"), ended - begun)
    poses = {order[k]: pose for k, pose in enumerate(answer.poses) if pose is not None}
    print(f"{case.name}: matches and pairs {begun - started:.1f} s, set {ended - begun:.1f} s")
    return Found(poses, answer.focals_sides[answer.registered[0]], ended - begun)


def colmap(case: Case, kind: str) -> Found:
    """pycolmap from the photos on: extract, match all pairs, map."""
    import pycolmap

    pycolmap.logging.minloglevel = 3
    started = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "photos").mkdir()
        (folder / "models").mkdir()
        for number, path in enumerate(case.photos):
            Image.open(path).save(folder / "photos" / f"{number:03d}.png")
        options = pycolmap.ImageReaderOptions()
        options.camera_model = "SIMPLE_RADIAL"
        database, photos = folder / "database.db", folder / "photos"
        single = pycolmap.CameraMode.SINGLE
        pycolmap.extract_features(database, photos, camera_mode=single, reader_options=options)
        pycolmap.match_exhaustive(database)
        run = pycolmap.incremental_mapping if kind == "incremental" else pycolmap.global_mapping
        models = run(database, photos, folder / "models")
    seconds = time.process_time() - started
    if not models:
        return Found({}, float("nan"), seconds)
    model = max(models.values(), key=lambda one: one.num_reg_images())
    poses = {}
    for number in model.reg_image_ids():
        image = model.image(number)
        matrix = image.cam_from_world().matrix()
        poses[int(image.name[:3])] = Pose(matrix[:, :3], matrix[:, 3])
    camera = next(iter(model.cameras.values()))
    side = min(camera.width, camera.height)
    return Found(poses, camera.mean_focal_length() / side, seconds)


def loop_cases(count: int, seed: int, folder: Path) -> Iterator[Case]:
    """Loops of 3, 5 and 10 photos in turn, of the first seeds whose cameras stand free."""
    for number in range(count):
        photos = COUNTS[number % len(COUNTS)]
        while True:
            seed += 1
            home = folder / f"loop_{seed}_{photos}"
            loop = _stored(home) or render_loop(seed, photos)
            if loop is not None:
                break
        _store(home, loop)
        paths = sorted(home.glob("*.png"))
        yield Case(home.name, f"loops of {photos}", paths, loop.T_world_camera, loop.focal_sides)


def true_cases(folder: Path) -> Iterator[Case]:
    """The sets of `pairs.json`; the focal length is that of `K.txt`."""
    table = json.loads((folder / "pairs.json").read_text())
    K = np.loadtxt(folder / "K.txt")
    for names in table["sets"]:
        paths = [folder / "images" / name for name in names]
        side = min(Image.open(paths[0]).size)
        T = np.array([table["T_world_camera"][name] for name in names])
        focal = (K[0, 0] + K[1, 1]) / 2 / side
        yield Case(f"{names[0][:-4]}_{len(names)}", "given sets", paths, T, focal)


def _store(home: Path, loop: Loop) -> None:
    home.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(loop.pictures):
        Image.fromarray(picture).save(home / f"{number:03d}.png")
    cameras = {"T": loop.T_world_camera.tolist(), "focal_sides": loop.focal_sides}
    (home / "cameras.json").write_text(json.dumps(cameras))


def _stored(home: Path) -> Loop | None:
    if not (home / "cameras.json").is_file():
        return None
    table = json.loads((home / "cameras.json").read_text())
    pictures = np.stack([np.asarray(Image.open(path)) for path in sorted(home.glob("*.png"))])
    return Loop(pictures, np.array(table["T"]), table["focal_sides"])


def _errors(poses: dict[int, Pose], T_world_camera: np.ndarray) -> np.ndarray:
    """(pairs, 2) degrees of rotation and direction between all registered photos."""
    errors = []
    for a, b in combinations(sorted(poses), 2):
        found = poses[b].after(poses[a].inverse)
        true = np.linalg.inv(T_world_camera[b]) @ T_world_camera[a]
        lengths = np.linalg.norm(found.t) * np.linalg.norm(true[:3, 3])
        cosine = found.t @ true[:3, 3] / max(lengths, 1e-12)
        errors.append(
            (_turn_deg(found.R, true[:3, :3]), np.degrees(np.arccos(np.clip(cosine, -1, 1))))
        )
    return np.array(errors).reshape(-1, 2)


def _turn_deg(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip((np.trace(one.T @ other) - 1) / 2, -1, 1))))


def _reversed(case: Case) -> float:
    """Largest difference of a rotation between two photos when the user's order is reversed."""
    there, back = own(case), own(case, range(len(case.photos))[::-1])
    turns = [0.0]
    for a, b in combinations(sorted(there.poses), 2):
        one, other = (found.poses[b].R @ found.poses[a].R.T for found in (there, back))
        turns.append(_turn_deg(one, other))
    return max(turns)


if __name__ == "__main__":
    main()
