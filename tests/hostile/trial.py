"""Tries a case: in this process, or in one of its own with memory and time measured."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from hostile.case import Case, WrongEnding

TIME_LIMIT_S = 60.0

Opens = Callable[[Case, Path], str | None]
"""Opens the file of a case; the message of a refusal, None for the right result.

Anything else that it raises is wrong."""


@dataclass(frozen=True)
class Outcome:
    """What became of a case."""

    ending: str  # "right", "refused", or "wrong"
    told: str  # the message of the refusal, or what is wrong
    seconds: float = 0.0
    peak_mib: float = 0.0  # beyond what the process had before


def tried(case: Case, path: Path, opens: Opens) -> Outcome:
    """Write the file, open it, and judge."""
    path.write_bytes(case.make())
    return _judged(case, path, opens)


def _judged(case: Case, path: Path, opens: Opens) -> Outcome:
    began_s = time.perf_counter()
    try:
        told = opens(case, path)
    except Exception as error:
        return Outcome("wrong", f"{type(error).__name__}: {error}", time.perf_counter() - began_s)
    seconds = time.perf_counter() - began_s
    ending = "right" if told is None else "refused"
    if case.ending not in ("either", ending):
        return Outcome("wrong", f"expected {case.ending}, got {ending}: {told}", seconds)
    if told is not None and case.said not in told:
        return Outcome("wrong", f"expected {case.said!r} in: {told}", seconds)
    return Outcome(ending, told or "", seconds)


def check(case: Case, path: Path, opens: Opens) -> None:
    """`tried`, for tests.

    Raises:
        WrongEnding: with what is wrong.
    """
    outcome = tried(case, path, opens)
    if outcome.ending == "wrong":
        raise WrongEnding(f"{case.group}, {case.name}: {outcome.told}")


def tried_alone(case: Case, path: Path, opens: Opens) -> Outcome:
    """`tried` in a forked process; too much memory, a crash or a hang are wrong too."""
    path.write_bytes(case.make())  # here, for making it costs memory too
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        _run_child(case, path, opens, writes)
    os.close(writes)
    told = b""
    deadline_s = time.monotonic() + TIME_LIMIT_S
    while (left_s := deadline_s - time.monotonic()) > 0:
        if not select.select([reads], [], [], left_s)[0]:
            break
        part = os.read(reads, 2**16)
        if not part:
            break
        told += part
    os.close(reads)
    if not told:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not told:
        ended = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "no answer"
        return Outcome("wrong", f"hung for {TIME_LIMIT_S:g} s, or crashed ({ended})")
    outcome = Outcome(**json.loads(told))
    if outcome.peak_mib > case.max_mib and outcome.ending != "wrong":
        what = f"took {outcome.peak_mib:.0f} MiB, more than {case.max_mib:g}"
        return Outcome("wrong", what, outcome.seconds, outcome.peak_mib)
    return outcome


def _run_child(case: Case, path: Path, opens: Opens, writes: int) -> None:
    """What a child does: a fresh process counts its peak from here."""
    try:
        before = psutil.Process().memory_info().rss
        outcome = _judged(case, path, opens)
        unit = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
        told = asdict(outcome) | {"peak_mib": max(0.0, (peak - before) / 2**20)}
        os.write(writes, json.dumps(told).encode()[:60_000])
    finally:
        os._exit(0)
