"""A cluster that ends, or whose replica is frozen: jobs wait again, and no attempt is counted."""

import asyncio
import logging

import pytest

from splat_widgets.service.cluster import replica as of_replica
from splat_widgets.service.cluster.line import BEGUN, Line
from splat_widgets.service.cluster.plan import ClusterPlan
from splat_widgets.service.cluster.storage import store_at
from splat_widgets.service.model import ServiceModel

from .conftest import settings
from .test_cluster_line import ONE, TWO, Replicas, until
from .test_leases import ID, queued
from .test_lifecycle import a_job


@pytest.fixture
def shared(tmp_path):
    return store_at(f"file://{tmp_path}/shared", 0.3)


def test_a_line_that_leaves_takes_back_what_goes_on_longer(shared, caplog):
    async def go():
        replicas = Replicas()
        line = Line(shared, 9, replicas.hand_out, replicas.describe)
        line.submit(ONE)
        await asyncio.sleep(0)
        replicas.tell(0, BEGUN)
        await until(lambda: line.running == 1)
        assert await line.leave(0.05)  # it would go on for ever
        await until(lambda: line.running == 0)
        await line.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(go())
    assert not caplog.records


def test_a_job_that_waits_and_is_cancelled_is_no_failure_of_a_replica(shared, caplog):
    async def go():
        replicas = Replicas()
        line = Line(shared, 9, replicas.hand_out, replicas.describe)
        for id in (ONE, TWO):
            line.submit(id)
        await asyncio.sleep(0)
        serve_s = RuntimeError("Serve has an error of its own for it")
        replicas.runs[0].cancel = lambda: replicas.tell(0, serve_s)
        assert line.remove(ONE)
        replicas.tell(1, RuntimeError("the actor died"))
        await until(lambda: not line._runs)
        await line.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(go())
    assert [TWO[:8] in record.getMessage() for record in caplog.records] == [True]


def test_a_replica_gives_back_the_job_that_is_taken_back(tmp_path, monkeypatch, photos, gate):
    plan = ClusterPlan(settings(tmp_path), f"file://{tmp_path}/shared")
    monkeypatch.setattr(of_replica, "ServiceModel", lambda known: ServiceModel(known, gate))
    replica, store = of_replica.Replica(plan), store_at(plan.storage)
    queued(store, photos)

    async def words(task_of):
        said = []

        async def follow():
            async for word in replica.do(ID):
                said.append(word)

        task = asyncio.ensure_future(follow())
        await until(lambda: said)
        await task_of(task)
        return said

    async def taken_back(task):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    gate.open.clear()
    assert asyncio.run(words(taken_back)) == [BEGUN]
    job = store.jobs.get(ID)
    assert (job.state, job.attempts, store.turns.is_free(ID)) == ("queued", 0, True)
    gate.open.set()  # the replica serves on
    assert asyncio.run(words(lambda task: task)) == [BEGUN]
    job = store.jobs.get(ID)
    assert (job.state, job.attempts) == ("done", 1)


def test_a_frozen_replica_s_job_is_handed_out_again(shared):
    async def go():
        replicas = Replicas()
        shared.jobs.create(a_job(ONE))
        line = Line(shared, 9, replicas.hand_out, replicas.describe)
        line.submit(ONE)
        await asyncio.sleep(0)
        await line.find(older_than_s=0)
        assert len(replicas.runs) == 1  # it waits for a replica: there is no lease yet
        shared.turns._take(ONE)  # nobody renews it
        replicas.tell(0, BEGUN)
        await until(lambda: line.running == 1)
        await until(lambda: shared.turns.is_free(ONE))
        await line.find(older_than_s=0)
        assert len(replicas.runs) == 2 and line.news().waiting == (ONE,) and not line.running
        replicas.tell(1, BEGUN)
        await until(lambda: line.running == 1)
        replicas.tell(0, BEGUN, None)  # the first one thaws
        await asyncio.sleep(0.05)
        assert line.running == 1 and line.submit(ONE) and len(replicas.runs) == 2
        replicas.tell(1, None)
        await until(lambda: line.running == 0)
        await line.close()

    asyncio.run(go())
