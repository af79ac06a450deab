"""Older scene files are read; the version is raised with the records that a file holds."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import fields, replace

import builders
import numpy as np
import pytest

import splat_widgets as sw
from splat_widgets import attributes
from splat_widgets.io import SceneFileError
from splat_widgets.io.scenefile import layout
from splat_widgets.io.scenefile.contents import RECORDS
from splat_widgets.scene.refinement import Refinement

# Of the names of all records' fields. Where this fails, raise `layout.VERSION`, say there what is
# new, and put the new sum here: a reader of before must not take such files for damaged ones.
FIELDS = {3: "f5d24f674d276d64"}
NEW = {
    2: {"Inspection": ("past", "future", "told"), "KeptAttribute": ("known",)},
    3: {"Refinement": ("contrasts",)},
}
"""Fields that the version before did not have."""

REFINEMENT = Refinement(
    *(True, True, "", "It holds."),
    *((), (None, None), (None, None), (None, None), (0.5, 0.5), "model"),
    exposures=((1.0, 1.0, 1.0), (2.0, 2.0, 1.5)),
    contrasts=(1.0, 1.25),
)


def edited(path, target, change):
    """A copy of a scene file with its JSON changed."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == layout.JSON:
                whole = json.loads(data)
                change(whole)
                data = json.dumps(whole)
            new.writestr(name, data)
    return target


@pytest.fixture
def saved(tmp_path):
    record = replace(builders.make_scene(), refinement=REFINEMENT)
    scene = sw.Scene.of(record)
    attributes.register("ids", np.arange(len(scene)), scene=scene)
    inspector = sw.inspect(scene, color_by="ids")
    inspector.selection = np.arange(len(scene)) % 3 == 0
    return sw.save(inspector, tmp_path / "a.splatscene")


def older(whole, version=1) -> None:
    """As an earlier version wrote it."""
    new = {}
    for one, records in NEW.items():
        new |= records if one > version else {}

    def walk(tree) -> None:
        for name in new.get(tree.get("$record"), ()) if isinstance(tree, dict) else ():
            del tree[name]
        for one in tree.values() if isinstance(tree, dict) else tree:
            if isinstance(one, dict | list):
                walk(one)

    walk(whole["contents"])
    whole["version"] = version


def test_files_of_version_1_are_read(saved, tmp_path):
    found = sw.load(edited(saved, tmp_path / "older.splatscene", older))
    inspector = sw.inspect(found)
    assert inspector.color_by == "ids" and inspector.selection.sum() == -(-len(found) // 3)
    assert attributes.exact_values(found, "ids").tolist() == list(range(len(found)))
    assert not inspector.undo()


def test_files_of_version_2_are_read(saved, tmp_path):
    path = edited(saved, tmp_path / "older.splatscene", lambda whole: older(whole, 2))
    found, now = sw.load(path), sw.load(saved)
    assert now.refinement == REFINEMENT
    assert found.refinement == replace(REFINEMENT, contrasts=())
    assert [tone.contrast for tone in found.refinement.tones] == [1, 1]
    assert sw.inspect(found).color_by == "ids"


def test_newer_files_are_refused_politely(saved, tmp_path):
    def newer(whole) -> None:
        whole["version"] = layout.VERSION + 1
        whole["contents"]["$record"] = "Other"

    with pytest.raises(SceneFileError, match=r"expected a version from 1 to \d.* update splat_w"):
        sw.load(edited(saved, tmp_path / "newer.splatscene", newer))


@pytest.mark.parametrize("version", [0, -3, True, "2", None])
def test_what_is_no_version_is_refused(saved, tmp_path, version):
    with pytest.raises(SceneFileError, match=rf"from 1 to \d, got {version} .*there is none such"):
        sw.load(
            edited(saved, tmp_path / "no.splatscene", lambda whole: whole.update(version=version))
        )


def test_the_version_is_that_of_the_records():
    names = {name: [one.name for one in fields(record)] for name, record in RECORDS.items()}
    found = hashlib.sha256(json.dumps(names, sort_keys=True).encode()).hexdigest()[:16]
    assert {layout.VERSION: found} == FIELDS


HISTORY = {
    "rows": lambda one: one["past"][0].update(rows=one["selection"]),
    "picked": lambda one: one["past"][0].update(picked=10**9),
    "steps": lambda one: one["past"][0].update(steps=[99]),
    "future": lambda one: one.update(future=[{**one["past"][0], "selection": one["selection"]}]),
    "kind": lambda one: one.update(past=[one["steps"][0]]),
}


@pytest.mark.parametrize("fault", HISTORY.values(), ids=HISTORY)
def test_a_wrong_history_is_refused(saved, tmp_path, fault):
    with pytest.raises(SceneFileError, match=r"history|moment|Inspection"):
        sw.load(
            edited(
                saved,
                tmp_path / "wrong.splatscene",
                lambda whole: fault(whole["contents"]["inspection"]),
            )
        )


@pytest.mark.parametrize("name", ["gaussians", "aligned", "values"])
def test_what_was_removed_has_to_fit(saved, tmp_path, name):
    inspector = sw.inspect(sw.load(saved))
    inspector.delete()
    path = sw.save(inspector, tmp_path / "cut.splatscene")

    def fault(whole) -> None:
        removed = whole["contents"]["inspection"]["past"][0]["removed"]
        if name == "gaussians":
            removed[name] = whole["contents"]["gaussians"]
        else:
            entries = removed[name]["$map"]
            entries[next(iter(entries))] = {"$tensor": "gaussians.means"}

    sw.load(path)
    with pytest.raises(SceneFileError, match=r"expected|moment"):
        sw.load(edited(path, tmp_path / "wrong.splatscene", fault))
