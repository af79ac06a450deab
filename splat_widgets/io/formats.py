"""The file formats of scenes: told by content when a file is read, by name when one is written.

Largest errors of 20,000 random Gaussians of degree 0 to 3, as `tests/benchmarks/bench_formats.py`
prints them for each degree. GaussForge (NumPy, of a `.glb`) finds the same in every file, and so
does splat-transform (`nox -s readers`), whose `.splat` reader takes bytes another way; Spark opens
all (`tests/browser/test_spark_reads.py`). Neither reads `.glb` in its newest version, 3.7.0 and
2.2.0, but PlayCanvas's engine 2.23.3 does (`nox -s readers`); both leave a `.spz` with
its own y up.
Covariances are relative to their size, colours from 0 to 1, positions in units of a scene of 8.

    | format          | position | covariance | opacity | colour | further harmonics        |
    | .ply            | 0        | 1.3e-6     | 1.5e-8  | 0      | 0                        |
    | .compressed.ply | 3.9e-3   | 7.9e-3     | 2.0e-3  | 1.1e-3 | 1.6e-2                   |
    | .spz            | 4.8e-7   | 6.4e-2     | 2.0e-3  | 3.7e-3 | 3.9e-3                   |
    | .sog            | 1.1e-4   | 7.0e-2     | 2.0e-3  | 1.9e-3 | 6.1e-3 up to 65,536 sets |
    | .glb            | 0        | 1.4e-6     | 0       | 0      | 0                        |
    | .splat          | 0        | 2.1e-2     | 2.0e-3  | 2.0e-3 | none                     |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from splat_widgets.io import compressed_ply, gltf, ksplat, ply, scenefile, sog, splat, spz
from splat_widgets.io.errors import FormatError
from splat_widgets.io.foreign import refusal
from splat_widgets.io.head import Head
from splat_widgets.scene.scene import Scene


@dataclass(frozen=True)
class Format:
    """One file format: how to tell, read and write it, and what it does not keep."""

    name: str  # as in `sw.save(..., format=name)`
    title: str  # in sentences: "a .spz of Niantic"
    suffixes: tuple[str, ...]  # of file names, in lower case; the first is what we write
    recognise: Callable[[Head], bool]
    read: Callable[..., Scene] | None  # (path, *, on_bad, activated)
    write: Callable[..., Path] | None  # (path, scene, *, comments, and the options)
    starts: tuple[str, ...] = ()  # what its files begin with; nothing: `recognise` tells alone
    only_read: tuple[str, ...] = ()  # those of `suffixes` whose files are of a kind not written
    options: frozenset[str] = frozenset()  # further arguments of `write`
    max_degree: int = 3  # of the spherical harmonics that it keeps
    keeps_all: bool = False  # photos, cameras, maps, attributes, selection
    keeps_comments: bool = True
    keeps_order: bool = True  # of the Gaussians; else that of `morton.morton_order`
    keeps_offset: bool = False  # coordinates beyond what 32 bits hold
    rounds_attributes: bool = False  # to floats of 32 bits
    rounds: tuple[str, ...] = ()  # what is kept less exactly than in 32 bits, in words

    @property
    def suffix(self) -> str:
        """The usual ending of its file names."""
        return self.suffixes[0]


FORMATS: tuple[Format, ...] = (
    Format(
        "splatscene",
        "a .splatscene",
        (".splatscene",),
        scenefile.is_one,
        scenefile.read,
        scenefile.write,
        starts=("PK",),
        options=frozenset({"photos"}),
        keeps_all=True,
    ),
    Format(
        "ply",
        "a .ply",
        (".ply",),
        ply.is_one,
        ply.read,
        ply.write,
        starts=("ply",),
        options=frozenset({"attributes"}),
        keeps_offset=True,
    ),
    Format(
        "compressed-ply",
        "a compressed .ply",
        (".compressed.ply", ".ply"),
        ply.is_packed,
        compressed_ply.read,
        compressed_ply.write,
        starts=("ply",),
        keeps_order=False,
        rounds=compressed_ply.ROUNDS,
    ),
    Format(
        "spz",
        "a .spz",
        (".spz",),
        spz.is_one,
        spz.read,
        spz.write,
        starts=("\x1f\x8b", "NGSP"),
        options=frozenset({"version"}),
        keeps_comments=False,
        rounds=spz.ROUNDS,
    ),
    Format(
        "sog",
        "a .sog",
        (".sog", "meta.json"),
        sog.is_one,
        sog.read,
        sog.write,
        starts=("PK", "{"),
        only_read=("meta.json",),
        keeps_comments=False,
        keeps_order=False,
        rounds=sog.ROUNDS,
    ),
    Format(
        "glb",
        "a .glb",
        (".glb", ".gltf"),
        gltf.is_one,
        gltf.read,
        gltf.write,
        starts=("glTF", "{"),
        only_read=(".gltf",),
        options=frozenset({"attributes"}),
        rounds_attributes=True,
    ),
    Format("ksplat", "a .ksplat", (".ksplat",), ksplat.is_one, ksplat.read, None),
    # The last: it has no header, and is told by its rows.
    Format(
        "splat",
        "a .splat",
        (".splat",),
        splat.is_one,
        splat.read,
        splat.write,
        max_degree=0,
        keeps_comments=False,
        rounds=splat.ROUNDS,
    ),
)
"""All formats. Of two that may end alike, the first is the one that is written."""

READABLE = tuple(form for form in FORMATS if form.read is not None)
WRITABLE = tuple(form for form in FORMATS if form.write is not None)
SCENE_SUFFIXES = tuple(dict.fromkeys(suffix for form in READABLE for suffix in form.suffixes))
"""Endings of files that may be scenes."""
SCENE_STARTS = tuple(dict.fromkeys(start for form in READABLE for start in form.starts))
"""What such files begin with, for a first look; a letter is a byte, of any case."""
UNMARKED_SUFFIXES = tuple(s for form in READABLE if not form.starts for s in form.suffixes)
"""Endings of those that begin with anything."""
SCENE_FORMATS = tuple((form.name, form.suffix) for form in WRITABLE)
"""Names of the formats that are written, each with its ending."""


def named(name: str) -> Format:
    """The format of a name.

    Raises:
        ValueError: if there is none.
    """
    for form in FORMATS:
        if form.name == name:
            return form
    raise ValueError(f"expected a format ({', '.join(f.name for f in FORMATS)}), got {name!r}")


def of_name(path: Path) -> Format | None:
    """The format that a file's name promises: that of its longest known ending."""
    name = path.name.lower()
    found = [
        (len(suffix), form)
        for form in FORMATS
        for suffix in form.suffixes
        if name.endswith(suffix) and len(name) > len(suffix)
    ]
    return max(found, key=lambda one: one[0])[1] if found else None  # of equals the first


def of_file(path: Path) -> Format:
    """The format of a file, by its content; the name helps only where that is damaged.

    Raises:
        FormatError: for a file of no known format; it says what the file is instead.
        OSError: if it cannot be opened.
    """
    head = Head.of(path)
    for form in FORMATS:
        if form.recognise(head):
            return form
    reason = refusal(head)
    if reason is not None:
        raise FormatError(f"it {reason}", path)
    promised = of_name(path)
    if promised is not None:
        return promised  # its reader says what is wrong
    raise FormatError(f"it is no scene in a known format ({', '.join(SCENE_SUFFIXES)})", path)


def for_writing(path: Path, name: str | None = None) -> Format:
    """The format to write a file in: the one that is named, else the one that the path ends in.

    Raises:
        ValueError: if there is none, none that can be written, or only others of its endings are.
    """
    form = of_name(path) if name is None else named(name)
    if form is None or form.write is None:
        known = ", ".join(one.suffix for one in WRITABLE)
        raise ValueError(f"expected a file name that ends in {known}, got {str(path)!r}")
    if name is None:
        for ending in form.only_read:
            if path.name.lower().endswith(ending):
                raise ValueError(
                    f"expected a file name that ends in {form.suffix}, got {str(path)!r}; what "
                    f"ends in {ending} is read and not written"
                )
    return form


def misnamed(path: Path, form: Format) -> str | None:
    """A sentence for a file whose name promises another format than it has."""
    if any(path.name.lower().endswith(suffix) for suffix in form.suffixes):
        return None
    return f"It is {form.title}, whatever its name says; {form.suffix} would be the right ending."
