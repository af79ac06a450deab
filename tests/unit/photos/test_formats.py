"""What a file is by its first bytes; the page answers the same (`heads.json` of its tests)."""

import json
from pathlib import Path

import pytest

import splat_widgets
from splat_widgets.photos import formats
from splat_widgets.photos.formats import photo_format, refusal

HEADS = Path(splat_widgets.__file__).parent / "client" / "test" / "upload" / "heads.json"


def brands(major: bytes, *compatible: bytes, box: int | None = None) -> bytes:
    """An ISO media file's first box, and some more."""
    names = b"".join(compatible)
    size = 16 + len(names) if box is None else box
    return size.to_bytes(4, "big") + b"ftyp" + major + bytes(4) + names + b"\0\0\0\x08free"


PHOTOS = {
    "jpeg": [b"\xff\xd8\xff\xe0\0\x10JFIF", b"\xff\xd8\xff\xdb"],
    "png": [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"],
    "webp": [b"RIFF\x10\0\0\0WEBPVP8 "],
    "gif": [b"GIF87a\1\0\1\0", b"GIF89a\1\0\1\0"],
    "heif": [
        brands(b"heic", b"mif1", b"heic"),
        brands(b"mif1", b"heic", b"miaf"),
        brands(b"mif1", b"heic", b"avif"),
        brands(b"msf1", b"hevc"),
        brands(b"mif1"),
        brands(b"heic", box=0),
        brands(b"heix", box=1),
    ],
}
OTHERS = [  # (first bytes, what must be said)
    (b"", "empty"),
    (bytes(600), "zeros only"),
    (b"BM" + bytes(60), "BMP"),
    (b"II*\0\x10\0\0\0CR\2\0", "CR2"),
    (b"II*\0\x08\0\0\0", "TIFF"),
    (b"MM\0*\0\0\0\x08", "TIFF"),
    (brands(b"crx ", b"crx ", b"isom"), "CR3"),
    (brands(b"avif", b"mif1"), "AVIF"),
    (brands(b"avif", b"heic"), "AVIF"),
    (brands(b"mif1", b"avif", b"miaf", b"MA1B"), "AVIF"),
    (brands(b"msf1", b"avis"), "AVIF"),
    (brands(b"miaf", b"avif"), "AVIF"),
    (brands(b"qt  "), "QuickTime"),
    (brands(b"mp42", b"isom"), "video or animation ('mp42'); save single frames"),
    (brands(b"isom", b"hvc1"), "video"),
    (brands(b"\x01\x80\x7f\xff"), "('????')"),
    (b"\0\0\0\x08wide\0\0\0\x08mdat", "QuickTime"),
    (b"\0\0\0\x01\x40\x01\x0c\x01", "HEVC"),
    (b"\x1a\x45\xdf\xa3", "WebM"),
    (b"RIFF\0\0\0\0AVI LIST", "AVI"),
    (b"RIFF\0\0\0\0WAVEfmt ", "not a picture"),
    (b"%PDF-1.7\n", "PDF"),
    (b"PK\3\4\x14\0", "zip"),
    (bytes(257) + b"ustar\0", "tar"),
    (b"\0\0\0\x01Bud1\0", ".DS_Store"),
    (b"\0\5\x16\7\0\2\0\0Mac OS X", "`._`"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "thumbnail"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", "git lfs pull"),
    (b"\xef\xbb\xbf\r\n <!DOCTYPE HTML><html>", "web page"),
    (b"<html lang=en>", "web page"),
    (b"<svg xmlns=''/>", "SVG"),
    (b"<?xml version='1.0'?>", "XML"),
    (b'\n{"error": "not found"}', "JSON"),
    (b"[.ShellClassInfo]", "Windows"),
    (b"hello", "not a picture in a known format; expected a JPEG"),
    (b"\xff\xd8", "not a picture"),
    (b"\x89PNG", "not a picture"),
    (b"GIF8", "not a picture"),
]


@pytest.mark.parametrize("kind", PHOTOS)
def test_photos_are_known_by_their_content(kind):
    for head in PHOTOS[kind]:
        assert photo_format(head) == kind and photo_format(head + bytes(2000)) == kind


@pytest.mark.parametrize(("head", "said"), OTHERS)
def test_other_files_are_called_what_they_are(head, said):
    assert photo_format(head) is None
    assert said in refusal(head)


def test_every_signature_is_reached_and_says_what_to_do():
    for signature in formats.SIGNATURES:
        head = bytes(signature.offset) + signature.text.encode("latin-1")
        assert refusal(head) == signature.reason
        assert photo_format(head) is None
        assert signature.reason.startswith("is ") and any(mark in signature.reason for mark in ";:")
    for signature in formats.TEXTS:
        assert refusal(b" " + signature.text.upper().encode()) == signature.reason


def answers() -> list[list[str]]:
    """Heads as texts of one character a byte, and what both sides must answer."""
    heads = [head for group in PHOTOS.values() for head in group] + [head for head, _ in OTHERS]
    heads += [bytes(s.offset) + s.text.encode("latin-1") for s in formats.SIGNATURES]
    return [[head.decode("latin-1"), photo_format(head) or refusal(head)] for head in heads]


def test_the_page_is_tested_with_the_same_answers():
    assert json.loads(HEADS.read_text()) == answers(), f"write `answers()` as JSON to {HEADS}"
