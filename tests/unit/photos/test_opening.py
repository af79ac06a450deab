"""Opening photos: sources, formats, and hostile files.

The names `owasp_*` follow OWASP ASVS 5.0, chapter V5 (file handling).
"""

import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile, PngImagePlugin

from splat_widgets.photos import opening, source
from splat_widgets.photos.exif import TURNS
from splat_widgets.photos.opening import open_photo
from splat_widgets.photos.photo import Photo, load_photo
from splat_widgets.photos.source import PhotoError

PHOTOS = Path(__file__).parents[2] / "data" / "images"


@dataclass
class Upload:
    name: str
    data: bytes | memoryview


def ramp(width: int, height: int) -> Image.Image:
    """A picture in which every corner differs, so that a wrong turn shows."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, 128 + 0 * x], -1).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png_chunk(kind: bytes, payload: bytes) -> bytes:
    return (
        struct.pack(">I", len(payload))
        + kind
        + payload
        + struct.pack(">I", zlib.crc32(kind + payload))
    )


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG whose header announces a size, with any further chunks."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    end = png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + b"".join(chunks) + end


def refusal(photo, **options) -> PhotoError:
    with pytest.raises(PhotoError) as caught:
        open_photo(photo, **options)
    assert str(caught.value) == f"{caught.value.name}: {caught.value.reason}"
    return caught.value


def test_the_callers_pil_image_is_left_as_it_was():
    with Image.open(PHOTOS / "palette_420x300.png") as image:
        before = dict(image.info)
        assert "transparency" in before
        open_photo(image)
        assert image.info == before and image.mode == "P"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_turns_the_photo_upright(orientation, kind):
    upright = ramp(40, 30)
    undo = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    stored = upright if orientation == 1 else upright.transpose(TURNS[undo])
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    photo = open_photo(encoded(stored, kind, exif=exif, **options))
    assert photo.size == (40, 30)
    difference = np.abs(np.asarray(photo, float) - np.asarray(upright, float))
    assert difference.max() <= (12 if kind == "JPEG" else 0)


@pytest.mark.parametrize("value", [0, 9, 42, 65535])
def test_a_senseless_orientation_leaves_the_photo_as_it_is(value):
    exif = Image.Exif()
    exif[0x0112] = value
    np.testing.assert_array_equal(open_photo(encoded(ramp(40, 30), "PNG", exif=exif)), ramp(40, 30))


def test_a_damaged_or_huge_exif_block_does_not_cost_the_photo():
    plain = np.asarray(ramp(40, 30))
    entries = b"".join(struct.pack("<HHII", tag, 2, 0xFFFFFFFF, 0xFFFFFF00) for tag in range(2000))
    blocks = [
        b"Exif\0\0garbage",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 65535),
        b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2000) + entries,
        b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHI4s", 1, 0x0112, 2, 4, b"six\0"),
    ]
    for block in blocks:
        np.testing.assert_array_equal(open_photo(encoded(ramp(40, 30), "PNG", exif=block)), plain)
    with_junk = io.BytesIO()
    ramp(40, 30).save(with_junk, "JPEG", quality=95)
    jpeg = with_junk.getvalue()
    app1 = b"\xff\xe1" + struct.pack(">H", 65535) + b"Exif\0\0" + b"\xff" * (65535 - 8)
    flooded = jpeg[:2] + app1 * 60 + jpeg[2:]  # 3.9 MB of it
    np.testing.assert_array_equal(open_photo(flooded), open_photo(jpeg))


def test_owasp_5_1_1_types_and_sizes_are_documented():
    text = opening.__doc__ or ""
    for word in ("JPEG", "PNG", "WebP", "GIF", "HEIF", "MAX_FILE_BYTES", "MAX_PIXELS"):
        assert word in text
    assert "expected a JPEG, PNG, WebP or HEIF photo" in refusal(b"hello").reason


def test_owasp_5_2_1_large_files_are_refused_before_reading(tmp_path, monkeypatch):
    path = tmp_path / "large.jpg"
    with path.open("wb") as file:
        file.truncate(opening.MAX_FILE_BYTES + 1)  # sparse

    class Unreadable(io.FileIO):
        def read(self, size=-1):
            pytest.fail("the file was read")

    monkeypatch.setattr(source, "open_file", Unreadable)
    assert "50.0 MB, more than the limit of 50 MB" in refusal(path).reason
    assert "limit" in refusal(Upload("a.png", b"\x89PNG" + bytes(2000)), max_bytes=1000).reason


def test_owasp_5_2_1_a_file_that_grows_while_it_is_opened_is_refused(tmp_path, monkeypatch):
    class Growing(io.FileIO):
        def read(self, size=-1):
            with path.open("ab") as other:
                other.write(bytes(2000))
            return super().read(size)

    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG")
    monkeypatch.setattr(source, "open_file", Growing)
    assert "more than the limit" in refusal(path, max_bytes=1000).reason


def test_owasp_5_2_2_content_decides_not_the_name(tmp_path):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "hello")
    cases = {
        "zip.jpg": (archive.getvalue(), "zip archive"),
        "vector.png": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "SVG"),
        "vector.jpg": (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "XML"),
        "page.jpg": (b"<!DOCTYPE html><script>alert(1)</script>", "web page"),
        "empty.gif": (b"GIF89a\1\0\1\0\0\0\0;", "a GIF without a picture"),
        "bitmap.png": (encoded(ramp(8, 8), "BMP"), "a BMP"),
        "scan.jpg": (encoded(ramp(8, 8), "TIFF"), "a TIFF"),
        "document.jpg": (b"%PDF-1.7", "a PDF"),
        "eps.jpg": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
        "fits.jpg": (b"SIMPLE  =                    T" + bytes(2850), "not a picture"),
        "movie.heic": (b"\0\0\0\x18ftypmp42" + bytes(64), "video"),
        "picture.heic": (b"\0\0\0\x18ftypavif" + bytes(64), "AVIF"),
        "text.jpg": (b"hello", "not a picture"),
        "empty.jpg": (b"", "is empty"),
    }
    for name, (content, reason) in cases.items():
        (tmp_path / name).write_bytes(content)
        for given in (tmp_path / name, Upload(name, content)):
            error = refusal(given)
            assert error.name == name and reason in error.reason
    right = tmp_path / "photo.txt"
    right.write_bytes(encoded(ramp(8, 8), "PNG"))
    assert open_photo(right).size == (8, 8)


def test_owasp_5_2_2_only_pixels_survive():
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    data = encoded(ramp(40, 30), "JPEG", exif=exif, comment=b"<script>", icc_profile=b"x" * 200)
    photo = open_photo(data)
    assert photo.info == {} and type(photo) is Image.Image and not photo.getexif()
    fields = vars(load_photo(data, image_size=32))
    assert set(fields) == set(Photo.__dataclass_fields__)
    assert b"secret" not in fields["pixels"].tobytes() + fields["whole"].tobytes()


@pytest.mark.parametrize(
    "flood",
    [
        png(100_000, 100_000, png_chunk(b"IDAT", zlib.compress(b""))),
        b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01",
        b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff",
        b"RIFF\x1e\0\0\0WEBPVP8L\x0a\0\0\0\x2f\xff\xff\xff\xff\0",
        b"RIFF\x1e\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\xff\xff\xff\xff",
    ],
    ids=["png", "jpeg", "webp-extended", "webp-lossless", "webp-lossy"],
)
def test_owasp_5_2_6_a_pixel_flood_is_refused_from_the_header(flood, monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("it was decoded"))
    error = refusal(Upload("flood.jpg", flood))
    assert error.name == "flood.jpg"
    assert "megapixels, more than the limit of 120.0" in error.reason


def test_owasp_5_2_6_a_pixel_flood_costs_no_memory():
    """In a process that may not take the 30 GB it announces, nor a hundredth of them."""
    script = f"""
import resource, sys
sys.path.insert(0, {str(Path(opening.__file__).parents[2])!r})
from splat_widgets.photos.opening import open_photo
from splat_widgets.photos.source import PhotoError
data = sys.stdin.buffer.read()
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    open_photo(data)
except PhotoError as error:
    print(error.reason)
assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used < 50_000
"""
    rows = zlib.compress(bytes(20_000_000), 9)
    flood = png(100_000, 100_000, png_chunk(b"IDAT", rows))
    run = subprocess.run(
        [sys.executable, "-c", script], input=flood, capture_output=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr.decode()
    assert b"megapixels" in run.stdout


def test_owasp_5_2_6_the_cap_is_inclusive_and_settable():
    data = encoded(ramp(40, 30), "PNG")
    assert open_photo(data, max_pixels=1200).size == (40, 30)
    for given in (data, ramp(40, 30), np.asarray(ramp(40, 30))):
        assert "40 x 30" in refusal(given, max_pixels=1199).reason


def test_owasp_5_2_6_a_thread_is_refused_because_resizing_would_flood():
    for size in ((1, 51), (100_000, 3)):
        assert "crop it" in refusal(encoded(Image.new("RGB", size), "PNG")).reason
    assert load_photo(encoded(Image.new("RGB", (1, 50)), "PNG"), image_size=32).crop_box[1] > 0


def test_owasp_5_2_6_compressed_metadata_cannot_flood(monkeypatch):
    bomb = zlib.compress(bytes(200_000_000), 9)
    pixels = png_chunk(b"IDAT", zlib.compress(bytes(4)))
    monkeypatch.setattr(PngImagePlugin, "_safe_zlib_decompress", pytest.fail)
    for chunk in (
        png_chunk(b"zTXt", b"Comment\0\0" + bomb),
        png_chunk(b"iTXt", b"Comment\0\1\0\0\0" + bomb),
        png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb),
        png_chunk(b"iCCP", b"profile\0\0" + bomb),
    ):
        assert open_photo(png(1, 1, chunk, pixels)).size == (1, 1)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("/etc/passwd", "passwd"),
        ("<img src=x onerror=alert(1)>.jpg", "<img src=x onerror=alert(1)>.jpg"),
        ("a\nb\x1b[31m\u202egpj.exe\0", "ab[31mgpj.exe"),
        ("..", ".."),
        ("", "photo"),
        ("x" * 5000, "x" * 119 + "…"),
    ],
)
def test_owasp_5_3_2_an_upload_name_is_text_and_never_a_path(name, shown, monkeypatch):
    data = encoded(ramp(8, 8), "PNG")
    forbidden = lambda *_, **__: pytest.fail("the file system was touched")  # noqa: E731
    with monkeypatch.context() as patch:
        for function in ("open", "stat", "resolve", "exists"):
            patch.setattr(Path, function, forbidden)
        patch.setattr("builtins.open", forbidden)
        photo = load_photo(Upload(name, data), image_size=16)
        error = refusal(Upload(name, b"nothing"))
        given = refusal(b"nothing", name=name)
    assert photo.name == error.name == given.name == shown


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_file_is_refused_at_every_length(kind):
    data = encoded(ramp(200, 160), kind)
    for fraction in (0.01, 0.1, 0.3, 0.6, 0.9):
        error = refusal(Upload("cut.jpg", data[: int(len(data) * fraction)]))
        assert error.name == "cut.jpg" and error.reason


def test_a_truncated_heif_is_refused():
    pytest.importorskip("pillow_heif", reason="extra")
    data = heif(ramp(200, 160))
    for fraction in (0.05, 0.3, 0.7):
        assert "damaged or cut off" in refusal(data[: int(len(data) * fraction)]).reason


def test_flipped_bits_give_a_picture_or_a_photo_error():
    generator = np.random.default_rng(3)
    for kind in ("JPEG", "PNG", "WEBP"):
        data = np.frombuffer(encoded(ramp(64, 48), kind), np.uint8)
        refused = 0
        for _ in range(150):
            damaged = data.copy()
            where = generator.integers(0, len(data), 4)
            damaged[where] ^= generator.integers(1, 256, 4).astype(np.uint8)
            try:
                photo = open_photo(damaged.tobytes(), max_pixels=10_000_000)
            except PhotoError:
                refused += 1
            else:
                assert photo.mode == "RGB"
        assert refused > 10


def test_a_png_with_a_wrong_checksum_is_refused():
    data = encoded(ramp(64, 48), "PNG")
    for after_checksum in (b"IDAT", b"IEND"):  # that of the header, that of the pixels
        wrong = bytearray(data)
        wrong[wrong.index(after_checksum) - 5] ^= 1
        assert "damaged" in refusal(bytes(wrong)).reason


def test_of_an_mpo_the_first_picture_counts():
    data = encoded(
        ramp(40, 30), "MPO", quality=95, save_all=True, append_images=[Image.new("RGB", (40, 30))]
    )
    first = open_photo(encoded(ramp(40, 30), "JPEG", quality=95))
    np.testing.assert_array_equal(open_photo(data), first)
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.format == "MPO"
        np.testing.assert_array_equal(open_photo(opened), first)


def heif(image: Image.Image, **options) -> bytes:
    import pillow_heif

    stream = io.BytesIO()
    pillow_heif.from_pillow(image).save(stream, quality=-1, chroma=444, **options)
    return stream.getvalue()


def test_heif_is_read_without_registering_an_opener():
    pytest.importorskip("pillow_heif", reason="extra")
    photo = open_photo(Upload("IMG_0001.HEIC", heif(ramp(64, 48))))
    assert photo.size == (64, 48)
    np.testing.assert_allclose(np.asarray(photo, int), np.asarray(ramp(64, 48), int), atol=4)
    assert "HEIF" not in Image.OPEN
    assert "megapixels" in refusal(heif(ramp(64, 48)), max_pixels=3000).reason


def test_heif_is_turned_upright_once():
    pytest.importorskip("pillow_heif", reason="extra")
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = ramp(64, 48).transpose(Image.Transpose.ROTATE_90)
    photo = open_photo(heif(stored, exif=exif.tobytes()))
    assert photo.size == (64, 48)
    np.testing.assert_allclose(np.asarray(photo, int), np.asarray(ramp(64, 48), int), atol=4)


def test_heif_without_the_extra_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    error = refusal(b"\0\0\0\x18ftypheic" + bytes(64))
    assert "splat-widgets[heif]" in error.reason


def test_files_that_are_not_there_or_no_files(tmp_path):
    error = refusal(tmp_path / "missing.jpg")
    assert error.name == "missing.jpg" and "found nothing at" in error.reason
    assert "folder" in refusal(tmp_path).reason
    assert refusal("nul\0byte.jpg").reason
    assert refusal("~nobody-of-this-name/a.jpg").reason


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "a.png").write_bytes((PHOTOS / "small_100x80.png").read_bytes())
    assert load_photo("~/a.png", image_size=16).name == "a.png"


def test_pipes_and_devices_are_refused(tmp_path):
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jpg")
        assert "device" in refusal(tmp_path / "pipe.jpg").reason


def test_a_closed_pil_image_is_refused():
    image = Image.open(PHOTOS / "small_100x80.png")
    image.close()
    assert "cannot be read" in refusal(image).reason


def test_running_out_of_memory_is_explained(monkeypatch):
    def load(_):
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    assert "memory" in refusal(encoded(ramp(8, 8), "JPEG")).reason


def test_an_error_survives_a_process_boundary():
    import pickle

    error = pickle.loads(pickle.dumps(PhotoError("a.jpg", "is empty")))
    assert (error.name, error.reason, str(error)) == ("a.jpg", "is empty", "a.jpg: is empty")


def test_pillow_is_left_as_it_was_and_its_switches_do_not_matter(monkeypatch):
    files = sorted(PHOTOS.glob("*.[jp][pn]g"))
    expected = [np.asarray(open_photo(path)) for path in files]
    # A pixel limit of Pillow's below the photos would make Image.open warn or fail.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 64 * 64)
    before = (list(Image.ID), dict(Image.OPEN), dict(Image.EXTENSION), Image.MAX_IMAGE_PIXELS)
    truncated = ImageFile.LOAD_TRUNCATED_IMAGES
    for path, pixels in zip(files, expected, strict=True):
        np.testing.assert_array_equal(np.asarray(open_photo(path)), pixels)
    after = (list(Image.ID), dict(Image.OPEN), dict(Image.EXTENSION), Image.MAX_IMAGE_PIXELS)
    assert after == before and ImageFile.LOAD_TRUNCATED_IMAGES == truncated


def test_threads_do_not_disturb_each_other():
    files = sorted(PHOTOS.glob("*.[jp][pn]g")) * 3
    expected = [np.asarray(open_photo(path)) for path in files]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda path: np.asarray(open_photo(path)), files))
    for pixels, reference in zip(results, expected, strict=True):
        np.testing.assert_array_equal(pixels, reference)


def test_uploads_are_checked_without_loading_torch():
    script = (
        f"import sys; sys.path.insert(0, {str(Path(opening.__file__).parents[2])!r});"
        "import splat_widgets.photos.opening; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
