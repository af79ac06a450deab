"""The standard 3DGS `.ply`: bytes, round trips, independent readers, crashes, hostile files."""

import errno
import os
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from plyfile import PlyData, PlyElement

from splat_widgets.io import ply
from splat_widgets.io.ply import PlyError, read, write
from splat_widgets.io.ply.layout import ENCODING
from splat_widgets.io.ply.suspicion import RELEASED_EXPORTER
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.version import __version__

DEGREES = [0, 1, 2, 3]
C0 = 0.28209479177387814


def random_gaussians(count: int, degree: int = 0, seed: int = 0) -> Gaussians:
    """Anisotropic Gaussians with scales over four decades and opacities up to both ends."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator)

    return Gaussians(
        means=3 * normal(count, 3),
        scales=torch.exp(-5 + 2 * normal(count, 3)),
        quaternions=torch.nn.functional.normalize(normal(count, 4), dim=-1),
        opacities=torch.rand(count, generator=generator),
        sh=normal(count, (degree + 1) ** 2, 3),
    )


def rotation(q: np.ndarray) -> np.ndarray:
    """Rotation matrices of wxyz, by turning the three axes: q v q*, written out anew here."""
    q = q.astype(np.float64) / np.linalg.norm(q, axis=-1, keepdims=True)
    w, u = q[:, :1], q[:, 1:]
    columns = []
    for axis in np.eye(3):
        v = np.broadcast_to(axis, u.shape)
        t = 2 * np.cross(u, v)
        columns.append(v + w * t + np.cross(u, t))
    return np.stack(columns, -1)


def sigma(scales: np.ndarray, q: np.ndarray) -> np.ndarray:
    rs = rotation(q) * scales.astype(np.float64)[:, None, :]
    return rs @ rs.transpose(0, 2, 1)


def parse(path: Path) -> tuple[list[str], dict[str, np.ndarray]]:
    """Reader of its own: header lines, and columns unpacked row by row with `struct`."""
    head, _, body = path.read_bytes().partition(b"end_header\n")
    lines = head.decode("ascii").splitlines()
    names = [line.split()[2] for line in lines if line.startswith("property float ")]
    count = int(next(line for line in lines if line.startswith("element")).split()[2])
    row = struct.Struct("<" + "f" * len(names))
    assert len(body) == count * row.size
    rows = np.array(list(row.iter_unpack(body))).reshape(count, len(names))
    return lines, {name: rows[:, i] for i, name in enumerate(names)}


def document(columns: dict[str, np.ndarray], **options) -> PlyData:
    table = np.zeros(
        len(next(iter(columns.values()))), [(name, a.dtype) for name, a in columns.items()]
    )
    for name, array in columns.items():
        table[name] = array
    return PlyData([PlyElement.describe(table, "vertex")], **options)


def columns_of(path: Path) -> dict[str, np.ndarray]:
    return {name: array.astype(np.float32) for name, array in parse(path)[1].items()}


def same(first: Gaussians, second: Gaussians, rtol: float = 2e-6) -> None:
    assert len(first) == len(second) and first.sh_degree == second.sh_degree
    torch.testing.assert_close(first.means, second.means, rtol=0, atol=0)
    torch.testing.assert_close(first.sh, second.sh, rtol=0, atol=0)
    torch.testing.assert_close(first.scales, second.scales, rtol=rtol, atol=0)
    torch.testing.assert_close(first.quaternions, second.quaternions, rtol=0, atol=3e-7)
    torch.testing.assert_close(first.opacities, second.opacities, rtol=2e-6, atol=1.1e-6)


def test_header_and_first_row_by_hand(tmp_path):
    gaussians = Gaussians(
        means=torch.tensor([[1.0, -2.0, 3.5]]),
        scales=torch.tensor([[1.0, 0.5, 0.25]]),
        quaternions=torch.tensor([[0.5, -0.5, 0.5, 0.5]]),
        opacities=torch.tensor([0.75]),
        sh=torch.arange(12.0).reshape(1, 4, 3),
    )
    write(tmp_path / "one.ply", gaussians, comments=["from a test"])
    head, _, body = (tmp_path / "one.ply").read_bytes().partition(b"end_header\n")
    names = (
        "x y z nx ny nz f_dc_0 f_dc_1 f_dc_2 f_rest_0 f_rest_1 f_rest_2 f_rest_3 f_rest_4 f_rest_5 "
        "f_rest_6 f_rest_7 f_rest_8 opacity scale_0 scale_1 scale_2 rot_0 rot_1 rot_2 rot_3"
    )
    lines = head.decode("ascii").splitlines()
    comments = [line.removeprefix("comment ") for line in lines if line.startswith("comment ")]
    assert [line for line in lines if not line.startswith("comment ")] == [
        "ply",
        "format binary_little_endian 1.0",
        "element vertex 1",
        *(f"property float {name}" for name in names.split()),
    ]
    assert comments == [f"written by splat_widgets {__version__}", *ENCODING, "from a test"]
    assert struct.unpack("<26f", body) == pytest.approx(
        [
            *(1, -2, 3.5, 0, 0, 0, 0, 1, 2),
            *(3, 6, 9, 4, 7, 10, 5, 8, 11),  # all of red, then green, then blue
            *(np.log(3), 0, np.log(0.5), np.log(0.25), 0.5, -0.5, 0.5, 0.5),
        ],
        rel=1e-6,
    )


@pytest.mark.parametrize("degree", DEGREES)
def test_the_number_of_columns_follows_the_degree(tmp_path, degree):
    lines, columns = parse(write(tmp_path / "a.ply", random_gaussians(5, degree)))
    assert len(columns) == 17 + 3 * ((degree + 1) ** 2 - 1)
    assert not any(columns[name].any() for name in ("nx", "ny", "nz"))
    assert lines[0] == "ply"


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("degree", DEGREES)
def test_round_trip(tmp_path, degree, seed):
    gaussians = random_gaussians(2000, degree, seed)
    assert write(tmp_path / "a.ply", gaussians) == tmp_path / "a.ply"
    again = read(tmp_path / "a.ply")
    same(again, gaussians)
    write(tmp_path / "b.ply", again)
    same(read(tmp_path / "b.ply"), gaussians, rtol=4e-6)


@pytest.mark.parametrize("degree", DEGREES)
def test_an_independent_reader_sees_our_gaussians(tmp_path, degree):
    gsply = pytest.importorskip("gsply", reason="no wheel for this Python")
    gaussians = random_gaussians(3000, degree, seed=5)
    write(tmp_path / "a.ply", gaussians, comments=["x" * 200])
    theirs = gsply.plyread(str(tmp_path / "a.ply"))
    assert theirs.get_sh_degree() == degree
    np.testing.assert_array_equal(theirs.means, gaussians.means)
    scales, q = np.exp(theirs.scales.astype(np.float64)), theirs.quats
    ours = gaussians.covariances.double().numpy()
    seen = sigma(scales, q)
    error = np.linalg.norm(seen - ours, axis=(1, 2)) / np.linalg.norm(ours, axis=(1, 2))
    assert error.max() < 3e-6  # float32; a wrong quaternion order gives about 1
    wrong = sigma(scales, np.roll(q, 1, axis=1))
    assert (
        np.median(np.linalg.norm(wrong - ours, axis=(1, 2)) / np.linalg.norm(ours, axis=(1, 2)))
        > 0.1
    )
    opacities = 1 / (1 + np.exp(-theirs.opacities.ravel().astype(np.float64)))
    np.testing.assert_allclose(opacities, gaussians.opacities, atol=1.1e-6)
    colours = 0.5 + C0 * theirs.sh0
    np.testing.assert_allclose(colours, 0.5 + C0 * gaussians.sh[:, 0].numpy(), atol=1e-6)
    np.testing.assert_array_equal(theirs.shN.reshape(3000, -1, 3), gaussians.sh[:, 1:])


def test_a_file_of_an_independent_writer_is_read(tmp_path):
    gsply = pytest.importorskip("gsply", reason="no wheel for this Python")
    gaussians = random_gaussians(500, 2, seed=6)
    values = gaussians.to_numpy()
    logits = np.log(values["opacities"]) - np.log1p(-values["opacities"])
    gsply.plywrite(
        str(tmp_path / "a.ply"),
        values["means"],
        np.log(values["scales"]),
        values["quaternions"],
        logits,
        np.ascontiguousarray(values["sh"][:, 0]),
        np.ascontiguousarray(values["sh"][:, 1:]),
    )
    assert b"nx" not in (tmp_path / "a.ply").read_bytes()[:2000]
    same(read(tmp_path / "a.ply"), gaussians)


def test_opacities_at_both_ends_are_clamped(tmp_path):
    gaussians = replace(random_gaussians(4), opacities=torch.tensor([0.0, 1.0, 1e-9, 0.5]))
    logits = parse(write(tmp_path / "a.ply", gaussians))[1]["opacity"]
    edge = np.log(1e-6 / (1 - 1e-6))
    assert logits == pytest.approx([edge, -edge, edge, 0], rel=1e-6, abs=1e-7)
    assert read(tmp_path / "a.ply").opacities.tolist() == pytest.approx(
        [1e-6, 1, 1e-6, 0.5], abs=2e-6
    )


def test_vanished_scales_stay_finite(tmp_path):
    gaussians = random_gaussians(2)
    write(tmp_path / "a.ply", replace(gaussians, scales=torch.tensor([[0.0, 1, 1], [1e-42, 1, 1]])))
    scales = read(tmp_path / "a.ply").scales
    assert (scales > 0).all() and scales[:, 0].max() < 1e-37
    assert scales[:, 1:].tolist() == [[1, 1], [1, 1]]


def test_other_devices_types_and_graphs_are_written(tmp_path):
    gaussians = random_gaussians(50, 1)
    doubled = gaussians.to(dtype=torch.float64)
    graph = replace(doubled, means=doubled.means.requires_grad_())
    write(tmp_path / "a.ply", graph)
    same(read(tmp_path / "a.ply"), gaussians)
    write(tmp_path / "h.ply", gaussians.to(dtype=torch.float16))
    assert read(tmp_path / "h.ply").means.dtype == torch.float32


def test_quaternions_are_normalised_both_ways(tmp_path):
    gaussians = random_gaussians(100)
    longer = replace(gaussians, quaternions=7 * gaussians.quaternions)
    columns = columns_of(write(tmp_path / "a.ply", longer))
    stored = np.stack([columns[f"rot_{i}"] for i in range(4)], -1)
    np.testing.assert_allclose(np.linalg.norm(stored, axis=1), 1, atol=1e-6)
    for i in range(4):
        columns[f"rot_{i}"] *= np.float32(1e-25)  # its square underflows in float32
    document(columns).write(tmp_path / "b.ply")
    torch.testing.assert_close(
        read(tmp_path / "b.ply").quaternions, gaussians.quaternions, rtol=0, atol=3e-7
    )


def test_no_gaussians_are_a_file_too(tmp_path):
    empty = read(write(tmp_path / "a.ply", random_gaussians(5, 1).select([])))
    assert len(empty) == 0 and empty.sh_degree == 1


@pytest.mark.parametrize(
    ("field", "index", "value", "message"),
    [
        ("means", (2, 1), float("nan"), "means: expected finite numbers.* row 2"),
        ("scales", (3, 0), float("inf"), "scales: expected finite"),
        ("sh", (4, 0, 2), float("-inf"), "sh: expected finite"),
        ("scales", (3, 0), -0.1, "scales: expected standard deviations"),
        ("opacities", (1,), 2.5, "opacities: expected opacities in .*not logits.* 1 of 5 rows"),
        ("opacities", (1,), -0.5, "opacities: expected"),
        ("quaternions", (0,), 0.0, "quaternions: expected quaternions other than zero"),
    ],
)
def test_values_that_no_file_can_hold_are_refused(tmp_path, field, index, value, message):
    path = write(tmp_path / "a.ply", random_gaussians(3))
    before = path.read_bytes()
    gaussians = random_gaussians(5)
    getattr(gaussians, field)[index] = value
    with pytest.raises(PlyError, match=message):
        write(path, gaussians)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_comments_cannot_break_the_header(tmp_path):
    hostile = [
        "two\nlines\r\nand three",
        "end_header",
        "Zoë's café \u202e \0 \x1b[31m",
        "element vertex 9\nproperty float x",
        "",
    ]
    gaussians = random_gaussians(7)
    path = write(tmp_path / "a.ply", gaussians, comments=hostile)
    head = path.read_bytes().partition(b"end_header\n")[0]
    assert head.count(b"end_header") == 0 and b"\0" not in head
    assert b"comment Zo\\xeb's caf\\xe9" in head and b"\ncomment lines\ncomment and three" in head
    same(read(path), gaussians)
    assert PlyData.read(path)["vertex"].count == 7
    write(path, gaussians, comments="one line")  # not letter by letter
    assert b"comment one line\n" in path.read_bytes()


class Full:
    """A disk that takes some bytes and no more."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, data):
        self.room -= memoryview(data).nbytes
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.file.write(data)


@pytest.mark.parametrize("room", [0, 100, 5_000, 30_000])
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, room):
    path = write(tmp_path / "a.ply", random_gaussians(10))
    before = path.read_bytes()
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *a, **k: Full(real(self, *a, **k), room))
    with pytest.raises(OSError, match="the disk is full"):
        write(path, random_gaussians(1000))
    monkeypatch.undo()
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("where", ["fsync", "replace"])
@pytest.mark.parametrize("failure", [OSError(errno.EIO, "disk on fire"), KeyboardInterrupt()])
def test_a_failure_at_the_end_leaves_the_old_file(tmp_path, monkeypatch, where, failure):
    path = write(tmp_path / "a.ply", random_gaussians(10))
    before = path.read_bytes()

    def fail(*_):
        raise failure

    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[where], fail)
    with pytest.raises(type(failure)):
        write(path, random_gaussians(1000))
    monkeypatch.undo()
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_killed_process_leaves_the_old_file(tmp_path):
    """Killed without any clean-up, between the data and the rename."""
    path = write(tmp_path / "a.ply", random_gaussians(10))
    before = path.read_bytes()
    script = f"""
import os, sys, torch
sys.path[:0] = [{str(Path(ply.__file__).parents[2])!r}]
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.io import ply
os.fsync = lambda _: os._exit(9)
n = 1000
ply.write({str(path)!r}, Gaussians(torch.zeros(n, 3), torch.ones(n, 3), torch.ones(n, 4) / 2,
                                   torch.ones(n), torch.zeros(n, 1, 3)))
"""
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=120).returncode == 9
    assert path.read_bytes() == before
    same(read(path), random_gaussians(10))


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_any_order_type_and_encoding_is_read(tmp_path, order, text):
    gaussians = random_gaussians(60, 1, seed=8)
    columns = columns_of(write(tmp_path / "a.ply", gaussians))
    names = list(columns)
    np.random.default_rng(0).shuffle(names)
    types = ["f8", "f4"]
    mixed = {name: columns[name].astype(types[i % 2]) for i, name in enumerate(names)}
    mixed["red"] = np.full(60, 200, np.uint8)  # ignored
    del mixed["nx"], mixed["ny"]  # not needed
    faces = np.array([([0, 1, 2],)], dtype=[("vertex_indices", "i4", (3,))])
    vertex = document(mixed)["vertex"]
    PlyData([PlyElement.describe(faces, "face"), vertex], text=text, byte_order=order).write(
        tmp_path / "b.ply"
    )
    same(read(tmp_path / "b.ply"), gaussians, rtol=1e-5)


def test_integer_columns_are_read_as_numbers(tmp_path):
    gaussians = random_gaussians(9)
    columns = columns_of(write(tmp_path / "a.ply", gaussians))
    columns["f_dc_0"] = np.arange(9, dtype=np.uint8)
    columns["x"] = np.arange(9, dtype=np.int16) - 4
    document(columns).write(tmp_path / "b.ply")
    again = read(tmp_path / "b.ply")
    assert again.sh[:, 0, 0].tolist() == list(range(9))
    assert again.means[:, 0].tolist() == list(range(-4, 5))


def test_windows_line_ends_in_ascii(tmp_path):
    gaussians = random_gaussians(4)
    columns = columns_of(write(tmp_path / "a.ply", gaussians))
    document(columns, text=True).write(tmp_path / "b.ply")
    content = (tmp_path / "b.ply").read_bytes().replace(b"\n", b"\r\n").rstrip()
    (tmp_path / "c.ply").write_bytes(content)
    same(read(tmp_path / "c.ply"), gaussians, rtol=1e-5)


@pytest.mark.parametrize("column", ["x", "f_dc_1", "opacity", "scale_1", "rot_0"])
def test_a_missing_column_is_named(tmp_path, column):
    columns = columns_of(write(tmp_path / "a.ply", random_gaussians(4)))
    del columns[column]
    document(columns).write(tmp_path / "b.ply")
    with pytest.raises(PlyError, match=rf"^b\.ply: .*missing {column}; got "):
        read(tmp_path / "b.ply")


@pytest.mark.parametrize("number", [1, 8, 10, 44, 71, 73])
def test_a_wrong_number_of_sh_columns_is_refused(tmp_path, number):
    columns = columns_of(write(tmp_path / "a.ply", random_gaussians(4)))
    columns |= {f"f_rest_{i}": np.zeros(4, np.float32) for i in range(number)}
    document(columns).write(tmp_path / "b.ply")
    with pytest.raises(PlyError, match=f"expected 0, 9, 24, 45 columns f_rest.*got {number}"):
        read(tmp_path / "b.ply")


def test_sh_columns_with_gaps_are_refused(tmp_path):
    columns = columns_of(write(tmp_path / "a.ply", random_gaussians(4, 1)))
    columns["f_rest_9"] = columns.pop("f_rest_4")
    document(columns).write(tmp_path / "b.ply")
    with pytest.raises(PlyError, match="missing f_rest_4;"):
        read(tmp_path / "b.ply")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("y", np.nan, "y: expected finite numbers, got 1 of 4 rows otherwise, the first at row 2"),
        ("f_dc_2", np.inf, "f_dc_2: expected finite"),
        ("scale_1", np.inf, "scale_1: expected finite"),
        ("opacity", np.nan, "opacity: expected finite"),
        ("scale_0", 200, "scale_0: expected logarithms below"),
        ("z", 1e300, "z: expected finite"),
    ],
)
def test_a_bad_value_is_located(tmp_path, column, value, message):
    columns = columns_of(write(tmp_path / "a.ply", random_gaussians(4)))
    columns[column] = columns[column].astype(np.float64)
    columns[column][2] = value
    document(columns).write(tmp_path / "b.ply")
    with pytest.raises(PlyError, match=message):
        read(tmp_path / "b.ply", on_bad="raise")


def test_infinite_logits_bad_normals_and_vanished_scales_are_harmless(tmp_path):
    columns = columns_of(write(tmp_path / "a.ply", random_gaussians(4)))
    columns["opacity"][:2] = [np.inf, -np.inf]
    columns["nx"][:] = np.nan
    columns["scale_0"][1] = -500
    document(columns).write(tmp_path / "b.ply")
    again = read(tmp_path / "b.ply")
    assert again.opacities[:2].tolist() == [1, 0]
    assert 0 < again.scales[1, 0] < 1e-37


def test_zero_quaternions_are_counted(tmp_path):
    columns = columns_of(write(tmp_path / "a.ply", random_gaussians(9)))
    for i in range(4):
        columns[f"rot_{i}"][[3, 5]] = 0
    document(columns).write(tmp_path / "b.ply")
    with pytest.raises(PlyError, match=r"rot_0 to rot_3: .*got 2 of 9 rows otherwise.* row 3"):
        read(tmp_path / "b.ply", on_bad="raise")


def header(*lines: str, form: str = "binary_little_endian") -> bytes:
    return "\n".join(["ply", f"format {form} 1.0", *lines, "end_header", ""]).encode()


COLUMNS = [f"property float {name}" for name in ply.ply_columns(0)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "starts with 'ply'"),
        (b"PK\3\4 zip", "starts with 'ply'"),
        (b"plywood", "starts with 'ply'"),
        (b"ply\n", "expected 'end_header'"),
        (b"ply\n" + b"comment x\n" * 200_000, "expected 'end_header' in the first MB"),
        (b"ply\n" + b"x" * 3_000_000, "expected 'end_header'"),
        (b"ply\nhello\nend_header\n", "header line 2 is not understood: 'hello'"),
        (b"ply\nend_header\n", "'format' line"),
        (b"ply\nformat middle_endian 1.0\nend_header\n", "header line 2 .*middle_endian"),
        (header("element vertex -5", *COLUMNS), "header line 3 .*vertex -5"),
        (header("element vertex 1e9", *COLUMNS), "header line 3"),
        (header("element vertex " + "9" * 5000, *COLUMNS), "header line 3"),
        (header("property float x"), "header line 3"),
        (header("element vertex 0", "property quaternion q"), "header line 4"),
        (header("element vertex 0", "property list float banana l"), "header line 4"),
        (header("element vertex 0", *COLUMNS, COLUMNS[0]), "one column x, got two"),
        (header("element face 0", "property uchar a"), "one element 'vertex', got face"),
        (header(), "one element 'vertex', got none"),
        (header("element vertex 0", *COLUMNS, "element vertex 0", *COLUMNS), "got vertex, vertex"),
        (header("element vertex 0", "property float x"), "missing y, z, f_dc_0, .* and 4 more"),
        (header("element vertex 0", "property uint packed_position"), "compressed one"),
        (
            header("element vertex 0", "property list uchar float x", *COLUMNS[1:]),
            "got lists in x",
        ),
    ],
)
def test_a_malformed_file_is_explained(tmp_path, content, message):
    path = tmp_path / "bad.ply"
    path.write_bytes(content)
    with pytest.raises(PlyError, match=message) as caught:
        read(path)
    assert str(caught.value).startswith("bad.ply: ") and len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "content",
    [
        header("element vertex 1000000000000", *COLUMNS) + bytes(680),
        header("element vertex 11", *COLUMNS) + bytes(680),
        header("element vertex 1000000000000", *COLUMNS, form="ascii") + b"0 " * 500,
        header("element vertex 11", *COLUMNS, form="ascii") + b"0 " * (11 * 17 - 1),
        header("element a 999999999999", "property list uchar int i", "element vertex 0", *COLUMNS),
        header("element vertex 0", *COLUMNS, "element a 1000000000000", "property uchar i"),
        header("element a 999999999999", "element vertex 0", *COLUMNS),
        header("element vertex 999999999999", "property list uchar int i", *COLUMNS) + bytes(999),
    ],
)
def test_a_lying_header_is_refused_before_allocating(tmp_path, content, monkeypatch):
    path = tmp_path / "bad.ply"
    path.write_bytes(content)
    monkeypatch.setattr(PlyData, "read", lambda *_, **__: pytest.fail("the data was read"))
    with pytest.raises(PlyError, match=r"expected at least [\d,]+ bytes of data .* cut off"):
        read(path)


def test_a_lying_list_length_is_refused(tmp_path):
    content = header("element a 1", "property list uint double i", "element vertex 0", *COLUMNS)
    (tmp_path / "bad.ply").write_bytes(content + b"\xff\xff\xff\xff" + bytes(64))
    with pytest.raises(PlyError, match="damaged data"):
        read(tmp_path / "bad.ply")


def test_every_truncation_is_refused(tmp_path):
    for name, text in (("binary", False), ("ascii", True)):
        columns = columns_of(write(tmp_path / "a.ply", random_gaussians(20)))
        document(columns, text=text).write(tmp_path / name)
        content = (tmp_path / name).read_bytes()
        for length in range(0, len(content) - 12, 97):
            (tmp_path / "cut.ply").write_bytes(content[:length])
            with pytest.raises(PlyError, match=r"^cut\.ply: "):
                read(tmp_path / "cut.ply")


def test_random_damage_gives_gaussians_or_a_ply_error(tmp_path):
    generator = np.random.default_rng(4)
    content = np.frombuffer(
        write(tmp_path / "a.ply", random_gaussians(30, 1)).read_bytes(), np.uint8
    )
    refused = 0
    for _ in range(300):
        damaged = content.copy()
        where = generator.integers(0, 1500 if generator.random() < 0.7 else len(content), 3)
        damaged[where] = generator.integers(0, 256, 3)
        (tmp_path / "b.ply").write_bytes(damaged.tobytes())
        try:
            gaussians = read(tmp_path / "b.ply")
        except PlyError:
            refused += 1
        else:
            assert torch.isfinite(gaussians.scales).all()
    assert refused > 50


def test_the_file_can_be_replaced_while_what_was_read_is_in_use(tmp_path):
    path = write(tmp_path / "a.ply", random_gaussians(1000))
    gaussians = read(path)
    with path.open("r+b") as file:
        file.truncate(10)  # a memory map that was still in use would crash here
    same(gaussians, random_gaussians(1000))
    gaussians.means.add_(1)  # its own memory
    assert gaussians.means.is_contiguous() and gaussians.sh.is_contiguous()


def released_exporter(gaussians: Gaussians) -> dict[str, np.ndarray]:
    """Columns as the exporter released with Splatt3R writes them."""
    values = gaussians.to_numpy()
    scales = np.sort(np.log(values["scales"]), axis=1)[:, ::-1]
    table = np.concatenate(
        [
            values["means"],
            np.zeros_like(values["means"]),
            values["sh"][:, 0],
            values["opacities"][:, None],
            scales,
            values["quaternions"],
        ],
        axis=1,
    )
    return {name: table[:, i].astype(np.float32) for i, name in enumerate(ply.ply_columns(0))}


def test_files_of_the_released_exporter_are_noticed_and_no_others(tmp_path):
    gaussians = random_gaussians(400)
    document(released_exporter(gaussians)).write(tmp_path / "theirs.ply")
    document(released_exporter(gaussians.select(list(range(50))))).write(tmp_path / "few.ply")
    columns = columns_of(write(tmp_path / "ours.ply", gaussians))
    document(columns).write(tmp_path / "plain.ply")
    round_ones = replace(gaussians, scales=torch.ones(400, 3), opacities=torch.full((400,), 0.6))
    document(columns_of(write(tmp_path / "a.ply", round_ones))).write(tmp_path / "round.ply")
    unsorted = released_exporter(gaussians)
    unsorted["scale_2"][::20] = unsorted["scale_0"][::20] + 1
    outlier = released_exporter(gaussians)
    outlier["opacity"][9], outlier["scale_2"][9] = 1.2, 5  # one row hides nothing
    document(outlier).write(tmp_path / "outlier.ply")
    document(unsorted).write(tmp_path / "unsorted.ply")
    signed = document(released_exporter(gaussians), comments=["written by splat_widgets 9.0"])
    signed.write(tmp_path / "signed.ply")
    for name in ("few", "ours", "plain", "round", "unsorted", "signed"):
        assert RELEASED_EXPORTER not in read(tmp_path / f"{name}.ply").notices
    for name in ("theirs", "outlier"):
        assert RELEASED_EXPORTER in read(tmp_path / f"{name}.ply").notices
