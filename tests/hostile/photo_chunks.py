"""Photos whose pixels are good and whose side chunks are damaged, large or turned."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from hostile.case import Case
from hostile.pictures import (
    SIZE,
    encoded,
    picture,
    png_chunk,
    riff_chunk,
    segment,
    whole,
)

TURNS = [None, None, 0, 3, 1, 5, 2, 6, 4]  # by EXIF's orientation: the `Transpose` that undoes it


def turned() -> Iterator[Case]:
    for kind in ("JPEG", "PNG", "WEBP"):
        for orientation in range(1, 10):
            exif = Image.Exif()
            exif[0x0112] = orientation
            turn = TURNS[orientation] if orientation < 9 else None
            stored = picture() if turn is None else picture().transpose(Image.Transpose(turn))
            options = {"lossless": True} if kind == "WEBP" else {"quality": 95}
            data = encoded(stored, kind, exif=exif, **options)
            yield Case("EXIF: turned", f"{kind} {orientation}", lambda data=data: data, "right")


def side_chunks() -> Iterator[Case]:
    data, large = whole("PNG"), bytes(3_000_000)
    exif = [
        b"garbage",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff",
        b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\xff\xff\xff\xff\0\0\0\0",
        b"II*\0\x08\0\0\0\1\0\x69\x87\4\0\1\0\0\0\x08\0\0\0\0\0",  # its own sub-block
    ]
    for number, block in enumerate(exif):
        for kind in ("PNG", "JPEG", "WEBP"):
            made = encoded(
                picture(),
                kind,
                exif=b"Exif\0\0" + block,
                **({"lossless": True} if kind == "WEBP" else {"quality": 95}),
            )
            yield Case("EXIF: damaged", f"{kind} {number}", lambda made=made: made, "right")
    packed = zlib.compress(large, 9)
    chunks = {
        "large text": png_chunk(b"tEXt", b"Comment\0" + large),
        "packed text": png_chunk(b"zTXt", b"Comment\0\0" + packed),
        "broken text": png_chunk(b"zTXt", b"Comment\0\0" + packed[:99]),
        "strange packing": png_chunk(b"zTXt", b"Comment\0\x09abc"),
        "packed XMP": png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packed),
        "large XMP": png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + large),
        "packed profile": png_chunk(b"iCCP", b"x\0\0" + packed),
        "no profile": png_chunk(b"iCCP", b""),
        "no resolution": png_chunk(b"pHYs", b"\1"),
        "no gamma": png_chunk(b"gAMA", b""),
        "no chromaticity": png_chunk(b"cHRM", b"\1\2"),
        "wrong checksum": png_chunk(b"tIME", b"1234567", wrong=9),
        "unknown": png_chunk(b"abCd", b"hello"),
        "transparency of 9 colours": png_chunk(b"tRNS", bytes(9)),
    }
    for name, chunk in chunks.items():
        for place in (33, len(data) - 12):
            yield Case(
                "PNG: side chunk",
                f"{name} at {place}",
                lambda c=chunk, p=place: data[:p] + c + data[p:],
                "right",
            )
    jpeg = whole("JPEG")
    bodies = [
        b"",
        b"ICC_PROFILE\0\1\2xyz",
        b"Photoshop 3.0\x008BIM\x04\x04\0",
        b"MPF\0II*\0\x08",
        b"FPXR\0",
        b"Exif\0\0",
    ]
    for marker in (0xE1, 0xE2, 0xED, 0xFE):
        for body in bodies:
            made = jpeg[:2] + segment(marker, body) + jpeg[2:]
            yield Case(
                "JPEG: side segment", f"{marker:x} {body[:8]!r}", lambda made=made: made, "right"
            )
    yield Case(
        "JPEG: side segment",
        "profile of 4 MB",
        lambda: jpeg[:2] + segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(60_000)) * 66 + jpeg[2:],
        "right",
    )
    webp = whole("WebP lossless")[12:]
    width, height = ((side - 1).to_bytes(3, "little") for side in SIZE)
    for flags, front, back in (
        (0x20, riff_chunk(b"ICCP", large), b""),
        (0x20, riff_chunk(b"ICCP", b""), b""),
        (0x08, b"", riff_chunk(b"EXIF", large)),
        (0x04, b"", riff_chunk(b"XMP ", b"\xff" * 999)),
        (0x04, b"", riff_chunk(b"XMP ", bytes(99))[:-50]),
        (0x2C, b"", b""),
    ):
        body = (
            b"WEBP"
            + riff_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + width + height)
            + front
            + webp
            + back
        )
        made = b"RIFF" + struct.pack("<I", len(body)) + body
        yield Case(
            "WebP: side chunk",
            f"{flags:x} {len(front)} {len(back)}",
            lambda made=made: made,
            "right",
        )
    for size in (0, 7, 2**32 - 1):
        made = b"RIFF" + struct.pack("<I", size) + whole("WebP lossy")[8:]
        yield Case("WebP: side chunk", f"file of {size} bytes", lambda made=made: made, "right")
