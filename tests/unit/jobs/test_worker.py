"""Jobs in order, in a thread that outlives a failure and keeps nothing."""

import gc
import threading
import weakref

import pytest

from splat_widgets.jobs.worker import Worker


def test_an_idle_worker_keeps_nothing_alive():
    class Big:
        pass

    worker, big = Worker("test"), Big()
    gone = weakref.ref(big)
    worker.submit(lambda big=big: None).result(10)
    del big
    worker.submit(lambda: None).result(10)
    gc.collect()
    assert gone() is None


def test_jobs_run_in_order_in_one_daemon_thread():
    worker, ran = Worker("test"), []
    jobs = [
        worker.submit(lambda i=i: ran.append(i) or threading.current_thread()) for i in range(9)
    ]
    threads = {job.result(10) for job in jobs}
    assert ran == list(range(9))
    (thread,) = threads
    assert thread.daemon and thread.name == "test"


def test_a_failure_reaches_its_caller_and_the_next_job_runs():
    worker = Worker("test")

    def fail():
        raise SystemExit(3)

    failed, following = worker.submit(fail), worker.submit(lambda: "next")
    with pytest.raises(SystemExit):
        failed.result(10)
    assert following.result(10) == "next"


def test_a_job_that_was_cancelled_in_the_queue_does_not_run():
    worker, gate, ran = Worker("test"), threading.Event(), []
    worker.submit(gate.wait)
    waiting = worker.submit(lambda: ran.append(1))
    assert waiting.cancel()
    gate.set()
    worker.submit(lambda: None).result(10)
    assert ran == []
