"""`.ply` files as they arrive damaged: every damage in every layout and size, from one seed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from hostile.case import Case, WrongEnding
from splat_widgets import io
from splat_widgets.io import FormatError
from splat_widgets.io.ply import ply_columns

SIZES = (1, 37, 2500)
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class File:
    """A file that is still whole, and which of its rows must come out."""

    columns: dict[str, np.ndarray]  # (N,) float64 each
    kept: np.ndarray  # (M,) rows that a reader keeps
    form: str  # "ascii", "binary_little_endian", "binary_big_endian"
    kind: str = "float"  # of its numbers
    with_lists: bool = False  # a list in every row, and an element before the vertices

    @property
    def count(self) -> int:
        return len(self.columns["x"])

    def head(self) -> bytes:
        lines = ["ply", f"format {self.form} 1.0", "comment from a test"]
        if self.with_lists:
            lines += ["element camera 1", "property list uchar int ids"]
        lines += [f"element vertex {self.count}"]
        lines += ["property list uchar short near"] if self.with_lists else []
        lines += [f"property {self.kind} {name}" for name in self.columns]
        return "\n".join([*lines, "end_header", ""]).encode()

    def body(self) -> bytes:
        table = np.stack(list(self.columns.values()), -1)
        if self.form == "ascii":
            rows = [" ".join(f"{value:.9g}" for value in row).encode() + b"\n" for row in table]
            camera, near = b"2 4 5\n", b"1 7 "
        else:
            order = "<" if "little" in self.form else ">"
            kind = f"{order}f{4 if self.kind == 'float' else 8}"
            with np.errstate(over="ignore"):
                rows = [row.tobytes() for row in table.astype(kind)]
            camera = b"\2" + np.array([4, 5], f"{order}i4").tobytes()
            near = b"\1" + np.array([7], f"{order}i2").tobytes()
        if self.with_lists:
            return camera + b"".join(near + row for row in rows)
        return b"".join(rows)

    def whole(self) -> bytes:
        return self.head() + self.body()


LAYOUTS: dict[str, dict] = {
    "binary": {"form": "binary_little_endian"},
    "big endian": {"form": "binary_big_endian"},
    "doubles": {"form": "binary_little_endian", "kind": "double"},
    "text": {"form": "ascii"},
    "binary with lists": {"form": "binary_little_endian", "with_lists": True},
    "text with lists": {"form": "ascii", "with_lists": True},
}


def columns_of(count: int, degree: int, seed: int) -> dict[str, np.ndarray]:
    """Columns that look trained, in an order of their own."""
    generator = np.random.default_rng([seed, count, degree])
    values = {name: generator.normal(0, 1, count) for name in ply_columns(degree)}
    values["opacity"] = 3 * values["opacity"]
    for axis in range(3):
        values[f"scale_{axis}"] -= 4
    names = list(values)
    generator.shuffle(names)
    return {name: values[name].astype(np.float32).astype(np.float64) for name in names}


def _spoilt(file: File, **bad: float) -> File:
    """With numbers in its first row that no Gaussian can have."""
    columns = {name: array.copy() for name, array in file.columns.items()}
    for name, value in bad.items():
        columns[name][0] = value
    return replace(file, columns=columns, kept=file.kept[1:])


def _without(file: File, name: str) -> File:
    return replace(file, columns={k: v for k, v in file.columns.items() if k != name})


ROTATION = {f"rot_{axis}": 0.0 for axis in range(4)}
# What is changed in the table: the file that results, its first row bad or a column gone.
TABLES: dict[str, Callable[[File], File]] = {
    "NaN": partial(_spoilt, y=np.nan),
    "infinity": partial(_spoilt, f_dc_1=np.inf),
    "scale beyond numbers": partial(_spoilt, scale_0=200.0),
    "zero quaternion": partial(_spoilt, **ROTATION),
    "no scale_2": partial(_without, name="scale_2"),
    "no normals": partial(_without, name="nx"),
}
# What is changed in the bytes without harm. Those with "text" need text.
HARMLESS: dict[str, Callable[[bytes], bytes]] = {
    "untouched": lambda c: c,
    "byte order mark": lambda c: BOM + c,
    "Latin comment": lambda c: c.replace(b"from a test", b"\xa9 Zo\xeb"),
    "obj_info": lambda c: c.replace(b"\nelement", b"\nobj_info x\n\nelement", 1),
    "rest after the data": lambda c: c + b"\n1 2 3 rest\0\xff",
    "text: Windows": lambda c: c.replace(b"\n", b"\r\n"),
    "text: old Macintosh": lambda c: c.replace(b"\n", b"\r"),
    "text: blank lines": lambda c: c.replace(b"\n", b" \n\n"),
    "text: mark before the data": lambda c: c.replace(b"end_header\n", b"end_header\n" + BOM),
}
FATAL: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda c: b"",
    "one line": lambda c: c[:4],
    "half the header": lambda c: c[: c.index(b"end_header") // 2],
    "no end of the header": lambda c: c.replace(b"end_header", b"end_of_it"),
    "half the data": lambda c: c[: (c.index(b"end_header") + len(c)) // 2],
    "another magic word": lambda c: b"PK\3\4" + c[4:],
    "no format": lambda c: c.replace(b"format", b"comment format", 1),
    "another format": lambda c: c.replace(b" 1.0\n", b" 2.0\n", 1),
    "a trillion rows": lambda c: c.replace(b"element vertex ", b"element vertex 10000000000", 1),
    "negative rows": lambda c: c.replace(b"element vertex ", b"element vertex -", 1),
    "no vertices": lambda c: c.replace(b"element vertex", b"element point", 1),
    "a column twice": lambda c: c.replace(b" f_dc_1\n", b" f_dc_0\n", 1),
    "a column gone": lambda c: c.replace(b" opacity\n", b" alpha\n", 1),
    "a type of its own": lambda c: c.replace(b" opacity\n", b" list opacity\n", 1),
    "UTF-16": lambda c: c.decode("latin-1").encode("utf-16"),
}
LYING = b"ply\nformat binary_little_endian 1.0\nelement a 1\nproperty list uint double i\n"

_EXPECTED: dict[tuple[str, str], File] = {}


def cases(seed: int = 0) -> Iterator[Case]:
    """Some hundreds of files, each damage in each layout."""
    _EXPECTED.clear()
    for (layout, choice), count in itertools.product(LAYOUTS.items(), SIZES):
        degree = 1 if count == 37 else 0
        file = File(columns_of(count, degree, seed), np.arange(count), **choice)
        yield from _of_file(layout, file, seed)
    counts = [("list of 4 billion", LYING + b"\xff" * 4), ("endless comments", b"")]
    for name, start in counts:
        file = File(columns_of(37, 0, seed), np.arange(37), "binary_little_endian")
        head, _, body = file.whole().partition(b"end_header\n")
        if start:
            rest = head.split(b"comment from a test\n")[1]
            content = LYING + rest + b"end_header\n" + b"\xff" * 4 + body
        else:
            content = head + b"comment x\n" * 300_000 + b"end_header\n" + body
        yield Case("lying headers", name, partial(bytes, content), "refused", ".ply")


def _of_file(layout: str, file: File, seed: int) -> Iterator[Case]:
    for name, change in TABLES.items():
        changed = change(file)
        ending = "right" if len(changed.kept) else "refused"
        yield _case("bad rows and columns", layout, name, changed, changed.whole, ending)
    for name, edit in HARMLESS.items():
        if file.form != "ascii" and name.startswith("text"):
            continue
        if file.form != "ascii" and name == "obj_info" and file.with_lists:
            continue  # the list's bytes may hold the same word
        make = partial(_edited, file, edit)
        yield _case("marks of editors", layout, name, file, make, "right")
    for name, edit in FATAL.items():
        make = partial(_edited, file, edit)
        yield _case("cut or false headers", layout, name, file, make, "refused")
    for number in range(4):
        make = partial(_flipped, file, [seed, number, file.count])
        yield _case("random bytes", layout, f"flip {number}", file, make, "either")


def _case(group: str, layout: str, name: str, file: File, make: Callable, ending) -> Case:
    title = f"{layout}, {file.count} rows, {name}"
    _EXPECTED[group, title] = file
    slow = file.count > 100 or (file.count == 1 and ending == "refused")
    return Case(group, title, make, ending, ".ply", is_slow=slow)


def _edited(file: File, edit: Callable[[bytes], bytes]) -> bytes:
    return edit(file.whole())


def _flipped(file: File, seed: list[int]) -> bytes:
    """With three bytes changed, half the time in the header."""
    generator, content = np.random.default_rng(seed), bytearray(file.whole())
    end = len(file.head()) if generator.random() < 0.5 else len(content)
    for place in generator.integers(0, end, 3):
        content[place] = generator.integers(0, 256)
    return bytes(content)


def opens(case: Case, path: Path) -> str | None:
    """Read the scene; the rows that must be kept are there, and hold what the file said."""
    try:
        scene = io.read(path)
    except FormatError as error:
        return str(error)
    values = scene.to_numpy()
    if not all(np.isfinite(array).all() for array in values.values()):
        raise WrongEnding("the scene has values that are not finite")
    if case.ending == "either":
        return None
    file = _EXPECTED[case.group, case.name]
    columns = {name: array[file.kept] for name, array in file.columns.items()}
    scales = np.exp([columns.get(f"scale_{axis}", -200 + 0 * columns["x"]) for axis in range(3)]).T
    expected = {
        "means": np.stack([columns[axis] for axis in "xyz"], -1),
        "scales": scales.clip(np.finfo(np.float32).tiny),
        "opacities": 1 / (1 + np.exp(-columns["opacity"])),
        "sh": np.stack([columns[f"f_dc_{channel}"] for channel in range(3)], -1),
    }
    values["sh"] = values["sh"][:, 0]
    for name, array in expected.items():
        if values[name].shape != array.shape or not np.allclose(values[name], array, rtol=2e-6):
            raise WrongEnding(f"{name} are not those of the file")
    return None
