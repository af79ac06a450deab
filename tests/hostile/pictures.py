"""Good pictures in every container that is taken, and the pieces to break them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
from PIL import Image

SIZE = (61, 47)  # odd, so that rows and chunks need padding


Make = Callable[[], bytes]


@cache
def picture(width: int = SIZE[0], height: int = SIZE[1]) -> Image.Image:
    """Every corner differs, so that a wrong turn shows."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, 128 + 0 * x], -1).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png_chunk(name: bytes, payload: bytes, wrong: int = 0) -> bytes:
    checksum = zlib.crc32(name + payload) ^ wrong
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", checksum)


def png(width: int, height: int, *chunks: bytes, depth: int = 8, kind: int = 2) -> bytes:
    """A PNG whose header announces a size, with any further chunks."""
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    end = png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + b"".join(chunks) + end


def riff_chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def grey() -> Image.Image:
    return picture().convert("L").convert("RGB")


# Every container that is taken: how it is written, and what it then shows.
CONTAINERS: dict[str, tuple[Make, Callable[[], Image.Image]]] = {
    "JPEG": (lambda: encoded(picture(), "JPEG", quality=95), picture),
    "JPEG progressive": (
        lambda: encoded(picture(), "JPEG", quality=95, progressive=True),
        picture,
    ),
    "JPEG grey": (lambda: encoded(picture().convert("L"), "JPEG", quality=95), grey),
    "JPEG CMYK": (lambda: encoded(picture().convert("CMYK"), "JPEG", quality=95), picture),
    "MPO": (
        lambda: encoded(picture(), "MPO", quality=95, save_all=True, append_images=[grey()]),
        picture,
    ),
    "PNG": (lambda: encoded(picture(), "PNG"), picture),
    "PNG grey": (lambda: encoded(picture().convert("L"), "PNG"), grey),
    "PNG 16 bit": (
        lambda: encoded(Image.fromarray(np.full(SIZE[::-1], 40_000, np.uint16)), "PNG"),
        lambda: Image.new("RGB", SIZE, "white"),
    ),
    "PNG palette": (
        lambda: encoded(picture().quantize(200), "PNG", transparency=3),
        lambda: picture().quantize(200).convert("RGB"),
    ),
    "PNG alpha": (lambda: encoded(_with_alpha(), "PNG"), picture),
    "WebP lossy": (lambda: encoded(picture(), "WEBP", quality=95), picture),
    "WebP lossless": (lambda: encoded(picture(), "WEBP", lossless=True), picture),
    "WebP alpha": (lambda: encoded(_with_alpha(), "WEBP", quality=95, exact=True), picture),
    "WebP one frame": (lambda: webp_of_frames(1), picture),
    "GIF": (
        lambda: encoded(picture().quantize(200), "GIF"),
        lambda: picture().quantize(200).convert("RGB"),
    ),
}


def _with_alpha() -> Image.Image:
    image = picture().copy()
    image.putalpha(Image.linear_gradient("L").resize(SIZE))
    return image


def webp_of_frames(count: int) -> bytes:
    pixels = encoded(picture(), "WEBP", lossless=True)[12:]
    width, height = ((side - 1).to_bytes(3, "little") for side in SIZE)
    frame = bytes(6) + width + height + b"\x64\0\0\0" + pixels
    header = riff_chunk(b"VP8X", b"\x02\0\0\0" + width + height)
    body = b"WEBP" + header + riff_chunk(b"ANIM", bytes(6)) + riff_chunk(b"ANMF", frame) * count
    return b"RIFF" + struct.pack("<I", len(body)) + body


def heif_containers() -> dict[str, tuple[Make, Callable[[], Image.Image]]]:
    """HEIC where this machine can write it."""
    try:
        from pillow_heif import from_pillow
    except ImportError:
        return {}

    def write() -> bytes:
        stream = io.BytesIO()
        from_pillow(picture()).save(stream, quality=-1, chroma=444)
        return stream.getvalue()

    return {"HEIC": (write, picture)}


whole = cache(lambda name: containers()[name][0]())


@cache
def containers() -> dict[str, tuple[Make, Callable[[], Image.Image]]]:
    return CONTAINERS | heif_containers()
