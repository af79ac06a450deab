"""The photos of a run, cropped for the network and for the Gaussians, with given cameras."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from splat_widgets.photos.opening import DecodedPhoto
from splat_widgets.photos.photo import Photo, cropped, on_grid
from splat_widgets.reconstruction.choices import Choices
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.given import check_focal, given_cameras


@dataclass(frozen=True, eq=False)
class Opened:
    """The photos of a run."""

    photos: tuple[Photo, ...]  # as the network sees them
    on_grids: tuple[Photo, ...]  # their crops at the resolution of the refined Gaussians
    cameras: tuple[Camera, ...] | None  # given ones, in pixels of the upright photos

    @property
    def grids(self) -> tuple[int, ...]:
        """Sides of the grids of Gaussians."""
        return tuple(photo.pixels.shape[0] for photo in self.on_grids)

    def part(self, numbers: Sequence[int]) -> Opened:
        """Some of these photos."""
        return Opened(
            tuple(self.photos[k] for k in numbers),
            tuple(self.on_grids[k] for k in numbers),
            None if self.cameras is None else tuple(self.cameras[k] for k in numbers),
        )


def open_photos(
    decoded: Iterable[DecodedPhoto], choices: Choices, size: int, model_size: int
) -> Opened:
    """Crops of all photos; each whole photo is let go before the next one is opened.

    Raises:
        ValueError: for a crop or a grid that a photo does not have, cameras that do not fit, or a
            focal length that no lens has.
    """
    photos, on_grids = [], []
    for one, crop, focal in zip(decoded, choices.crops, choices.focals_px, strict=True):
        photo = cropped(one, size, crop)
        photos.append(photo)
        if focal is not None:
            check_focal(focal, photo, "focal_px")
        on_grids.append(on_grid(photo, one, choices.grid(photo, model_size), crop))
    cameras = None if choices.cameras is None else given_cameras(choices.cameras, photos)
    return Opened(tuple(photos), tuple(on_grids), cameras)
