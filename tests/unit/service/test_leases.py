"""Leases: one worker at a time, a silent one loses its job, and what it does then is not seen."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import builders
import pytest
from object_storage import bucket
from starlette.testclient import TestClient

from splat_widgets.reconstruction import Cancelled
from splat_widgets.service.app import local_app
from splat_widgets.service.cluster.leases import Lease, LeaseRecord
from splat_widgets.service.cluster.storage import store_at
from splat_widgets.service.model import ServiceModel
from splat_widgets.service.outputs import key_of
from splat_widgets.service.places import Place
from splat_widgets.service.records import StoredPhoto
from splat_widgets.service.turns import TurnLost
from splat_widgets.service.working import MOST_ATTEMPTS, JobWorker

from .conftest import photo_parts, settings
from .test_lifecycle import a_job, wait_for

ID = "0" * 32
SOON = 0.4  # s, of a lease that is meant to run out; the others last on a busy machine too


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with bucket() as address:
        yield address


@pytest.fixture
def url(request, tmp_path) -> str:
    """Of a folder; in S3 for tests that are marked so."""
    if getattr(request, "param", "file") == "s3":
        return f"{request.getfixturevalue('s3')}/{uuid.uuid4().hex}"
    return f"file://{tmp_path}/shared"


def first_turn(store) -> bytes:
    """As it lies in the storage."""
    return store.turns._folder(ID).at("1.json").read()


on_both = pytest.mark.parametrize("url", ["file", "s3"], indirect=True)


def queued(store, photos, **more):
    kept = []
    for number, data in enumerate(photos):
        path = store.scratch / str(number)
        path.write_bytes(data)
        store.objects.put(f"photos/{ID}/{number}", path)
        kept.append(StoredPhoto(f"photos/{ID}/{number}", f"{number}.png", len(data)))
    job = a_job(ID, photos=tuple(kept), **more)
    store.jobs.create(job)
    return job


def worker(store, tmp_path, predictor, **hooks):
    known = settings(tmp_path)
    return JobWorker(known, store, ServiceModel(known, predictor), **hooks)


@on_both
def test_one_of_many_takes_a_job(url):
    stores = [store_at(url) for _ in range(8)]
    job, won, all_tried = a_job(ID), [], threading.Barrier(8)

    def take(store):
        with store.turns.taken(job) as turn:
            if turn is not None:
                won.append(turn.number)
            all_tried.wait(20)

    threads = [threading.Thread(target=take, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [1]


def test_a_lease_is_renewed_while_it_is_held_and_free_after(url):
    mine, other = store_at(url, 6), store_at(url, 6)
    job = a_job(ID)
    mine.jobs.create(job)
    with mine.turns.taken(job) as turn:
        file = mine.turns._folder(ID).at("1.json")
        until = lambda: LeaseRecord.from_json(file.read()).until  # noqa: E731
        first, end = until(), time.monotonic() + 30
        while until() == first:
            assert time.monotonic() < end and not other.turns.is_free(ID)
            turn.look()
            time.sleep(0.02)
        assert until() > first
        turn.tell(replace(job, state="running"))
        wait_for(other, ID, "running")
    with other.turns.taken(job) as turn:  # it was let go, but its run was begun
        assert (turn.number, turn.attempts) == (2, 1)
        turn.give_back(replace(job, attempts=2))
    with mine.turns.taken(job) as turn:
        assert (turn.number, turn.attempts) == (3, 1)
        assert mine.jobs.get(ID).attempts == 1


@on_both
def test_a_silent_worker_has_lost_its_job(url, monkeypatch):
    silent, next_one = store_at(url, SOON), store_at(url)
    job = a_job(ID)
    silent.jobs.create(job)
    with silent.turns.taken(job) as lost:
        monkeypatch.setattr(lost, "_beat", lambda: None)  # as if its machine stood still
        while not next_one.turns.is_free(ID):
            time.sleep(0.02)
        with next_one.turns.taken(job) as turn:
            assert turn.number == 2
            with pytest.raises(TurnLost):
                lost.look()
            turn.look()
            assert turn.tell(replace(job, state="done", files="2"))
        assert not lost.tell(replace(job, state="done", files="1"))
    assert silent.jobs.get(ID).files == "2"


def test_a_lease_counts_from_before_it_is_written(url, monkeypatch):
    """Else, where the storage is slow, two workers would believe for a while that they have it."""
    store, job, create = store_at(url, SOON), a_job(ID), Place.create
    store.jobs.create(job)

    def slowly(place, data):
        made = create(place, data)
        time.sleep(1.5 * SOON)
        return made

    monkeypatch.setattr(Place, "create", slowly)
    monkeypatch.setattr(Lease, "_beat", lambda lease: None)  # nothing renews it
    with store.turns.taken(job) as turn:
        assert store.turns.is_free(ID)
        with pytest.raises(TurnLost):
            turn.look()


def test_a_worker_too_slow_for_its_lease_has_not_been_killed_by_the_job(url, monkeypatch):
    """Else three slow runs on a busy machine would be the end of an accepted job."""
    slow, next_one = store_at(url, SOON), store_at(url)
    job = a_job(ID)
    slow.jobs.create(job)
    for _ in range(MOST_ATTEMPTS):
        with slow.turns.taken(job) as turn:
            monkeypatch.setattr(turn, "_beat", lambda: None)
            while not next_one.turns.is_free(ID):
                time.sleep(0.02)
            with pytest.raises(TurnLost):
                turn.look()
    with next_one.turns.taken(job) as turn:
        assert (turn.number, turn.attempts) == (MOST_ATTEMPTS + 1, 0)


def test_a_lease_that_has_run_out_is_not_renewed(url):
    """Another worker may have begun between the look for it and the renewal."""
    late, other = store_at(url), store_at(url)
    job = a_job(ID)
    late.jobs.create(job)
    with late.turns.taken(job) as turn:
        turn._renewed_s -= 2 * turn._ttl  # as if its machine had stood still
        before = first_turn(late)
        turn._beat()
        assert first_turn(late) == before
        with pytest.raises(TurnLost):
            turn.look()
    with other.turns.taken(job) as turn:
        assert (turn.number, turn.attempts) == (2, 0)


def test_a_loss_that_the_run_has_seen_stays_one(url, monkeypatch):
    """The run looks while the thread that renews the lease asks the storage."""
    store, job = store_at(url), a_job(ID)
    store.jobs.create(job)
    with store.turns.taken(job) as turn:
        turn._renewed_s -= 0.5 * turn._ttl  # time to renew

        def looked():
            turn._is_lost = True  # as by `look`, in this moment
            return False

        monkeypatch.setattr(turn, "_has_follower", looked)
        before = first_turn(store)
        turn._renew()
        assert turn._is_lost
        assert first_turn(store) == before


def test_a_lease_that_is_given_back_while_it_is_renewed_stays_given_back(url, monkeypatch):
    store, job, write = store_at(url), a_job(ID), Place.write
    store.jobs.create(job)
    with store.turns.taken(job) as turn:
        turn._renewed_s -= 0.5 * turn._ttl
        back = threading.Thread(target=turn.give_back, args=(job,))

        def slowly(place, data):
            if not back.ident:
                back.start()  # the renewal has been decided, not written
                back.join(0.3)
            write(place, data)

        monkeypatch.setattr(Place, "write", slowly)
        turn._renew()
        back.join()
        assert LeaseRecord.from_json(first_turn(store)).given_back
        turn._renewed_s -= 0.5 * turn._ttl
        turn._renew()
        assert LeaseRecord.from_json(first_turn(store)).given_back
    with store.turns.taken(job) as turn:
        assert (turn.number, turn.attempts) == (2, 0)


def test_a_lease_is_renewed_until_the_end_of_its_job_is_written(url, monkeypatch):
    """A full disk is tried again for long; meanwhile no other worker may begin."""
    store, job = store_at(url), a_job(ID)
    store.jobs.create(job)
    with store.turns.taken(job) as turn:

        def full(_):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
            patch.setattr(store.jobs, "put", full)
            turn.tell(replace(job, state="done", files="1"))
        before = turn._record.until
        turn._renewed_s -= 0.5 * turn._ttl
        turn._renew()
        assert turn._record.until > before
        turn.look()
        assert turn.tell(replace(job, state="done", files="1"))


def test_a_renewal_that_comes_after_the_end_of_the_lease_is_none(url, monkeypatch):
    store, job, write = store_at(url), a_job(ID), Place.write
    store.jobs.create(job)
    with store.turns.taken(job) as turn:
        turn._renewed_s -= 0.5 * turn._ttl

        def slowly(place, data):
            turn._renewed_s -= turn._ttl  # as if it took so long
            write(place, data)

        monkeypatch.setattr(Place, "write", slowly)
        turn._renew()
        with pytest.raises(TurnLost):
            turn.look()


def test_a_late_worker_does_not_bring_a_swept_job_back(url):
    late, other = store_at(url), store_at(url)
    job = a_job(ID)
    late.jobs.create(job)
    with late.turns.taken(job) as turn:
        assert other.jobs.put(replace(job, state="done"))
        other.jobs.delete(ID)
        other.turns.forget(ID)
        turn._renewed_s -= 2 * turn._ttl  # as if its machine had stood still
        turn.tell(replace(job, state="running"))
        turn._beat()
        assert other.jobs.get(ID) is None
        assert not turn.tell(replace(job, state="done"))
        turn.give_back(job)
    assert list(other.jobs.all()) == [] == other.turns._folder(ID).listed()


def test_a_job_that_another_service_has_begun_is_not_refused(url, tmp_path, gate, photos):
    known = settings(tmp_path, hosts="testserver")
    one, two = store_at(url), store_at(url)
    send = {"files": photo_parts(*photos), "data": {"refine": "false"}}
    app = local_app(known, store=one, predictor=gate)
    with TestClient(app) as client, ExitStack() as turns:
        queue = app.state.service.queue

        def full_here_and_begun_there(id):
            turns.enter_context(two.turns.taken(two.jobs.get(id)))
            return False

        queue.submit = full_here_and_begun_there
        answer = client.post("/api/generate-splat", **send)
        assert answer.status_code == 202
        id = answer.json()["id"]
        assert [job.id for job in two.jobs.all()] == [id] == list(two.objects.ids("photos"))
        queue.submit = lambda id: False
        assert client.post("/api/generate-splat", **send).status_code == 429
        assert [job.id for job in two.jobs.all()] == [id] == list(two.objects.ids("photos"))


def test_the_wish_to_stop_reaches_the_holder(url):
    store = store_at(url)
    job = a_job(ID)
    store.jobs.create(job)
    with store.turns.taken(job) as turn:
        store_at(url).jobs.ask_to_stop(ID)
        until = time.monotonic() + 10
        with pytest.raises(Cancelled, match="cancelled"):
            while time.monotonic() < until:
                turn.look()


@on_both
def test_a_run_that_comes_too_late_leaves_nothing(url, tmp_path, photos):
    """Two workers do one job; the slow one writes its files after the end of the other."""
    store, ends, inside, go = store_at(url), [], threading.Event(), threading.Event()
    queued(store, photos)

    class Slow(builders.KnownPredictor):
        def encode(self, photo, report):
            inside.set()
            assert go.wait(30)
            return super().encode(photo, report)

    slow = worker(store, tmp_path, Slow(), ended=lambda job: ends.append(("slow", job)))
    thread = threading.Thread(target=slow.run, args=(ID,))
    thread.start()
    assert inside.wait(30)
    lease = store.turns._folder(ID).at("1.json")
    lease.write(LeaseRecord("slow", 0.0).to_json())  # its machine's clock has gone wrong
    quick = store_at(url)
    hook = {"ended": lambda job: ends.append(("quick", job))}
    worker(quick, tmp_path, builders.KnownPredictor(), **hook).run(ID)
    go.set()
    thread.join(30)
    ((name, job),) = ends
    assert (name, job.state, job.files, job.attempts) == ("quick", "done", "2", 2)
    assert quick.objects.size(key_of(job, "ply")) > 0
    assert quick.objects.size(f"outputs/{ID}/1/scene.ply") is None
    assert list(quick.objects.ids("photos")) == [] == list(quick.jobs.unfinished())


def test_a_job_is_tried_so_often_and_no_more(url, tmp_path):
    store, ends = store_at(url), []
    job = a_job(ID)
    store.jobs.create(job)
    for number in range(1, MOST_ATTEMPTS + 1):  # as kills leave them
        store.turns._folder(ID).at(f"{number}.json").write(LeaseRecord("dead", 1.0).to_json())
    worker(store, tmp_path, builders.KnownPredictor(), ended=ends.append).run(ID)
    assert [(end.state, end.problem.kind) for end in ends] == [("failed", "lost")]
    assert store.turns._folder(ID).listed() == []


@pytest.mark.parametrize("kind", ["folder", "storage"])
def test_a_kill_between_the_end_and_the_photos_loses_nothing(
    kind, url, store, tmp_path, photos, monkeypatch
):
    shared = store if kind == "folder" else store_at(url)
    queued(shared, photos)
    delete = type(shared.objects).delete

    def killed(self, prefix):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(shared.objects), "delete", killed)
    with pytest.raises(KeyboardInterrupt):
        worker(shared, tmp_path, builders.KnownPredictor()).run(ID)
    monkeypatch.setattr(type(shared.objects), "delete", delete)
    job = shared.jobs.get(ID)
    assert job.state == "done" and shared.objects.size(key_of(job, "splatscene")) > 0
    worker(shared, tmp_path, None).run(ID)  # there is nothing left to do


def test_two_services_share_a_storage(url, tmp_path, gate, photos):
    """What one has accepted the other does, answers for, and hands out."""
    known = settings(tmp_path, hosts="testserver", shutdown_timeout="1s")
    first, second = store_at(url, 4), store_at(url, 4)
    gate.open.clear()
    send = {"files": photo_parts(*photos), "data": {"refine": "false"}}
    other = builders.KnownPredictor()
    with (
        TestClient(local_app(known, store=first, predictor=gate)) as one,
        TestClient(local_app(known, store=second, predictor=other)) as two,
    ):
        ids = [one.post("/api/generate-splat", **send).json()["id"] for _ in range(3)]
        ended = [wait_for(second, id, "done") for id in ids[1:]]  # the first waits at its gate
        assert {job.attempts for job in ended} == {1}
        assert one.get(f"/api/outputs/{ids[2]}").content[:3] == b"ply"
        assert two.get(f"/api/jobs/{ids[0]}").json()["state"] == "running"
        two.delete(f"/api/jobs/{ids[0]}")
        wait_for(first, ids[0], "cancelled")
