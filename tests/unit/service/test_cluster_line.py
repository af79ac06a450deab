"""The cluster without Ray: order, bound, recovery, doors that stand without their line, metrics."""

import asyncio
import time
from dataclasses import replace

import builders
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from splat_widgets.cli import main
from splat_widgets.service.cluster.door import door_app
from splat_widgets.service.cluster.line import BEGUN, Line, News
from splat_widgets.service.cluster.plan import ClusterPlan, replicas_of
from splat_widgets.service.cluster.storage import store_at
from splat_widgets.service.cluster.totals import Totals
from splat_widgets.service.metrics import ServiceMetrics
from splat_widgets.service.model import ServiceModel
from splat_widgets.service.working import JobWorker

from .conftest import BEARER, TOKEN, photo_parts, settings
from .test_lifecycle import a_job

ONE, TWO, THREE = (digit * 32 for digit in "123")


class HandedOut:
    """A run as a replica of Serve would tell of it; the test decides what is told."""

    def __init__(self, id):
        self.id = id
        self.words: asyncio.Queue = asyncio.Queue()

    async def __aiter__(self):
        while (word := await self.words.get()) is not None:
            if isinstance(word, BaseException):
                raise word
            yield word

    def cancel(self):
        self.words.put_nowait(asyncio.CancelledError())


class Replicas:
    def __init__(self):
        self.runs: list[HandedOut] = []

    def hand_out(self, id):
        self.runs.append(HandedOut(id))
        return self.runs[-1]

    async def describe(self):
        return {"source": "embedded", "max_photos": None}

    def tell(self, number, *words):
        for word in words:
            self.runs[number].words.put_nowait(word)


async def until(condition):
    """Let the loop go on until something is so."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


@pytest.fixture
def url(tmp_path) -> str:
    return f"file://{tmp_path}/shared"


@pytest.fixture
def shared(url):
    return store_at(url)


def test_the_line_keeps_order_and_bound(shared):
    async def go():
        replicas = Replicas()
        line = Line(shared, 2, replicas.hand_out, replicas.describe)
        assert line.submit(ONE) and line.submit(TWO) and line.submit(ONE)
        assert not line.submit(THREE) and line.submit(THREE, again=True)
        assert line.news().waiting == (ONE, TWO, THREE)
        await asyncio.sleep(0)
        replicas.tell(0, BEGUN)
        await until(lambda: line.running == 1)
        assert line.news() == News((TWO, THREE), 1)
        assert not line.remove(ONE) and line.remove(TWO) and not line.remove(TWO)
        replicas.tell(0, None)
        await until(lambda: line.running == 0)
        assert line.news().waiting == (THREE,)
        assert line.submit(TWO) and [run.id for run in replicas.runs].count(TWO) == 2
        await line.close()

    asyncio.run(go())


def test_a_lost_replica_s_job_is_handed_out_again_after_its_lease(shared):
    async def go():
        replicas = Replicas()
        job = a_job(ONE)
        shared.jobs.create(job)
        line = Line(shared, 9, replicas.hand_out, replicas.describe)
        line.start()  # as after a restart: the storage knows of the job
        await until(lambda: len(replicas.runs) == 1)
        with shared.turns.taken(job):
            replicas.tell(0, BEGUN, RuntimeError("the actor died"))
            await until(lambda: line.running == 0 and not line.waiting)
            await line.find(older_than_s=0)
            assert len(replicas.runs) == 1  # somebody still renews the lease
        await line.find(older_than_s=3600)
        assert len(replicas.runs) == 1  # it may be on its way from a door
        await line.find(older_than_s=0)
        assert len(replicas.runs) == 2
        assert line.news().model == {"source": "embedded", "max_photos": None}
        shared.jobs.put(replace(job, state="done"))
        shared.jobs.put(job.begun())  # of a late worker
        replicas.tell(1, None)
        await until(lambda: not line.waiting)
        await line.find(older_than_s=0)
        assert len(replicas.runs) == 2 and shared.jobs.ids("jobs") == set()
        await line.close()

    asyncio.run(go())


def test_a_line_that_leaves_waits_for_what_goes_on(shared):
    async def go():
        replicas = Replicas()
        line = Line(shared, 9, replicas.hand_out, replicas.describe)
        for id in (ONE, TWO):
            line.submit(id)
        await asyncio.sleep(0)
        replicas.tell(0, BEGUN)
        await until(lambda: line.running == 1)
        leaving = asyncio.ensure_future(line.leave(20))
        await until(lambda: line.news() == News((), 1, None, True))
        assert line.submit(THREE) and len(replicas.runs) == 2  # it stays in the storage
        replicas.tell(0, None)
        assert await leaving
        await line.close()

    asyncio.run(go())


class NearLine:
    """A `FarLine` whose replica is this process."""

    def __init__(self, plan, predictor):
        store, model = store_at(plan.storage), ServiceModel(plan.settings, predictor)
        self._worker = JobWorker(plan.settings, store, model)
        self._model = model.describe()
        self._totals = Totals()
        self.waiting: tuple[str, ...] = ()
        self.is_away = self.is_leaving = False

    def _answer(self):
        if self.is_away:
            raise TimeoutError

    def submit(self, id, again):
        self._answer()
        if len(self.waiting) >= 1:
            return False
        self.waiting = (*self.waiting, id)
        return True

    def remove(self, id):
        self._answer()
        there, self.waiting = id in self.waiting, ()
        return there

    def news(self):
        self._answer()
        return News(self.waiting, 0, self._model, self.is_leaving)

    def report(self, process, page):
        self._answer()
        self._totals.report(process, page)

    def metrics(self):
        self._answer()
        return self._totals.text()

    def work(self, id):
        self.waiting = ()
        self._worker.run(id)


def test_a_door_has_what_the_single_service_has(tmp_path, url, photos):
    plan = ClusterPlan(settings(tmp_path, tokens=TOKEN), url)
    line = NearLine(plan, builders.KnownPredictor())
    send = {"files": photo_parts(*photos), "data": {"refine": "false"}}
    with TestClient(door_app(plan, line, "door-1"), headers=BEARER) as client:
        assert client.get("/api/jobs/x", headers={"Authorization": ""}).status_code == 401
        health = wait_until(lambda: client.get("/health"), lambda answer: answer.status_code == 200)
        assert health.json()["queue"] == {"waiting": 0, "running": 0, "limit": 32}
        id = client.post("/api/generate-splat", **send).json()["id"]
        full = client.post("/api/generate-splat", **send)
        assert full.status_code == 429 and full.json()["type"].endswith("queue_full")
        position = lambda answer: answer.json()["position"] == 0  # noqa: E731
        wait_until(lambda: client.get(f"/api/jobs/{id}"), position)
        line.work(id)
        assert client.get(f"/api/jobs/{id}").json()["state"] == "done"
        assert client.get(f"/api/outputs/{id}").content[:3] == b"ply"
        other = client.post("/api/generate-splat", **send).json()["id"]
        assert client.delete(f"/api/jobs/{other}").json()["state"] == "cancelled"
        line.is_away = True  # the job is accepted: its record lies in the storage
        kept = client.post("/api/generate-splat", **send)
        assert kept.status_code == 202 and client.get("/health").status_code == 200
        assert client.delete(f"/api/jobs/{kept.json()['id']}").status_code == 202
        line.is_away = False
        line.work(kept.json()["id"])  # who gets it hears of the wish to stop
        assert client.get(f"/api/jobs/{kept.json()['id']}").json()["state"] == "cancelled"
        page = client.get("/metrics").text
        assert "splat_jobs_" not in page and 'process="door-1"' in page
        line.is_leaving = True
        wait_until(lambda: client.get("/health"), lambda answer: answer.status_code == 503)
        assert client.post("/api/generate-splat", **send).status_code == 503


def wait_until(ask, is_so):
    end = time.monotonic() + 20
    while not is_so(answer := ask()):
        assert time.monotonic() < end, answer.text
        time.sleep(0.02)
    return answer


def test_metrics_of_processes_are_told_apart():
    totals, ended = Totals(), replace(a_job(), state="done", started=time.time(), ended=time.time())
    for name, jobs in (("replica-a", 2), ("replica-b", 3)):
        metrics = ServiceMetrics()
        for _ in range(jobs):
            metrics.job(ended)
        totals.report(name, metrics.text().decode())
    families = {f.name: f for f in text_string_to_metric_families(totals.text().decode())}
    counts = {
        sample.labels["process"]: sample.value
        for sample in families["splat_job_seconds"].samples
        if sample.name == "splat_job_seconds_count"
    }
    assert counts == {"replica-a": 2, "replica-b": 3}


def test_replicas_and_wishes_that_cannot_be(capsys, tmp_path):
    assert replicas_of("2") == (2, 2) and replicas_of(" 1:8 ") == (1, 8)
    for wrong in ("0", "3:2", "a", "1:2:3", "-1", ""):
        with pytest.raises(ValueError, match="MIN:MAX"):
            replicas_of(wrong)
    assert main(["serve", "--replicas", "2"]) == 1
    assert "add --cluster" in capsys.readouterr().err
