"""The pictures of a `.sog`, from an archive or a folder; nothing is trusted."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from splat_widgets.files import open_file
from splat_widgets.io.errors import FormatError

_MAX_SIDE_PX = 16_383  # of any WebP
_SPARE_BYTES = 2**20  # that a part may be larger than the archive's own size

Parts = Callable[[str], bytes]
"""Content of a part by its name in `meta.json`."""


def parts_of(path: Path, meta_name: str) -> tuple[Parts, bytes, int]:
    """How to get the parts, the content of `meta.json`, and how many bytes there are in all.

    Raises:
        FormatError: if there is no such file, or the archive is damaged.
    """
    with open_file(path) as file:
        is_archive = file.read(4) == b"PK\x03\x04"
    return _of_archive(path, meta_name) if is_archive else _of_folder(path)


def picture(get: Parts, name: object, path: Path, count: int | None = None) -> np.ndarray:
    """(pixels, 4) uint8 RGBA of a picture; (H, W, 4) without a count.

    Raises:
        FormatError: if it is damaged, or has fewer pixels than `count` or many more.
    """
    if not isinstance(name, str):
        raise FormatError(f"expected the name of a picture, got {str(name)[:40]!r}", path)
    try:
        with Image.open(io.BytesIO(get(name)), formats=("WEBP", "PNG")) as opened:
            width, height = opened.size
            _check_size(name, width, height, path, count)
            pixels = np.asarray(opened.convert("RGBA"))
    except FormatError:
        raise
    except Exception as error:  # Pillow raises what its parsers raise
        raise FormatError(f"its picture {name[:80]!r} is damaged ({error})", path) from error
    return pixels if count is None else pixels.reshape(-1, 4)[:count]


def encoded(pixels: np.ndarray) -> bytes:
    """The WebP of (H, W, 4) bytes, without loss, where alpha is 0 too."""
    file = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(file, "WEBP", lossless=True, exact=True, method=2)
    return file.getvalue()


def _check_size(name: str, width: int, height: int, path: Path, count: int | None) -> None:
    most = 2**26 if count is None else 2 * count + 2**16
    if max(width, height) > _MAX_SIDE_PX or not (count or 0) <= width * height <= most:
        raise FormatError(
            f"expected {'some' if count is None else f'{count:,}'} pixels in {name[:80]!r}, got "
            f"{width} x {height}",
            path,
        )


def _of_archive(path: Path, meta_name: str) -> tuple[Parts, bytes, int]:
    size = path.stat().st_size
    with open_file(path) as file:
        data = file.read()
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        infos = {info.filename: info for info in archive.infolist()}
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise FormatError(f"its archive is damaged or cut off ({error})", path) from error
    metas = [name for name in infos if PurePosixPath(name).name == meta_name]
    if len(metas) != 1:
        raise FormatError(f"expected one {meta_name} in the archive, got {len(metas)}", path)
    folder = metas[0].removesuffix(meta_name)

    def get(name: str) -> bytes:
        info = infos.get(folder + name)
        if info is None:
            raise FormatError(f"its part {name[:80]!r} is missing", path)
        if info.file_size > size + _SPARE_BYTES:
            raise FormatError(f"its part {name[:80]!r} unpacks to {info.file_size:,} bytes", path)
        try:
            return archive.read(info)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError) as error:
            raise FormatError(f"its part {name[:80]!r} is damaged ({error})", path) from error
        except Exception as error:  # zlib and others
            raise FormatError(f"its part {name[:80]!r} is damaged ({error})", path) from error

    return get, get(meta_name), size


def _of_folder(path: Path) -> tuple[Parts, bytes, int]:
    def get(name: str) -> bytes:
        if PurePosixPath(name).name != name or "\\" in name or ":" in name:
            raise FormatError(f"its part {name[:80]!r} is not beside it", path)
        try:
            with open_file(path.parent / name) as file:
                return file.read()
        except OSError as error:
            raise FormatError(f"its part {name[:80]!r} is missing beside it", path) from error

    with open_file(path) as file:
        meta = file.read()
    beside = sum(one.stat().st_size for one in path.parent.glob("*.webp") if one.is_file())
    return get, meta, beside + len(meta)
