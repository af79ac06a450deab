"""The photo record: the square crop that the network sees, the whole photo, and the way back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from PIL import Image

from splat_widgets.photos.given import listed
from splat_widgets.photos.opening import MAX_PIXELS, DecodedPhoto, decode
from splat_widgets.photos.source import MAX_FILE_BYTES, PhotoLike

if TYPE_CHECKING:
    from torch import Tensor

WHOLE_PX = 1024  # longer side of `Photo.whole` at most
MIN_CROP_PX = 64  # side of a crop that a user chooses

Crop = tuple[float, float, float]
"""x, y of the upper left corner and side of a square, in pixels of the upright photo."""


@dataclass(frozen=True, eq=False, repr=False)
class Photo:
    """One upright photo: a square crop for the network, and the whole of it for geometry."""

    name: str  # for messages; plain text, not escaped for HTML
    pixels: np.ndarray  # (S, S, 3) uint8 RGB, read-only: resized and cropped to a square
    whole: np.ndarray  # (H, W, 3) uint8 RGB, read-only: uncropped, longer side at most `WHOLE_PX`
    original_size: tuple[int, int]  # (width, height) of the upright photo, px
    resized_size: tuple[int, int]  # (width, height) before the crop, px
    crop_box: tuple[int, int, int, int]  # (left, top, right, bottom) in resized px
    focal_px: float | None = None  # in pixels of the original, from EXIF; None if it does not say
    sha256: str | None = None  # of the source bytes; None for arrays and PIL images

    def __repr__(self) -> str:
        (width, height), side = self.original_size, self.pixels.shape[0]
        return f"Photo({self.name}: {width} x {height} px, crop of {side} x {side})"

    def to_original(
        self,
        row: float | np.ndarray,
        col: float | np.ndarray,
        *,
        of: Literal["crop", "whole"] = "crop",
    ) -> tuple[float | np.ndarray, float | np.ndarray]:
        """Where the centre of a pixel lies in the upright original photo.

        Args:
            row: (...) row in `pixels` or `whole`; fractions allowed.
            col: (...) column.
            of: which of the two pictures: "crop" is `pixels`.

        Returns:
            x and y in original pixels, from the top left corner of its top left pixel.
        """
        (width, height), left, top = self._grid(of)
        x = (col + 0.5 + left) * self.original_size[0] / width
        y = (row + 0.5 + top) * self.original_size[1] / height
        return x, y

    def from_original(
        self,
        x: float | np.ndarray,
        y: float | np.ndarray,
        *,
        of: Literal["crop", "whole"] = "crop",
    ) -> tuple[float | np.ndarray, float | np.ndarray]:
        """Inverse of `to_original`: (row, col) with fractions; points cropped off lie outside."""
        (width, height), left, top = self._grid(of)
        row = y * height / self.original_size[1] - top - 0.5
        col = x * width / self.original_size[0] - left - 0.5
        return row, col

    @property
    def crop(self) -> Crop:
        """The square of `pixels`, in pixels of the upright photo; its side is that along x."""
        left, top, right, _ = self.crop_box
        width, height = (
            original / resized
            for original, resized in zip(self.original_size, self.resized_size, strict=True)
        )
        return left * width, top * height, (right - left) * width

    def _grid(self, of: Literal["crop", "whole"]) -> tuple[tuple[int, int], int, int]:
        """(width, height) that the original was resized to, and the corner that is kept of it."""
        if of == "crop":
            return self.resized_size, *self.crop_box[:2]
        if of == "whole":
            return (self.whole.shape[1], self.whole.shape[0]), 0, 0
        raise ValueError(f"expected 'crop' or 'whole', got {of!r}")

    def tensor(self) -> Tensor:
        """(3, S, S) float32 in [0, 1], contiguous, on the CPU: the crop."""
        import torch  # only here: previews and checks of uploads work without loading it

        unit = self.pixels.astype(np.float32) / np.float32(255)
        return torch.from_numpy(np.ascontiguousarray(unit.transpose(2, 0, 1)))


def load_photos(
    photos: Iterable[PhotoLike] | PhotoLike,
    *,
    image_size: int = 512,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_FILE_BYTES,
) -> tuple[Photo, ...]:
    """The photos of a scene.

    Args:
        photos: one photo or several, as `photos.given.listed` and `decode` take them.
        image_size: side of the square in pixels; 512 for the released model.
        max_pixels: largest photo that is decoded.
        max_bytes: largest file that is read.

    Raises:
        PhotoError: if a photo cannot be used; it carries `name` and `reason`.
        ValueError: for no photos.
        TypeError: for something that is not a photo.
    """
    return tuple(
        load_photo(
            photo,
            name=f"photo {number}",
            image_size=image_size,
            max_pixels=max_pixels,
            max_bytes=max_bytes,
        )
        for number, photo in enumerate(listed(photos), start=1)
    )


def load_photo(
    photo: PhotoLike,
    *,
    name: str = "photo",
    image_size: int = 512,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_FILE_BYTES,
) -> Photo:
    """One photo; its crop is resized as the released model's loader does it, byte for byte.

    Args, errors and formats are those of `load_photos`; `name` is what to call a photo without one.
    """
    decoded = decode(photo, name=name, max_pixels=max_pixels, max_bytes=max_bytes)
    return cropped(decoded, image_size)


def cropped(decoded: DecodedPhoto, image_size: int, crop: Crop | None = None) -> Photo:
    """The record of a photo that was opened before the size of its crop was known.

    Args:
        decoded: the whole photo.
        image_size: side of the square in pixels.
        crop: which square of the photo; None: the largest one in its middle.

    Raises:
        ValueError: for a crop that is no square of the photo.
    """
    image, data = decoded.image, decoded.data
    pixels, resized_size, crop_box = _crop(decoded, image_size, crop)
    return Photo(
        name=decoded.name,
        pixels=pixels,
        whole=_read_only(_at_most(image, WHOLE_PX)),
        original_size=image.size,
        resized_size=resized_size,
        crop_box=crop_box,
        focal_px=decoded.focal_px,
        sha256=None if data is None else hashlib.sha256(data).hexdigest(),
    )


def on_grid(photo: Photo, decoded: DecodedPhoto, image_size: int, crop: Crop | None) -> Photo:
    """The same photo with a crop of another resolution; args are those of `cropped`."""
    pixels, resized_size, crop_box = _crop(decoded, image_size, crop)
    return replace(photo, pixels=pixels, resized_size=resized_size, crop_box=crop_box)


def _crop(
    decoded: DecodedPhoto, image_size: int, crop: Crop | None
) -> tuple[np.ndarray, tuple[int, int], tuple[int, int, int, int]]:
    """Pixels of the square, the size that the photo was resized to, and the square in it."""
    image = decoded.image
    if crop is None:
        resized_size, crop_box = square_crop(*image.size, image_size)
    else:
        resized_size, crop_box = _chosen_crop(decoded, image_size, crop)
    # The filter follows the long sides: shrinking needs Lanczos' wider support, and the reference
    # keeps bicubic when the size stays the same.
    smaller = max(image.size) > max(resized_size)
    kernel = Image.Resampling.LANCZOS if smaller else Image.Resampling.BICUBIC
    if crop is None:
        return _read_only(image.resize(resized_size, kernel).crop(crop_box)), resized_size, crop_box
    # A small crop of a large photo: the whole of it is not resized.
    scale = image.width / resized_size[0], image.height / resized_size[1]
    box = tuple(edge * scale[k % 2] for k, edge in enumerate(crop_box))
    part = image.resize((image_size, image_size), kernel, box=cast("Any", box))
    return _read_only(part), resized_size, crop_box


def _chosen_crop(
    decoded: DecodedPhoto, image_size: int, crop: Crop
) -> tuple[tuple[int, int], tuple[int, int, int, int]]:
    """As `square_crop`, for a square that a user chose; its corner moves to a whole pixel."""
    width, height = decoded.image.size
    x, y, side = checked_crop(crop, width, height, decoded.name)
    share = image_size / side
    resized = round(width * share), round(height * share)
    left = min(round(x * share), resized[0] - image_size)
    top = min(round(y * share), resized[1] - image_size)
    return resized, (left, top, left + image_size, top + image_size)


def checked_crop(crop: object, width: int, height: int, name: str) -> Crop:
    """A crop that lies in a photo of this size, in pixels.

    Raises:
        ValueError: for one that does not; `name` is the photo's.
    """
    try:
        x, y, side = (float(value) for value in cast("Any", crop))
    except (TypeError, ValueError):
        raise ValueError(
            f"expected the crop of {name} as (x, y, side) in pixels, got {crop!r}"
        ) from None
    inside = x >= 0 and y >= 0 and x + side <= width + 0.5 and y + side <= height + 0.5
    if not (inside and side >= MIN_CROP_PX):  # NaN is refused too
        raise ValueError(
            f"expected the crop of {name} to lie in its {width} x {height} px and to be at least "
            f"{MIN_CROP_PX} px wide, got x = {x:g}, y = {y:g}, side = {side:g}"
        )
    return x, y, min(side, width - x, height - y)


def square_crop(
    width: int, height: int, image_size: int
) -> tuple[tuple[int, int], tuple[int, int, int, int]]:
    """Size after resizing and the centred square that is kept of it.

    The short side becomes `image_size`. The order of products, divisions and roundings (half to
    even) is the reference's, so that the sizes agree for every photo.

    Returns:
        (width, height) after resizing and (left, top, right, bottom) in resized pixels.
    """
    if image_size < 2 or image_size % 2:
        raise ValueError(f"expected an even image_size of at least 2 pixels, got {image_size}")
    long_side = round(image_size * max(width / height, height / width))
    longest = max(width, height)
    w, h = round(width * long_side / longest), round(height * long_side / longest)
    half = min(w // 2, h // 2)
    return (w, h), (w // 2 - half, h // 2 - half, w // 2 + half, h // 2 + half)


def _at_most(image: Image.Image, longer_side: int) -> Image.Image:
    share = longer_side / max(image.size)
    if share >= 1:
        return image
    width, height = (max(1, round(side * share)) for side in image.size)
    # Large photos are first averaged to three times this size: as sharp, in a tenth of the time.
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _read_only(image: Image.Image) -> np.ndarray:
    pixels = np.array(image)
    pixels.setflags(write=False)
    return pixels
