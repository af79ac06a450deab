"""Totals: what a process has done so far."""

import threading

import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets import events
from splat_widgets.jobs import totals
from splat_widgets.jobs.runner import Runner
from splat_widgets.jobs.totals import PERCENTILES, percentiles


def test_runs_errors_and_times_are_counted(monkeypatch):
    monkeypatch.setattr(events, "_log", events._Log())
    for seconds in (1.0, 2.0, 3.0):
        events.tell("run", seconds=seconds, stages={"encode": seconds / 2})
    events.tell("run", "failed", seconds=9.0, error=MemoryError("no room for a.jpg"))
    events.tell("upload", "refused", name=events.hashed("a.jpg"))
    found = sw.jobs.metrics()
    assert found.counts == {"run": {"done": 3, "failed": 1}, "upload": {"refused": 1}}
    assert found.errors == {"MemoryError": 1}
    assert found.run_seconds[50] == 2.0
    assert found.stage_seconds["encode"][50] == 1.0
    assert found.memory_bytes > 0 and found.gpus == ()
    text = repr(found)
    assert "3 done, 1 failed" in text and "1 MemoryError" in text and "p50 2.00 s" in text
    assert "a.jpg" not in text


@pytest.mark.parametrize("count", [1, 2, 57])
def test_percentiles_are_numpys(count):
    values = np.random.default_rng(count).exponential(size=count)
    found = percentiles(list(values))
    assert list(found) == list(PERCENTILES)
    assert list(found.values()) == pytest.approx(np.percentile(values, PERCENTILES))
    assert percentiles([]) == {}


def test_the_queue_counts_what_waits_and_what_goes_on():
    go, running = threading.Event(), threading.Event()

    def job(_progress):
        running.set()
        go.wait(10)

    runs = [Runner(lambda _: None).start(job) for _ in range(3)]
    assert running.wait(10)
    assert sw.jobs.metrics().queue_depth == 3
    go.set()
    for run in runs:
        run.result(10)
    assert sw.Studio().metrics.counts == sw.jobs.metrics().counts


def test_a_device_is_shown_with_its_use(monkeypatch):
    cuda = torch.cuda
    monkeypatch.setattr(cuda, "is_available", lambda: True)
    monkeypatch.setattr(cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(cuda, "device_count", lambda: 2)
    monkeypatch.setattr(cuda, "mem_get_info", lambda number: (3 * 10**9, 4 * 10**9))
    monkeypatch.setattr(cuda, "get_device_name", lambda number: f"T{number}")

    def busy(number):
        if number:
            raise ModuleNotFoundError("pynvml")
        return 40

    monkeypatch.setattr(cuda, "utilization", busy)
    first, second = totals.totals().gpus
    assert (first.used_bytes, first.busy, second.busy) == (10**9, 0.4, None)
    assert "T0, 1 GB of 4 GB, 40% busy" in repr(totals.totals())
