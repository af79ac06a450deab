"""A batch: which items there are, what is left to do, bad ones, killed workers, the manifest."""

import json
import os
from importlib.util import find_spec
from pathlib import Path

import builders
import fsspec
import pytest
from batch_hands import Killing

import splat_widgets as sw
from splat_widgets import cli
from splat_widgets.service.batch import local, parts, running
from splat_widgets.service.batch.items import Item, find
from splat_widgets.service.batch.parts import Part
from splat_widgets.service.batch.work import Work
from splat_widgets.service.places import Place

from .conftest import encoded

with_arrow = pytest.mark.skipif(find_spec("pyarrow") is None, reason="needs the extra cluster")


@pytest.fixture
def photos(tmp_path) -> Path:
    folder = tmp_path / "photos"
    for name in ("hall", "yard"):
        (folder / name).mkdir(parents=True)
        for number, pixels in enumerate(builders.PHOTOS):
            (folder / name / f"{number}.png").write_bytes(encoded(pixels))
        (folder / name / "notes.txt").write_text("not meant")
    return folder


@pytest.fixture
def in_process(monkeypatch):
    """The command's workers, in this process and with a known model; returns what they did."""
    did: list[str] = []

    def each(work, items, workers):
        for item in items:
            did.append(item.name)
            yield work.do(item, builders.KnownPredictor())

    monkeypatch.setattr(local, "each", each)
    return did


def work(output) -> Work:
    return Work(Place.of(str(output)), "known", "cpu", 48, 2**20)


def test_items_are_folders_or_rows(photos, tmp_path):
    assert [item.name for item in find(str(photos))] == ["hall", "yard"]
    assert [len(item.photos) for item in find(f"file://{photos}")] == [2, 2]
    table = photos / "pairs.csv"
    away = photos / "yard" / "1.png"
    table.write_text(f"name,first,second\nmixed,hall/0.png,{away}\n\n")
    (item,) = find(str(table))
    assert item.name == "mixed" and [p.read()[:4] for p in item.photos] == [b"\x89PNG"] * 2
    memory = fsspec.filesystem("memory")
    for number in (0, 1):
        memory.pipe_file(f"/batch/one/{number}.jpg", b"x")
    (item,) = find("memory://batch")
    assert item.name == "one" and [photo.read() for photo in item.photos] == [b"x", b"x"]


def test_what_is_no_batch_is_said(photos, tmp_path):
    with pytest.raises(ValueError, match="found none; 2 photos lie in it directly"):
        find(str(photos / "hall"))
    with pytest.raises(ValueError, match="found none"):
        find(str(tmp_path / "nothing"))
    with pytest.raises(ValueError, match=r"expected an address such as s3://"):
        find("sftq://x/y")
    for rows, why in (("a,x\na,y", "each name once"), ("../up,x,y", "without slashes")):
        (tmp_path / "bad.csv").write_text(f"name,photos\n{rows}\n")
        with pytest.raises(ValueError, match=why):
            find(str(tmp_path / "bad.csv"))
    if find_spec("gcsfs") is None:
        with pytest.raises(ValueError, match="pip install gcsfs"):
            find("gs://bucket/photos")


@with_arrow
def test_a_batch_is_resumed_and_a_bad_item_stops_nothing(photos, tmp_path, in_process, capsys):
    import pyarrow.parquet as pq

    (photos / "alone").mkdir()
    (photos / "broken").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (photos / "broken" / name).write_text("not a picture")
    output = tmp_path / "out"
    arguments = ["batch", str(photos), "-o", str(output)]
    assert cli.main(arguments) == running.SOME_FAILED
    told = capsys.readouterr()
    assert "2 done, 2 failed, 0 finished before" in told.out
    lines = [json.loads(line) for line in told.err.splitlines()]  # and no name of an item
    assert [line["outcome"] for line in lines] == ["failed", "failed", "done", "done"]
    rows = {row["name"]: row for row in pq.read_table(output / "manifest.parquet").to_pylist()}
    assert {name: row["state"] for name, row in rows.items()} == {
        "alone": "failed", "broken": "failed", "hall": "done", "yard": "done"
    }  # fmt: skip
    assert rows["alone"]["error"] == "Expected 2 to 10 photos of one scene, found 0."
    assert rows["broken"]["error"].startswith("a.jpg") and rows["hall"]["load_seconds"] > 0
    assert len(sw.load(output / "hall.ply")) == rows["hall"]["num_gaussians"] > 0
    assert (output / "yard.splatscene").is_file()
    assert in_process == ["alone", "broken", "hall", "yard"]

    in_process.clear()
    for name in ("a.jpg", "b.jpg"):  # mended
        (photos / "broken" / name).write_bytes((photos / "hall" / "0.png").read_bytes())
    os.utime(photos / "yard" / "0.png", (1, 1))  # changed
    (photos / "alone").rmdir()
    cli.main(arguments)
    assert in_process == ["broken", "yard"]
    assert "1 finished before" in capsys.readouterr().out


@with_arrow
@pytest.mark.parametrize("output", ["out", "made/today", "."])
def test_an_output_among_the_items_is_none_and_a_lost_file_is_made_again(
    photos, in_process, output
):
    folder = photos / output
    assert running.run_batch(str(photos), str(folder)).done == 2
    outcome = running.run_batch(str(photos), f"file://{folder}")
    assert (outcome.done, outcome.failed, outcome.skipped) == (0, 0, 2)
    (folder / "hall.ply").unlink()
    outcome = running.run_batch(str(photos), str(folder))
    assert (outcome.done, outcome.failed, outcome.skipped) == (1, 0, 1)
    assert (folder / "hall.ply").is_file() and in_process == ["hall", "yard", "hall"]


@with_arrow
def test_what_was_done_before_a_kill_counts(photos, tmp_path, in_process):
    output = tmp_path / "out"
    settings = running.Settings.resolve()
    first, _second = find(str(photos))
    made = Work(Place.of(str(output)), None, None, settings.image_size, settings.max_file_size)
    made.do(first, builders.KnownPredictor())  # no manifest yet, and of the second half a file
    (output / "yard.ply").write_bytes(b"pl")
    outcome = running.run_batch(str(photos), str(output))
    assert in_process == ["yard"] and (outcome.done, outcome.skipped, outcome.status) == (1, 1, 0)
    assert len(sw.load(output / "yard.ply")) > 0


def test_killed_workers_are_replaced(tmp_path):
    items = [Item(name, ()) for name in ("a", "b-once", "c-always", "d")]
    found = {part.name: part for part in local.each(Killing(tmp_path), items, 2)}
    assert {name: part.state for name, part in found.items()} == {
        "a": "done", "b-once": "done", "c-always": "failed", "d": "done"
    }  # fmt: skip
    assert "ended its worker process 2 times" in found["c-always"].error
    (tmp_path / "no-model").touch()
    with pytest.raises(RuntimeError, match="There is no model"):
        list(local.each(Killing(tmp_path), items, 1))


def test_a_record_survives_its_json_and_a_torn_one_is_none(tmp_path):
    place = Place.of(f"file://{tmp_path}")
    part = Part(
        "ä b", "done", "f", ("x",), "They do.", True, False, "", ("n",), 5, 1.0, 2.0, {"l": 1}
    )
    parts.write(place, part)
    assert parts.read(place, "ä b") == part and parts.read(place, "other") is None
    (tmp_path / "parts" / "torn.json").write_text('{"name": "to')
    assert parts.read(place, "torn") is None


def test_an_output_that_cannot_be_written_is_said_first(photos, tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match=r"cannot write to .*file"):
        Place.of(str(tmp_path / "file")).check_writable()
    Place.of("memory://fine").check_writable()
    assert Place.of("memory://fine").listed() == []


def test_one_item_with_the_known_model(photos, tmp_path):
    (item, _) = find(str(photos))
    part = work(tmp_path / "out").do(item, builders.KnownPredictor())
    assert part.state == "done" and set(part.stages) >= {"load", "look"}
    assert work(tmp_path / "out").is_finished(item, part)


@pytest.mark.parametrize(("free_gib", "workers"), [(1, 1), (13, 2), (1000, 8)])
def test_there_are_as_many_workers_as_a_container_has_memory_for(monkeypatch, free_gib, workers):
    monkeypatch.setattr(running.memory, "free_bytes", lambda: free_gib * 2**30)
    monkeypatch.setattr(running.os, "cpu_count", lambda: 16)
    assert running._workers("cpu") == workers
