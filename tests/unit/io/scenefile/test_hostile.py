"""Damaged, foreign and crafted scene files: a clear error, never a crash, never code."""

from __future__ import annotations

import json
import pickle
import random
import zipfile
from pathlib import Path

import builders
import pytest
import safetensors.torch
import torch

import splat_widgets as sw
from splat_widgets.io import FormatError, SceneFileError, scenefile


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A small scene with photos, as a file."""
    scene = builders.make_scene()
    return sw.save(scene, tmp_path_factory.mktemp("small") / "a.splatscene")


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes], path: Path, method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def changed(small: Path, path: Path, change) -> Path:
    """The file with its JSON changed."""
    parts = parts_of(small)
    whole = json.loads(parts["scene.json"])
    change(whole)
    return packed({**parts, "scene.json": json.dumps(whole).encode()}, path)


def test_cut_anywhere(small, tmp_path):
    data, path = small.read_bytes(), tmp_path / "cut.splatscene"
    for place in random.Random(0).sample(range(len(data)), 200):
        path.write_bytes(data[:place])
        with pytest.raises(SceneFileError, match=r"cut.splatscene: "):
            sw.load(path)


def test_a_flipped_byte_is_an_error_or_harmless(small, tmp_path):
    data, path = small.read_bytes(), tmp_path / "flipped.splatscene"
    expected, rng, refused = sw.load(small), random.Random(1), 0
    for place in rng.sample(range(len(data)), 200):
        broken = bytearray(data)
        broken[place] ^= 1 << rng.randrange(8)
        path.write_bytes(broken)
        try:
            scene = sw.load(path)
        except SceneFileError:
            refused += 1
        else:  # in the .ply, which is not read, or in a date
            assert torch.equal(scene.means, expected.means)
            assert torch.equal(scene.confidence, expected.confidence)
    assert refused > 100


def test_a_failed_save_leaves_the_old_file(small, tmp_path, monkeypatch):
    path = tmp_path / "a.splatscene"
    path.write_bytes(small.read_bytes())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("splat_widgets.io.scenefile.tensors.write", full)
    with pytest.raises(OSError, match="the disk is full"):
        sw.save(builders.make_scene(seed=1), path)
    assert path.read_bytes() == small.read_bytes()
    assert [one.name for one in tmp_path.iterdir()] == ["a.splatscene"]


def test_other_files(tmp_path):
    path = tmp_path / "a.splatscene"
    for content in (b"", b"ply\n", pickle.dumps([1]), b"PK\x05\x06" + bytes(18)):
        path.write_bytes(content)
        with pytest.raises(FormatError):
            sw.load(path)
        with pytest.raises(SceneFileError):
            scenefile.read(path)
    packed({"data.pkl": pickle.dumps([1])}, path)
    with pytest.raises(SceneFileError, match=r"scene\.json.*found data\.pkl"):
        scenefile.read(path)


def test_fields_that_came_later_may_be_missing(small, tmp_path):
    def without_later_fields(whole):
        del whole["contents"]["attributes"], whole["contents"]["inspection"]
        del whole["contents"]["reconstruction"]["evidence"]

    older = changed(small, tmp_path / "old.splatscene", without_later_fields)
    assert torch.equal(sw.load(older).means, sw.load(small).means)


def set_(*way, to):
    def change(whole):
        place = whole["contents"]
        for key in way[:-1]:
            place = place[key]
        place[way[-1]] = to

    return change


@pytest.mark.parametrize(
    "change, message",
    [
        (set_("$record", to="Popen"), "known record"),
        (set_("reconstruction", "$record", to="os.system"), "known record"),
        (set_("gaussians", to=None), "Contents.gaussians"),
        (set_("gaussians", "means", to={"$tensor": "nowhere"}), "expected a value"),
        (set_("gaussians", "means", to={"$tensor": "reconstruction.view"}), "fit together"),
        (set_("gaussians", "evil", to=1), "no field"),
        (set_("reconstruction", "view", to={"$tensor": "gaussians.means"}), "fit together"),
        (set_("reconstruction", "row", to={"$same": "gaussians"}), "another type"),
        (set_("reconstruction", "photos", to=[]), "photos"),
        (set_("reconstruction", "timings", "device", to=5), "Timings.device"),
        (set_("reconstruction", "maps", to={"$map": {}}), "Reconstruction.maps"),
        (set_("cameras", to=[None]), "cameras"),
        (set_("cameras", 0, "width", to="wide"), "Camera.width"),
        (set_("cameras", 0, "focal_px", to={"$float": "nan"}), "focal length"),
        (set_("cameras", 0, "focal_px", to=2**70), "focal length"),
        (set_("cameras", 0, "principal_point_px", to=[0, 1e300]), "focal length"),
        (set_("inspection", to={"$record": "Inspection"}), "lacks its field"),
        (set_("reconstruction", "photos", 0, "original_size", to=[10, 4000]), "does not belong"),
    ],
)
def test_crafted_values(small, tmp_path, change, message):
    path = changed(small, tmp_path / "a.splatscene", change)
    with pytest.raises(SceneFileError, match=message):
        sw.load(path)


def test_rows_that_point_outside(small, tmp_path):
    scene = sw.load(small)
    scene.row[3] = 10**6
    with pytest.raises(SceneFileError, match="row point outside"):
        sw.load(sw.save(scene, tmp_path / "a.splatscene"))


def test_a_photo_of_another_scene_is_refused(small, tmp_path):
    parts = parts_of(small)
    photos = [name for name in parts if name.startswith("photos/")]
    parts[photos[0]], parts[photos[-1]] = parts[photos[-1]], parts[photos[0]]
    with pytest.raises(SceneFileError, match="does not belong to this scene"):
        sw.load(packed(parts, tmp_path / "a.splatscene"))


def test_compressed_parts_are_refused(small, tmp_path):
    path = packed(parts_of(small), tmp_path / "a.splatscene", zipfile.ZIP_DEFLATED)
    with pytest.raises(SceneFileError, match="compressed"):
        sw.load(path)


@pytest.mark.parametrize(
    "header",
    [
        b"{}",
        b"[1]",
        b'{"gaussians.means":{"dtype":"F32","shape":[1000000000000,3],"data_offsets":[0,12]}}',
        b'{"gaussians.means":{"dtype":"F32","shape":[-1,3],"data_offsets":[0,12]}}',
        b'{"gaussians.means":{"dtype":"PICKLE","shape":[1,3],"data_offsets":[0,12]}}',
        b'{"gaussians.means":{"dtype":"F32","shape":[1,3],"data_offsets":[4,16]}}',
    ],
)
def test_crafted_tensors(small, tmp_path, header):
    parts = parts_of(small)
    parts["tensors.safetensors"] = len(header).to_bytes(8, "little") + header + bytes(12)
    with pytest.raises(SceneFileError):
        sw.load(packed(parts, tmp_path / "a.splatscene"))


def test_own_numbers_that_numpy_does_not_know(tmp_path):
    scene = sw.Scene.of(builders.make_scene().gaussians)
    sw.attributes.register("halves", torch.zeros(len(scene)), scene=scene)
    parts = parts_of(sw.save(scene, tmp_path / "a.splatscene"))
    tensors = {**safetensors.torch.load(parts["tensors.safetensors"])}
    tensors["attributes.0.values"] = tensors["attributes.0.values"].bfloat16()
    parts["tensors.safetensors"] = safetensors.torch.save(tensors)
    with pytest.raises(SceneFileError, match=r"attribute 'halves', got torch.bfloat16; write it"):
        sw.load(packed(parts, tmp_path / "b.splatscene"))


def test_pictures_are_bounded(small, tmp_path, monkeypatch):
    monkeypatch.setattr("splat_widgets.io.scenefile.reading._MAX_PIXELS", 1000)
    with pytest.raises(SceneFileError, match="pixels"):
        sw.load(small)


def test_settings_that_cannot_be_used_are_said(small, tmp_path):
    inspector = sw.inspect(sw.load(small), color_by="confidence")
    path = sw.save(inspector, tmp_path / "a.splatscene")

    def change(whole):
        whole["contents"]["inspection"]["settings"]["$map"].update(
            color_by="no such", layout={"$map": {}}, comm="x"
        )

    again = sw.inspect(sw.load(changed(path, tmp_path / "b.splatscene", change)))
    assert again.color_by == "" and "color_by" in again.message["text"]
