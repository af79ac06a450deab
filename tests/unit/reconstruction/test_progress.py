"""The stopwatch of a run with a clock of our own, the bar, and the peak of memory."""

import gc

import numpy as np
import pytest
import torch

from splat_widgets.models.predictor import Stage
from splat_widgets.reconstruction import Progress, progress
from splat_widgets.reconstruction.progress import PeakMemory, Stopwatch, progress_bar

STAGES = (Stage("a", "A", 1.0), Stage("b", "B", 3.0))
CPU = torch.device("cpu")


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The time, which tests advance."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    return now


def test_a_stage_lasts_until_the_next_one_begins(clock):
    seen: list[Progress] = []
    watch = Stopwatch(seen.append, STAGES, CPU)
    for stage, done, total, lasts in (("a", 0, 2, 1.0), ("a", 1, 2, 2.0), ("b", 0, 1, 4.0)):
        watch.step(stage, done, total)
        clock[0] += lasts
    watch.finish()
    assert watch.seconds == {"a": 3.0, "b": 4.0}
    expected = [
        Progress("a", 0, 2, 0.0, 0.0),
        Progress("a", 1, 2, 1.0, 0.125),
        Progress("a", 2, 2, 3.0, 0.25),
        Progress("b", 0, 1, 3.0, 0.25),
        Progress("b", 1, 1, 7.0, 1.0),
    ]
    assert seen == expected


def test_a_stage_may_go_on_after_another_one(clock):
    seen: list[Progress] = []
    watch = Stopwatch(seen.append, STAGES, CPU)
    for pair in range(2):
        for stage in ("a", "b"):
            watch.step(stage, pair, 2)
            clock[0] += 1.0
    watch.finish()
    assert watch.seconds == {"a": 2.0, "b": 2.0}
    fractions = [one.fraction for one in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1


def test_what_the_report_raises_ends_the_run():
    def report(_: Progress) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        Stopwatch(report, STAGES, CPU).step("a")


def test_the_bar_only_moves_forward(capsys):
    with progress_bar() as report:
        for fraction in (0.5, 0.2, 1.0):
            report(Progress("a", 0, 1, 0.0, fraction))
    shown = capsys.readouterr().err
    assert "100%" in shown and "120%" not in shown


def test_the_peak_is_seen_after_the_memory_was_freed():
    gc.collect()  # what other tests left must not go meanwhile
    with PeakMemory(CPU) as memory:
        before, device = memory.read()
        block = np.ones(2**28, np.uint8)
        memory.read()
        del block
        assert memory.read()[0] >= before + 2**26
    assert device is None
