"""A notebook server as a process: its port, its own settings, its end."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
START_TIMEOUT_S = 120


class Server:
    """Runs a command whose last words are told port and token; kernels import this repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "notebooks"
        self.root.mkdir(parents=True)
        self.token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str], *, alive: str, **environment: str) -> None:
        """Start it and wait until the path `alive` answers.

        Raises:
            RuntimeError: with the end of its log, if it does not come up.
        """
        own = {f"JUPYTER_{kind}_DIR": str(self.folder / kind.lower()) for kind in _KINDS}
        merged = {
            **os.environ,
            **own,
            "PYTHONPATH": str(REPOSITORY),
            "IPYTHONDIR": str(self.folder / "ipython"),
            "HOME": str(self.folder),
            **environment,
        }
        log = self.folder / "server.log"
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                command, stdout=file, stderr=subprocess.STDOUT, env=merged, cwd=self.root
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{alive}", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"did not start: {log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


_KINDS = ("CONFIG", "DATA", "RUNTIME")
