"""The nginx of `service/deploy/nginx.conf` before a real service: `nox -s cluster`."""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

import splat_widgets as sw
from splat_widgets import service

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="needs nginx"),
]
PATIENCE_S = 120
MAIN = """
user {user} {group}; daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 4096; }}
http {{ access_log off; {paths} include {folder}/site.conf; }}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def nginx(folder: Path, port: int) -> Iterator[str]:
    """The address of an nginx before a port; its times are a tenth of what they are."""
    site = Path(service.__file__).with_name("deploy").joinpath("nginx.conf").read_text()
    own = free_port()
    for old, new in {
        "listen 80;": f"listen 127.0.0.1:{own};",
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{port};",
        "client_header_timeout 15s;": "client_header_timeout 1500ms;",
    }.items():
        assert site.count(old) == 1
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    (folder / "nginx.conf").write_text(
        MAIN.format(folder=folder, paths=paths, user=user, group=group)
    )
    process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        wait_until(lambda: process.poll() is not None or answers(own))
        assert process.poll() is None, (folder / "error.log").read_text()
        yield f"http://127.0.0.1:{own}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def wait_until(is_so) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def answers(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def proxy(server, tmp_path_factory) -> Iterator[str]:
    with nginx(tmp_path_factory.mktemp("nginx"), server.port) as url:
        yield url


def begun(url: str, data: bytes) -> socket.socket:
    host, _, port = url.removeprefix("http://").partition(":")
    line = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
    line.sendall(data)
    return line


def reached(port: int) -> int:
    """Connections that go on to a port."""
    return sum(
        bool(line.raddr) and line.raddr.port == port and line.status == "ESTABLISHED"
        for line in psutil.net_connections("tcp4")
    )


def test_scenes_and_events_come_through(server, proxy, room_photos):
    through, here = (sw.connect(url) for url in (proxy, server.url))
    one, other = (sw.reconstruct(room_photos, model=m, progress=False) for m in (through, here))
    assert (one.means == other.means).all() and len(one) > 1000
    assert httpx.get(f"{proxy}/-/routes").status_code == 404


def test_the_refusal_of_a_large_upload_reaches_its_sender(server, proxy):
    def status(url: str) -> int:
        parts = (b"x" * 2**20 for _ in range(20))
        return httpx.post(f"{url}/api/generate-splat", content=parts, timeout=30).status_code

    assert [status(proxy) for _ in range(8)] == [status(server.url)] * 8 != [503] * 8


def test_500_connections_of_junk_never_reach_the_door(server, proxy):
    with ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(begun(proxy, b"GET /health HTTP/1.1\r\nHost: 12"))
        assert httpx.get(f"{proxy}/health", timeout=PATIENCE_S).status_code == 200
        assert reached(server.port) <= 16 + 2  # kept alive by nginx, or by other tests


def test_a_header_that_takes_its_time_is_not_waited_for(proxy):
    with begun(proxy, b"GET /health HTTP/1.1\r\n") as line:
        line.settimeout(0.2)
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                line.sendall(b"a")
                if line.recv(100) == b"":
                    return
            except TimeoutError:
                continue
            except ConnectionError:
                return
    raise AssertionError("it was waited for")


def test_who_has_too_many_requests_at_once_hears_a_problem(proxy):
    post = b"POST /api/generate-splat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(64):
            stack.enter_context(begun(proxy, post))

        def is_full() -> bool:
            answer = httpx.get(f"{proxy}/health", timeout=PATIENCE_S)
            if answer.status_code == 200:
                return False
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
            assert answer.headers["content-type"] == "application/problem+json"
            return answer.json()["type"].endswith(":too_many")

        wait_until(is_full)


def test_a_service_that_is_away_is_a_problem(tmp_path):
    with nginx(tmp_path, free_port()) as url:
        answer = httpx.get(f"{url}/api/jobs/07", timeout=PATIENCE_S)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["type"].endswith(":not_ready")
