"""Photos as they arrive broken: container, damage and size, from one seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from hostile.case import Case, Ending, WrongEnding
from hostile.photo_chunks import side_chunks, turned
from hostile.photo_floods import animations, floods, sizes
from hostile.pictures import (
    containers,
    encoded,
    picture,
    whole,
)
from splat_widgets.photos.opening import decode
from splat_widgets.photos.source import PhotoError


def cases(seed: int = 0) -> Iterator[Case]:
    """At least 300 files."""
    for place, name in enumerate(containers()):
        yield from _damaged(name, np.random.default_rng((seed, place)))
    yield from turned()
    yield from side_chunks()
    yield from sizes()
    yield from floods()
    yield from animations()
    yield from _other_files(np.random.default_rng(seed))


def _damaged(name: str, random: np.random.Generator) -> Iterator[Case]:
    def case(what: str, change: Callable[[bytes], bytes], ending: Ending, suffix: str = ".jpg"):
        return Case(
            f"{name.split()[0]}: {what.split(',')[0]}",
            f"{name} {what}",
            lambda: change(whole(name)),
            ending,
            suffix,
        )

    yield case("whole, wrong extension", lambda data: data, "right", ".txt")
    yield case("with more behind it", lambda data: data + bytes(999), "right")
    yield case("twice in one file", lambda data: data + data, "right")
    yield case("after a line break", lambda data: b"\n" + data, "refused")
    yield case("header only", lambda data: data[:24], "refused")
    for share in (0.3, 0.6, 0.9, 0.98):
        # Behind the pixels of some there are chunks that nobody misses.
        ending: Ending = "refused" if share < 0.9 and name not in ("MPO", "HEIC") else "either"
        yield case(f"cut off, at {share:.0%}", _cut(share), ending)
    for _ in range(3):
        yield case(f"flipped bytes, {random.integers(1e6)}", _flipped(random), "either")
    for change in (_inserted(random), _without(random), _zeroed(random)):
        yield case(f"moved bytes, {random.integers(1e6)}", change, "either")


def _cut(share: float) -> Callable[[bytes], bytes]:
    return lambda data: data[: int(len(data) * share)]


def _flipped(random: np.random.Generator) -> Callable[[bytes], bytes]:
    seed = int(random.integers(2**31))

    def change(data: bytes) -> bytes:
        local, array = np.random.default_rng(seed), np.frombuffer(data, np.uint8).copy()
        where = local.integers(0, len(array), 5)
        array[where] ^= local.integers(1, 256, 5).astype(np.uint8)
        return array.tobytes()

    return change


def _inserted(random: np.random.Generator) -> Callable[[bytes], bytes]:
    share = random.random()
    return lambda data: (
        data[: int(len(data) * share)] + b"\xff\0\x55" + data[int(len(data) * share) :]
    )


def _without(random: np.random.Generator) -> Callable[[bytes], bytes]:
    share = random.random()
    return lambda data: data[: int(len(data) * share)] + data[int(len(data) * share) + 7 :]


def _zeroed(random: np.random.Generator) -> Callable[[bytes], bytes]:
    share = random.random()

    def change(data: bytes) -> bytes:
        start = int(len(data) * share)
        return data[:start] + bytes(min(16, len(data) - start)) + data[start + 16 :]

    return change


def _other_files(random: np.random.Generator) -> Iterator[Case]:
    known = {
        "empty": (b"", "is empty"),
        "zeros": (bytes(5000), "zeros only"),
        "text": (b"hello, this is my photo", "not a picture"),
        "web page": (b"<!DOCTYPE html><html><title>Sign in</title>", "web page"),
        "LFS pointer": (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
            "git lfs pull",
        ),
        "PDF": (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        "zip": (b"PK\3\4\x14\0\0\0", "zip"),
        "mp4": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video"),
        "mov": (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "QuickTime"),
        "HEVC": (b"\0\0\0\1\x40\1\x0c\1\xff\xff", "HEVC"),
        "CR3": (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "CR3"),
        "AVIF as mif1": (b"\0\0\0\x20ftypmif1\0\0\0\0avifmif1miafMA1B", "AVIF"),
        "AVIF as msf1": (b"\0\0\0\x18ftypmsf1\0\0\0\0avismsf1", "AVIF"),
        ".DS_Store": (b"\0\0\0\1Bud1\0\0\x10\0", ".DS_Store"),
        "AppleDouble": (b"\0\5\x16\7\0\2\0\0Mac OS X        ", "`._`"),
        "Thumbs.db": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "thumbnail"),
        "scene": (b"ply\nformat ascii 1.0\n", "splat_widgets.load"),
        "TIFF": (encoded(picture(), "TIFF"), "TIFF"),
        "BMP": (encoded(picture(), "BMP"), "BMP"),
        "PPM": (encoded(picture(), "PPM"), "not a picture"),
        "ICO": (encoded(picture(), "ICO"), "icon"),
        "JPEG 2000": (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        "HEIF that is none": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), ""),
    }
    for name, (data, said) in known.items():
        for suffix in (".jpg", ".png"):
            yield Case(
                "other files", f"{name} as {suffix}", lambda d=data: d, "refused", suffix, said
            )
    heads = [
        b"",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\0\0\0\0WEBP",
        b"GIF89a",
        b"\0\0\0\x18ftypheic",
    ]
    for number, head in enumerate(heads):
        for length in (9, 300, 40_000):
            made = head + random.bytes(length)
            yield Case(
                "noise",
                f"{number} {length}",
                lambda m=made: m,
                "either" if head else "refused",
                max_mib=500,
            )


def opens(case: Case, path: Path) -> str | None:
    """Open a file as a user's photo and compare it with what it shows."""
    try:
        image = decode(path).image
    except PhotoError as error:
        assert str(error).startswith(error.name)
        return error.reason
    if image.mode != "RGB" or image.info or min(image.size) < 1:
        raise WrongEnding(f"got {image.mode} {image.size} with {list(image.info)}")
    if case.ending == "right" and "size" not in case.group:
        _compare(image, _shown(case))
    return None


def _shown(case: Case) -> Image.Image:
    for name, (_, shown) in sorted(containers().items(), key=lambda item: -len(item[0])):
        if case.name.startswith(f"{name} ") and not case.group.startswith(("EXIF", "animation")):
            return shown()
    return containers()["GIF"][1]() if case.group.startswith("GIF") else picture()


def _compare(image: Image.Image, shown: Image.Image) -> None:
    """Lossy containers differ by some levels, nowhere by many."""
    if image.size != shown.size:
        raise WrongEnding(f"expected {shown.size}, got {image.size}")
    difference = np.abs(np.asarray(image, int) - np.asarray(shown, int))
    if difference.mean() > 4 or difference.max() > 60:
        raise WrongEnding(f"differs by {difference.mean():.1f}, at most {difference.max()}")
