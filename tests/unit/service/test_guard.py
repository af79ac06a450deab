"""Attacks: no token, wrong names and pages, bombs, floods; every one is refused in a sentence."""

import io
import itertools
import socket
import struct
import threading
import time
import zipfile
import zlib

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from splat_widgets.service import uploads
from splat_widgets.service.app import local_app
from splat_widgets.service.guard import SAFE_HEADERS
from splat_widgets.service.problems import MEDIA_TYPE
from splat_widgets.service.service_settings import ServiceSettings

from .conftest import BEARER, TOKEN, Running, photo_parts, settings

GENERATE = "/api/generate-splat"
FORM = "multipart/form-data; boundary=x"
PART = b"--x\r\nContent-Disposition: form-data; name="


@pytest.fixture
def serve(tmp_path, store, gate):
    """Makes a client of a service with further settings."""
    opened = []

    def made(**more):
        app = local_app(settings(tmp_path, **more), store=store, predictor=gate)
        opened.append(TestClient(app, base_url=f"http://{more.get('host', '127.0.0.1')}"))
        return opened[-1].__enter__()

    yield made
    for client in opened:
        client.__exit__(None, None, None)


def problem(answer, status, kind):
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, status), body
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert body["type"] == f"urn:splat-widgets:problem:{kind}"
    assert body["detail"].endswith(".") and "Traceback" not in body["detail"]
    return body["detail"]


def test_an_open_address_needs_a_token(tmp_path):
    for host in ("0.0.0.0", "::", "192.168.1.5", "gpu-box"):
        with pytest.raises(ValueError, match="expected a token for the address"):
            settings(tmp_path, host=host)
        assert settings(tmp_path, host=host, tokens=(TOKEN,)).tokens == (TOKEN,)
    for host in ("127.0.0.1", "127.3.2.1", "::1", "localhost"):
        assert settings(tmp_path, host=host).is_local


def test_tokens_come_from_a_file_or_the_environment_and_are_never_shown(tmp_path):
    file = tmp_path / "tokens"
    file.write_text(f"# of the class\n{TOKEN}\n\nanother-token-of-mine\n")
    environ = {
        "SPLAT_WIDGETS_TOKEN_FILE": str(file),
        "SPLAT_WIDGETS_TOKENS": "a-third-one-in-a-variable",
        "BACKEND_PORT": "9000",
        "JOB_TTL": "30min",
        "MAX_IMAGES": "4",
    }
    known = ServiceSettings.resolve(environ=environ)
    assert known.tokens == ("a-third-one-in-a-variable", TOKEN, "another-token-of-mine")
    assert (known.backend_port, known.job_ttl, known.kernel.max_images) == (9000, 1800, 4)
    assert TOKEN not in repr(known) and "a-third" not in repr(known)
    for wrong, said in (("short", "at least 16"), ("", "found none")):
        file.write_text(wrong)
        with pytest.raises(ValueError, match=said):
            ServiceSettings.resolve(environ={}, token_file=file)
    with pytest.raises(ValueError, match="a path or \\* is no origin"):
        ServiceSettings.resolve(environ={}, origins=("*",))


def test_no_route_works_without_a_token_on_a_public_address(serve, photos):
    client = serve(host="0.0.0.0", tokens=(TOKEN,))
    seen = set()
    for path, methods in all_routes(client.app):
        for method in methods:
            for given in ("", "Bearer wrong-wrong-wrong", TOKEN):
                headers = {"Authorization": given} if given else {}
                answer = client.request(method, path.replace("{id}", "0" * 32), headers=headers)
                if path == "/health" and "Bearer" not in given:
                    assert answer.json() == {"status": "ready"}
                    continue
                assert answer.headers["www-authenticate"] == "Bearer"
                problem(answer, 401, "token")
                seen.add((method, path))
    assert len(seen) >= 7
    assert client.get("/no/such/route").status_code == 401
    assert "model" in client.get("/health", headers=BEARER).json()
    made = client.post(GENERATE, files=photo_parts(*photos), headers=BEARER)
    assert made.status_code == 202


def all_routes(app):
    """Path and methods of every route, also of included routers."""
    document = app.openapi()["paths"]
    found = {path: [m.upper() for m in methods] for path, methods in document.items()}
    plain = [r for r in app.routes if isinstance(r, Route)]
    found |= {r.path: [m for m in r.methods if m != "HEAD"] for r in plain if r.methods}
    return found.items()


def test_a_job_is_seen_by_its_owner_alone(serve, photos):
    other = "another-token-of-mine"
    client = serve(tokens=(TOKEN, other))
    id = client.post(GENERATE, files=photo_parts(*photos), headers=BEARER).json()["id"]
    assert client.get(f"/api/jobs/{id}", headers=BEARER).status_code == 200
    for method, path in itertools.product(("GET", "DELETE"), (f"/api/jobs/{id}",)):
        answer = client.request(method, path, headers={"Authorization": f"Bearer {other}"})
        problem(answer, 404, "not_found")
    again = {"Idempotency-Key": "0123456789abcdef"}
    ids = {
        client.post(
            GENERATE,
            files=photo_parts(*photos),
            headers={"Authorization": f"Bearer {token}", **again},
        ).json()["id"]
        for token in (TOKEN, other)
    }
    assert len(ids) == 2  # one key of two callers


def test_guessing_and_floods_are_slowed_down(serve):
    client = serve(tokens=(TOKEN,), rate_limit="5/minute")
    answers = [client.get("/metrics", headers=BEARER) for _ in range(7)]
    assert [a.status_code for a in answers] == [200] * 5 + [429] * 2
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    wrong = [
        client.get("/metrics", headers={"Authorization": f"Bearer guess-{n}"}).status_code
        for n in range(22)
    ]
    assert wrong == [401] * 20 + [429] * 2


@pytest.mark.parametrize(
    "id",
    [
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "0" * 31 + "%00",
        "0" * 31 + "/",
        "0" * 33,
        "A" * 32,
        "jobs",
        "%0a" + "0" * 32,
    ],
)
def test_an_id_is_never_a_path(serve, id, tmp_path):
    client = serve()
    (tmp_path / "store" / "jobs" / "secret.json").write_text("{}")
    for path in (f"/api/jobs/{id}", f"/api/outputs/{id}", f"/api/jobs/{id}/events"):
        answer = client.get(path)
        assert answer.status_code in (404, 422), answer.text
        assert "passwd" not in answer.json()["detail"]


def test_a_name_is_text_and_never_a_path(serve, photos, store):
    client = serve()
    names = ["../../escaped.png", "/etc/cron.d/x", "..\\..\\x.png", "a\x00b.png", "x" * 3000]
    for name in names:
        parts = [("photos", (name, photos[0])), ("photos", ("b.png", b"%PDF"))]
        detail = problem(client.post(GENERATE, files=parts), 422, "photo")
        assert detail.startswith("b.png: is a PDF")
    parts = [("photos", (name, photos[n % 2])) for n, name in enumerate(names[:4])]
    id = client.post(GENERATE, files=parts, data={"refine": "false"}).json()["id"]
    job = store.jobs.get(id)
    assert job is not None
    for photo in job.photos:
        assert photo.key.startswith(f"photos/{id}/") and "/" not in photo.name
    inside = {path.name for path in (store.scratch.parent).rglob("*") if path.is_file()}
    assert not any("escaped" in name or "cron" in name for name in inside)


def bomb(side: int = 60_000) -> bytes:
    """A PNG of a few bytes that says it has `side` x `side` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        code = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", code)

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(100_000), 9)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("zeros", bytes(5_000_000))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (archive(), "bad.png: is a zip archive or an office document; unpack it"),
        (bomb(), "bad.png: has 60000 x 60000 = 3,600.0 megapixels, more than the limit"),
        (b"", "bad.png: is empty"),
        (b"<svg onload=alert(1)>", "bad.png: is an SVG drawing"),
        (b"\x89PNG\r\n\x1a\n" + bytes(600), "bad.png: cannot be read, damaged or cut off"),
    ],
)
def test_what_is_no_photo_is_told_as_on_the_panel_and_not_kept(serve, photos, store, data, said):
    client = serve()
    parts = [*photo_parts(photos[0]), ("photos", ("bad.png", data))]
    detail = problem(client.post(GENERATE, files=parts), 422, "photo")
    assert detail.startswith(said)
    assert list(store.objects.ids("photos")) == [] and list(store.scratch.iterdir()) == []
    assert list(store.jobs.all()) == []
    assert client.get("/health").json()["status"] == "ready"


def test_uploads_are_bounded(serve, photos, store):
    client = serve(max_file_size="100 kB", max_upload_size="300 kB")
    large = photo_parts(photos[0], photos[1] + bytes(120_000))
    detail = problem(client.post(GENERATE, files=large), 422, "photo")
    assert detail == "1.png: has more than the limit of 100 kB."
    many = photo_parts(*[photos[0] + bytes(90_000)] * 4)
    detail = problem(client.post(GENERATE, files=many), 413, "too_large")
    assert "more than 300 kB together" in detail
    assert list(store.scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--x--"),
        (FORM, b"nonsense"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="photos"',
        ),
        ("multipart/form-data; boundary=" + "x" * 300, b"--"),
        (FORM, PART + b'"file"; filename="a"\r\n\r\nz\r\n--x--\r\n'),
        (FORM, PART + b'"size"\r\n\r\n' + bytes(70_000)),
        (FORM, b"--x\r\n" + b"A: b\r\n" * 50 + b"\r\nz\r\n--x--\r\n"),
    ],
)
def test_requests_that_are_no_multipart(serve, kind, body):
    problem(serve().post(GENERATE, content=body, headers={"Content-Type": kind}), 400, "request")


def test_slow_and_endless_uploads_end(tmp_path, gate, photos, monkeypatch):
    monkeypatch.setattr(uploads, "_IDLE_S", 0.3)
    running = Running(tmp_path, predictor=gate, max_file_size="100 KiB")
    part = b'--x\r\nContent-Disposition: form-data; name="photos"; filename="a.png"\r\n\r\n'
    head = (
        b"POST /api/generate-splat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 250000000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n" + part + photos[0]
    )
    with socket.create_connection(("127.0.0.1", running.port)) as line:
        line.sendall(head)
        line.settimeout(10)
        assert line.recv(4096).startswith(b"HTTP/1.1 408")
    with socket.create_connection(("127.0.0.1", running.port)) as line:
        line.sendall(head)
        sent = 0
        try:
            while sent < 200_000_000:
                sent += line.send(bytes(100_000))
        except OSError:  # the service has hung up
            pass
        assert sent < 50_000_000
    assert list(running.app.state.service.store.scratch.iterdir()) == []
    running.stop()


def test_foreign_pages_and_names_are_refused(serve):
    client = serve(origins=("https://friend.example",), hosts=("tunnel",))
    assert client.get("/health", headers={"Host": "tunnel:8000"}).status_code == 200
    problem(client.get("/health", headers={"Host": "evil.example"}), 421, "host")
    problem(client.get("/health", headers={"Origin": "https://evil.example"}), 403, "origin")
    problem(client.post(GENERATE, headers={"Origin": "null"}), 403, "origin")
    assert client.get("/health", headers={"Origin": "http://127.0.0.1"}).status_code == 200

    def preflight(origin):
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        return client.options(GENERATE, headers=headers)

    friend = preflight("https://friend.example")
    assert friend.headers["access-control-allow-origin"] == "https://friend.example"
    assert "access-control-allow-credentials" not in friend.headers
    assert "access-control-allow-origin" not in preflight("https://evil.example").headers
    seen = client.get("/health", headers={"Origin": "https://friend.example"})
    assert seen.headers["access-control-allow-origin"] == "https://friend.example"


def test_every_answer_has_safe_headers(serve, photos):
    client = serve(tokens=(TOKEN,))
    answers = [
        client.get("/health"),
        client.get("/health", headers=BEARER),
        client.get("/metrics"),
        client.get("/nothing", headers=BEARER),
        client.put("/health", headers=BEARER),
        client.post(GENERATE, files=photo_parts(*photos), headers=BEARER),
    ]
    assert [a.status_code for a in answers] == [200, 200, 401, 404, 405, 202]
    for answer in answers:
        assert {k: answer.headers.get(k) for k in SAFE_HEADERS} == SAFE_HEADERS
        assert "server" not in answer.headers
    given = client.get("/health", headers={"X-Request-Id": "a-1.b"}).headers["x-request-id"]
    forged = client.get("/health", headers={"X-Request-Id": "a b<script>"}).headers["x-request-id"]
    assert given == "a-1.b" and forged.isalnum()


def test_junk_connections_do_not_stop_the_service(tmp_path, gate, monkeypatch):
    monkeypatch.setattr("splat_widgets.service.server._HEADER_S", 1.0)
    running = Running(tmp_path, predictor=gate)
    before = threading.active_count()
    lines = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(200)]
    for number, line in enumerate(lines):
        line.sendall(
            (b"\x16\x03\x01" if number % 2 else b"GET /health HTTP/1.1\r\nHost: ") + b"junk"
        )
    running.wait()
    assert threading.active_count() < before + 50
    until = time.monotonic() + 20
    for line in lines:  # all are let go
        line.settimeout(max(0.1, until - time.monotonic()))
        while line.recv(4096):
            pass
        line.close()
    running.stop()
