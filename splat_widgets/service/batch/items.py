"""Items of a batch: sub-folders with photos, or rows of a CSV."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import Literal

from splat_widgets.service.batch.parts import FOLDER
from splat_widgets.service.places import Place

Pairs = Literal["folders", "csv"]
LEAST, MOST = 2, 10  # photos of an item
_PHOTO = re.compile(r"\.(jpe?g|png|webp|gif|hei[cf]|avif|tiff?|bmp)$", re.IGNORECASE)
_NAME = re.compile(r"[^/\\\0-\x1f.][^/\\\0-\x1f]{0,199}")


@dataclass(frozen=True)
class Item:
    """Photos of one scene, and what to call it."""

    name: str  # of the files in the output
    photos: tuple[Place, ...]


def find(url: str, pairs: Pairs | None = None, output: Place | None = None) -> list[Item]:
    """The items of a place, by name.

    Args:
        url: a folder whose sub-folders hold the photos of one scene each, or a CSV: one line
            with the names of its columns, then a name and 2 to 10 photos a row.
        pairs: which of both; None: by the ending of the address.
        output: a folder for results, which is no item where it lies among them.

    Raises:
        ValueError: if there are none.
    """
    place = Place.of(url)
    if pairs == "csv" or (pairs is None and url.lower().endswith(".csv")):
        return _rows(place)
    return _folders(place, output)


def _folders(place: Place, output: Place | None) -> list[Item]:
    entries = place.listed()
    names = [_last(e["name"]) for e in entries if e["type"] == "directory"]
    items = [Item(name, _photos(place.at(name))) for name in names if not name.startswith(".")]
    found = [item for item in items if item.photos or not _is_of(output, place.at(item.name))]
    if found:
        return found
    loose = sum(bool(_PHOTO.search(entry["name"])) for entry in entries)
    hint = f"; {loose} photos lie in it directly: give each scene a folder" if loose else ""
    raise ValueError(
        f"expected sub-folders of {LEAST} to {MOST} photos each in {place.url}, found none{hint}"
    )


def _is_of(output: Place | None, folder: Place) -> bool:
    """Whether the output is this folder, lies in it, or has its records there."""
    return output is not None and (output.is_in(folder) or output.at(FOLDER).is_in(folder))


def _photos(folder: Place) -> tuple[Place, ...]:
    """What is called like a photo; one that is none makes a bad item, notes beside them do not."""
    names = (_last(entry["name"]) for entry in folder.listed() if entry["type"] == "file")
    return tuple(folder.at(name) for name in names if _PHOTO.search(name) and name[0] != ".")


def _rows(file: Place) -> list[Item]:
    try:
        text = file.read().decode("utf-8-sig")
    except FileNotFoundError:
        raise ValueError(f"expected a CSV, found nothing at {file.url}") from None
    except UnicodeDecodeError:
        raise ValueError(f"expected a CSV in UTF-8, got other bytes in {file.url}") from None
    items: dict[str, Item] = {}
    for number, row in enumerate(csv.reader(io.StringIO(text)), start=1):
        cells = [cell.strip() for cell in row]
        if number == 1 or not any(cells):
            continue
        name = cells[0]
        if not _NAME.fullmatch(name) or name in items:
            why = "each name once" if name in items else "a name without slashes"
            raise ValueError(f"{file.url}, line {number}: expected {why}, got {name[:80]!r}")
        items[name] = Item(name, tuple(_named(file, cell) for cell in cells[1:] if cell))
    if not items:
        raise ValueError(
            f"expected a line of column names, then a name and {LEAST} to {MOST} photos a row, "
            f"found no row in {file.url}"
        )
    return list(items.values())


def _named(file: Place, cell: str) -> Place:
    """A photo by its address, or beside the CSV."""
    return Place.of(cell) if "://" in cell or cell.startswith("/") else file.parent().at(cell)


def _last(path: str) -> str:
    return path.rstrip("/").replace("\\", "/").rpartition("/")[2]
