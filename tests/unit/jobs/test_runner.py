"""Runs: order of the states, stages with their times, cancelling, throttling."""

import asyncio
import logging
import threading
import time
from types import SimpleNamespace

import pytest

from splat_widgets.jobs.runner import MIN_INTERVAL_S, Runner
from splat_widgets.jobs.worker import Worker
from splat_widgets.models.predictor import Stage
from splat_widgets.reconstruction import Cancelled

STAGES = [Stage(name, name.title(), 0.3) for name in ("load", "encode", "decode")]


def at(stage, done=0, total=1):
    return SimpleNamespace(stage=stage, done=done, total=total)


@pytest.fixture
def states():
    return []


@pytest.fixture
def runner(states):
    return Runner(states.append, worker=Worker("test"))


def test_a_run_goes_through_its_states(runner, states):
    def job(progress):
        progress(at("load"))
        progress(at("encode", 1, 2))
        return "scene"

    assert runner.start(job, stages=STAGES).result(10) == "scene"
    order = list(dict.fromkeys(state.status for state in states))
    assert order == ["queued", "running", "done"]
    last = {stage.name: stage for stage in states[-1].stages}
    assert [stage.label for stage in last.values()] == ["Load", "Encode", "Decode"]
    assert last["load"].state == last["encode"].state == "done"
    assert last["decode"].state == "waiting"


def test_times_of_stages():
    clock = SimpleNamespace(now=0.0)
    runner = Runner(lambda _: None, clock=lambda: clock.now)

    def job(progress):
        for stage, seconds in (("load", 1), ("encode", 5), ("decode", 3)):
            progress(at(stage))
            clock.now += seconds

    runner.start(job).result(10)
    seconds = {stage.name: stage.seconds for stage in runner.state.stages}
    assert (seconds["load"], seconds["encode"], seconds["decode"]) == (1, 5, 3)
    assert runner.state.seconds == 9


def test_a_flood_of_steps_becomes_few_messages(states):
    clock = SimpleNamespace(now=0.0)
    runner = Runner(states.append, clock=lambda: clock.now)

    def job(progress):
        for step in range(5000):
            progress(at("encode", step, 5000))
            clock.now += 0.001

    runner.start(job).result(10)
    assert 5 / MIN_INTERVAL_S * 0.8 < len(states) < 5 / MIN_INTERVAL_S + 10


def test_showing_the_scene_is_not_part_of_the_time(states):
    clock, told = SimpleNamespace(now=0.0), []
    runner = Runner(states.append, clock=lambda: clock.now)

    def job(progress):
        progress(at("encode"))
        clock.now += 2

    def finish(scene, metrics):
        told.append(metrics.seconds)
        clock.now += 1

    runner.start(job, finish).result(10)
    assert told == [2] and states[-1].seconds == 2


def test_the_fraction_never_goes_back(runner, states):
    def job(progress):
        progress(at("encode", 1, 2))
        progress(at("encode", 0, 2))
        progress(at("encode", 5, 2))

    runner.start(job).result(10)
    fractions = [s.fraction for state in states for s in state.stages if s.name == "encode"]
    assert fractions == sorted(fractions) and fractions[-1] == 1


def test_one_run_at_a_time_and_cancelling_stops_at_the_next_step(runner, states):
    inside = threading.Event()

    def job(progress):
        while True:
            progress(at("encode"))
            inside.set()
            time.sleep(0.005)

    assert not runner.cancel()
    run = runner.start(job)
    assert inside.wait(10)
    with pytest.raises(RuntimeError, match="going on"):
        runner.start(job)
    assert runner.cancel()
    with pytest.raises(Cancelled):
        run.result(10)
    assert [s.status for s in states][-2:] == ["cancelling", "cancelled"]
    assert next(s for s in states[-1].stages if s.name == "encode").state == "active"
    assert runner.start(lambda progress: "next").result(10) == "next"


def test_a_queued_run_can_be_cancelled():
    worker = Worker("test")
    gate = threading.Event()
    worker.submit(gate.wait)
    runner = Runner(lambda _: None, worker=worker)
    started = []
    run = runner.start(lambda progress: (progress(at("load")), started.append(1)))
    runner.cancel()
    gate.set()
    with pytest.raises(Cancelled):
        run.result(10)
    assert started == [] and runner.state.status == "cancelled"


def test_a_failure_is_kept_and_the_worker_lives_on(runner):
    def bad(progress):
        progress(at("decode"))
        raise ZeroDivisionError("no")

    run = runner.start(bad)
    with pytest.raises(ZeroDivisionError):
        run.result(10)
    assert runner.state.status == "failed" and runner.state.detail == "No."
    assert runner.start(lambda progress: 5, lambda scene, metrics: scene + 1).result(10) == 6


def test_a_run_can_be_awaited(runner):
    async def wait():
        return await runner.start(lambda progress: "scene")

    assert asyncio.run(wait()) == "scene"


def test_what_a_run_took_is_recorded_and_logged_once(caplog):
    clock = SimpleNamespace(now=0.0)
    runner = Runner(lambda _: None, clock=lambda: clock.now)

    def job(progress):
        for stage, seconds in (("load", 1), ("encode", 5)):
            progress(at(stage))
            clock.now += seconds
        return SimpleNamespace(gaussians=range(7))

    with caplog.at_level(logging.INFO, logger="splat_widgets.events"):
        run = runner.start(job)
        run.result(10)
    assert run.metrics.outcome == "done" and run.metrics.seconds == 6
    assert run.metrics.stages == (("load", 1), ("encode", 5))
    assert run.metrics.num_gaussians == 7
    (record,) = caplog.records
    assert (record.event.kind, record.event.outcome) == ("run", "done")
    assert record.event.fields == {"queued_s": 0, "stages": {"load": 1, "encode": 5}}


def test_a_run_that_failed_is_measured_as_well():
    clock = SimpleNamespace(now=0.0)
    runner = Runner(lambda _: None, clock=lambda: clock.now)

    def job(progress):
        progress(at("encode"))
        clock.now += 3
        raise ValueError("no")

    run = runner.start(job)
    assert isinstance(run.exception(10), ValueError)
    assert run.metrics.outcome == "failed" and run.metrics.stages == (("encode", 3),)
    assert run.metrics.num_gaussians is None
