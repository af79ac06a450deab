"""What `reconstruct` may be asked for, and what a photo can give."""

import numpy as np
import pytest
from builders import KnownPredictor, photo

from splat_widgets.photos.opening import decode
from splat_widgets.photos.photo import cropped, load_photo
from splat_widgets.reconstruction import choices, reconstruct
from splat_widgets.reconstruction.choices import Choices, memory_notice, size_notice
from splat_widgets.reconstruction.progress import Cancelled
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.provenance import Provenance


def predictor(source):
    model = KnownPredictor()
    if source:
        model.provenance = Provenance(source, path=None, sha256=None, license="any")
    return model


@pytest.mark.parametrize(
    ("source", "count", "cameras", "refines"),
    [
        ("embedded", 2, None, True),
        ("embedded", 1, None, False),
        ("official", 2, None, False),
        (None, 2, None, False),
        ("official", 3, None, True),
        ("official", 2, [Camera.centred(1.0, 2, 2)] * 2, True),
    ],
)
def test_the_rule_of_auto(source, count, cameras, refines):
    assert Choices.checked(count, cameras=cameras).refines(predictor(source), count) is refines
    assert Choices.checked(count, refine=True).refines(predictor(source), count) is True
    assert Choices.checked(count, refine=False).refines(predictor(source), count) is False


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"refine": "yes"}, '"auto", True or False'),
        ({"refine": 1}, '"auto", True or False'),
        ({"gaussian_size": 100}, "multiple of 16"),
        ({"gaussian_size": 48}, "from 64 to 1024"),
        ({"gaussian_size": 2048}, "from 64 to 1024"),
        ({"gaussian_size": True}, "multiple of 16"),
        ({"gaussian_size": 256, "refine": False}, "gaussian_size"),
        ({"focal_px": -3.0}, "above 0"),
        ({"focal_px": float("nan")}, "above 0"),
        ({"focal_px": [500.0]}, "2 focal lengths"),
        ({"focal_px": True}, "above 0"),
        ({"focal_px": 500.0, "cameras": "a"}, "got both"),
        ({"cameras": "a", "refine": False}, "takes no cameras"),
        ({"crops": [(0, 0, 64)]}, "2 crops"),
    ],
)
def test_bad_choices_are_refused(asked, message):
    with pytest.raises(ValueError, match=message):
        Choices.checked(2, **asked)
    assert Choices.checked(2, focal_px=np.float32(500)).focals_px == (500.0, 500.0)
    assert Choices.checked(2, focal_px=np.array([500.0, 400.0])).focals_px == (500.0, 400.0)
    with pytest.raises(TypeError, match="focal_px as a number"):
        Choices.checked(2, focal_px="long")


def test_the_grid_follows_the_photo_the_model_and_the_wish():
    small, large = (load_photo(photo(0, w, h), image_size=128) for w, h in ((150, 100), (900, 600)))
    usual = Choices.checked(2)
    assert [usual.grid(one, 128) for one in (small, large)] == [96, 256]
    assert usual.grid(large, 512) == 512
    wish = Choices.checked(2, gaussian_size=512)
    assert wish.grid(large, 128) == 512
    with pytest.raises(ValueError, match="at most 96 px"):
        wish.grid(small, 128)


def test_many_gaussians_are_said_first():
    assert size_notice([512, 256]) is None
    assert "2.1 million" in str(size_notice([1024, 1024]))


def test_crops_are_squares_of_the_photo():
    picture = photo(3, 400, 300)
    crop = (37.0, 50.0, 200.0)
    decoded = decode(picture)
    there = cropped(decoded, 100, crop)
    assert there.pixels.shape == (100, 100, 3)
    x, y = there.to_original(np.array([-0.5, 99.5]), np.array([-0.5, 99.5]))
    np.testing.assert_allclose(x, [37, 237], atol=2)  # a corner moves to a whole resized pixel
    np.testing.assert_allclose(y, [50, 250], atol=2)
    # The pixels are those of the photo at that place.
    row, col = 20, 70
    x, y = there.to_original(row, col)
    expected = picture[int(y) - 1 : int(y) + 1, int(x) - 1 : int(x) + 1].mean((0, 1))
    np.testing.assert_allclose(there.pixels[row, col], expected, atol=6)
    for bad in ((0, 0, 500), (-1, 0, 100), (0, 0, 10), (0, 0, float("nan")), (1, 2), "no"):
        with pytest.raises(ValueError, match="crop of photo"):
            cropped(decoded, 100, bad)


def test_a_large_grid_is_told_before_the_run(monkeypatch):
    monkeypatch.setattr(choices, "LARGE_GRID", 63)
    steps = []

    def progress(step):
        steps.append(step)
        if len(steps) > 2:
            raise Cancelled

    with pytest.warns(UserWarning, match="gaussian_size 64 makes"), pytest.raises(Cancelled):
        reconstruct(
            [photo(0, 120, 100), photo(1, 120, 100)],
            model=KnownPredictor(),
            refine=True,
            gaussian_size=64,
            progress=progress,
        )


def test_no_cameras_at_all_are_refused_with_the_way():
    for nothing in ([], ()):
        with pytest.raises(ValueError, match="for 2 photos, got an empty list; leave `cameras`"):
            Choices.checked(2, cameras=nothing)


def test_memory_is_foreseen_with_the_number():
    """A pair at 752 px took 428 MB, measured; the notice may say more, never less."""
    assert memory_notice([752, 752], 2**40) is None
    said = str(memory_notice([752, 752], 420 * 10**6))
    assert "about 578.4 MB" in said and "420 MB are free" in said and "fewer photos" in said
    assert memory_notice([256], 105 * 10**6) is None
