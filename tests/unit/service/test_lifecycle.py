"""Jobs over a service's life: what is lost, kept, given up, begun again and logged."""

import json
import logging
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial

import pytest
from starlette.testclient import TestClient as Client

from splat_widgets.cli import main
from splat_widgets.service.app import local_app
from splat_widgets.service.logs import logger
from splat_widgets.service.problems import Problem, problem_of
from splat_widgets.service.queues import ThreadQueue
from splat_widgets.service.records import Job, Options, StageSeconds, Step, StoredPhoto, Verdict
from splat_widgets.service.stores import Store
from splat_widgets.service.sweeping import Sweeper
from splat_widgets.service.working import MOST_ATTEMPTS

from .conftest import photo_parts, settings

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TestClient = partial(Client, base_url="http://127.0.0.1")


def a_job(id="0" * 32, **more) -> Job:
    return Job(id=id, owner="", request_id="r", created=time.time(), **more)


def post(client, photos, **more):
    files = photo_parts(*photos)
    return client.post("/api/generate-splat", files=files, data={"refine": "false"}, **more).json()


def wait_for(store, id, *states):
    until = time.monotonic() + 30
    while (job := store.jobs.get(id)).state not in states:
        assert time.monotonic() < until, job
        time.sleep(0.01)
    return job


def test_a_record_survives_its_json():
    job = a_job(
        options=Options(
            False,
            128,
            64,
            (None, 30.0),
            ((0.0, 1.0, 64.0), None),
            ({"focal_px": 3.0},),
            True,
            "glb",
        ),
        photos=(StoredPhoto("photos/x/0", "ä.jpg", 5),),
        state="failed",
        step=Step("depth", 1, 4, 0.5, 2.0),
        stages=(StageSeconds("load", "Photos", 0.1),),
        verdict=Verdict("They do.", True, True),
        notices=("One.",),
        problem=Problem.of("memory", "too little"),
        outputs=("ply",),
    )
    assert Job.from_json(job.to_json()) == job
    newer = json.loads(job.to_json()) | {"from_the_future": 1}
    assert Job.from_json(json.dumps(newer)) == job
    for wrong in ("[]", "{}", "3", "nonsense", '{"id": 1}', "[" * 100_000):
        with pytest.raises(ValueError):
            Job.from_json(wrong)


def test_a_store_takes_one_job_of_an_id_and_no_strange_keys(store):
    job = a_job()
    assert store.jobs.create(job) and not store.jobs.create(replace(job, state="done"))
    assert store.jobs.get(job.id) == job and list(store.jobs.all()) == [job]
    store.jobs.ask_to_stop(job.id)
    assert store.jobs.is_asked_to_stop(job.id)
    store.jobs.delete(job.id)
    assert store.jobs.get(job.id) is None and not store.jobs.is_asked_to_stop(job.id)
    for key in ("../x", "/etc/passwd", "photos/../../x", "photos//x", "photos/x/..", ""):
        with pytest.raises(ValueError, match="expected a key"):
            store.objects.open(key)
    with pytest.raises(ValueError, match="expected 32 hexadecimal digits"):
        store.jobs.get("../secret")


def test_a_stopped_service_begins_its_jobs_anew(tmp_path, store, gate, photos):
    known = settings(tmp_path, shutdown_timeout="1s")
    gate.open.clear()
    with TestClient(local_app(known, store=store, predictor=gate)) as client:
        running, waiting = post(client, photos)["id"], post(client, photos)["id"]
        wait_for(store, running, "running")
    for id in (running, waiting):  # the service has ended
        job = store.jobs.get(id)
        assert (job.state, job.attempts, len(job.photos)) == ("queued", 0, 2)
    gate.open.set()
    with TestClient(local_app(known, store=store, predictor=gate)):
        assert wait_for(store, running, "done").attempts == 1
        wait_for(store, waiting, "done")
    assert list(store.objects.ids("photos")) == []


def test_a_job_that_ends_the_process_is_given_up(tmp_path, store, gate):
    for attempts, id in ((1, "1" * 32), (MOST_ATTEMPTS, "3" * 32)):  # as a kill leaves them
        store.jobs.create(a_job(id, state="running", attempts=attempts))
    known = settings(tmp_path)
    with TestClient(local_app(known, store=Store.in_folder(tmp_path / "store"), predictor=gate)):
        assert wait_for(store, "3" * 32, "failed").problem.kind == "lost"
        assert wait_for(store, "1" * 32, "failed").problem.kind == "options"  # it had no photos


def test_old_photos_results_and_jobs_are_swept(tmp_path, store):
    known = settings(tmp_path, job_ttl="10s", output_ttl="100s")
    queue, given_up = ThreadQueue(print, limit=5), []
    sweeper = Sweeper(
        known, store, queue.remove, lambda job, problem: given_up.append((job.id, problem))
    )

    def keep(kind, id):
        path = store.scratch / "file"
        path.write_text("x")
        store.objects.put(f"{kind}/{id}/0", path)

    fresh, old, over, gone = (digit * 32 for digit in "abcd")
    now = time.time()
    store.jobs.create(replace(a_job(fresh), created=now - 5))
    store.jobs.create(replace(a_job(old), created=now - 11))
    store.jobs.create(replace(a_job(over), state="done", ended=now - 50))
    store.jobs.create(replace(a_job(gone), state="done", ended=now - 101))
    for id in (fresh, old, "e" * 32):
        keep("photos", id)
    for id in (over, gone, "f" * 32):
        keep("outputs", id)
    queue.submit(old)
    sweeper.sweep(now)
    assert sorted(store.objects.ids("photos")) == [fresh, "e" * 32]  # one may be arriving
    assert list(store.objects.ids("outputs")) == [over] and store.jobs.get(gone) is None
    assert [(id, problem.kind) for id, problem in given_up] == [(old, "expired")]
    assert store.jobs.is_asked_to_stop(old) and queue.waiting == 0
    sweeper.sweep(now)
    assert list(store.objects.ids("photos")) == [fresh]


def test_every_job_is_one_line_with_its_request(tmp_path, store, gate, photos, caplog):
    for name in (logger.name, "splat_widgets.events"):
        caplog.set_level(logging.INFO, logger=name)
    headers = {"X-Request-Id": "from-the-client", "traceparent": TRACE}
    with TestClient(local_app(settings(tmp_path), store=store, predictor=gate)) as client:
        id = post(client, photos, headers=headers)["id"]
        assert wait_for(store, id, "done").trace == TRACE
        until = time.monotonic() + 10
        while not any(hasattr(r, "job") for r in caplog.records) and time.monotonic() < until:
            time.sleep(0.01)
    (line,) = [json.loads(r.message) for r in caplog.records if hasattr(r, "job")]
    assert line["request_id"] == "from-the-client" and line["outcome"] == "done"
    assert line["job"] == id[:8] and id not in json.dumps(line)
    assert line["stages"]["load"] >= 0 and line["problem"] is None
    runs = [r.event for r in caplog.records if getattr(r, "event", None) and r.event.kind == "run"]
    assert [run.fields.get("request_id") for run in runs] == ["from-the-client"]


def test_a_failed_run_is_a_problem_without_paths(tmp_path, store, gate, photos, monkeypatch):
    def broken(*_):
        raise OSError(28, "No space left on device", "/secret/folder/x")

    monkeypatch.setattr(gate, "predict", broken)
    with TestClient(local_app(settings(tmp_path), store=store, predictor=gate)) as client:
        id = post(client, photos)["id"]
        job = wait_for(store, id, "failed")
        assert job.problem.kind == "disk" and "secret" not in job.problem.detail
        assert client.get("/health").status_code == 200
        assert client.get(f"/api/outputs/{id}").status_code == 507
    assert list(store.objects.ids("photos")) == [] == list(store.objects.ids("outputs"))
    assert problem_of(KeyError("x")).detail.startswith("An internal error")


def test_a_queue_waits_for_its_workers():
    inside, leave = threading.Event(), threading.Event()

    def work(id):
        inside.set()
        leave.wait(20)

    queue = ThreadQueue(work, limit=1)
    queue.start()
    assert queue.submit("a") and inside.wait(20)
    assert queue.submit("b") and queue.submit("b") and not queue.submit("c")
    assert queue.position("b") == 0 and (queue.waiting, queue.running) == (1, 1)
    assert not queue.stop(0.05) and queue.waiting == 1
    leave.set()
    assert queue.stop(20) and queue.remove("b") and not queue.remove("a")


def test_a_folder_has_one_service_and_a_kill_frees_it(tmp_path, gate, capsys, monkeypatch):
    monkeypatch.setattr("splat_widgets.service.logs.log_to_stderr", lambda: None)
    known = settings(tmp_path)
    folder = tmp_path / "service"
    hold = (
        "import sys, time; from splat_widgets.service.stores import locked; "
        "lock = locked(sys.argv[1]); print('locked', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold, folder], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"locked\n"
        kept = folder / "scratch" / "of-the-first"
        kept.parent.mkdir()
        kept.touch()
        with pytest.raises(OSError, match=r"another service keeps its jobs in .* -o and another"):
            local_app(known, predictor=gate)
        assert main(["serve", "-o", str(tmp_path), "--port", "0", "-m", "embedded"]) == 1
        told = capsys.readouterr()
        assert "another service keeps its jobs" in told.err and not told.out
        assert kept.exists()
        other.kill()
    for _ in range(2):  # one that has ended leaves none either
        with TestClient(local_app(known, predictor=gate)):
            assert not kept.exists()
