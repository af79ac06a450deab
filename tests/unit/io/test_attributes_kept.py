"""Attributes of a scene in a `.ply` and a `.glb`, by our reader and by others."""

import json
import struct

import numpy as np
import pytest
import torch
from plyfile import PlyData

from splat_widgets import attributes, io

NAMES = ["confidence", "view", "row", "col", "mine"]


@pytest.fixture
def with_own(scene):
    values = np.linspace(0, 1, len(scene.gaussians), dtype=np.float32)
    attributes.register("mine", values, scene=scene)
    return scene


@pytest.mark.parametrize("suffix", [".ply", ".glb"])
def test_they_come_back(tmp_path, with_own, suffix):
    path = io.save(with_own, tmp_path / f"a{suffix}", attributes=NAMES)
    found = io.read(path)
    assert not found.notices
    for name in NAMES:
        # A scene of a file has no confidence of its own.
        way = name if name == "mine" else f"saved_{name}"
        expected = attributes.values(with_own, name).astype(np.float32)
        np.testing.assert_array_equal(attributes.values(found, way), expected)
    again = io.read(io.save(found, tmp_path / f"b{suffix}", attributes=["mine", "saved_row"]))
    np.testing.assert_array_equal(
        attributes.values(again, "saved_row"), attributes.values(with_own, "row")
    )


def test_others_find_them_by_name(tmp_path, with_own):
    path = io.save(with_own, tmp_path / "a.ply", attributes=NAMES)
    vertex = PlyData.read(path)["vertex"]
    assert [one.name for one in vertex.properties][-5:] == NAMES
    np.testing.assert_array_equal(vertex["mine"], attributes.values(with_own, "mine"))

    data = io.save(with_own, tmp_path / "a.glb", attributes=NAMES).read_bytes()
    (length,) = struct.unpack_from("<I", data, 12)
    whole = json.loads(data[20 : 20 + length])
    number = whole["meshes"][0]["primitives"][0]["attributes"]["_MINE"]
    view = whole["bufferViews"][whole["accessors"][number]["bufferView"]]
    found = np.frombuffer(data, "<f4", len(with_own.gaussians), 28 + length + view["byteOffset"])
    np.testing.assert_array_equal(found, attributes.values(with_own, "mine"))


def test_wrong_names_are_refused_before_a_file_is_written(tmp_path, with_own):
    with pytest.raises(attributes.AttributeLookupError, match="did you mean"):
        io.save(with_own, tmp_path / "a.ply", attributes=["confidenc"])
    with pytest.raises(TypeError, match=r"\['mine'\] has one"):
        io.save(with_own, tmp_path / "a.ply", attributes="mine")
    with pytest.raises(io.PlyError, match="opacity of its own"):
        io.save(with_own, tmp_path / "a.ply", attributes=["opacity"])
    with pytest.raises(ValueError, match=r"expected a \.ply, \.glb to keep attributes in"):
        io.save(with_own, tmp_path / "a.spz", attributes=NAMES)
    assert not list(tmp_path.iterdir())


def test_names_that_a_file_cannot_have_are_refused_with_a_way_out(tmp_path, with_own):
    for name in ("end_header", "größe", "MINE"):
        attributes.register(name, np.arange(len(with_own.gaussians)), scene=with_own)
    for suffix, names in [
        (".ply", ["end_header"]),
        (".ply", ["größe"]),
        (".glb", ["mine", "MINE"]),
    ]:
        with pytest.raises(io.FormatError, match=f"{names[-1]}.* or save a .splatscene"):
            io.save(with_own, tmp_path / f"a{suffix}", attributes=names)
    assert not list(tmp_path.iterdir())
    found = io.read(io.save(with_own, tmp_path / "a.glb", attributes=["größe"]))
    assert attributes.exact_values(found, "größe")[7] == 7


def test_rows_left_out_take_their_attributes_along(tmp_path, with_own):
    path = io.save(with_own.gaussians, tmp_path / "plain.ply")
    path = io.save(with_own, tmp_path / "a.ply", attributes=["mine"])
    vertex = PlyData.read(path, mmap=False)
    vertex["vertex"].data["x"][3] = np.nan
    vertex.write(tmp_path / "b.ply")
    found = io.read(tmp_path / "b.ply")
    kept = torch.arange(len(with_own.gaussians)) != 3
    np.testing.assert_array_equal(
        attributes.values(found, "mine"), attributes.values(with_own, "mine")[kept.numpy()]
    )


def test_what_was_named_is_not_called_lost(tmp_path, scene, monkeypatch):
    lines = []
    monkeypatch.setattr(io.notices, "tell", lines.append)
    path = io.save(scene, tmp_path / "a.ply", attributes=["confidence"])
    io.save(scene, tmp_path / "b.ply", attributes=["view"])
    assert "does not keep photos, cameras and maps" in lines[0]
    assert "does not keep photos, cameras, confidence and maps" in lines[1]
    with pytest.raises(attributes.AttributeLookupError, match="its file has 'saved_confidence'"):
        attributes.values(io.read(path), "confidence")
    with pytest.raises(attributes.AttributeLookupError, match=r"Gaussians alone\)$"):
        attributes.values(io.read(tmp_path / "b.ply"), "confidence")
