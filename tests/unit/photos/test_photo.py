"""The photo record: parity with the reference's loader, the whole photo, tracing back."""

import hashlib
import io
import json
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from splat_widgets.photos.opening import open_photo
from splat_widgets.photos.photo import load_photo, load_photos, square_crop

PHOTOS = Path(__file__).parents[2] / "data" / "images"
EXPECTED = json.loads((PHOTOS / "expected.json").read_text())["files"]


@dataclass
class Upload:
    name: str
    data: bytes | memoryview


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_equals_the_reference_loader_byte_for_byte(name):
    expected = EXPECTED[name]
    photo = load_photo(PHOTOS / name)
    assert list(photo.original_size) == expected["upright_wh"]
    assert list(photo.resized_size) == expected["resized_wh"]
    assert list(photo.crop_box) == expected["crop_ltrb"]
    assert photo.sha256 == expected["file_sha256"]
    assert photo.pixels.shape == (512, 512, 3)
    assert hashlib.sha256(photo.pixels.tobytes()).hexdigest() == expected["uint8_hwc_sha256"]
    original_img = photo.tensor().numpy()
    assert (
        hashlib.sha256(original_img.tobytes()).hexdigest()
        == expected["original_img_float32_chw_sha256"]
    )
    img = (original_img - np.float32(0.5)) / np.float32(0.5)
    assert hashlib.sha256(img.tobytes()).hexdigest() == expected["img_float32_chw_sha256"]


def test_equals_the_reference_pixels():
    with np.load(PHOTOS / "expected_uint8.npz") as golden:
        assert golden.files
        for name in golden.files:
            np.testing.assert_array_equal(load_photo(PHOTOS / name).pixels, golden[name].squeeze())


@pytest.mark.parametrize("image_size", [32, 48, 128, 512])
def test_short_side_becomes_image_size_for_every_shape(image_size):
    generator = np.random.default_rng(0)
    for width, height in generator.integers(1, 4000, (2000, 2)):
        (w, h), (left, top, right, bottom) = square_crop(int(width), int(height), image_size)
        assert min(w, h) == image_size
        assert (right - left, bottom - top) == (image_size, image_size)
        assert 0 <= left and right <= w and 0 <= top and bottom <= h
        assert abs((left + right) - w) <= 1 and abs((top + bottom) - h) <= 1  # centred


@pytest.mark.parametrize("image_size", [0, 1, 511, -2])
def test_an_image_size_that_has_no_square_is_refused(image_size):
    with pytest.raises(ValueError, match="even image_size"):
        load_photo(PHOTOS / "small_100x80.png", image_size=image_size)


def test_other_image_sizes_follow_the_same_rule():
    photo = load_photo(PHOTOS / "odd_1023x767.jpg", image_size=128)
    whole = open_photo(PHOTOS / "odd_1023x767.jpg").resize((171, 128), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(photo.pixels, np.asarray(whole.crop((21, 0, 149, 128))))


def test_every_kind_of_source_gives_the_same_photo():
    path = PHOTOS / "exif6_640x480.jpg"
    data = path.read_bytes()
    upright = np.asarray(open_photo(path))
    reference = load_photo(path)
    assert reference.name == "exif6_640x480.jpg"
    with Image.open(path) as lazy:
        sources = [
            str(path),
            data,
            bytearray(data),
            memoryview(data),
            Upload("a.jpg", data),
            Upload("b", memoryview(data)),
            lazy,
            upright,
            upright / 255.0,
            (upright / 255).astype(np.float32),
            np.asfortranarray(upright),
        ]
        for source in sources:
            np.testing.assert_array_equal(load_photo(source).pixels, reference.pixels)
        assert "exif" in lazy.info  # the caller's picture is left as it was


def test_names_and_hashes():
    data = (PHOTOS / "small_100x80.png").read_bytes()
    first, second = load_photos([data, Upload("kitchen.png", data)])
    assert (first.name, second.name) == ("photo 1", "kitchen.png")
    assert first.sha256 == second.sha256 == hashlib.sha256(data).hexdigest()
    assert load_photo(np.zeros((4, 4), np.uint8)).sha256 is None


def test_something_else_is_a_type_error_that_names_it():
    for thing in (7, {"a": 1}, io.StringIO("x"), None, Upload("a", "text")):
        with pytest.raises(TypeError, match=type(thing).__name__):
            load_photo(thing)
    with pytest.raises(TypeError, match="int"):
        load_photos(7)


def test_a_single_photo_needs_no_list():
    path = PHOTOS / "small_100x80.png"
    for photos in (path, str(path), [path], path.read_bytes(), Image.open(path)):
        assert [photo.original_size for photo in load_photos(photos, image_size=16)] == [(100, 80)]


def test_any_number_of_photos_keeps_its_order():
    names = ["rgba_700x500.png", "pixel_3x1.png", "small_100x80.png"]
    loaded = load_photos(iter(PHOTOS / name for name in names), image_size=16)
    assert [photo.name for photo in loaded] == names


def test_no_photo_is_refused():
    with pytest.raises(ValueError, match="at least one photo, got none"):
        load_photos([])


def test_a_stack_of_arrays_is_a_pair():
    stack = np.stack([np.zeros((8, 8, 3)), np.ones((8, 8, 3))])
    first, second = load_photos(stack, image_size=16)
    assert first.pixels.max() == 0 and second.pixels.min() == 255


@pytest.mark.parametrize(
    "size", [(640, 480), (480, 640), (333, 1000), (512, 512), (100, 80), (2100, 1400)]
)
def test_a_dot_in_the_photo_is_found_again(size):
    """Independent of the formula: the centroid of a blurred dot, before and after the loader."""
    x, y = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    center = (size[0] / 2 + 0.1 * min(size), size[1] / 2 - 0.2 * min(size))
    dot = np.exp(-((x - center[0]) ** 2 + (y - center[1]) ** 2) / (2 * (min(size) / 30) ** 2))
    photo = load_photo(dot, image_size=256)
    for of, pixels in (("crop", photo.pixels), ("whole", photo.whole)):
        weight = pixels[..., 0].astype(float)
        rows, cols = np.indices(weight.shape)
        found = (rows * weight).sum() / weight.sum(), (cols * weight).sum() / weight.sum()
        # The 8-bit tail of the dot and the rounded sizes leave a few hundredths of a pixel.
        tolerance = 0.02 * max(size) / 100 + 0.1
        assert photo.to_original(*found, of=of) == pytest.approx(center, abs=tolerance)
        assert photo.from_original(*center, of=of) == pytest.approx(found, abs=0.3)


@pytest.mark.parametrize("of", ["crop", "whole"])
@pytest.mark.parametrize("name", ["portrait_600x900.jpg", "wide_2000x300.jpg"])
def test_from_original_inverts_to_original(name, of):
    photo = load_photo(PHOTOS / name)
    width, height = photo.original_size
    side = np.array((photo.pixels if of == "crop" else photo.whole).shape[:2])
    rows, cols = np.random.default_rng(1).uniform(-0.5, side - 0.5, (100, 2)).T
    x, y = photo.to_original(rows, cols, of=of)
    assert (x >= 0).all() and (x <= width).all() and (y >= 0).all() and (y <= height).all()
    np.testing.assert_allclose(photo.from_original(x, y, of=of), (rows, cols), atol=1e-9)


def test_where_the_corners_lie():
    photo = load_photo(PHOTOS / "portrait_600x900.jpg")
    assert photo.to_original(-0.5, -0.5)[0] == 0  # the crop keeps the full width
    assert photo.to_original(0, 511.5)[0] == 600
    assert photo.to_original(-0.5, -0.5, of="whole") == (0, 0)
    assert photo.to_original(899.5, 599.5, of="whole") == (600, 900)
    with pytest.raises(ValueError, match="expected 'crop' or 'whole', got 'square'"):
        photo.to_original(0, 0, of="square")


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((640, 480), (640, 480)),
        ((1024, 768), (1024, 768)),
        ((1025, 1025), (1024, 1024)),
        ((1500, 3000), (512, 1024)),
        ((4000, 80), (1024, 20)),
    ],
)
def test_the_whole_photo_has_at_most_1024_px(size, expected):
    x, y = np.meshgrid(np.linspace(0, 1, size[0]), np.linspace(0, 1, size[1]))
    ramp = np.stack([x, y, 0 * x], -1)
    photo = load_photo(ramp, image_size=16)
    height, width, _ = photo.whole.shape
    assert (width, height) == expected and photo.whole.dtype == np.uint8
    rows, cols = np.indices((height, width))
    found_x, found_y = photo.to_original(rows, cols, of="whole")
    # A ramp stays a ramp: its value says where a pixel came from. Edges bend a little.
    inner = np.s_[2:-2, 2:-2]
    truth = np.stack([(found_x - 0.5) / (size[0] - 1), (found_y - 0.5) / (size[1] - 1)], -1)
    got = photo.whole[..., :2] / 255
    np.testing.assert_allclose(got[inner], truth[inner], atol=1.5 / 255)


def test_the_whole_photo_is_upright_and_as_it_was_if_small():
    path = PHOTOS / "exif6_640x480.jpg"
    np.testing.assert_array_equal(load_photo(path).whole, np.asarray(open_photo(path)))


def with_exif(image: Image.Image, kind: str, tags: dict[int, int], orientation: int = 1) -> bytes:
    """An encoded picture with EXIF, laid out by hand (TIFF 6.0): 16-bit tags of the Exif IFD."""
    short, long = 3, 4
    first = [(0x0112, short, 1, orientation), (0x8769, long, 1, 8 + 2 + 2 * 12 + 4)]
    second = [(tag, short, 1, value) for tag, value in sorted(tags.items())]
    directories = [
        struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries)
        for entries in (first, second)
    ]
    exif = b"Exif\0\0II*\0\x08\0\0\0" + b"".join(part + bytes(4) for part in directories)
    stream = io.BytesIO()
    image.save(stream, kind, exif=exif)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(("size", "turn"), [((3000, 2000), 1), ((2000, 3000), 6), ((400, 300), 8)])
def test_the_focal_length_comes_from_exif(kind, size, turn):
    """Oracle: a 36 x 24 frame needs no diagonal, and elsewhere equal diagonal angles of view."""
    data = with_exif(Image.new("RGB", size), kind, {0xA405: 28}, turn)
    photo = load_photo(data, image_size=16)
    assert photo.focal_px is not None
    if sorted(size) == [2000, 3000]:
        assert photo.focal_px == pytest.approx(28 / 36 * 3000)
    angle = 2 * np.arctan(np.hypot(*photo.original_size) / 2 / photo.focal_px)
    assert np.rad2deg(angle) == pytest.approx(75.4, abs=0.05)  # of a 28 mm lens, as makers list it
    assert load_photo(Image.open(io.BytesIO(data)), image_size=16).focal_px == photo.focal_px


@pytest.mark.parametrize("value", [0, 1, 4, 3001, 65535, None])
def test_a_focal_length_that_says_nothing_is_none(value):
    tags = {} if value is None else {0xA405: value, 0x920A: 4}
    data = with_exif(Image.new("RGB", (40, 30)), "JPEG", tags)
    assert load_photo(data, image_size=16).focal_px is None


def test_arrays_have_no_focal_length():
    assert load_photo(np.zeros((30, 40), np.uint8), image_size=16).focal_px is None


def test_photos_are_records_that_do_not_change():
    photo = load_photo(PHOTOS / "small_100x80.png", image_size=32)
    with pytest.raises(AttributeError):
        photo.name = "other"  # type: ignore[misc]
    for pixels in (photo.pixels, photo.whole):
        with pytest.raises(ValueError, match="read-only"):
            pixels[0, 0] = 0
    tensor = photo.tensor()
    assert tensor.shape == (3, 32, 32) and tensor.is_contiguous()
    tensor.zero_()  # a copy
    assert photo.pixels.any()
