"""Events: one record for each thing that happened, without names."""

import json
import logging
import threading

import numpy as np
import pytest
from PIL import Image

import splat_widgets as sw
from splat_widgets import events, files
from splat_widgets.reconstruction import Cancelled
from splat_widgets.rendering.video import write_frames

SECRET = "grandmothers_garden"


@pytest.fixture
def told(caplog) -> list[events.Event]:
    """The events of a test, in their order."""
    caplog.set_level(logging.INFO, logger="splat_widgets.events")

    class Events(list):
        def __iter__(self):
            return (r.event for r in caplog.records if hasattr(r, "event"))

    return Events()


def new(told, kind) -> list[events.Event]:
    return [event for event in told if event.kind == kind]


def test_work_is_told_once_with_what_was_noted(told):
    with events.telling("run", photos=2):
        events.note(device="cpu")
        with events.telling("run"):
            events.note(gaussians=7)
    (event,) = told
    assert (event.kind, event.outcome, event.error) == ("run", "done", "")
    assert event.fields == {"photos": 2, "device": "cpu", "gaussians": 7}
    assert event.seconds is not None and event.seconds >= 0
    assert json.loads(str(event).split("s ", 1)[1]) == event.fields


def test_work_of_another_kind_inside_is_told_too(told):
    with events.telling("run"), events.telling("export"):
        events.note(bytes=5)
    assert [(event.kind, dict(event.fields)) for event in told] == [
        ("export", {"bytes": 5}),
        ("run", {}),
    ]


@pytest.mark.parametrize(
    "error, outcome, kind",
    [
        (ValueError(f"{SECRET}.jpg is damaged"), "failed", "ValueError"),
        (Cancelled("cancelled"), "cancelled", ""),
        (KeyboardInterrupt(), "cancelled", ""),
    ],
)
def test_what_raises_is_told_by_its_class(told, caplog, error, outcome, kind):
    @events.telling("run", cancelled=(Cancelled,))
    def work():
        """Do it."""
        raise error

    with pytest.raises(type(error)):
        work()
    (event,) = told
    assert (event.outcome, event.error) == (outcome, kind)
    assert SECRET not in caplog.text
    assert caplog.records[0].levelno == (logging.WARNING if outcome == "failed" else logging.INFO)
    assert work.__doc__ == "Do it."


def test_threads_have_events_of_their_own(told):
    inside = threading.Event()

    def other():
        with events.telling("run"):
            events.note(who="other")
            inside.set()

    with events.telling("run"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        events.note(who="first")
    assert [event.fields["who"] for event in told] == ["other", "first"]


def test_a_hash_stands_for_a_name_and_does_not_tell_it():
    assert events.hashed(SECRET) == events.hashed(SECRET) != events.hashed("other")
    assert len(events.hashed(SECRET)) == 12
    assert events.hashed("\udcff")  # a name that is no text


def test_the_history_counts_more_than_it_keeps():
    before = events.history().counts.get(("health", "done"), 0)
    for _ in range(events.KEPT + 5):
        events.tell("health")
    history = events.history()
    assert history.counts["health", "done"] == before + events.KEPT + 5
    assert len(history.last) == events.KEPT


def test_a_run_an_export_and_a_health_check_leave_records_without_names(told, tmp_path, caplog):
    noise = np.random.default_rng(0)
    for name in (f"{SECRET}_1.png", f"{SECRET}_2.png"):
        Image.fromarray(noise.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(tmp_path / name)
    scene = sw.reconstruct(*sorted(tmp_path.iterdir()), model="embedded", progress=False)
    scene.save(tmp_path / f"{SECRET}.ply")
    sw.Studio().health()
    (run,) = new(told, "run")
    assert run.outcome == "done" and run.fields["photos"] == 2
    assert run.fields["gaussians"] == len(scene) and run.fields["device"] == "cpu"
    assert run.fields["peak_memory_bytes"] > 0
    assert {"load", "match", "encode", "decode"} <= set(run.fields["stages"])
    (export,) = new(told, "export")
    size = (tmp_path / f"{SECRET}.ply").stat().st_size
    assert dict(export.fields) == {"format": ".ply", "bytes": size}
    assert len(new(told, "health")) == 1
    texts = [str(event) for event in told]
    assert texts and not any(SECRET in text for text in texts)


def test_a_run_that_is_refused_leaves_a_record(told):
    with pytest.raises(ValueError):
        sw.reconstruct(progress=False)
    (run,) = new(told, "run")
    assert (run.outcome, run.error) == ("failed", "ValueError")


def test_a_suffix_that_is_no_format_is_not_told(told, tmp_path):
    for name in ("a.PLY", "report.AliceSmith"):
        with files.replacing(tmp_path / name) as partial:
            partial.write_bytes(b"x")
    assert [event.fields["format"] for event in told] == [".ply", "other"]


def test_a_video_is_one_export_with_its_rendering(told, tmp_path):
    def frames():
        yield np.zeros((16, 16, 3), np.uint8)
        raise KeyboardInterrupt

    write_frames(tmp_path / "a.gif", [np.zeros((16, 16, 3), np.uint8)] * 2)
    with pytest.raises(KeyboardInterrupt):
        write_frames(tmp_path / "b.gif", frames())
    done, stopped = told
    assert (done.outcome, done.fields["format"]) == ("done", ".gif")
    assert (stopped.outcome, stopped.kind) == ("cancelled", "export")
