"""Whole numbers and flags of one's own come back as such from the files that can keep them."""

import builders
import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets import attributes

COUNT = 50
OWN = {
    "label": np.arange(COUNT, dtype=np.int32) - 7,
    "small": np.arange(COUNT, dtype=np.uint8),
    "large": np.arange(COUNT, dtype=np.int32) + 2**24 + 1,  # not of float32
    "huge": np.arange(COUNT, dtype=np.int64) + 2**40 + 1,
    "flag": np.arange(COUNT) % 3 == 0,
    "score": np.linspace(-1, 1, COUNT, dtype=np.float32),
}
KEPT = {".ply": set(OWN), ".splatscene": set(OWN), ".glb": {"label", "small", "score"}}


@pytest.fixture
def scene():
    made = sw.Scene.of(builders.make_balls(torch.rand(COUNT, 3) + 1))
    for name, values in OWN.items():
        attributes.register(name, values, scene=made)
    return made


def test_they_are_exact_beside_the_float32_of_plots(scene):
    for name, values in OWN.items():
        exact = attributes.exact_values(scene, name)
        assert exact.dtype == values.dtype and np.array_equal(exact, values)
        assert attributes.values(scene, name).dtype == np.float32


@pytest.mark.parametrize("suffix", KEPT)
def test_files_keep_them(scene, suffix, tmp_path):
    options = {} if suffix == ".splatscene" else {"attributes": list(OWN)}
    read = sw.load(sw.save(scene, tmp_path / f"scene{suffix}", **options))
    for name in KEPT[suffix]:
        found = attributes.exact_values(read, name)
        assert found.dtype.kind.replace("u", "i") == OWN[name].dtype.kind.replace("u", "i"), name
        assert np.array_equal(found, OWN[name]), name
    again = sw.load(sw.save(read, tmp_path / f"again{suffix}", **options))
    for name in KEPT[suffix]:
        found = attributes.exact_values(again, name)
        assert np.array_equal(found, attributes.exact_values(read, name)), name
