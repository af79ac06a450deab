"""The service's storage by address: once only, whole, and no way back from an end."""

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from object_storage import bucket
from starlette.testclient import TestClient

from splat_widgets.service.app import local_app
from splat_widgets.service.cluster.storage import ENDED, LIVE, store_at
from splat_widgets.service.problems import Problem
from splat_widgets.service.stores import Store

from .conftest import settings
from .test_lifecycle import a_job, post, wait_for

ID = "0" * 32


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with bucket() as address:
        yield address


@pytest.fixture(params=["memory", "file", "s3"])
def shared(request, tmp_path) -> Store:
    if request.param == "file":
        return store_at(f"file://{tmp_path}/s")
    root = "memory:/" if request.param == "memory" else request.getfixturevalue("s3")
    return store_at(f"{root}/{uuid.uuid4().hex}")


def test_any_replica_answers_for_any_job(shared):
    job = a_job(ID)
    assert shared.jobs.get(ID) is None and list(shared.jobs.all()) == []
    assert shared.jobs.create(job) and not shared.jobs.create(replace(job, state="running"))
    other = store_at(shared.jobs.place.url)
    assert other.jobs.get(ID) == job and list(other.jobs.all()) == [job]
    other.jobs.ask_to_stop(ID)
    assert shared.jobs.is_asked_to_stop(ID)
    shared.jobs.delete(ID)
    assert other.jobs.get(ID) is None and not other.jobs.is_asked_to_stop(ID)


def test_the_first_end_of_a_job_stays(shared):
    job = a_job(ID)
    shared.jobs.create(job)
    done = replace(job, state="done", outputs=("ply",))
    shared.jobs.put(done)
    shared.jobs.put(job.begun())  # a replica that was thought dead
    shared.jobs.put(job.failed(Problem.of("lost", "Too late")))
    assert shared.jobs.get(ID) == done and list(shared.jobs.all()) == [done]
    assert not shared.jobs.create(job)
    assert shared.jobs.ids(ENDED) == {ID} and shared.jobs.ids(LIVE) == {ID}


def test_files_by_key(shared):
    path = shared.scratch / "file"
    path.write_bytes(b"0123456789")
    shared.objects.put(f"photos/{ID}/0", path)
    assert shared.objects.size(f"photos/{ID}/0") == 10 and list(shared.objects.ids("photos")) == [
        ID
    ]
    with shared.objects.open(f"photos/{ID}/0") as file:
        file.seek(4)
        assert file.read(3) == b"456"
    shared.objects.delete(f"photos/{ID}")
    shared.objects.delete(f"photos/{ID}")
    assert (
        shared.objects.size(f"photos/{ID}/0") is None and list(shared.objects.ids("photos")) == []
    )
    with pytest.raises(FileNotFoundError):
        shared.objects.open(f"photos/{ID}/0").close()
    with pytest.raises(ValueError, match="expected a key"):
        shared.objects.open("photos/../x")


def test_the_next_service_finds_jobs_and_results(shared, tmp_path, gate, photos):
    known = settings(tmp_path, shutdown_timeout="1s", hosts="testserver")
    with TestClient(local_app(known, store=shared, predictor=gate)) as client:
        done = post(client, photos)["id"]
        wait_for(shared, done, "done")
        gate.open.clear()
        left = post(client, photos)["id"]
        wait_for(shared, left, "running")
    gate.open.set()
    other = store_at(shared.jobs.place.url)
    with TestClient(local_app(known, store=other, predictor=gate)) as client:
        wait_for(other, left, "done")
        for id in (done, left):
            answer = client.get(f"/api/outputs/{id}", headers={"Range": "bytes=0-2"})
            assert (answer.status_code, answer.content) == (206, b"ply")
    assert list(other.objects.ids("photos")) == []
