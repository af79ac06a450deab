"""Pictures of smooth noise: saved again they are one photo, moved or changed they are not."""

import itertools

import cv2
import numpy as np
import pytest

from splat_widgets.refinement.copies import copies, is_copy
from splat_widgets.refinement.records import Shot, Window

SIDE = 320


def shot(picture: np.ndarray) -> Shot:
    height, width = picture.shape[:2]
    return Shot(picture, Window(-0.5, -0.5, 1.0), (width / 2, height / 2))


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    noise = np.random.default_rng(0).normal(size=(SIDE, SIDE, 3)).astype(np.float32)
    smooth = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (2, 5, 12))
    return np.clip(128 + 40 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def squeezed(picture: np.ndarray, quality: int) -> np.ndarray:
    done = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(done, cv2.IMREAD_COLOR)


def shrunk(picture: np.ndarray, share: float) -> np.ndarray:
    return cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)


def warped(picture: np.ndarray, matrix) -> np.ndarray:
    return cv2.warpAffine(
        picture,
        np.array(matrix, float),
        (SIDE, SIDE),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )


SAVED_AGAIN = {
    "the file": lambda p: p,
    "JPEG of quality 20": lambda p: squeezed(p, 20),
    "half the pixels": lambda p: shrunk(p, 0.5),
    "smaller, JPEG of quality 50": lambda p: squeezed(shrunk(p, 0.6), 50),
    "noisy": lambda p: np.clip(p + np.random.default_rng(1).normal(0, 4, p.shape), 0, 255).astype(
        np.uint8
    ),
}


@pytest.mark.parametrize("change", SAVED_AGAIN.values(), ids=SAVED_AGAIN)
def test_a_photo_saved_again(picture, change):
    assert is_copy(shot(picture), shot(change(picture)))
    assert is_copy(shot(change(picture)), shot(picture))


def parallax(picture: np.ndarray) -> np.ndarray:
    """The right half lies nearer than the left one: it alone moved, by 1 % of the side."""
    moved = warped(picture, [[1, 0, 0.01 * SIDE], [0, 1, 0]])
    return np.concatenate([picture[:, : SIDE // 2], moved[:, SIDE // 2 :]], 1)


def somebody_came(picture: np.ndarray) -> np.ndarray:
    changed = picture.copy()
    changed[200:260, 40:70] = 20
    return changed


ANOTHER = {
    "parallax": parallax,
    "a degree turned": lambda p: cv2.warpAffine(
        p, cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), 1.0, 1.0), (SIDE, SIDE)
    ),
    "moved": lambda p: warped(p, [[1, 0, 0.01 * SIDE], [0, 1, 0]]),
    "nearer": lambda p: warped(p, [[1.02, 0, -0.01 * SIDE], [0, 1.02, -0.01 * SIDE]]),
    "somebody came": somebody_came,
    "darker": lambda p: (0.7 * p).astype(np.uint8),
    "another shape": lambda p: p[:, 20:-20],
}


@pytest.mark.parametrize("change", ANOTHER.values(), ids=ANOTHER)
def test_another_photo(picture, change):
    assert not is_copy(shot(picture), shot(np.ascontiguousarray(change(picture))))


def test_pictures_that_show_nothing_are_not_compared():
    grey = np.full((SIDE, SIDE, 3), 120, np.uint8)
    assert not is_copy(shot(grey), shot(grey + 1))


def test_groups(picture):
    other = np.ascontiguousarray(picture[::-1])
    shots = [shot(one) for one in (picture, other, squeezed(picture, 60), shrunk(picture, 0.5))]
    assert copies(shots) == ((0, 2, 3),)
    assert copies([*shots, shot(other)]) == ((0, 2, 3), (1, 4))


def test_a_slow_walk_is_no_chain_of_copies(picture):
    walk = [shot(warped(picture, [[1, 0, step], [0, 1, 0]])) for step in range(7)]
    assert all(is_copy(one, other) for one, other in itertools.pairwise(walk))
    assert not is_copy(walk[0], walk[-1])
    assert copies(walk) == ((0, 1), (2, 3), (4, 5))
