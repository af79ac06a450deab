"""Whole numbers and flags of one's own come back as such from the files that can keep them."""

import builders
import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets import attributes, io

COUNT = 50
OWN = {
    "label": np.arange(COUNT, dtype=np.int32) - 7,
    "small": np.arange(COUNT, dtype=np.uint8),
    "large": np.arange(COUNT, dtype=np.int32) + 2**24 + 1,  # not of float32
    "huge": np.arange(COUNT, dtype=np.int64) + 2**40 + 1,
    "flag": np.arange(COUNT) % 3 == 0,
    "score": np.linspace(-1, 1, COUNT, dtype=np.float32),
    "power": np.full(COUNT, 2**31, np.int64),  # of float32, and beyond int32
    "unsigned": np.arange(COUNT, dtype=np.uint64) + 2**63 + 5,
    "time_ns": np.arange(COUNT, dtype=np.int64) + 2**60 + 1,  # not of float64
    "short": np.arange(COUNT, dtype=np.uint16) + 2**15,
    "wide": np.arange(COUNT, dtype=np.uint32) + 2**31,
    "time": 1.7e9 + np.arange(COUNT) * 1e-3,
    "vast": np.full(COUNT, 1e300),
}
EXACT = {"unsigned", "time_ns"}
KEPT = {
    ".ply": OWN.keys() - EXACT,
    ".splatscene": OWN.keys(),
    ".glb": {"label", "small", "flag", "score", "power", "short"},
}


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
    options = {} if suffix == ".splatscene" else {"attributes": sorted(KEPT[suffix])}
    read = sw.load(sw.save(scene, tmp_path / f"scene{suffix}", **options))
    for name in KEPT[suffix]:
        found = attributes.exact_values(read, name)
        kinds = [array.dtype.kind.replace("u", "i") for array in (found, OWN[name])]
        assert len(set(kinds)) == 1 or name == "vast", name
        assert suffix != ".splatscene" or found.dtype == OWN[name].dtype, name
        assert np.array_equal(found, OWN[name]), name
    again = sw.load(sw.save(read, tmp_path / f"again{suffix}", **options))
    for name in KEPT[suffix]:
        found = attributes.exact_values(again, name)
        assert np.array_equal(found, attributes.exact_values(read, name)), name


@pytest.mark.parametrize(
    ("suffix", "name"),
    [(".ply", "unsigned"), (".ply", "time_ns"), *((".glb", n) for n in ("large", "huge", "vast"))],
)
def test_files_that_would_change_them_refuse_them_by_name(scene, suffix, name, tmp_path):
    with pytest.raises(io.FormatError, match=rf"cannot hold '{name}'.* a \.splatscene keeps them"):
        sw.save(scene, tmp_path / f"scene{suffix}", attributes=[name])
    assert not list(tmp_path.iterdir())


def test_digits_that_a_file_rounds_are_named(scene, tmp_path, capsys):
    sw.save(scene, tmp_path / "scene.glb", attributes=["time", "score"])
    assert "more than 32 bits a number of your own (time)" in capsys.readouterr().out


@pytest.mark.parametrize("kind", [np.int64, np.uint64])
@pytest.mark.parametrize("suffix", [".splatscene", ".ply"])
def test_those_of_some_pixels_come_back(make_scene, suffix, kind, tmp_path):
    """Masked, or as floats that hold them, where the others have none."""
    whole = make_scene()
    half = whole.select(np.arange(len(whole)) % 2 == 0)
    large = 2**60 if suffix == ".splatscene" else 2**30
    ids = np.arange(len(half), dtype=kind) + kind(large + 1)
    attributes.register("ids", ids, scene=half)
    assert np.array_equal(attributes.exact_values(half, "ids"), ids)
    options = {} if suffix == ".splatscene" else {"attributes": ["ids"]}
    read = sw.load(sw.save(whole, tmp_path / f"whole{suffix}", **options))
    again = sw.load(sw.save(read, tmp_path / f"again{suffix}", **options))
    for one in (read, again):
        if suffix == ".splatscene":  # it has photos: a selection finds its pixels
            found = attributes.exact_values(one.select(np.arange(len(whole)) % 2 == 0), "ids")
            assert found.dtype == kind
        else:
            found = attributes.exact_values(one, "ids")
            assert np.isnan(found[1::2]).all()
            found = found[::2]
        assert np.array_equal(found.astype(kind), ids)
