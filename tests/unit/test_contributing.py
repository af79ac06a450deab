"""The map of the house names files and functions that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
NAMED = sorted(set(re.findall(r"`([\w/.]+\.(?:py|ts))(?:::(\w+))?`", TEXT)))


@pytest.mark.parametrize(("file", "name"), NAMED, ids=lambda part: part or "-")
def test_what_the_map_names_is_there(file: str, name: str):
    folder = (
        ROOT
        if file.startswith("tests/") or file.startswith("splat_widgets/")
        else ROOT / "splat_widgets"
    )
    paths = sorted(folder.rglob(file)) if "/" not in file else [folder / file]
    assert paths and paths[0].is_file(), file
    if name:
        defined = rf"^(?:export )?(?:abstract )?(?:class|def|function|const|type) {name}\b"
        assert re.search(defined, paths[0].read_text(), flags=re.M), f"{file} has no {name}"


def test_every_room_is_on_the_map():
    rooms = {p.name for p in (ROOT / "splat_widgets").iterdir() if (p / "__init__.py").is_file()}
    assert {room for room in rooms if f"{room}/" not in TEXT} == set()
