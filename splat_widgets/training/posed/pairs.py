"""A stream of training batches from your own photos with known cameras and depth.

    stream = PosedPairs("scenes", image_size=128, batch_size=4, seed=0)
    pairs = next(stream)

The folder holds a `transforms.json`, or folders with one each; the docstring of
`splat_widgets.scene.transforms` describes the format.

Depth maps of 64 pixels decide which photos make a pair. Each photo of a pair sees at least
`MIN_OVERLAP` of the other's points (within 5 % of the depth), and the cameras are apart by at least
2 % of the median depth, as in the procedural scenes. A target view, to be rendered and compared, is
a third photo; one photo of the pair sees at least `MIN_TARGET_SEEN` of it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from splat_widgets.conventions import PATCH_SIZE
from splat_widgets.files import local_path
from splat_widgets.scene.transforms import (
    FILE_NAME,
    Frame,
    TransformsError,
    read_transforms,
)
from splat_widgets.training.posed.photos import half_field, load_depth, load_posed_photo
from splat_widgets.training.procedural.data import develop
from splat_widgets.training.procedural.scenes import BASELINE_SHARE, Pairs, Targets, covisible

logger = logging.getLogger(__name__)

MIN_OVERLAP = 0.3
MIN_TARGET_SEEN = 0.5
_DEPTH_TOLERANCE = 0.05
_PROBE = 64  # edge in pixels of the depth maps that overlap is measured on
_PROBE_STEP = 3  # every third of their pixels per axis is looked up in the other photos
_CACHE_BYTES = 256 * 2**20


@dataclass(frozen=True)
class _Candidate:
    """A pair that may be drawn, with the frames that may be its targets."""

    scene: int
    photos: tuple[int, int]
    targets: tuple[int, ...]  # may be empty


class PosedPairs:
    """Endless batches of pairs from posed photos, with the interface of `PairStream`.

    Args:
        folders: one or several, each with a `transforms.json` or with folders that have one. Both
            photos of a pair are from one scene. Frames without depth are left out.
        image_size: side of the pictures in pixels, a multiple of 16.
        batch_size: pairs in a batch.
        seed: decides the choice of pairs and the photometry.
        targets: number of target views of each pair.
        min_overlap: see above.
        photometric: vary exposure, white balance, blur, noise and compression as for procedural
            scenes.
        device: of the batches.

    Raises:
        TransformsError: for a scene that cannot be read, or if no two photos make a pair.
        ValueError: for sizes out of range.
    """

    def __init__(
        self,
        folders: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        image_size: int,
        batch_size: int,
        seed: int = 0,
        *,
        targets: int = 0,
        min_overlap: float = MIN_OVERLAP,
        photometric: bool = True,
        device: torch.device | str = "cpu",
    ) -> None:
        if image_size < PATCH_SIZE or image_size % PATCH_SIZE:
            raise ValueError(
                f"expected an image_size that is a multiple of {PATCH_SIZE}, got {image_size}"
            )
        if batch_size < 1:
            raise ValueError(f"expected at least 1 pair in a batch, got {batch_size}")
        if not 0 < min_overlap <= 1:
            raise ValueError(f"expected min_overlap in (0, 1], got {min_overlap}")
        self.image_size, self.batch_size = image_size, batch_size
        self.photometric, self.device = photometric, device
        self._generator = torch.Generator().manual_seed(seed)
        self._scenes = [_with_depth(path) for path in scene_folders(folders)]
        self._all = [
            candidate
            for number, frames in enumerate(self._scenes)
            for candidate in _candidates(number, frames, min_overlap)
        ]
        if not self._all:
            raise TransformsError(
                f"no two of {sum(map(len, self._scenes))} photos with depth share "
                f"{min_overlap:.0%} of what they see; check that poses and depth have one unit "
                "(metres) and OpenGL axes, or lower `min_overlap`"
            )
        self.set_targets(targets)
        photo_bytes = image_size**2 * 12
        self._photo = lru_cache(maxsize=max(8, _CACHE_BYTES // photo_bytes))(load_posed_photo)

    def __len__(self) -> int:
        """Number of pairs of photos that may be drawn, in either order."""
        return len(self._drawn_from)

    def set_targets(self, count: int) -> None:
        """Give this many target views of each pair from the next batch on.

        Raises:
            TransformsError: if no pair has another photo of what it shows.
            ValueError: for a number below 0.
        """
        if count < 0:
            raise ValueError(f"expected a number of target views of at least 0, got {count}")
        self._drawn_from = [pair for pair in self._all if pair.targets or not count]
        if not self._drawn_from:
            raise TransformsError(
                f"none of {len(self._all)} pairs has a third photo that shows "
                f"{MIN_TARGET_SEEN:.0%} of what one of the pair shows; training by rendering needs "
                "at least three photos of a scene with depth"
            )
        self.targets = count

    def __iter__(self) -> Iterator[Pairs]:
        return self

    def __next__(self) -> Pairs:
        """The next batch of pairs, each in either order of its photos."""
        batch = Pairs.cat([self._draw() for _ in range(self.batch_size)])
        if self.photometric:
            batch = develop(batch, self._generator)
        return batch.to(self.device)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed stream needs to continue with the same batches."""
        return {"generator": self._generator.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where another stream of the same folders stopped."""
        self._generator.set_state(state["generator"])

    def skip(self, seeds: int) -> None:
        """Draw other pairs from here on, so that parallel processes see different ones."""
        if seeds:  # with a draw, so that a resumed run does not start over
            self._generator.manual_seed(self._random(2**31) + seeds)

    def _draw(self) -> Pairs:
        number = self._random(len(self._drawn_from))
        candidate = self._drawn_from[number]
        order = candidate.photos if self._random(2) else candidate.photos[::-1]
        further = list(candidate.targets)
        while 0 < len(further) < self.targets:  # too few: some are used twice
            further += candidate.targets
        shuffled = torch.randperm(len(further), generator=self._generator)
        chosen = [further[int(k)] for k in shuffled[: self.targets]]
        frames = self._scenes[candidate.scene]
        return self._assemble([frames[k] for k in (*order, *chosen)], number)

    def _random(self, bound: int) -> int:
        return int(torch.randint(bound, (1,), generator=self._generator))

    def _assemble(self, frames: Sequence[Frame], number: int) -> Pairs:
        """One pair of the first two frames, with the others as targets."""
        tangent = min(half_field(frame.intrinsics) for frame in frames)
        views = [self._photo(frame, self.image_size, tangent) for frame in frames]
        T_first_world = np.linalg.inv(frames[0].T_world_camera)
        poses = torch.from_numpy(
            np.stack([np.eye(4)] + [T_first_world @ f.T_world_camera for f in frames[1:]])
        )
        depth = torch.stack([view.depth for view in views])
        points = _points(depth, tangent, poses).float()[None]
        images = torch.stack([view.image for view in views])[None].float() / 255
        valid = torch.stack([view.valid for view in views])[None]
        T_first_camera = poses.float()[None]
        pair, further = slice(0, 2), slice(2, None)
        pairs = Pairs(
            images=images[:, pair],
            points=points[:, pair],
            valid=valid[:, pair],
            T_first_camera=T_first_camera[:, pair],
            focal_px=torch.tensor([self.image_size / 2 / tangent]),
            overlap=torch.zeros(1),
            seeds=torch.tensor([number]),
            targets=Targets(
                images[:, further],
                points[:, further],
                valid[:, further],
                T_first_camera[:, further],
            )
            if self.targets
            else None,
        )
        seen = covisible(pairs)[:, 1].sum((1, 2)) / pairs.valid[:, 1].sum((1, 2)).clamp_min(1)
        return replace(pairs, overlap=seen)


def scene_folders(folders: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[Path]:
    """The folders with a `transforms.json` among the given ones and the folders in them.

    Raises:
        TransformsError: if one of the given folders has none.
    """
    given = [folders] if isinstance(folders, str | os.PathLike) else list(folders)
    found: list[Path] = []
    for folder in (local_path(path) for path in given):
        here = [folder] if (folder / FILE_NAME).is_file() else []
        inner = here or sorted(path.parent for path in folder.glob(f"*/{FILE_NAME}"))
        if not inner:
            raise TransformsError(f"no {FILE_NAME} in {folder} or in the folders in it")
        found += inner
    if not found:
        raise TransformsError("expected at least one folder of posed photos, got none")
    return found


def _with_depth(folder: Path) -> list[Frame]:
    frames = read_transforms(folder)
    usable = [frame for frame in frames if frame.depth is not None]
    if len(usable) < len(frames):
        logger.warning(
            "%s: %d of %d photos have no depth and are left out",
            folder,
            len(frames) - len(usable),
            len(frames),
        )
    return usable


def _candidates(scene: int, frames: Sequence[Frame], min_overlap: float) -> list[_Candidate]:
    if len(frames) < 2:
        return []
    seen, baseline = overlaps(frames)
    both = np.minimum(seen, seen.T)
    apart = np.minimum(baseline, baseline.T) >= BASELINE_SHARE[0]
    result = []
    for first, second in zip(*np.nonzero(np.triu((both >= min_overlap) & apart, 1)), strict=True):
        known = np.maximum(seen[first], seen[second]) >= MIN_TARGET_SEEN
        known[[first, second]] = False
        targets = tuple(np.nonzero(known)[0].tolist())
        result.append(_Candidate(scene, (int(first), int(second)), targets))
    return result


def overlaps(frames: Sequence[Frame]) -> tuple[np.ndarray, np.ndarray]:
    """How much the photos of a scene see of each other, from small depth maps.

    Returns:
        (N, N) share of frame j's points, in column j, that the frame of the row sees; and (N, N)
        distance of their cameras over the median depth of the frame of the row.
    """
    tangents = [half_field(frame.intrinsics) for frame in frames]
    maps = [
        load_depth(frame, _PROBE, tangent) for frame, tangent in zip(frames, tangents, strict=True)
    ]
    poses = torch.from_numpy(np.stack([frame.T_world_camera for frame in frames]))
    pick = slice(1, None, _PROBE_STEP)
    points = torch.stack(
        [
            _points(depth[None], tangent, pose[None])[0, pick, pick].flatten(0, 1)
            for (depth, _), tangent, pose in zip(maps, tangents, poses, strict=True)
        ]
    )  # (N, P, 3) world
    valid = torch.stack([known[pick, pick].flatten() for _, known in maps])
    count = valid.sum(1).clamp_min(1)
    seen = torch.zeros(len(frames), len(frames), dtype=torch.float64)
    baseline = torch.zeros_like(seen)
    for row, ((depth, known), tangent, pose) in enumerate(zip(maps, tangents, poses, strict=True)):
        local = (points - pose[:3, 3]) @ pose[:3, :3]
        z = local[..., 2].clamp_min(1e-6)
        place = ((local[..., :2] / z[..., None] / tangent + 1) * (_PROBE / 2)).floor()
        inside = ((place >= 0) & (place < _PROBE)).all(-1) & (local[..., 2] > 1e-6)
        column, line = place.clamp(0, _PROBE - 1).long().unbind(-1)
        agrees = (depth[line, column] - z).abs() < _DEPTH_TOLERANCE * z
        seen[row] = (inside & agrees & valid).sum(1) / count
        middle = depth[known].median() if known.any() else torch.tensor(torch.inf)
        baseline[row] = (poses[:, :3, 3] - pose[:3, 3]).norm(dim=-1) / middle
    return seen.numpy(), baseline.numpy()


def _points(depth: Tensor, tangent: float, poses: Tensor) -> Tensor:
    """(V, S, S, 3) points behind the pixel centres of (V, S, S) depth maps, moved by (V, 4, 4)."""
    size = depth.shape[-1]
    step = (torch.arange(size, dtype=depth.dtype) + 0.5) * (2 * tangent / size) - tangent
    down, across = torch.meshgrid(step, step, indexing="ij")
    rays = torch.stack([across, down, torch.ones_like(down)], -1)
    local = depth[..., None] * rays
    return torch.einsum("vij,vhwj->vhwi", poses[:, :3, :3], local) + poses[:, None, None, :3, 3]
