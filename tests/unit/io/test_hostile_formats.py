"""Files of every format that are cut off, changed or make promises: an error, never a crash."""

from __future__ import annotations

import gzip
import random
import struct

import builders
import ksplats
import numpy as np
import pytest

from splat_widgets import io

FORMS = [form for form in io.formats.WRITABLE if form.name not in ("ply", "splatscene")]


def small(form: io.formats.Format, tmp_path) -> bytes:
    return io.write(tmp_path / f"good{form.suffix}", builders.make_gaussians(60, 1)).read_bytes()


def refused(path, data: bytes) -> bool:
    """Whether a file is refused; what is read of it is finite."""
    path.write_bytes(data)
    try:
        scene = io.read(path)
    except io.FormatError as error:
        assert len(str(error)) < 1000 and path.name in str(error)
        return True
    assert all(np.isfinite(array).all() for array in scene.to_numpy().values())
    return False


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_cut_anywhere(tmp_path, form):
    data, path = small(form, tmp_path), tmp_path / f"cut{form.suffix}"
    for place in random.Random(0).sample(range(len(data)), 60):
        whole_rows = form.name == "splat" and place % 32 == 0 and place > 0
        assert refused(path, data[:place]) or whole_rows, place


def test_cut_ksplats(tmp_path):
    data, path = ksplats.file(builders.make_gaussians(60, 1), level=2), tmp_path / "cut.ksplat"
    for place in random.Random(0).sample(range(len(data)), 60):
        assert refused(path, data[:place]), place
    rng = random.Random(1)
    for number in range(200):
        broken = bytearray(data)
        place = rng.randrange(64) if number % 2 else 4096 + rng.randrange(64)
        broken[place] ^= 1 << rng.randrange(8)
        refused(path, bytes(broken))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_flipped_bytes(tmp_path, form):
    data, path, rng = small(form, tmp_path), tmp_path / f"flip{form.suffix}", random.Random(1)
    for number in range(120):
        broken = bytearray(data)
        for _ in range(1 + number % 3):
            broken[rng.randrange(min(len(data), 400 if number % 2 else len(data)))] ^= (
                1 << rng.randrange(8)
            )
        refused(path, bytes(broken))


def spz(count: int, version: int = 3, degree: int = 0, body: bytes = b"") -> bytes:
    head = struct.pack("<4sIIBBBB", b"NGSP", version, count, degree, 12, 0, 0)
    return gzip.compress(head + body, mtime=0)


@pytest.mark.parametrize(
    "data, words",
    [
        (spz(2**32 - 1), "promises 4,294,967,295 Gaussians"),
        (spz(50_000, body=bytes(9)), "cut off"),
        (spz(1, version=9), "version 9"),
        (spz(1, degree=7, body=bytes(200)), "degree"),
        (spz(70_000_000, body=bytes(1000)), "promises 70,000,000"),
        (struct.pack("<4sIIBBBB", b"NGSP", 4, 10, 0, 12, 0, 5), "streams"),
        (struct.pack("<4sIIBBBBI12x", b"NGSP", 4, 10, 0, 12, 0, 5, 2**31), "outside the file"),
        (
            struct.pack("<4sIIBBBBI12x", b"NGSP", 4, 10, 0, 12, 0, 5, 32)
            + struct.pack("<QQ", 2**60, 90) * 5,
            "another size",
        ),
    ],
)
def test_promises_of_a_spz(tmp_path, data, words):
    path = tmp_path / "a.spz"
    path.write_bytes(data)
    with pytest.raises(io.FormatError, match=words):
        io.read(path)


def packed_ply(**changes: str) -> bytes:
    lines = {
        "chunk": "element chunk 1",
        "vertex": "element vertex 256",
        "sh": "",
    } | changes
    box = [
        f"property float {end}_{axis}"
        for axes in (("x", "y", "z"), ("scale_x", "scale_y", "scale_z"))
        for end in ("min", "max")
        for axis in axes
    ]
    packed = [f"property uint packed_{n}" for n in ("position", "rotation", "scale", "color")]
    head = ["ply", "format binary_little_endian 1.0", lines["chunk"], *box, lines["vertex"]]
    head += [*packed, *(["element sh 256", lines["sh"]] if lines["sh"] else []), "end_header\n"]
    return "\n".join(head).encode() + bytes(48 + 256 * 17)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"vertex": "element vertex 257"}, "a chunk for every 256"),
        ({"vertex": "element vertex 999999999"}, "cut off or its header is wrong"),
        ({"chunk": "element clunk 1"}, "'chunk' and 'vertex'"),
        ({"sh": "property uchar f_rest_0"}, "columns f_rest"),
        ({"sh": "property list uchar uchar f_rest_0"}, "tables of numbers"),
    ],
)
def test_promises_of_a_compressed_ply(tmp_path, changes, words):
    path = tmp_path / "a.ply"
    path.write_bytes(packed_ply(**changes))
    with pytest.raises(io.FormatError, match=words):
        io.read(path)
    path.write_bytes(packed_ply())
    assert len(io.read(path)) == 256


def test_rows_that_are_wrong_are_counted(tmp_path):
    path = io.write(tmp_path / "a.splat", builders.make_gaussians(100, 0))
    data = bytearray(path.read_bytes())
    data[32 * 7 : 32 * 7 + 4] = struct.pack("<f", float("nan"))
    data[32 * 9 + 28 : 32 * 9 + 32] = bytes([128] * 4)
    path.write_bytes(data)
    scene = io.read(path)
    assert len(scene) == 98 and "2 of 100 rows are left out: means" in scene.notices[0]
    with pytest.raises(io.FormatError, match="first at row 7"):
        io.read(path, on_bad="raise")
