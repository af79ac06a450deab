"""Photos that are large, say that they are, or hold very many of something."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from hostile.case import Case, Ending
from hostile.pictures import (
    SIZE,
    encoded,
    grey,
    picture,
    png,
    png_chunk,
    riff_chunk,
    segment,
    webp_of_frames,
    whole,
)


def sizes() -> Iterator[Case]:
    writers = {"JPEG": {}, "PNG": {}, "WEBP": {"lossless": True}, "GIF": {}}
    for kind, options in writers.items():
        for size in ((1, 1), (2, 1), (1, 50), (2000, 40)):
            image = Image.new("RGB", size, (9, 99, 199))
            yield Case(
                f"{kind}: size",
                f"{size}",
                lambda i=image, k=kind, o=options: encoded(i, k, **o),
                "right",
            )
        for size in ((51, 1), (20_000 if kind != "WEBP" else 16_000, 2), (2, 16_000)):
            image = Image.new("RGB", size)
            yield Case(
                f"{kind}: size",
                f"{size}",
                lambda i=image, k=kind, o=options: encoded(i, k, **o),
                "refused",
                said="crop it",
            )
    large = Image.new("RGB", (6000, 4000), (9, 99, 199))
    for kind in ("JPEG", "PNG"):
        yield Case(
            f"{kind}: size",
            "24 megapixels",
            lambda k=kind: encoded(large, k),
            "right",
            max_mib=260,
            is_slow=True,
        )


def floods() -> Iterator[Case]:
    rows = png_chunk(b"IDAT", zlib.compress(bytes(20_000_000), 9))
    limit = "more than the limit"
    for size in ((100_000, 100_000), (2**31 - 1, 2**31 - 1), (11_000, 11_000), (2**32 - 1, 1)):
        yield Case(
            "PNG: announced size", f"{size}", lambda s=size: png(*s, rows), "refused", max_mib=40
        )
    for size in ((0, 5), (5, 0), (0, 0)):
        yield Case(
            "PNG: announced size", f"{size}", lambda s=size: png(*s, rows), "refused", max_mib=40
        )
    yield Case(
        "PNG: announced size",
        "4000 x 4000, a few rows",
        lambda: png(4000, 4000, png_chunk(b"IDAT", zlib.compress(bytes(60_000)))),
        "refused",
        max_mib=120,
    )
    for depth, kind in ((3, 2), (8, 5), (16, 3), (0, 0), (255, 255)):
        yield Case(
            "PNG: announced kind",
            f"{depth} {kind}",
            lambda d=depth, k=kind: png(9, 9, rows, depth=d, kind=k),
            "refused",
        )
    yield Case(
        "PNG: bomb",
        "200 MB in IDAT",
        lambda: png(10, 10, png_chunk(b"IDAT", zlib.compress(bytes(200_000_000), 9))),
        "either",
        is_slow=True,
    )
    for name, front in (("zTXt", b"a\0\0"), ("iTXt", b"a\0\1\0\0\0"), ("iCCP", b"a\0\0")):
        yield Case(
            "PNG: bomb",
            f"200 MB in {name}",
            lambda n=name, f=front: _bomb(n.encode(), f),
            "right",
            is_slow=True,
        )
    yield Case("PNG: chunks", "IDAT in bytes", lambda: _png_in_bytes(), "right")
    yield Case(
        "PNG: chunks",
        "300,000 empty",
        lambda: _with_chunks(png_chunk(b"IDAT", b"") * 300_000),
        "right",
        max_mib=120,
        is_slow=True,
    )
    yield Case(
        "PNG: chunks",
        "900,000 of text",
        lambda: _with_chunks(png_chunk(b"tEXt", b"") * 900_000),
        "right",
        max_mib=120,
        is_slow=True,
    )
    yield Case("PNG: chunks", "none", lambda: png(9, 9), "refused")
    yield Case(
        "PNG: chunks",
        "no pixels",
        lambda: png(9, 9, png_chunk(b"IDAT", zlib.compress(b""))),
        "refused",
    )
    yield Case(
        "PNG: chunks",
        "pixels not packed",
        lambda: png(9, 9, png_chunk(b"IDAT", b"hello")),
        "refused",
    )
    yield Case(
        "PNG: chunks",
        "palette picture without palette",
        lambda: png(9, 9, png_chunk(b"IDAT", zlib.compress(bytes(90))), kind=3),
        "either",
    )
    jpeg, start = whole("JPEG"), whole("JPEG").index(b"\xff\xc0")
    for height, width in ((65535, 65535), (0, 0), (12_000, 12_000), (65_500, 1)):
        made = jpeg[: start + 5] + struct.pack(">HH", height, width) + jpeg[start + 9 :]
        yield Case(
            "JPEG: announced size", f"{width} x {height}", lambda m=made: m, "refused", max_mib=40
        )
    made = jpeg[: start + 5] + struct.pack(">HH", 8000, 8000) + jpeg[start + 9 :]
    yield Case(
        "JPEG: announced size",
        "8000 x 8000, a few rows",
        lambda: made,
        "either",
        max_mib=480,
        is_slow=True,
    )
    yield Case(
        "JPEG: segments",
        "300,000 comments",
        lambda: jpeg[:2] + segment(0xFE, b"") * 300_000 + jpeg[2:],
        "right",
        is_slow=True,
    )
    yield Case(
        "JPEG: segments",
        "9 MB of EXIF",
        lambda: jpeg[:2] + segment(0xE1, b"Exif\0\0" + b"\xff" * 65_000) * 140 + jpeg[2:],
        "right",
    )
    yield Case("JPEG: scans", "2000", lambda: _scans(2000), "refused", said="scans")
    yield Case(
        "JPEG: segments",
        "a second header",
        lambda: jpeg[:-2] + jpeg[start : start + 19] + jpeg[-2:],
        "either",
    )
    webp = whole("WebP lossy")
    for name, made in (
        ("extended", b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff" * 6),
        ("lossless", b"RIFF\x1e\0\0\0WEBPVP8L\x0a\0\0\0\x2f\xff\xff\xff\xff\0"),
        ("lossy", b"RIFF\x1e\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\xff\xff\xff\xff"),
    ):
        yield Case(
            "WebP: announced size", name, lambda m=made: m, "refused", said=limit, max_mib=40
        )
    for canvas in ((5000, 5000), (3, 3)):
        sides = b"".join((side - 1).to_bytes(3, "little") for side in canvas)
        body = b"WEBP" + riff_chunk(b"VP8X", bytes(4) + sides) + webp[12:]
        made = b"RIFF" + struct.pack("<I", len(body)) + body
        yield Case(
            "WebP: announced size", f"canvas {canvas}", lambda m=made: m, "refused", max_mib=320
        )
    gif = whole("GIF")
    for width, height in ((65535, 65535), (0, 0)):
        made = gif[:6] + struct.pack("<HH", width, height) + gif[10:]
        yield Case(
            "GIF: announced size",
            f"{width} x {height}",
            lambda m=made: m,
            "either" if not width else "refused",
            max_mib=40,
        )
    yield Case(
        "GIF: blocks",
        "40 MB of comments",
        lambda: _gif_comment(b"\xff" + bytes(255), 160_000),
        "right",
        max_mib=120,
        is_slow=True,
    )
    yield Case(
        "GIF: blocks",
        "3 million of one byte",
        lambda: _gif_comment(b"\1x", 3_000_000),
        "right",
        max_mib=80,
        is_slow=True,
    )
    yield Case("GIF: blocks", "no picture", lambda: gif[:13] + b";", "refused")
    yield Case(
        "GIF: blocks",
        "picture outside of the screen",
        lambda: _gif_moved(gif),
        "either",
        max_mib=40,
    )


def _bomb(name: bytes, front: bytes) -> bytes:
    chunk = png_chunk(name, front + zlib.compress(bytes(200_000_000), 9))
    return _with_chunks(chunk)


def _with_chunks(chunks: bytes) -> bytes:
    data = whole("PNG")
    return data[:33] + chunks + data[33:]


def _png_in_bytes() -> bytes:
    raw = b"".join(b"\0" + row.tobytes() for row in np.asarray(picture()))
    packed = zlib.compress(raw)
    return png(*SIZE, *(png_chunk(b"IDAT", packed[k : k + 1]) for k in range(len(packed))))


def _scans(count: int) -> bytes:
    data = whole("JPEG progressive")
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * count + b"\xff\xd9"


def _gif_comment(block: bytes, count: int) -> bytes:
    gif = whole("GIF")
    start = 13 + (3 << (gif[10] & 7) + 1)
    return gif[:start] + b"!\xfe" + block * count + b"\0" + gif[start:]


def _gif_moved(gif: bytes) -> bytes:
    start = gif.index(b",")
    return gif[: start + 1] + struct.pack("<HH", 60_000, 60_000) + gif[start + 5 :]


def animations() -> Iterator[Case]:
    said = "is animated"
    other = grey()
    for kind in ("PNG", "WEBP", "GIF"):
        yield Case(
            "animation",
            f"{kind} of 3 frames",
            lambda k=kind: encoded(
                picture(), k, save_all=True, append_images=[other, picture().rotate(180)]
            ),
            "refused",
            said=said,
        )
    yield Case(
        "animation", "WebP of 5,000 frames", lambda: webp_of_frames(5000), "refused", said=said
    )
    data = whole("PNG")
    for count in (0, 1, 2, 2**32 - 1):
        control = png_chunk(b"acTL", struct.pack(">II", count, 0))
        ending: Ending = "right" if count < 2 else "refused"
        yield Case(
            "animation",
            f"PNG that says {count}",
            lambda c=control: data[:33] + c + data[33:],
            ending,
        )
