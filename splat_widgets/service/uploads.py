"""A multipart request as files and fields, limited while it streams.

A file's kind is told by its first bytes and refused with the sentence of the panels as soon as they
are there. Files lie in a scratch folder under numbers; the name that the user gave is text to show.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from splat_widgets.photos.formats import HEAD_BYTES, photo_format, refusal
from splat_widgets.photos.source import PhotoError, display_name
from splat_widgets.service.options import PHOTOS
from splat_widgets.service.problems import Refused, photo_problem, refuse
from splat_widgets.sizes import format_bytes

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_IDLE_S = 30  # between two pieces
_MOST_FIELDS = 20
_MOST_FIELD_BYTES = 65_536


@dataclass(frozen=True)
class Limits:
    """Of one request."""

    photos: int
    photo_bytes: int
    total_bytes: int
    seconds: float


@dataclass
class ReceivedPhoto:
    """A photo that has arrived."""

    name: str  # to show
    path: Path  # in the scratch folder
    size: int = 0


@dataclass
class Upload:
    """All of a request."""

    fields: dict[str, str] = field(default_factory=dict)
    photos: list[ReceivedPhoto] = field(default_factory=list)


@asynccontextmanager
async def receiving(request: Request, limits: Limits, scratch: Path) -> AsyncIterator[Upload]:
    """The upload of a request; its files are removed at the end of the block.

    Raises:
        Refused: for what is too much, too slow, no multipart, or a file that is no photo.
    """
    folder = Path(tempfile.mkdtemp(dir=scratch))
    reader = _Reader(folder, limits)
    try:
        await _read(request, reader, limits)
        yield reader.upload
    finally:
        reader.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _read(request: Request, reader: _Reader, limits: Limits) -> None:
    kind, details = parse_options_header(request.headers.get("content-type", ""))
    boundary = details.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise refuse("request", f"Expected multipart/form-data with the photos as {PHOTOS!r}")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced[:20]) > limits.total_bytes:
        raise reader.too_large()
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        pieces = aiter(request.stream())
        async with asyncio.timeout(limits.seconds):
            while True:
                async with asyncio.timeout(_IDLE_S):
                    piece = await anext(pieces, None)
                if piece is None:
                    break
                reader.count(len(piece))
                if piece:
                    parser.write(piece)
        parser.finalize()
    except TimeoutError:
        raise refuse(
            "too_slow",
            f"The photos did not arrive within {limits.seconds:.0f} s; send fewer at once",
        ) from None
    except FormParserError as error:
        raise refuse("request", f"The request is no sound multipart/form-data ({error})") from error
    if not reader.is_whole:
        raise refuse("request", "The request ended before its last part")


class _Reader:
    """Gets the parts from the parser and writes them down."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.upload = Upload()
        self.is_whole = False
        self._folder = folder
        self._limits = limits
        self._total = 0
        self._header = (bytearray(), bytearray())
        self._disposition = b""
        self._name = ""
        self._file: IO[bytes] | None = None
        self._value = bytearray()  # of a field, or the head of a photo

    def callbacks(self) -> MultipartCallbacks:
        """For `MultipartParser`."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, a, b: self._header[0].extend(data[a:b]),
            "on_header_value": lambda data, a, b: self._header[1].extend(data[a:b]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin_data,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def count(self, num_bytes: int) -> None:
        """More bytes have arrived."""
        self._total += num_bytes
        if self._total > self._limits.total_bytes:
            raise self.too_large()

    def too_large(self) -> Exception:
        """For a request as a whole."""
        limit = format_bytes(self._limits.total_bytes)
        return refuse("too_large", f"The photos have more than {limit} together; scale them down")

    def close(self) -> None:
        """Let go of the file that was being written."""
        if self._file is not None:
            with suppress(OSError):  # a full disk takes the rest no better now
                self._file.close()

    def _begin(self) -> None:
        self._header = (bytearray(), bytearray())
        self._disposition = b""

    def _end_header(self) -> None:
        name, value = self._header
        if bytes(name).lower() == b"content-disposition":
            self._disposition = bytes(value)
        self._header = (bytearray(), bytearray())

    def _begin_data(self) -> None:
        _, details = parse_options_header(self._disposition)
        self._name = details.get(b"name", b"").decode("utf-8", "replace")
        self._value = bytearray()
        if self._name != PHOTOS:
            if len(self.upload.fields) >= _MOST_FIELDS or b"filename" in details:
                raise refuse("request", f"Expected photos as {PHOTOS!r}, got {self._name[:40]!r}")
            return
        number = len(self.upload.photos)
        if number >= self._limits.photos:
            raise refuse("photos", f"Expected at most {self._limits.photos} photos, got more")
        name = display_name(details.get(b"filename", b"").decode("utf-8", "replace"))
        if name == "photo":  # it has none
            name = f"photo {number + 1}"
        photo = ReceivedPhoto(name, self._folder / str(number))
        self.upload.photos.append(photo)
        self._file = photo.path.open("xb")

    def _data(self, data: bytes, begin: int, end: int) -> None:
        if self._file is None:
            self._value += data[begin:end]
            if len(self._value) > _MOST_FIELD_BYTES:
                raise refuse("request", f"The field {self._name[:40]!r} is too long")
            return
        photo = self.upload.photos[-1]
        before, photo.size = photo.size, photo.size + end - begin
        if photo.size > self._limits.photo_bytes:
            limit = format_bytes(self._limits.photo_bytes)
            raise _refused(photo, f"has more than the limit of {limit}")
        if before < HEAD_BYTES:
            self._value += data[begin : begin + HEAD_BYTES - before]
            if photo.size >= HEAD_BYTES:
                self._check_kind(photo)
        self._file.write(data[begin:end])

    def _end(self) -> None:
        if self._file is None:
            self.upload.fields[self._name] = self._value.decode("utf-8", "replace")
            return
        self._file.close()
        self._file = None
        photo = self.upload.photos[-1]
        if photo.size < HEAD_BYTES:
            self._check_kind(photo)

    def _check_kind(self, photo: ReceivedPhoto) -> None:
        if photo_format(bytes(self._value)) is None:
            raise _refused(photo, refusal(bytes(self._value)))

    def _finish(self) -> None:
        self.is_whole = True


def _refused(photo: ReceivedPhoto, reason: str) -> Exception:
    return Refused(photo_problem(PhotoError(photo.name, reason)))
