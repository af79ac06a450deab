"""Side chunks never sink a good picture; animations of one frame are pictures."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from splat_widgets.photos.opening import open_photo
from splat_widgets.photos.source import PhotoError

X, Y = np.meshgrid(np.linspace(0, 255, 64), np.linspace(0, 255, 48))
RAMP = Image.fromarray(np.stack([X, Y, 128 + 0 * X], -1).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png_chunk(kind: bytes, payload: bytes, wrong: int = 0) -> bytes:
    crc = zlib.crc32(kind + payload) ^ wrong
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", crc)


def riff_chunk(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def webp(*chunks: bytes, flags: int) -> bytes:
    header = riff_chunk(b"VP8X", bytes([flags, 0, 0, 0, 63, 0, 0, 47, 0, 0]))
    body = b"WEBP" + header + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


PNG, JPEG = encoded(RAMP, "PNG"), encoded(RAMP, "JPEG", quality=95)
WEBP = encoded(RAMP, "WEBP", lossless=True)
PIXELS = WEBP[12:]  # the VP8L chunk
LARGE = bytes(3_000_000)
SIDE_CHUNKS = {
    "text": png_chunk(b"tEXt", b"Comment\0" + LARGE),
    "compressed text": png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(LARGE)),
    "text cut off": png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(LARGE)[:50]),
    "unknown compression": png_chunk(b"zTXt", b"Comment\0\7abc"),
    "international text": png_chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(LARGE)),
    "XMP": png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + LARGE),
    "profile": png_chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(LARGE)),
    "profile without a name": png_chunk(b"iCCP", b"abc"),
    "resolution": png_chunk(b"pHYs", b"\0\0"),
    "gamma": png_chunk(b"gAMA", b""),
    "EXIF": png_chunk(b"eXIf", LARGE),
    "wrong checksum": png_chunk(b"tEXt", b"Comment\0hello", wrong=1),
    "EXIF with a wrong checksum": png_chunk(b"eXIf", b"II*\0\x08\0\0\0", wrong=1),
    "animation control with a wrong checksum": png_chunk(b"acTL", b"\0\0\0\7\0\0\0\0", wrong=1),
}


@pytest.mark.parametrize("name", SIDE_CHUNKS)
@pytest.mark.parametrize("place", ["before the pixels", "behind them"])
def test_a_png_outlives_its_side_chunks(name, place):
    start = 33 if place == "before the pixels" else len(PNG) - 12
    data = PNG[:start] + SIDE_CHUNKS[name] + PNG[start:]
    np.testing.assert_array_equal(open_photo(data), RAMP)


def test_pillow_itself_refuses_some_of_them():
    """So the test above tests more than Pillow."""
    for name in ("compressed text", "profile", "wrong checksum"):
        data = PNG[:33] + SIDE_CHUNKS[name] + PNG[33:]
        with pytest.raises((ValueError, SyntaxError, OSError)):
            PngImagePlugin.PngImageFile(io.BytesIO(data)).verify()


def test_a_png_whose_end_is_missing_or_followed_by_something_opens():
    for data in (PNG[:-12], PNG[:-3], PNG + b"\0" * 100, PNG + PNG):
        np.testing.assert_array_equal(open_photo(data), RAMP)


@pytest.mark.parametrize("marker", [0xE1, 0xE2, 0xED, 0xEC, 0xFE])
def test_a_jpeg_outlives_its_side_segments(marker):
    bodies = [
        b"",
        b"ICC_PROFILE\0\5\1" + bytes(60_000),
        b"Photoshop 3.0\x008BIM\4\4\0",
        b"MPF\0II*\0",
    ]
    bodies += [b"Exif\0\0II*\0\x08\0\0\0\xff\xff", b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta"]
    for body in bodies:
        segment = bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body
        for data in (JPEG[:2] + segment * 9 + JPEG[2:], JPEG[:20] + segment + JPEG[20:]):
            np.testing.assert_array_equal(open_photo(data), open_photo(JPEG))


def test_the_colours_of_a_cmyk_jpeg_stay():
    """Adobe's segment, which says how they are coded, is kept."""
    data = encoded(RAMP.convert("CMYK"), "JPEG", quality=95)
    difference = np.abs(np.asarray(open_photo(data), int) - np.asarray(RAMP, int))
    assert b"Adobe" in data and difference.max() < 16


@pytest.mark.parametrize(
    ("flags", "chunks"),
    [
        (0x20, [riff_chunk(b"ICCP", b"\xff" * 999_999), PIXELS]),
        (0x08, [PIXELS, riff_chunk(b"EXIF", b"garbage")]),
        (0x08, [PIXELS, riff_chunk(b"EXIF", LARGE)]),
        (0x04, [PIXELS, riff_chunk(b"XMP ", b"<x")]),
        (0x2C, [PIXELS]),  # flags of chunks that are not there
        (0x08, [PIXELS, riff_chunk(b"EXIF", bytes(500))[:-100]]),  # cut off behind the pixels
        (0x00, [riff_chunk(b"ABCD", b"123"), PIXELS]),
    ],
)
def test_a_webp_outlives_its_side_chunks(flags, chunks):
    np.testing.assert_array_equal(open_photo(webp(*chunks, flags=flags)), RAMP)


def test_a_webp_keeps_the_turn_that_exif_asks_for():
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = RAMP.transpose(Image.Transpose.ROTATE_90)
    data = encoded(stored, "WEBP", lossless=True, exif=exif, icc_profile=b"x" * 99)
    np.testing.assert_array_equal(open_photo(data), RAMP)


def test_a_webp_whose_alpha_is_damaged_shows_its_colours():
    image = RAMP.copy()
    image.putalpha(Image.fromarray((X / 2).astype(np.uint8)))
    data = bytearray(encoded(image, "WEBP", quality=95, exact=True))
    whole = open_photo(bytes(data))
    start = data.index(b"ALPH") + 8
    data[start : start + 20] = b"\xff" * 20
    np.testing.assert_array_equal(open_photo(bytes(data)), whole)
    assert np.abs(np.asarray(whole, int) - np.asarray(RAMP, int)).mean() < 6


def one_frame(kind: str) -> bytes:
    """An animation of one frame, which Pillow would write as a picture."""
    if kind == "PNG":
        control = png_chunk(b"acTL", struct.pack(">II", 1, 0))
        frame = png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 64, 48, 0, 0, 1, 10, 0, 0))
        return PNG[:33] + control + frame + PNG[33:]
    if kind == "WEBP":
        frame = bytes(6) + b"\x3f\0\0\x2f\0\0" + b"\x64\0\0\0" + PIXELS
        return webp(riff_chunk(b"ANIM", bytes(6)), riff_chunk(b"ANMF", frame), flags=0x02)
    return encoded(RAMP, "GIF", comment=b"x" * 999, duration=100, loop=0)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_an_animation_of_one_frame_is_a_picture(kind):
    photo = open_photo(one_frame(kind))
    expected = RAMP if kind != "GIF" else Image.open(io.BytesIO(one_frame("GIF"))).convert("RGB")
    np.testing.assert_array_equal(photo, expected)
    with Image.open(io.BytesIO(one_frame(kind))) as opened:
        np.testing.assert_array_equal(open_photo(opened), expected)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_an_animation_is_refused(kind):
    data = encoded(RAMP, kind, save_all=True, append_images=[Image.new("RGB", (64, 48))])
    for given in (data, Image.open(io.BytesIO(data))):
        with pytest.raises(PhotoError, match="is animated; expected a still photo"):
            open_photo(given)


def test_a_gif_with_its_own_palette_and_a_transparent_colour():
    small = RAMP.resize((20, 10)).quantize(16)
    data = encoded(small, "GIF", transparency=3)
    np.testing.assert_array_equal(open_photo(data), small.convert("RGB"))


def test_a_jpeg_of_very_many_scans_is_refused_before_it_is_decoded():
    data = encoded(RAMP, "JPEG", progressive=True, quality=95)
    np.testing.assert_array_equal(open_photo(data + b"\xff\xda" * 500), open_photo(data))
    last = data.rindex(b"\xff\xda")
    with pytest.raises(PhotoError, match=r"is a JPEG of 5\d\d scans, more than 100"):
        open_photo(data[:-2] + data[last:-2] * 500 + b"\xff\xd9")
