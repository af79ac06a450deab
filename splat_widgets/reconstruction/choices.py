"""What a caller of `reconstruct` may choose, checked before anything is opened or loaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Literal, cast

import numpy as np

from splat_widgets.models.predictor import Predictor
from splat_widgets.photos.photo import Crop, Photo
from splat_widgets.scene.given import CamerasLike
from splat_widgets.sizes import format_bytes

Refine = Literal["auto"] | bool

GRID_STEP, LEAST_GRID, LARGEST_GRID = 16, 64, 1024
LARGE_GRID = 512
"""Above this, count and memory of the Gaussians are said first."""
DEFAULT_GRID = 256
"""For a network whose own pictures are smaller."""
_BYTES_PER_PHOTO = 63 * 10**6
_BYTES_PER_GAUSSIAN = 400  # record, maps and evidence, without the network's own scene


@dataclass(frozen=True)
class Choices:
    """How a scene is made from photos. Per-photo entries follow the photos."""

    refine: Refine
    gaussian_size: int | None
    focals_px: tuple[float | None, ...]  # of the upright, uncropped photos
    cameras: CamerasLike | None
    crops: tuple[Crop | None, ...]
    keep_all: bool
    same_exposure: bool = True

    @classmethod
    def checked(
        cls,
        count: int,
        *,
        refine: Refine = "auto",
        gaussian_size: int | None = None,
        focal_px: float | Sequence[float | None] | None = None,
        cameras: CamerasLike | None = None,
        crops: Sequence[Crop | None] | None = None,
        keep_all: bool = False,
        same_exposure: bool = True,
    ) -> Choices:
        """The choices for a number of photos.

        Raises:
            ValueError: for a value that cannot be.
            TypeError: for a focal length that is no number.
        """
        if not (refine == "auto" or isinstance(refine, bool)):
            raise ValueError(f'expected refine as "auto", True or False, got {refine!r}')
        for name, flag in (("keep_all", keep_all), ("same_exposure", same_exposure)):
            if not isinstance(flag, bool):
                raise ValueError(f"expected {name} as True or False, got {flag!r}")
        if isinstance(cameras, list | tuple) and not cameras:
            raise ValueError(
                f"expected cameras for {count} photos, got an empty list; leave `cameras` out to "
                "have them found from the photos"
            )
        if cameras is not None and focal_px is not None:
            raise ValueError("expected `cameras` or `focal_px`, got both; cameras have their own")
        if cameras is not None and refine is False:
            raise ValueError(
                "expected refine=True or 'auto' with `cameras`, got False: the network takes no "
                "cameras"
            )
        if gaussian_size is not None:
            _check_grid(gaussian_size)
            if refine is False:
                raise ValueError(
                    "expected refine=True or 'auto' with `gaussian_size`, got False: the "
                    "network's own Gaussians have its own size"
                )
        if crops is not None and len(crops) != count:
            raise ValueError(f"expected {count} crops, one for each photo, got {len(crops)}")
        return cls(
            refine=refine,
            gaussian_size=gaussian_size,
            focals_px=_focals(focal_px, count),
            cameras=cameras,
            crops=(None,) * count if crops is None else tuple(crops),
            keep_all=keep_all,
            same_exposure=same_exposure,
        )

    def refines(self, predictor: Predictor, count: int) -> bool:
        """Whether depth and Gaussians are replaced where the photos determine them.

        "auto": for the embedded model, for more than two photos, and with given cameras; not for
        one or two photos with other weights, whose Gaussians people study as they are predicted.
        """
        if isinstance(self.refine, bool):
            return self.refine
        known = predictor.provenance
        embedded = known is not None and known.source == "embedded"
        return count > 1 and (embedded or count > 2 or self.cameras is not None)

    def grid(self, photo: Photo, model_size: int) -> int:
        """Side of the grid of Gaussians of a photo.

        Raises:
            ValueError: if a size was asked for that the photo's crop does not have.
        """
        left, _, right, _ = photo.crop_box
        side_px = (right - left) * photo.original_size[0] / photo.resized_size[0]
        if self.gaussian_size is not None:
            if self.gaussian_size > math.ceil(side_px):
                raise ValueError(
                    f"expected gaussian_size of at most {_floor(side_px)} px, the side of the "
                    f"crop of {photo.name}, got {self.gaussian_size}"
                )
            return self.gaussian_size
        wanted = max(DEFAULT_GRID, _floor(model_size))
        return max(LEAST_GRID, min(wanted, _floor(side_px), LARGEST_GRID))


def size_notice(grids: Sequence[int]) -> str | None:
    """Count and memory of the Gaussians of these grids where they are many, else None."""
    if max(grids) <= LARGE_GRID:
        return None
    count = sum(grid * grid for grid in grids)
    return (
        f"gaussian_size {max(grids)} makes {count / 1e6:.1f} million Gaussians, which take about "
        f"{format_bytes(count * _BYTES_PER_GAUSSIAN)}; a size of {LARGE_GRID} or less draws more "
        "smoothly"
    )


def memory_notice(grids: Sequence[int], free_bytes: int) -> str | None:
    """What a run takes beyond the loaded model, where that is more than is free; else None.

    Measured on the embedded model, and rounded up: 63 MB for each photo, and what its Gaussians
    take.
    """
    needed = sum(grid * grid for grid in grids) * _BYTES_PER_GAUSSIAN
    needed += len(grids) * _BYTES_PER_PHOTO
    if needed <= free_bytes:
        return None
    return (
        f"This run takes about {format_bytes(needed)} of memory beyond the model, and "
        f"{format_bytes(free_bytes)} are free, so it may end without a word; close other "
        "programs, or take fewer photos or a smaller gaussian_size"
    )


def _floor(side_px: float) -> int:
    return int(side_px + 1e-6) // GRID_STEP * GRID_STEP


def _check_grid(size: object) -> None:
    allowed = range(LEAST_GRID, LARGEST_GRID + 1, GRID_STEP)
    if isinstance(size, bool) or size not in allowed:
        raise ValueError(
            f"expected gaussian_size as a multiple of {GRID_STEP} from {LEAST_GRID} to "
            f"{LARGEST_GRID}, got {size!r}"
        )


def _focals(
    focal_px: float | Sequence[float | None] | None, count: int
) -> tuple[float | None, ...]:
    if focal_px is None or isinstance(focal_px, Real):
        given: list[float | None] = [cast("float | None", focal_px)] * count
    elif isinstance(focal_px, Sequence | np.ndarray) and not isinstance(focal_px, str):
        given = list(focal_px)
    else:
        raise TypeError(
            f"expected focal_px as a number or one for each photo, got {type(focal_px).__name__}"
        )
    if len(given) != count:
        raise ValueError(f"expected {count} focal lengths, one for each photo, got {len(given)}")
    for one in given:
        if one is None:
            continue
        if isinstance(one, bool) or not (isinstance(one, Real) and 0 < one < math.inf):
            raise ValueError(f"expected focal_px as finite numbers above 0, got {one!r}")
    return tuple(None if one is None else float(one) for one in given)
