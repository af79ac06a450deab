"""The service attacked: schemathesis over its OpenAPI document, and 500 connections of junk.

    python tests/benchmarks/attack.py [--examples 50]

Needs schemathesis; `SCHEMATHESIS` names its command if it lies elsewhere. Exits with 1 if the
service breaks its own document, answers with a 500, or is not alive afterwards.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
from service_process import ServiceProcess, serving

TOKEN = "a-token-for-the-benchmark"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
# What answers with problems for reasons that a document cannot tell (ids are not to be guessed).
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
)


def main() -> int:
    """Run both; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=50, help="of each route")
    options = parser.parse_args()
    environment = {
        "SPLAT_WIDGETS_TOKENS": TOKEN,
        "SPLAT_WIDGETS_RATE_LIMIT": "1000000/minute",
    }
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), **environment) as service:
        status = schemathesis(service, options.examples)
        junk(service)
        alive = httpx.get(f"{service.url}/health", headers=HEADERS, timeout=20).json()
        print(f"afterwards: {alive['status']}, {alive['memory']['process_bytes'] / 2**20:.0f} MiB")
        return 1 if status or alive["status"] != "ready" else 0


def schemathesis(service: ServiceProcess, examples: int) -> int:
    """Its exit status."""
    command = os.environ.get("SCHEMATHESIS") or shutil.which("schemathesis")
    if command is None:
        raise SystemExit("schemathesis is not installed: pip install schemathesis")
    arguments = [
        *("run", f"{service.url}/openapi.json", "--header", f"Authorization: Bearer {TOKEN}"),
        *("--checks", ",".join(CHECKS), "--max-examples", str(examples)),
    ]
    return subprocess.run([command, *arguments], cwd=service.folder, check=False).returncode


def junk(service: ServiceProcess, count: int = 500) -> None:
    """Connections that ask for nothing sensible, all at once."""
    port = urlsplit(service.url).port
    process = psutil.Process(service.process.pid)
    before = process.memory_info().rss
    lines = []
    for number in range(count):
        line = socket.create_connection(("127.0.0.1", port), timeout=20)
        line.sendall((b"\x16\x03\x01", b"GET / HTTP/1.1\r\nHost: ", b"\0" * 500)[number % 3])
        lines.append(line)
    files = process.num_fds()
    growth = (process.memory_info().rss - before) / 2**20
    print(f"{count} connections of junk: {files} files open, memory {growth:+.0f} MiB")
    until = time.monotonic() + 30
    while process.num_fds() > 60 and time.monotonic() < until:
        time.sleep(0.2)
    print(f"{time.monotonic() - until + 30:.0f} s later: {process.num_fds()} files open")
    for line in lines:
        line.close()


if __name__ == "__main__":
    raise SystemExit(main())
