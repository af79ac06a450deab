"""A photo's file taken apart: what its decoder needs, and the blocks that tell its turn.

Text, colour profiles, resolutions, previews and makers' notes never reach a decoder. So a side
chunk that is damaged or large cannot sink a good picture, and a bomb in one stays packed. What is
kept is kept byte for byte; from the first byte that follows no rule of the format, the rest is
kept as it is, and the decoder judges it.

An animation of one frame is a picture. One of several is refused here, before it is decoded.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from splat_widgets.photos.formats import PhotoFormat
from splat_widgets.photos.source import Unusable

ANIMATED = "is animated; expected a still photo, so save one frame of it"
MAX_SCANS = 100  # of a progressive JPEG, which has about ten; each costs a pass over the picture
_MAX_SIDE_BYTES = 64 * 2**10  # of a block that is kept; as much as a JPEG can hold
_PNG_END = b"\0\0\0\0IEND\xae\x42\x60\x82"
_PNG_XMP = b"XML:com.adobe.xmp\0\0\0"  # uncompressed; two more texts follow, each with a zero
_JPEG_EXIF, _JPEG_XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"


@dataclass(frozen=True)
class Stripped:
    """A photo's file without its side chunks."""

    data: bytes  # a whole file of the same format
    exif: bytes = b""  # TIFF structure, perhaps after "Exif" and two zeros
    xmp: bytes = b""  # XML; some programs tell the turn only here


def stripped(data: bytes, kind: PhotoFormat) -> Stripped:
    """The same picture without its side chunks; a HEIF as it is, its decoder does not read them.

    Raises:
        Unusable: if the file is animated, or damaged where the pixels are.
    """
    if kind == "png":
        return _png(data)
    if kind == "jpeg":
        return _jpeg(data)
    if kind == "webp":
        return _webp(data)
    return Stripped(_gif(data) if kind == "gif" else data)


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height of a WebP's canvas, from its first chunk (RFC 9649, sections 2.5 to 2.7)."""
    head = data[:30].ljust(30, b"\0")
    if head[12:16] == b"VP8X":
        return (
            int.from_bytes(head[24:27], "little") + 1,
            int.from_bytes(head[27:30], "little") + 1,
        )
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return (
        int.from_bytes(head[26:28], "little") & 0x3FFF,
        int.from_bytes(head[28:30], "little") & 0x3FFF,
    )


def _png(data: bytes) -> Stripped:
    """Header, palette and pixels. The decoder skips the checksums, so they are checked here.

    Transparency goes too: only the colours below it are shown.
    """
    kept, side, view = [data[:8]], {b"eXIf": b"", b"iTXt": b""}, memoryview(data)
    for name, start, end in _png_chunks(data):
        is_pixels = name in (b"IHDR", b"PLTE", b"IDAT")
        if end > len(data):
            if is_pixels:
                raise Unusable(f"is cut off inside its {name.decode()} chunk")
            break
        if not is_pixels and not _is_png_side_chunk(data, name, start, end):
            continue
        if zlib.crc32(view[start + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            if is_pixels:
                raise Unusable(f"is damaged: the checksum of its {name.decode()} chunk differs")
        elif is_pixels:
            kept.append(data[start:end])
        elif name in side:
            side[name] = data[start + 8 : end - 4]
        elif int.from_bytes(data[start + 8 : start + 12], "big") > 1:
            raise Unusable(ANIMATED)
    return Stripped(b"".join([*kept, _PNG_END]), side[b"eXIf"], side[b"iTXt"])


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, first byte and end of each chunk before the last; a broken end lies behind the data."""
    start, name = 8, b""
    while start + 8 <= len(data):
        name = data[start + 4 : start + 8]
        if name == b"IEND":
            return
        end = start + 12 + int.from_bytes(data[start : start + 4], "big")
        yield name, start, end
        start = end


def _is_png_side_chunk(data: bytes, name: bytes, start: int, end: int) -> bool:
    """Whether a chunk without pixels is read: EXIF, XMP, and acTL, which tells an animation."""
    if name == b"iTXt" and not data.startswith(_PNG_XMP, start + 8):
        return False
    return name in (b"acTL", b"eXIf", b"iTXt") and end - start <= _MAX_SIDE_BYTES


def _jpeg(data: bytes) -> Stripped:
    """Everything but comments and application segments; JFIF's and Adobe's stay.

    They say how the colours are coded. EXIF that is longer than a segment goes on in the next one.
    """
    kept, exif, xmp, start = [data[:2]], b"", b"", 2
    while start + 4 <= len(data) and data[start] == 0xFF:
        marker = data[start + 1]
        if marker == 0xFF:  # padding
            start += 1
            continue
        end = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
        if 0xD0 <= marker <= 0xDA or end > len(data):  # the pixels begin, or it is damaged
            break
        if marker in (0xE0, 0xEE) or not (marker >> 4 == 0xE or marker == 0xFE):
            kept.append(data[start:end])
        elif marker == 0xE1 and data.startswith(_JPEG_XMP, start + 4):
            xmp = data[start + 4 + len(_JPEG_XMP) : end]
        elif marker == 0xE1 and data.startswith(_JPEG_EXIF, start + 4):
            exif = (exif + data[start + 4 + len(_JPEG_EXIF) : end])[:_MAX_SIDE_BYTES]
        start = end
    _check_scans(data, start)
    return Stripped(b"".join([*kept, data[start:]]), exif, xmp)


def _check_scans(data: bytes, start: int) -> None:
    """Neither marker can lie inside coded pixels, where a zero follows every 0xff."""
    end = data.find(b"\xff\xd9", start)
    scans = data.count(b"\xff\xda", start, len(data) if end < 0 else end)
    if scans > MAX_SCANS:
        raise Unusable(
            f"is a JPEG of {scans} scans, more than {MAX_SCANS}, which takes minutes to decode; "
            "save it anew"
        )


def _webp(data: bytes) -> Stripped:
    """Header and pixels, not their alpha; the header (RFC 9649, 2.7) says so."""
    kept: list[bytes] = []
    side = {b"EXIF": b"", b"XMP ": b""}
    for name, start, end in _riff_chunks(data):
        if name in side and end - start <= _MAX_SIDE_BYTES:
            side[name] = data[start + 8 : end]
        elif name == b"VP8X":
            kept.append(
                data[start : start + 8] + bytes([data[start + 8] & 0x12]) + data[start + 9 : end]
            )
        elif name in (b"VP8 ", b"VP8L", b"ANIM", b"ANMF"):
            kept.append(data[start:end] + b"\0" * ((end - start) % 2))
    if sum(chunk.startswith(b"ANMF") for chunk in kept) > 1:
        raise Unusable(ANIMATED)
    body = b"WEBP" + b"".join(kept)
    return Stripped(b"RIFF" + len(body).to_bytes(4, "little") + body, side[b"EXIF"], side[b"XMP "])


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, first byte and end of each whole chunk; a byte of padding is not counted."""
    start = 12
    while start + 8 <= len(data):
        end = start + 8 + int.from_bytes(data[start + 4 : start + 8], "little")
        if end > len(data):
            return
        yield data[start : start + 4], start, end
        start = end + end % 2


def _gif(data: bytes) -> bytes:
    """Header, palette and the first picture."""
    start = 13 + _palette_bytes(data[10:11])
    kept = data[:start]
    while data[start : start + 1] == b"!":
        start = _after_blocks(data, start + 2)
    if data[start : start + 1] != b",":
        raise Unusable("is a GIF without a picture, damaged or cut off")
    end = _after_blocks(data, start + 11 + _palette_bytes(data[start + 9 : start + 10]))
    picture = data[start:end]
    while data[end : end + 1] == b"!":
        end = _after_blocks(data, end + 2)
    if data[end : end + 1] == b",":
        raise Unusable(ANIMATED)
    return kept + picture + b";"


def _palette_bytes(flags: bytes) -> int:
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _after_blocks(data: bytes, start: int) -> int:
    """Where the data goes on after a row of blocks, each as long as its first byte says."""
    while start < len(data) and data[start]:
        start += data[start] + 1
    return start + 1
