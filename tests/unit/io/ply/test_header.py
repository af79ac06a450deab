"""Headers and text as programs and editors of all systems leave them."""

import re

import numpy as np
import pytest
import torch
from plyfile import PlyData

import splat_widgets as sw
from splat_widgets.io.ply import PlyError, ply_columns, read

NAMES = ply_columns(0)
ROWS = np.random.default_rng(3).normal(0, 1, (40, len(NAMES))).astype(np.float32).round(4)
PROPERTIES = [f"property float {name}" for name in NAMES]


def text_file(*, form: str = "ascii", lines: list[str] = PROPERTIES) -> bytes:
    head = "\n".join(["ply", f"format {form} 1.0", "element vertex 40", *lines, "end_header", ""])
    if form != "ascii":
        return head.encode() + ROWS.astype(">f4" if "big" in form else "<f4").tobytes()
    return (head + "".join(" ".join(f"{v:.4f}" for v in row) + "\n" for row in ROWS)).encode()


def check(path, content: bytes) -> None:
    """The file gives the 40 Gaussians."""
    path.write_bytes(content)
    scene = read(path)
    torch.testing.assert_close(scene.means, torch.from_numpy(ROWS[:, :3]), rtol=0, atol=1e-7)
    torch.testing.assert_close(
        scene.scales.log(), torch.from_numpy(ROWS[:, 10:13]), atol=1e-6, rtol=0
    )


def shouted(content: bytes) -> bytes:
    words = (
        rb"^(ply|format|element|property|end_header|comment)|(?<=property )float|(?<=format )\w+"
    )
    return re.sub(words, lambda found: found[0].upper(), content, flags=re.MULTILINE)


BOM = b"\xef\xbb\xbf"
EDITS = {
    "untouched": lambda c: c,
    "byte order mark": lambda c: BOM + c,
    "byte order mark before the data": lambda c: c.replace(b"end_header\n", b"end_header\n" + BOM),
    "both marks": lambda c: BOM + c.replace(b"end_header\n", b"end_header\n" + BOM),
    "spaces after words": lambda c: c.replace(b"\n", b" \t \n"),
    "spaces before words": lambda c: c.replace(b"\nproperty", b"\n\t property"),
    "tabs": lambda c: c.replace(b" ", b"\t"),
    "blank lines": lambda c: c.replace(b"\n", b"\n\n"),
    "blank lines of spaces": lambda c: c.replace(b"end_header\n", b"  \nend_header\n \t\n\n"),
    "Windows": lambda c: c.replace(b"\n", b"\r\n"),
    "Windows, blank lines": lambda c: c.replace(b"\n", b"\r\n\r\n"),
    "old Macintosh": lambda c: c.replace(b"\n", b"\r"),
    "upper case": shouted,
    "no line end": lambda c: c.rstrip(),
    "a line after the data": lambda c: c + b"\n\nthe end\n",
    "obj_info": lambda c: c.replace(b"element", b"obj_info num_cols 512 \xa9\nelement"),
    "empty comment": lambda c: c.replace(b"element", b"comment\ncomment \nelement"),
    "UTF-8 comment": lambda c: c.replace(b"element", "comment Zoë ©\nelement".encode()),
    "Latin comment": lambda c: c.replace(b"element", b"comment Zo\xeb \xa9\nelement"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_editors_do_to_text_is_taken(tmp_path, edit):
    check(tmp_path / "a.ply", EDITS[edit](text_file()))


@pytest.mark.parametrize("form", ["binary_little_endian", "binary_big_endian"])
@pytest.mark.parametrize(
    "edit",
    ["untouched", "obj_info", "empty comment", "UTF-8 comment", "Latin comment", "byte order mark"],
)
def test_binary_files_with_foreign_headers(tmp_path, form, edit):
    check(tmp_path / "a.ply", EDITS[edit](text_file(form=form)))


@pytest.mark.parametrize("suffix", [".ply", ".compressed.ply", ".glb"])
def test_obj_info_lines_are_read_and_stay_what_they_are(tmp_path, suffix):
    edit = b"obj_info num_cols 512\nobj_info made by hand\nelement"
    (tmp_path / "a.ply").write_bytes(text_file().replace(b"element", edit, 1))
    scene = sw.load(tmp_path / "a.ply")
    lines = ("obj_info num_cols 512", "obj_info made by hand")
    assert set(lines) <= set(scene.comments)
    again = sw.load(sw.save(scene, tmp_path / f"b{suffix}"))
    last = sw.save(again, tmp_path / "c.ply")
    assert last.read_bytes().count(b"\nobj_info num_cols 512\nobj_info made by hand\n") == 1
    assert tuple(PlyData.read(last).obj_info) == ("num_cols 512", "made by hand")


@pytest.mark.parametrize("suffix", [".ply", ".compressed.ply", ".glb"])
def test_lines_that_look_like_obj_info_stay_what_they_are(tmp_path, suffix):
    told = ["obj_info", "comment obj_info fake", "comment comment obj_info", "comment obj_infos"]
    edit = "\n".join(["OBJ_INFO upper", *told, "element"]).encode()
    (tmp_path / "a.ply").write_bytes(text_file().replace(b"element", edit, 1))
    again = sw.load(sw.save(sw.load(tmp_path / "a.ply"), tmp_path / f"b{suffix}"))
    head = sw.save(again, tmp_path / "c.ply").read_bytes().partition(b"element")[0]
    lines = [line.strip() for line in head.decode("ascii").splitlines()]
    assert [line for line in lines if "obj_info" in line and line in told] == [*told[1:], told[0]]
    assert "obj_info upper" in lines


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b" \n", b"\n"])
@pytest.mark.parametrize("first", [b"\n\n\n\n", b"\r\n\r\n", b"    ", b"\xef\xbb\xbf\x40"])
def test_the_first_byte_of_binary_data_is_not_taken_for_the_header(tmp_path, end, first):
    head, _, body = text_file(form="binary_little_endian").partition(b"end_header\n")
    head = (head + b"end_header\n").replace(b"\n", end)
    (tmp_path / "a.ply").write_bytes(head + first + body[4:])
    means = read(tmp_path / "a.ply").means
    assert means[0, 0].item() == np.frombuffer(first, "<f4")[0]
    np.testing.assert_array_equal(means[1:], ROWS[1:, :3])


def test_what_microsofts_library_prints_is_a_number(tmp_path):
    lines = text_file().split(b"\n")
    start = len(lines) - 41
    opacity = ROWS[:, 9]
    for row, word in enumerate([b"1.#INF", b"-1.#INF000", b"-1.#IND", b"1.#QNAN0", b"-nan(ind)"]):
        words = lines[start + row].split()
        words[9] = word
        lines[start + row] = b" ".join(words)
    (tmp_path / "a.ply").write_bytes(b"\n".join(lines))
    scene = read(tmp_path / "a.ply")
    assert len(scene) == 37 and scene.opacities[:2].tolist() == [1, 0]
    assert scene.opacities[2].item() == pytest.approx(1 / (1 + np.exp(-opacity[5])))
    assert scene.notices == (
        "3 of 40 rows are left out: 3 with numbers that are not finite (opacity).",
    )


@pytest.mark.parametrize("form", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_lists_and_other_elements_around_the_vertices(tmp_path, form):
    content = text_file(form=form)
    if form == "ascii":
        camera, row = b"3 7 8 9\n", b"2 5 6 "
    else:
        order = ">" if "big" in form else "<"
        camera = b"\3" + np.array([7, 8, 9], f"{order}i4").tobytes()
        row = b"\2" + np.array([5, 6], f"{order}i2").tobytes()
    head, _, body = content.partition(b"end_header\n")
    extra = b"element camera 1\nproperty list uchar int ids\nelement vertex"
    before = head.replace(b"element vertex", extra) + b"end_header\n" + camera
    check(tmp_path / "a.ply", before + body)
    inside = head.replace(b"property float x", b"property list uchar short near\nproperty float x")
    size = len(body) // 40
    rows = (
        [line + b"\n" for line in body.splitlines()]
        if form == "ascii"
        else [body[i * size : (i + 1) * size] for i in range(40)]
    )
    check(tmp_path / "b.ply", inside + b"end_header\n" + b"".join(row + r for r in rows))
    after = head + b"element face 1\nproperty list uchar int ids\nend_header\n" + body
    check(tmp_path / "c.ply", after + b"\0" * 4)  # damage after the vertices does not matter


def test_text_keeps_more_digits_than_its_header_says(tmp_path):
    lines = [line.replace("float", "uchar" if line[-1] == "1" else "float") for line in PROPERTIES]
    check(tmp_path / "a.ply", text_file(lines=lines))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le"])
def test_text_of_two_bytes_a_letter_is_refused_in_words(tmp_path, encoding):
    (tmp_path / "a.ply").write_bytes(("\ufeff" + text_file().decode()).encode(encoding))
    with pytest.raises(PlyError, match="got UTF-16; save it as UTF-8"):
        read(tmp_path / "a.ply")


@pytest.mark.parametrize(
    "broken",
    [
        lambda c: c.replace(b"0.", b"0,", 1),
        lambda c: c.replace(b"\n0", b"\n0 0", 1).replace(b"\n-", b"\n0 -", 1),
        lambda c: c[: len(c) // 2],
        lambda c: c[:-9] + c[-9:].replace(b".", b"\xa0."),
    ],
)
def test_text_that_does_not_fit_its_header_is_refused(tmp_path, broken):
    (tmp_path / "a.ply").write_bytes(broken(text_file()))
    with pytest.raises(PlyError, match="damaged data"):
        read(tmp_path / "a.ply")
