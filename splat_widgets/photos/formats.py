"""What a file is by its first bytes, whatever it is called: a photo, or what else, and what to do.

`client/src/upload/check.ts` asks the same before it sends a file. Its tables are generated from
those of this file, and a test holds the two against each other.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

PhotoFormat = Literal["jpeg", "png", "webp", "gif", "heif"]

HEAD_BYTES = 512  # of a file are looked at

EXPECTED = "expected a JPEG, PNG, WebP or HEIF photo"


class Signature(NamedTuple):
    """Bytes at a place of a file, and what they tell."""

    offset: int
    text: str  # the bytes, one character each (latin-1)
    reason: str  # what the file is, and what to do


_SAVE = "save it as JPEG or PNG"
_RAW = "develop it, or save it as JPEG"
FRAME = "save single frames of it as JPEG"
_LEAVE = "it is no photo, leave it out"
_UNPACK = "unpack it and give the photos in it"

# The first that fits counts; the page has a copy, generated.
SIGNATURES = (
    Signature(0, "BM", f"is a BMP; {_SAVE}"),
    Signature(0, "II*\0\x10\0\0\0CR", f"is a Canon raw file (CR2); {_RAW}"),
    Signature(0, "II*\0", f"is a TIFF or a camera's raw file; {_RAW}"),
    Signature(0, "MM\0*", f"is a TIFF or a camera's raw file; {_RAW}"),
    Signature(0, "IIU\0", f"is a Panasonic raw file; {_RAW}"),
    Signature(0, "IIRO", f"is an Olympus raw file; {_RAW}"),
    Signature(0, "FUJIFILMCCD-RAW", f"is a Fujifilm raw file; {_RAW}"),
    Signature(4, "ftypcrx ", f"is a Canon raw file (CR3); {_RAW}"),
    Signature(0, "8BPS", f"is a Photoshop file; {_SAVE}"),
    Signature(0, "gimp xcf", f"is a GIMP file; {_SAVE}"),
    Signature(0, "\xff\x0a", f"is a JPEG XL; {_SAVE}"),
    Signature(0, "\0\0\0\x0cJXL ", f"is a JPEG XL; {_SAVE}"),
    Signature(0, "\0\0\0\x0cjP  ", f"is a JPEG 2000; {_SAVE}"),
    Signature(0, "\xff\x4f\xff\x51", f"is a JPEG 2000; {_SAVE}"),
    Signature(0, "v/1\x01", f"is an OpenEXR picture; {_SAVE}"),
    Signature(0, "#?RADIANCE", f"is a Radiance HDR picture; {_SAVE}"),
    Signature(0, "\0\0\x01\0", f"is an icon (ICO); {_SAVE}"),
    Signature(0, "%PDF", f"is a PDF; {_SAVE}, one page a photo"),
    Signature(0, "%!PS", f"is a PostScript drawing; {_SAVE}"),
    Signature(4, "moov", f"is a video (QuickTime); {FRAME}"),
    Signature(4, "mdat", f"is a video (QuickTime); {FRAME}"),
    Signature(4, "wide", f"is a video (QuickTime); {FRAME}"),
    Signature(4, "ftypqt  ", f"is a video (QuickTime); {FRAME}"),
    Signature(0, "\x1a\x45\xdf\xa3", f"is a video (Matroska or WebM); {FRAME}"),
    Signature(8, "AVI LIST", f"is a video (AVI); {FRAME}"),
    Signature(0, "\0\0\0\x01\x40\x01", f"is a video (HEVC); {FRAME}"),
    Signature(0, "\0\0\0\x01\x67", f"is a video (H.264); {FRAME}"),
    Signature(0, "\0\0\x01\xba", f"is a video (MPEG); {FRAME}"),
    Signature(0, "PK\3\4", f"is a zip archive or an office document; {_UNPACK}"),
    Signature(0, "\x1f\x8b", f"is a gzip archive; {_UNPACK}"),
    Signature(0, "7z\xbc\xaf\x27\x1c", f"is a 7z archive; {_UNPACK}"),
    Signature(0, "Rar!\x1a\x07", f"is a RAR archive; {_UNPACK}"),
    Signature(257, "ustar", f"is a tar archive; {_UNPACK}"),
    Signature(0, "\x93NUMPY", "is a numpy array; give what `numpy.load` reads"),
    Signature(0, "ply", "is a .ply scene: open it with `splat_widgets.load`"),
    Signature(0, "\0\0\0\x01Bud1", f"is what macOS notes of a folder (.DS_Store); {_LEAVE}"),
    Signature(
        0, "\0\5\x16\7", "is what macOS notes beside a file; give the one whose name lacks `._`"
    ),
    Signature(0, "\xd0\xcf\x11\xe0", f"is a Windows thumbnail store or document; {_LEAVE}"),
    Signature(0, "bplist00", f"is a property list of macOS; {_LEAVE}"),
    Signature(
        0,
        "version https://git-lfs",
        "is a Git LFS pointer, not the photo; run `git lfs pull` where it lies",
    ),
)
# Texts, after white space and in lower case.
TEXTS = (
    Signature(0, "<svg", f"is an SVG drawing; {_SAVE}"),
    Signature(
        0,
        "<!doctype html",
        "is a web page, not the photo; open its address in a browser and save the photo itself",
    ),
    Signature(
        0,
        "<html",
        "is a web page, not the photo; open its address in a browser and save the photo itself",
    ),
    Signature(0, "<", f"is an XML or HTML text; {EXPECTED}"),
    Signature(0, "{", f"is a JSON text; {EXPECTED}"),
    Signature(0, "[.shellclassinfo]", f"is what Windows notes of a folder; {_LEAVE}"),
)
HEIF_BRANDS = ("heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs")
AVIF_BRANDS = ("avif", "avis")
CONTAINER_BRANDS = ("mif1", "msf1", "miaf")  # the file format alone; the codec stands behind
AVIF = f"is an AVIF; {_SAVE}"
VIDEO = "is a video or animation"
EMPTY = "is empty"
ZEROS = "begins with zeros only: it was not copied or downloaded whole; copy it again"
UNKNOWN = f"is not a picture in a known format; {EXPECTED}"


def photo_format(head: bytes) -> PhotoFormat | None:
    """The format of a file that may be a photo; None for any other.

    Args:
        head: its first `HEAD_BYTES` bytes, or more.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    return "heif" if _is_heif(_brands(head)) else None


def refusal(head: bytes) -> str:
    """Why a file of no `photo_format` is no photo: what it is, and what to do.

    Args:
        head: its first `HEAD_BYTES` bytes, or more.
    """
    head = head[:HEAD_BYTES]
    if not head:
        return EMPTY
    text = head.decode("latin-1")
    for offset, start, reason in SIGNATURES:
        if text.startswith(start, offset):
            return reason
    brands = _brands(head)
    if _is_avif(brands):
        return AVIF
    if brands:
        return f"{VIDEO} ('{brands[0].strip()}'); {FRAME}"
    written = text.removeprefix("\xef\xbb\xbf").lstrip(" \t\r\n").lower()
    for _, start, reason in TEXTS:
        if written.startswith(start):
            return reason
    return UNKNOWN if text.strip("\0") else ZEROS


def _brands(head: bytes) -> list[str]:
    """Brands of an ISO media file, the major one first (ISO 14496-12, 4.3); printable, or none."""
    if head[4:8] != b"ftyp":
        return []
    end = min(int.from_bytes(head[:4], "big"), HEAD_BYTES)
    places = [8, *range(16, end - 3, 4)]
    found = [head[place : place + 4].decode("latin-1") for place in places]
    return ["".join(letter if " " <= letter <= "~" else "?" for letter in name) for name in found]


def _is_avif(brands: list[str]) -> bool:
    """By any brand, for the major one may name the container; by that one if a HEIF's is there."""
    counted = brands[:1] if any(brand in HEIF_BRANDS for brand in brands) else brands
    return any(brand in AVIF_BRANDS for brand in counted)


def _is_heif(brands: list[str]) -> bool:
    is_known = bool(brands) and brands[0] in (*HEIF_BRANDS, *CONTAINER_BRANDS)
    return is_known and not _is_avif(brands)
