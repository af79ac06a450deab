"""The proxy that cuts lines: requests pass, a websocket breaks where it was told to."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from hosts.line import Line

UPGRADE = b"GET /channels HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"


@pytest.fixture
def line():
    """A line to a server that answers each connection with 300,000 bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    end, _ = server.accept()
                    end.recv(65536)
                    end.sendall(bytes(300_000))
                    end.close()
                except OSError:
                    if server.fileno() < 0:
                        return

        threading.Thread(target=serve, daemon=True).start()
        opened = Line(server.getsockname()[1])
        yield opened
        opened.close()


def received(line: Line, request: bytes) -> int:
    count = 0
    with socket.create_connection(("127.0.0.1", line.port), timeout=20) as end:
        end.sendall(request)
        try:
            while piece := end.recv(65536):
                count += len(piece)
        except ConnectionResetError:
            pass
    return count


def test_all_bytes_pass_until_it_is_armed(line):
    assert received(line, UPGRADE) == received(line, b"GET / HTTP/1.1\r\n\r\n") == 300_000
    assert line.cuts == 0


def test_an_armed_line_is_cut_once_and_refuses_websockets_for_a_while(line):
    line.arm(after_bytes=100_000, seconds=60)
    assert received(line, b"GET / HTTP/1.1\r\n\r\n") == 300_000  # requests are not counted
    assert received(line, UPGRADE) < 200_000
    assert line.cuts == 1
    assert received(line, UPGRADE) == 0
    assert received(line, b"GET / HTTP/1.1\r\n\r\n") == 300_000


def test_a_line_may_be_cut_by_what_goes_up():
    with socket.create_server(("127.0.0.1", 0)) as server:
        opened = Line(server.getsockname()[1])
        with socket.create_connection(("127.0.0.1", opened.port), timeout=20) as end:
            end.sendall(UPGRADE)
            behind, _ = server.accept()
            with behind:
                behind.sendall(behind.recv(65536))
                assert end.recv(65536) == UPGRADE
                opened.arm(after_bytes=1000, seconds=60, up=True)
                behind.sendall(bytes(5000))  # the other way counts nothing
                assert end.recv(1) == b"\0" and opened.cuts == 0
                end.sendall(bytes(2000))
                assert behind.recv(65536) == b""
        opened.close()
    assert opened.cuts == 1


def test_a_line_comes_back(line):
    line.arm(after_bytes=1, seconds=0.2)
    assert received(line, UPGRADE) < 300_000
    deadline = time.monotonic() + 20
    while received(line, UPGRADE) != 300_000:
        assert time.monotonic() < deadline
        time.sleep(0.05)
