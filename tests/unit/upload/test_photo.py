"""One look at an uploaded file: its record, its thumbnail, why it is refused."""

import hashlib
import io

import pytest
from PIL import Image

from splat_widgets.photos.source import PhotoError
from splat_widgets.upload.photo import PhotoProblem, examine


@pytest.mark.parametrize(
    ("size", "orientation", "upright", "shown"),
    [((64, 48), 1, (64, 48), (64, 48)), ((1600, 900), 6, (900, 1600), (252, 448))],
)
def test_the_record_and_a_small_upright_picture(jpeg, size, orientation, upright, shown):
    data = jpeg(*size, orientation=orientation)
    photo, thumbnail = examine("a.jpg", data, max_bytes=len(data))
    assert (photo.width, photo.height) == upright and photo.size == len(data)
    assert photo.data is data and photo.sha256 == hashlib.sha256(data).hexdigest()
    assert "data" not in repr(photo)
    picture = Image.open(io.BytesIO(thumbnail))
    assert picture.size == shown and not picture.getexif() and len(thumbnail) < 200_000


def test_what_is_no_photo_or_too_large_is_refused(jpeg):
    with pytest.raises(PhotoError, match=r"a\.jpg"):
        examine("a.jpg", b"nonsense", max_bytes=1000)
    with pytest.raises(PhotoError, match="limit"):
        examine("a.jpg", jpeg(), max_bytes=1000)
    assert str(PhotoProblem("a.gif", "is a GIF")) == "a.gif: is a GIF"
