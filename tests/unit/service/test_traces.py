"""Traces by an exporter in memory: spans of every process with the right parents, and without."""

import importlib.util
import json
import logging
import sys
from collections.abc import Callable
from types import SimpleNamespace

import builders
import pytest

from splat_widgets.service import traces
from splat_widgets.service.app import local_app
from splat_widgets.service.batch import local
from splat_widgets.service.batch.running import run_batch
from splat_widgets.service.connect import connect

from .conftest import encoded, settings
from .test_lifecycle import TRACE, TestClient, post, wait_for


@pytest.fixture
def spans(monkeypatch) -> Callable[[], dict]:
    """What has been exported so far, by name; those of one name in their order."""
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    from opentelemetry import trace
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    ours = SimpleNamespace(get_tracer=provider.get_tracer, get_current_span=trace.get_current_span)
    monkeypatch.setattr(traces, "trace", ours)  # the process's own provider can be set once only

    def exported() -> dict:
        found: dict = {}
        for span in sorted(exporter.get_finished_spans(), key=lambda span: span.start_time):
            found.setdefault(span.name, []).append(span)
        return found

    return exported


def is_child(span, parent) -> bool:
    return span.parent is not None and span.parent.span_id == parent.context.span_id


def test_a_job_is_one_trace_from_its_request_to_its_files(tmp_path, store, gate, photos, spans):
    with TestClient(local_app(settings(tmp_path), store=store, predictor=gate)) as client:
        id = post(client, photos, headers={"traceparent": TRACE, "X-Request-Id": "r-1"})["id"]
        wait_for(store, id, "done")
        gate.open.clear()
        other = post(client, photos)["id"]
        wait_for(store, other, "running")
        client.get("/health")
        client.delete(f"/api/jobs/{other}")
    found = spans()
    request, job, queue = (found[f"splat {name}"][0] for name in ("request", "job", "queue"))
    assert f"{request.context.trace_id:032x}" == TRACE.split("-")[1]
    assert f"{request.parent.span_id:016x}" == TRACE.split("-")[2]
    assert request.attributes["route"] == "/api/generate-splat"
    assert request.attributes["status"] == "202"
    assert is_child(job, request) and is_child(queue, request)
    assert job.attributes["request_id"] == request.attributes["request_id"] == "r-1"
    assert queue.start_time <= queue.end_time <= job.start_time
    files = [one for one in found["splat storage"] if one.context.trace_id == job.context.trace_id]
    assert [(one.attributes["way"], one.attributes["files"]) for one in files] == [
        ("put", "photos"), ("get", "photos"), ("put", "splatscene"), ("put", "ply")
    ]  # fmt: skip
    assert is_child(files[0], request) and all(is_child(one, job) for one in files[1:])
    stages = [found[f"splat stage {name}"][0] for name in ("load", "look")]
    assert all(is_child(stage, job) for stage in stages)
    assert job.start_time <= stages[0].start_time <= stages[0].end_time <= stages[1].start_time
    assert stages[-1].end_time <= job.end_time
    # Another request is another trace; a cancelled one tells so, and asking for health is none.
    cancelled = found["splat job"][1]
    assert cancelled.context.trace_id != job.context.trace_id
    assert not cancelled.status.is_ok and job.status.is_unset
    assert [one.attributes["method"] for one in found["splat request"]] == [
        "POST",
        "POST",
        "DELETE",
    ]
    assert id not in "".join(one.to_json() for spans in found.values() for one in spans)


def test_a_notebooks_run_is_the_parent_of_its_job(server, room_photos, spans):
    import splat_widgets as sw

    sw.reconstruct(room_photos, model=connect(server.url), refine=False, progress=False)
    found = spans()
    [run], [job] = found["splat run on a service"], found["splat job"]
    request = next(one for one in found["splat request"] if is_child(job, one))
    assert is_child(request, run)
    assert len({one.attributes["request_id"] for one in (run, request, job)}) == 1


def test_items_of_a_batch_are_its_children_and_lines(tmp_path, spans, monkeypatch, caplog):
    pytest.importorskip("pyarrow")
    caplog.set_level(logging.INFO, logger="splat_widgets.service")
    for name in ("hall", "yard"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number, pixels in enumerate(builders.PHOTOS):
            (tmp_path / "photos" / name / f"{number}.png").write_bytes(encoded(pixels))
    (tmp_path / "photos" / "yard" / "1.png").write_text("no picture")

    def each(work, items, workers):
        return (work.do(item, builders.KnownPredictor()) for item in items)

    monkeypatch.setattr(local, "each", each)
    run_batch(str(tmp_path / "photos"), str(tmp_path / "out"))
    [batch], items = spans()["splat batch"], spans()["splat item"]
    assert len(items) == 2 and all(is_child(item, batch) for item in items)
    lines = [json.loads(r.message) for r in caplog.records if hasattr(r, "item")]
    assert [line["outcome"] for line in lines] == ["done", "failed"]
    assert {line["request_id"] for line in lines} == {batch.attributes["request_id"]}
    assert lines[0]["process"] and lines[0]["stages"]["load"] >= 0 and "hall" not in str(lines)


def test_without_the_api_nothing_is_traced(monkeypatch):
    for name in ("opentelemetry", "opentelemetry.propagate", "opentelemetry.trace"):
        monkeypatch.setitem(sys.modules, name, None)
    spec = importlib.util.spec_from_file_location("traces_without_the_api", traces.__file__)
    bare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bare)
    assert bare.trace is None
    with bare.span("x", TRACE, word="y"):
        bare.note(word="z")
        bare.past("y", 1.0, 2.0, TRACE)
    assert bare.carried({"traceparent": TRACE}) == TRACE and bare.carried({}) == ""
