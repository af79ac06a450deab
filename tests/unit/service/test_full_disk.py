"""A full disk: accepted jobs outlast it, and nothing of what could not be written stays."""

import errno
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from starlette.testclient import TestClient as Client

from splat_widgets.service import stores, uploads
from splat_widgets.service.app import local_app
from splat_widgets.service.stores import FolderJobs, Store
from splat_widgets.service.sweeping import Sweeper

from .conftest import photo_parts, settings
from .test_lifecycle import a_job, post, wait_for

ID, OTHER = "0" * 32, "1" * 32
FULL = Path("/dev/full")
TestClient = partial(Client, base_url="http://127.0.0.1")
on_linux = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")


class Disk:
    """Records cannot be written while it is full."""

    def __init__(self, monkeypatch):
        self.is_full = False
        self.refused: list[str] = []  # ids
        write = FolderJobs._written

        def written(jobs, job):
            if self.is_full:
                self.refused.append(job.id)
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(jobs, job)

        monkeypatch.setattr(FolderJobs, "_written", written)

    def wait_for_refusals(self, count):
        until = time.monotonic() + 30
        while len(self.refused) < count:
            assert time.monotonic() < until
            time.sleep(0.01)


@pytest.fixture
def disk(monkeypatch) -> Disk:
    return Disk(monkeypatch)


def test_accepted_jobs_outlast_a_full_disk(tmp_path, store, gate, photos, disk):
    gate.open.clear()
    with TestClient(local_app(settings(tmp_path), store=store, predictor=gate)) as client:
        first, second = (post(client, photos)["id"] for _ in range(2))
        wait_for(store, first, "running")
        disk.is_full = True  # while the first goes on, and before the second begins
        gate.open.set()
        disk.wait_for_refusals(3)
        assert client.get(f"/api/jobs/{second}").json()["state"] == "queued"
        disk.is_full = False
        for id in (first, second):
            assert wait_for(store, id, "done").attempts == 1
    assert list(store.objects.ids("photos")) == []


def test_a_service_ends_on_a_full_disk_and_the_next_has_its_jobs(
    tmp_path, store, gate, photos, disk
):
    gate.open.clear()
    known = settings(tmp_path, shutdown_timeout="1s")
    with TestClient(local_app(known, store=store, predictor=gate)) as client:
        id = post(client, photos)["id"]
        wait_for(store, id, "running")
        disk.is_full = True
    disk.is_full = False
    gate.open.set()
    with TestClient(local_app(known, store=store, predictor=gate)):
        wait_for(store, id, "done")


def test_a_job_that_is_cancelled_on_a_full_disk_ends(tmp_path, store, gate, photos, disk):
    gate.open.clear()
    with TestClient(local_app(settings(tmp_path), store=store, predictor=gate)) as client:
        first, second = (post(client, photos)["id"] for _ in range(2))
        wait_for(store, first, "running")
        disk.is_full = True
        assert client.delete(f"/api/jobs/{second}").status_code == 202
        disk.is_full = False
        gate.open.set()
        wait_for(store, second, "cancelled")


def test_a_sweep_ends_what_nobody_does(tmp_path, store):
    lost, mine = (replace(a_job(id, state="running"), created=1.0) for id in (ID, OTHER))
    given_up = []
    give_up = lambda job, problem: given_up.append((job.id, problem.kind))  # noqa: E731
    sweeper = Sweeper(settings(tmp_path), store, lambda id: False, give_up)
    for job in (lost, mine):
        store.jobs.create(job)
    with store.turns.taken(mine) as turn:
        assert turn is not None
        sweeper.sweep()
        assert given_up == [(ID, "expired")]  # who has the other job ends it
        assert store.jobs.is_asked_to_stop(OTHER)
    sweeper.sweep()
    assert (OTHER, "expired") in given_up


def test_a_sweep_goes_on_after_a_job_that_cannot_be_ended(tmp_path, store, disk):
    def give_up(job, problem):
        store.jobs.put(job.failed(problem))

    for id in (ID, OTHER):
        store.jobs.create(replace(a_job(id), created=1.0))
    disk.is_full = True
    sweeper = Sweeper(settings(tmp_path), store, lambda id: False, give_up)
    sweeper.sweep()
    assert sorted(disk.refused) == [ID, OTHER]
    disk.is_full = False
    sweeper.sweep()
    assert {job.state for job in store.jobs.all()} == {"failed"}


@on_linux
def test_photos_that_find_no_room_are_refused(tmp_path, store, gate, photos, monkeypatch):
    begin = uploads._Reader._begin_data

    def full(reader):
        begin(reader)
        if reader._file is not None:
            reader._file.close()
            reader._file = FULL.open("wb")

    monkeypatch.setattr(uploads._Reader, "_begin_data", full)
    with TestClient(local_app(settings(tmp_path), store=store, predictor=gate)) as client:
        answer = client.post("/api/generate-splat", files=photo_parts(*photos))
    assert answer.status_code == 507 and answer.json()["type"].endswith(":disk")
    assert str(tmp_path) not in answer.text
    assert list(store.scratch.iterdir()) == [] == list(store.jobs.all())


@on_linux
def test_half_a_record_does_not_stay(store, tmp_path, monkeypatch):
    folder = tmp_path / "store" / "jobs"
    with monkeypatch.context() as patch:
        patch.setattr(stores.os, "fdopen", lambda _, mode: FULL.open(mode))
        with pytest.raises(OSError, match="No space left"):
            store.jobs.create(a_job(ID))
    assert list(folder.iterdir()) == []
    (folder / ".new-of-a-kill").write_text("{")
    store.jobs.create(a_job(ID))
    assert list(Store.in_folder(tmp_path / "store").jobs.all()) == [store.jobs.get(ID)]
    assert [path.name for path in folder.iterdir()] == [f"{ID}.json"]


def test_a_failed_job_leaves_no_files_of_runs_that_were_killed(
    tmp_path, store, gate, photos, monkeypatch
):
    def broken(*_):
        raise ValueError("broken")

    monkeypatch.setattr(gate, "predict", broken)
    gate.open.clear()
    with TestClient(local_app(settings(tmp_path), store=store, predictor=gate)) as client:
        id = post(client, photos)["id"]
        kept = store.scratch / "scene"
        kept.write_bytes(b"of the first run")
        store.objects.put(f"outputs/{id}/7/scene.ply", kept)
        gate.open.set()
        wait_for(store, id, "failed")
    assert list(store.objects.ids("outputs")) == []
