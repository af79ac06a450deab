"""`.glb` and `.gltf`: what the specification says, written by hand; nodes, drafts, hostile ones."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import builders
import numpy as np
import pytest
import torch

from splat_widgets import io
from splat_widgets.conventions import OPENCV_TO_THREE
from splat_widgets.geometry.harmonics import evaluate
from splat_widgets.io.gltf.document import Document
from splat_widgets.scene.gaussians import Gaussians

KHR = "KHR_gaussian_splatting"
TURN = torch.from_numpy(OPENCV_TO_THREE).float()


def document(gaussians: Gaussians, **changes: Any) -> tuple[dict, bytes]:
    """A glTF of Gaussians in its own axes, and its buffer, by the words of the specification."""
    values = gaussians.transformed(TURN).to_numpy()
    arrays = {
        "POSITION": values["means"],
        f"{KHR}:ROTATION": values["quaternions"][:, [1, 2, 3, 0]],
        f"{KHR}:SCALE": values["scales"],
        f"{KHR}:OPACITY": values["opacities"],
        f"{KHR}:SH_DEGREE_0_COEF_0": values["sh"][:, 0],
        **{f"{KHR}:SH_DEGREE_1_COEF_{n}": values["sh"][:, 1 + n] for n in range(3)},
        **changes,
    }
    views, accessors, data = [], [], b""
    for array in arrays.values():
        plain = np.ascontiguousarray(array)
        kind = {"f": 5126, "i": 5122, "u": 5121}[plain.dtype.kind]
        views.append({"buffer": 0, "byteOffset": len(data), "byteLength": plain.nbytes})
        width = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}[plain.shape[1] if plain.ndim > 1 else 1]
        accessors.append(
            {
                "bufferView": len(views) - 1,
                "componentType": kind,
                "count": len(plain),
                "type": width,
                "normalized": kind != 5126,
            }
        )
        data += plain.tobytes() + bytes(-plain.nbytes % 4)
    primitive = {
        "mode": 0,
        "attributes": {name: number for number, name in enumerate(arrays)},
        "extensions": {KHR: {"kernel": "ellipse", "colorSpace": "srgb_rec709_display"}},
    }
    return {
        "asset": {"version": "2.0"},
        "extensionsUsed": [KHR],
        "meshes": [{"primitives": [primitive]}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
        "scene": 0,
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(data)}],
    }, data


def glb(path: Path, whole: dict, data: bytes) -> Path:
    text = json.dumps(whole).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(data))
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    path.write_bytes(head + chunks + struct.pack("<II", len(data), 0x004E4942) + data)
    return path


def same(found: Gaussians, expected: Gaussians, atol: float = 1e-5) -> None:
    torch.testing.assert_close(found.means, expected.means, atol=atol, rtol=1e-5)
    torch.testing.assert_close(found.covariances, expected.covariances, atol=atol, rtol=1e-4)
    torch.testing.assert_close(found.opacities, expected.opacities, atol=atol, rtol=0)
    torch.testing.assert_close(found.sh, expected.sh, atol=atol, rtol=1e-5)


def test_a_file_by_hand(tmp_path, make_gaussians):
    known = make_gaussians(50, 1)
    whole, data = document(known)
    same(io.read(glb(tmp_path / "a.glb", whole, data)).gaussians, known)
    inline = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    for uri in (inline, "a.bin"):
        whole["buffers"] = [{"byteLength": len(data), "uri": uri}]
        (tmp_path / "a.bin").write_bytes(data)
        (tmp_path / "a.gltf").write_text(json.dumps(whole))
        same(io.read(tmp_path / "a.gltf").gaussians, known)


def test_what_we_write_is_as_the_specification_says(tmp_path, make_gaussians):
    known = make_gaussians(50, 1)
    data = io.save(known, tmp_path / "a.glb").read_bytes()
    (length,) = struct.unpack_from("<I", data, 12)
    whole, body = json.loads(data[20 : 20 + length]), data[28 + length :]
    assert struct.unpack_from("<I", data, 8) == (len(data),)
    primitive = whole["meshes"][0]["primitives"][0]
    assert primitive["mode"] == 0 and whole["extensionsUsed"] == [KHR]
    assert primitive["extensions"][KHR]["kernel"] == "ellipse"

    def array(name: str) -> torch.Tensor:
        accessor = whole["accessors"][primitive["attributes"][name]]
        view = whole["bufferViews"][accessor["bufferView"]]
        assert view["byteOffset"] % 4 == 0
        found = np.frombuffer(body, "<f4", view["byteLength"] // 4, view["byteOffset"])
        return torch.from_numpy(found.reshape(accessor["count"], -1).copy())

    expected = known.transformed(TURN)
    x, y, z, w = array(f"{KHR}:ROTATION").unbind(1)
    found = Gaussians(
        array("POSITION"),
        array(f"{KHR}:SCALE"),
        torch.stack([w, x, y, z], 1),
        array(f"{KHR}:OPACITY")[:, 0],
        torch.stack(
            [
                array(f"{KHR}:SH_DEGREE_0_COEF_0"),
                *(array(f"{KHR}:SH_DEGREE_1_COEF_{n}") for n in range(3)),
            ],
            1,
        ),
    )
    same(found, expected)
    # The colour that a direction sees is the same in both axes.
    seen, turned = torch.tensor([0.3, -0.5, 0.8]), torch.tensor([0.3, 0.5, -0.8])
    torch.testing.assert_close(evaluate(known.sh, seen), evaluate(found.sh, turned))
    low = whole["accessors"][primitive["attributes"]["POSITION"]]["min"]
    assert low == expected.means.amin(0).tolist()


def test_comments_and_frame_come_back(tmp_path, scene):
    path = io.save(scene, tmp_path / "a.glb", comments=["by me"])
    found = io.read(path)
    assert found.frame == "first_camera" and found.comments[-1] == "by me"


def test_nodes_place_their_meshes(tmp_path, make_gaussians):
    known = make_gaussians(20, 1)
    whole, data = document(known)
    half = 2**-0.5
    whole["nodes"] = [
        {"children": [1, 2], "translation": [0, 0, 3]},
        {"mesh": 0, "rotation": [0, half, 0, half], "scale": [2, 2, 2]},
        {"mesh": 0, "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 5, 6, 7, 1]},
    ]
    found = io.read(glb(tmp_path / "a.glb", whole, data)).gaussians
    turned = torch.tensor([[0.0, 0, 2, 0], [0, 2, 0, 0], [-2, 0, 0, 3], [0, 0, 0, 1]])
    moved = torch.eye(4)
    moved[:3, 3] = torch.tensor([5.0, 6, 10])
    placed = {T: known.transformed(TURN).transformed(T).transformed(TURN) for T in (turned, moved)}
    for part in (found[:20], found[20:]):  # in whichever order the nodes are visited
        near = min(placed.values(), key=lambda one: (one.means - part.means).abs().max())
        same(part, near, 1e-4)


def test_bytes_shorts_and_drafts(tmp_path, make_gaussians):
    known = make_gaussians(30, 1)
    turned = known.transformed(TURN).to_numpy()
    changes = {
        f"{KHR}:ROTATION": (turned["quaternions"][:, [1, 2, 3, 0]] * 32767).round().astype("<i2"),
        f"{KHR}:OPACITY": np.column_stack([(turned["opacities"] * 255).round().astype("u1")] * 4)[
            :, 0
        ],
        f"{KHR}:SCALE": np.log(turned["scales"] / 100),  # below zero: a logarithm
    }
    scene = io.read(glb(tmp_path / "a.glb", *document(known, **changes)))
    assert "sizes are read as logarithms" in scene.notices[0]
    torch.testing.assert_close(scene.scales, known.scales / 100)
    assert (scene.opacities - known.opacities).abs().max() < 0.002


def broken(key: str, value: Any, *way: Any):
    def change(whole: dict) -> None:
        place: Any = whole
        for step in way:
            place = place[step]
        place[key] = value

    return change


@pytest.mark.parametrize(
    "change, words",
    [
        (broken("count", 10**9, "accessors", 0), "outside its buffer"),
        (broken("byteOffset", -8, "accessors", 0), "negative"),
        (broken("byteStride", 1, "bufferViews", 0), "negative"),
        (broken("byteLength", 2**40, "bufferViews", 0), "outside its buffer"),
        (broken("componentType", 1, "accessors", 0), "unknown type"),
        (broken("sparse", {}, "accessors", 0), "sparse"),
        (broken("count", 3, "accessors", 2), "different lengths"),
        (broken("children", [0], "nodes", 0), "no tree"),
        (broken("matrix", [1, 2], "nodes", 0), "damaged"),
        (broken("scale", [1, 2, 1], "nodes", 0), "cannot be applied"),
        (broken("uri", "../secret.bin", "buffers", 0), "not beside it"),
        (broken("mesh", 7, "nodes", 0), "damaged"),
        (broken("meshes", []), "damaged"),
        (broken("nodes", []), "damaged"),
        (broken("attributes", {}, "meshes", 0, "primitives", 0), "missing"),
        (broken("extensions", {}, "meshes", 0, "primitives", 0), "without Gaussians"),
    ],
)
def test_broken_documents(tmp_path, change, words):
    whole, data = document(builders.make_gaussians(10, 1))
    change(whole)
    with pytest.raises(io.FormatError, match=rf"a\.glb: .*{words}"):
        io.read(glb(tmp_path / "a.glb", whole, data))


def test_a_mesh_and_a_compressed_one_are_told(tmp_path):
    whole, data = document(builders.make_gaussians(10, 1))
    primitive = whole["meshes"][0]["primitives"][0]
    primitive["extensions"][KHR]["extensions"] = {"KHR_gaussian_splatting_compression_spz_2": {}}
    primitive["attributes"] = {"POSITION": 0}
    with pytest.raises(io.FormatError, match="compressed by KHR_gaussian_splatting_compression"):
        io.read(glb(tmp_path / "a.glb", whole, data))
    (tmp_path / "b.glb").write_bytes(struct.pack("<4sII", b"glTF", 1, 20) + bytes(8))
    with pytest.raises(io.FormatError, match="glTF 2"):
        io.read(tmp_path / "b.glb")


@pytest.mark.parametrize("shared", ["mesh", "accessors"])
def test_gaussians_repeated_without_end_are_refused_before_they_are_read(
    tmp_path, monkeypatch, shared
):
    whole, data = document(builders.make_gaussians(2000, 1))
    primitives = whole["meshes"][0]["primitives"]

    def repeated(times: int) -> Path:
        if shared == "mesh":
            whole["nodes"] = [{"mesh": 0}] * times
            whole["scenes"] = [{"nodes": [*range(times)]}]
        else:
            whole["meshes"][0]["primitives"] = primitives * times
        return glb(tmp_path / "a.glb", whole, data)

    assert len(io.read(repeated(6))) == 12_000
    path = repeated(1000)
    monkeypatch.setattr(Document, "numbers", lambda *_: pytest.fail("it was read"))
    with pytest.raises(io.FormatError, match="repeat its Gaussians to more than 4 times"):
        io.read(path)


def test_a_buffer_named_many_times_is_read_once(tmp_path):
    whole, data = document(builders.make_gaussians(10, 1))
    whole["buffers"] = [{"byteLength": len(data), "uri": "a.bin"}] * 1000
    (tmp_path / "a.bin").write_bytes(data)
    (tmp_path / "a.gltf").write_text(json.dumps(whole))
    assert len(io.read(tmp_path / "a.gltf")) == 10
    assert Document.of(tmp_path / "a.gltf").held_bytes == len(data)
