"""A `splat-widgets serve` of its own process, for benchmarks."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass(frozen=True)
class ServiceProcess:
    """A running service."""

    url: str
    folder: Path
    log: Path
    process: subprocess.Popen


@contextmanager
def serving(folder: Path, *arguments: str, **environment: str) -> Iterator[ServiceProcess]:
    """Serve the embedded model with one thread on a free port; ended at the end of the block."""
    log = folder / "log.txt"
    known = {"SPLAT_WIDGETS_OUTPUT_DIR": str(folder), "OMP_NUM_THREADS": "1", **environment}
    command = [sys.executable, "-m", "splat_widgets.cli", "serve", "-m", "embedded", "--port", "0"]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, *arguments],
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **known},
        )
    try:
        yield ServiceProcess(_url(log, process), folder, log, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _url(log: Path, process: subprocess.Popen) -> str:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        found = re.search(r"serves (http://\S+)", log.read_text())
        if found:
            try:
                if httpx.get(f"{found[1]}/health", timeout=5).status_code == 200:
                    return found[1]
            except httpx.TransportError:
                pass
        time.sleep(0.1)
    raise RuntimeError(f"the service did not start:\n{log.read_text()}")
