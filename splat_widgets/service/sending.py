"""Photos and choices as a request, and the scene of the answer in the photos' own pixels."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.ExifTags import IFD, Base

from splat_widgets.photos.exif import focal_in_pixels
from splat_widgets.photos.formats import photo_format
from splat_widgets.photos.opening import DecodedPhoto
from splat_widgets.photos.photo import WHOLE_PX, Photo, cropped
from splat_widgets.reconstruction.choices import Choices
from splat_widgets.scene.cameras import Camera, PhotoCrop
from splat_widgets.scene.given import given_cameras
from splat_widgets.scene.reconstruction import Reconstruction
from splat_widgets.service.cameras import camera_json
from splat_widgets.service.options import PHOTOS

_CROP_PX = 64  # of the record that given cameras are matched with
_PIECE = 65_536
_QUALITY = 95


@dataclass(frozen=True, eq=False)
class Sent:
    """A photo as it is sent, and the one that it was made of."""

    name: str
    data: bytes
    width: int  # of what is sent, upright, px
    height: int
    original_size: tuple[int, int]  # (width, height) of the upright photo, px
    original_sha256: str | None  # of the file's bytes
    focal_px: float | None  # from EXIF, in px of the original

    @property
    def share(self) -> float:
        """Pixels that are sent for one of the original, along a side."""
        return self.width / self.original_size[0]


def sent(photo: DecodedPhoto) -> Sent:
    """A photo to send: its file if it is small, else a copy of at most `WHOLE_PX` px."""
    image, data = photo.image, photo.data
    size = image.size
    if max(size) <= WHOLE_PX and data is not None and photo_format(data) not in (None, "heif"):
        encoded = data
    else:
        if max(size) > WHOLE_PX:
            share = WHOLE_PX / max(size)
            width, height = (max(1, round(side * share)) for side in size)
            image = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        encoded = _encoded(image, photo, exact=data is None)
    digest = None if data is None else hashlib.sha256(data).hexdigest()
    return Sent(photo.name, encoded, *image.size, size, digest, photo.focal_px)


def _encoded(image: Image.Image, photo: DecodedPhoto, *, exact: bool) -> bytes:
    """A JPEG with the focal length that the photo had; of arrays, a PNG."""
    file = io.BytesIO()
    if exact:
        image.save(file, "PNG")
        return file.getvalue()
    exif = Image.Exif()
    if photo.focal_px is not None:
        one_mm = focal_in_pixels(100, *photo.image.size)
        if one_mm:
            mm = round(photo.focal_px / one_mm * 100)
            exif.get_ifd(IFD.Exif)[Base.FocalLengthIn35mmFilm] = mm
    image.save(file, "JPEG", quality=_QUALITY, subsampling=0, exif=exif)
    return file.getvalue()


def prepared(
    opened: Iterable[DecodedPhoto], choices: Choices, image_size: int | None
) -> tuple[list[Sent], dict[str, str]]:
    """Photos to send, and the fields of the request."""
    photos: list[Sent] = []
    records: list[Photo] = []
    for one in opened:
        photos.append(sent(one))
        if choices.cameras is not None:
            records.append(cropped(one, _CROP_PX))
    fields = {"refine": json.dumps(choices.refine).strip('"')}
    if choices.gaussian_size is not None:
        fields["size"] = str(choices.gaussian_size)
    if image_size is not None:
        fields["image_size"] = str(image_size)
    if choices.keep_all:
        fields["keep_all"] = "true"
    if not choices.same_exposure:
        fields["same_exposure"] = "false"
    if len(photos) == 1:
        fields["single"] = "true"
    shares = [photo.share for photo in photos]
    if any(choices.focals_px):
        focals = zip(choices.focals_px, shares, strict=True)
        fields["focal_px"] = json.dumps([f and f * share for f, share in focals])
    if any(choices.crops):
        crops = zip(choices.crops, shares, strict=True)
        fields["crops"] = json.dumps([c and [edge * share for edge in c] for c, share in crops])
    if choices.cameras is not None:
        fields["cameras"] = json.dumps(_cameras(choices, records, photos))
    return photos, fields


def _cameras(
    choices: Choices, records: Sequence[Photo], photos: Sequence[Sent]
) -> list[dict[str, Any]]:
    """Given cameras in pixels of the photos that are sent."""
    assert choices.cameras is not None
    found = []
    for camera, photo in zip(given_cameras(choices.cameras, records), photos, strict=True):
        x, y = camera.principal_point_px
        share = photo.share
        smaller = replace(
            camera,
            focal_px=camera.focal_px * share,
            principal_point_px=(x * share, y * photo.height / camera.height),
            width=photo.width,
            height=photo.height,
        )
        found.append(camera_json(smaller))
    return found


@dataclass(frozen=True)
class Body:
    """A multipart request."""

    content_type: str
    parts: tuple[bytes, ...]

    @classmethod
    def of(cls, photos: Sequence[Sent], fields: dict[str, str]) -> Body:
        """The request of photos and fields."""
        boundary = secrets.token_hex(16)
        parts = []
        for name, value in fields.items():
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
            parts.append(f"{head}{value}\r\n".encode())
        for photo in photos:
            name = photo.name.replace("\\", "_").replace('"', "'")
            head = f'Content-Disposition: form-data; name="{PHOTOS}"; filename="{name}"'
            parts.append(f"--{boundary}\r\n{head}\r\n\r\n".encode())
            parts += [photo.data, b"\r\n"]
        parts.append(f"--{boundary}--\r\n".encode())
        return cls(f"multipart/form-data; boundary={boundary}", tuple(parts))

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(map(len, self.parts))

    def pieces(self, counter: list[int]) -> Iterator[bytes]:
        """The bytes, piece by piece; `counter[0]` is how many were taken."""
        counter[0] = 0
        for part in self.parts:
            for begin in range(0, len(part), _PIECE):
                piece = part[begin : begin + _PIECE]
                counter[0] += len(piece)
                yield piece


def in_own_pixels(scene: Reconstruction, photos: Sequence[Sent]) -> Reconstruction:
    """The scene as if the photos had been sent whole: names, sizes, crops, hashes."""
    known = _sent_of(scene.photos, photos)
    own_photos = tuple(map(_own, scene.photos, known))

    def scaled(values: Sequence[float | None]) -> tuple[float | None, ...]:
        shares = [1.0 if was is None else was.share for was in known]
        return tuple(
            None if value is None else value / share
            for value, share in zip(values, shares, strict=True)
        )

    found = scene.refinement
    if found is not None and len(found.focal_px_after) == len(known):
        found = replace(
            found,
            focal_px_before=scaled(found.focal_px_before),
            focal_px_after=scaled(found.focal_px_after),
            reprojection_error_px=scaled(found.reprojection_error_px),
        )
    return replace(
        scene,
        photos=own_photos,
        cameras=tuple(map(_of_photo, scene.cameras, own_photos)),
        refinement=found,
        predicted=scene.predicted and in_own_pixels(scene.predicted, photos),
    )


def _sent_of(photos: Sequence[Photo], sent: Sequence[Sent]) -> list[Sent | None]:
    """What each photo was sent as; of equal bytes the one of its name, else the next."""
    left: dict[str, list[Sent]] = {}
    for one in sent:
        left.setdefault(hashlib.sha256(one.data).hexdigest(), []).append(one)
    found: list[Sent | None] = []
    for photo in photos:
        alike = left.get(photo.sha256 or "", [])
        chosen = next((one for one in alike if one.name == photo.name), alike[0] if alike else None)
        if chosen is not None and len(alike) > 1:  # the last is kept: a photo may be there twice
            alike.remove(chosen)
        found.append(chosen)
    return found


def _own(photo: Photo, was: Sent | None) -> Photo:
    """The record of the photo that was sent."""
    if was is None:
        return photo
    return replace(
        photo,
        name=was.name,
        original_size=was.original_size,
        focal_px=was.focal_px,
        sha256=was.original_sha256,
    )


def _of_photo(camera: Camera | None, photo: Photo) -> Camera | None:
    """A camera whose crop is in pixels of this photo."""
    if camera is None or camera.crop is None:
        return camera
    return replace(camera, crop=PhotoCrop(*photo.crop, *photo.original_size))


def scene_in(path: Path, photos: Sequence[Sent]) -> Reconstruction:
    """The reconstruction in a scene file.

    Raises:
        SceneFileError: if it cannot be read.
        ValueError: if it holds none.
    """
    from splat_widgets.io import scenefile

    found = scenefile.read(path).reconstruction
    if found is None:
        raise ValueError("expected a reconstruction from the service, got Gaussians alone")
    return in_own_pixels(found, photos)
