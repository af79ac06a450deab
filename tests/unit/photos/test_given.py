"""Photos as people have them: tensors, open files, folders, uploads; the pixels must agree."""

import io
import shutil
from pathlib import Path

import ipywidgets
import numpy as np
import pytest
import torch
from PIL import Image

from splat_widgets.photos.given import listed
from splat_widgets.photos.photo import load_photos
from splat_widgets.photos.source import PhotoError
from splat_widgets.upload import UploadPanel

PHOTOS = Path(__file__).parents[2] / "data" / "images"
PATH = PHOTOS / "small_100x80.png"
PIXELS = np.array(Image.open(PATH).convert("RGB"))  # (80, 100, 3)
FIRST = torch.from_numpy(PIXELS).permute(2, 0, 1)  # channels first, not contiguous
TENSORS = {
    "CHW": FIRST,
    "HWC": torch.from_numpy(PIXELS),
    "batch of one": FIRST[None],
    "HWC batch of one": torch.from_numpy(PIXELS)[None],
    "floats": FIRST / 255,
    "float64 with gradient": (FIRST.double() / 255).requires_grad_(),
    "floats HWC": torch.from_numpy(PIXELS) / 255,
    "numpy": PIXELS,
    "numpy batch of one": PIXELS[None],
    "numpy floats": PIXELS / 255,
}


@pytest.mark.parametrize("form", TENSORS.values(), ids=TENSORS)
@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one], lambda one: iter([one])])
def test_a_tensor_is_the_picture_that_it_shows(form, wrap):
    (photo,) = load_photos(wrap(form))
    assert photo.original_size == (100, 80) and np.array_equal(photo.whole, PIXELS)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_is_a_picture_too(kind):
    (photo,) = load_photos((FIRST / 255).to(kind))
    assert np.abs(photo.whole.astype(int) - PIXELS).max() <= 1


def test_a_batch_is_several_photos():
    for batch in (torch.stack([FIRST, 255 - FIRST]), np.stack([PIXELS, 255 - PIXELS])):
        first, second = load_photos(batch)
        assert np.array_equal(first.whole, PIXELS) and np.array_equal(second.whole, 255 - PIXELS)


def test_a_grey_tensor_is_grey():
    grey = torch.from_numpy(PIXELS[..., 0].copy())
    for form in (grey, grey[None], grey[None, None]):
        (photo,) = load_photos(form)
        assert np.array_equal(photo.whole, np.repeat(PIXELS[..., :1], 3, -1))


@pytest.mark.parametrize(
    ("tensor", "says"),
    [
        (torch.zeros(4, 40, 50, dtype=torch.uint8), r"drop the alpha channel"),
        (torch.zeros(2, 40, 50), r"expected shape \(H, W, 3\)"),
        (torch.full((3, 40, 50), 255.0), "divide by the highest"),
        (torch.full((3, 40, 50), -2.1), "expected floats in \\[0, 1\\]"),
        (torch.zeros(3, 40, 50, dtype=torch.int64), "expected uint8 or floats"),
    ],
)
def test_a_tensor_that_is_no_picture_is_refused(tensor, says):
    with pytest.raises(PhotoError, match=says):
        load_photos(tensor)


def test_open_files_are_read_whole(tmp_path):
    stream = io.BytesIO()
    Image.fromarray(PIXELS).save(stream, "PNG")  # leaves it at its end
    with PATH.open("rb") as file:
        from_file, from_stream = load_photos([file, stream])
    assert (from_file.name, from_stream.name) == (PATH.name, "photo 2")
    assert np.array_equal(from_file.whole, from_stream.whole)
    with pytest.raises(PhotoError, match="more than the limit"):
        load_photos(stream, max_bytes=100)
    (tmp_path / "text.png").write_text("a line")
    with (tmp_path / "text.png").open() as text, pytest.raises(TypeError, match="open\\(path, 'rb"):
        load_photos(text)


def uploaded(version: int) -> object:
    """`FileUpload.value` as ipywidgets of a version has it."""
    if version == 7:
        about = {"name": "a.png", "type": "image/png", "size": 9, "lastModified": 0}
        files = {"metadata": about, "content": PATH.read_bytes()}
        return {"a.png": files, "b.png": {**files, "metadata": {**about, "name": "b.png"}}}
    return tuple(
        {"name": name, "type": "image/png", "size": 9, "content": memoryview(PATH.read_bytes())}
        for name in ("a.png", "b.png")
    )


@pytest.mark.parametrize("version", [7, 8])
def test_the_value_of_an_upload_widget(version):
    value = uploaded(version)
    photos = load_photos(value)
    assert [photo.name for photo in photos] == ["a.png", "b.png"]
    assert all(np.array_equal(photo.whole, PIXELS) for photo in photos)
    one = value["b.png"] if version == 7 else value[1]
    assert [photo.name for photo in load_photos(one)] == ["b.png"]
    assert [photo.name for photo in load_photos([one, PATH])] == ["b.png", PATH.name]


def test_upload_widgets_themselves():
    panel = UploadPanel(str(PATH))
    assert [photo.name for photo in load_photos(panel)] == [PATH.name]
    for empty in (ipywidgets.FileUpload(), {}, (), UploadPanel()):
        with pytest.raises(ValueError, match="expected at least one photo, got none"):
            listed(empty)


def test_a_folder_is_its_photos_in_the_order_of_their_numbers(tmp_path):
    for name in ("view10.png", "view2.PNG", "View1.jpeg", ".hidden.png"):
        shutil.copyfile(PATH, tmp_path / name)
    (tmp_path / "notes.txt").write_text("a line")
    (tmp_path / "sub.png").mkdir()
    expected = ["View1.jpeg", "view2.PNG", "view10.png"]
    for form in (tmp_path, str(tmp_path)):
        assert [path.name for path in listed(form)] == expected
    assert len(load_photos(tmp_path)) == 3
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"expected photos in the folder .*empty, found none"):
        listed(tmp_path / "empty")


def test_an_address_is_refused_and_not_fetched(monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("it is fetched"))
    for address in ("https://x.org/a.jpg", ["http://x.org/a.jpg"]):
        with pytest.raises(PhotoError, match="a path on this machine, got the address"):
            load_photos(address)


def test_what_is_no_photo_is_refused_by_its_type():
    for wrong in (3, None, object(), {"a": 1}, [{"content": "text"}]):
        with pytest.raises(TypeError, match="expected a photo as path, bytes, PIL image"):
            load_photos(wrong)
