"""A program started by us ends with us, and so does what it has started."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

# A stand-in for JupyterLab, with a stand-in for a kernel.
CHILD = """
import os, pathlib, signal, subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
if {stubborn}:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
partial = pathlib.Path({pids!r} + ".partial")
partial.write_text(f"{{os.getpid()}} {{grandchild.pid}}")
partial.rename({pids!r})
time.sleep(60)
"""
PARENT = """
import sys
from splat_widgets import child
child.GRACE_S = 0.5
sys.exit(child.run([sys.executable, "-c", sys.argv[1]]))
"""


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("stubborn", [False, True], ids=["polite", "stubborn"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all(tmp_path: Path, number: int, stubborn: bool):
    pids = tmp_path / "pids"
    code = CHILD.format(stubborn=stubborn, pids=str(pids))
    parent = subprocess.Popen([sys.executable, "-c", PARENT, code])
    try:
        while not pids.exists():
            assert parent.poll() is None
            time.sleep(0.02)
        parent.send_signal(number)
        assert parent.wait(30) == 128 + number
        left = [pid for pid in map(int, pids.read_text().split()) if is_alive(pid)]
        deadline = time.monotonic() + 10  # the system may take a moment to end them
        while left and time.monotonic() < deadline:
            time.sleep(0.02)
            left = [pid for pid in left if is_alive(pid)]
        assert left == []
    finally:
        parent.kill()


def test_the_exit_status_is_the_programs():
    code = "from splat_widgets import child; import sys; sys.exit(child.run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, sys.executable, "-c", "raise SystemExit(7)"]
    assert subprocess.run(command).returncode == 7
