"""Scenes and Gaussians by rows, and that nothing takes them for an array."""

import numpy as np
import pytest
import torch

from splat_widgets.scene.scene import Scene

COUNT = 200
KEYS = {
    "slice": (slice(10, 20), range(10, 20)),
    "step": (slice(None, None, -50), range(199, -1, -50)),
    "outside": (slice(190, 900), range(190, 200)),
    "index": (-1, [199]),
    "numpy index": (np.int64(3), [3]),
    "list": ([3, 1, 3], [3, 1, 3]),
    "array": (np.array([5, 2]), [5, 2]),
    "mask": (np.arange(COUNT) % 2 == 0, range(0, COUNT, 2)),
    "tensor mask": (torch.arange(COUNT) < 4, range(4)),
    "nothing": ([], []),
}


@pytest.mark.parametrize(("key", "rows"), KEYS.values(), ids=KEYS)
def test_rows_are_those_of_an_array(gaussians, key, rows):
    for whole in (gaussians, Scene(gaussians)):
        part = whole[key]
        assert type(part) is type(whole) and len(part) == len(rows)
        assert part.means.tolist() == [gaussians.means[k].tolist() for k in rows]
        if not isinstance(key, int | np.integer):
            assert torch.equal(whole.select(key).means, part.means)


def test_a_reconstruction_keeps_its_pixels(scene):
    part = Scene.of(scene)[400:410]
    assert part.row.tolist() == scene.row[400:410].tolist() and set(part.view.tolist()) == {1}


def test_a_column_of_a_table_is_a_mask(gaussians):
    pandas = pytest.importorskip("pandas")
    series = pandas.Series(gaussians.opacities.numpy()) > 0.5
    assert len(Scene(gaussians)[series]) == int(series.sum())


@pytest.mark.parametrize(
    ("key", "error", "says"),
    [
        ("opacity", TypeError, r"sw\.attributes\.values\(scene, 'opacity'\)"),
        ((slice(3), 0), TypeError, r"scene\.means\[:, 2\]"),
        (None, TypeError, "expected one mask"),
        (..., TypeError, "expected one mask"),
        (200, IndexError, "expected indices below 200, got 200"),
        (np.ones(7, bool), ValueError, "expected a mask of length 200, got 7"),
        (1.5, (TypeError, ValueError), "expected"),
        (True, (TypeError, ValueError), "expected"),
    ],
)
def test_what_is_no_row_is_refused(gaussians, key, error, says):
    with pytest.raises(error, match=says):
        Scene(gaussians)[key]


@pytest.mark.parametrize("take", [np.asarray, np.mean, lambda s: torch.as_tensor(np.asarray(s))])
def test_an_array_is_refused_with_the_right_call(gaussians, take):
    for whole in (gaussians, Scene(gaussians)):
        with pytest.raises(TypeError, match=rf"a {type(whole).__name__} is no single .*to_numpy"):
            take(whole)


def test_iterating_is_refused_with_the_right_call(scene):
    for whole in (scene, Scene.of(scene), scene.gaussians):
        for use in (list, iter, lambda s: [*s]):
            with pytest.raises(TypeError, match=r"is not read one Gaussian after another: `\.me"):
                use(whole)
