"""The routes of a service without a port: what they answer, and what becomes of jobs."""

import json
import logging
import re
import threading
import time

import pytest
from starlette.testclient import TestClient

from splat_widgets.service.app import local_app
from splat_widgets.service.context import spoken
from splat_widgets.service.problems import MEDIA_TYPE
from splat_widgets.service.records import ENDED

from .conftest import photo_parts, settings
from .test_lifecycle import a_job


@pytest.fixture
def client(tmp_path, store, gate):
    app = local_app(settings(tmp_path, queue_limit=2), store=store, predictor=gate)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def post(client, photos, **fields):
    data = {"refine": "false", **fields}
    return client.post("/api/generate-splat", files=photo_parts(*photos), data=data)


def ended(client, id):
    until = time.monotonic() + 30
    while time.monotonic() < until:
        job = client.get(f"/api/jobs/{id}").json()
        if job["ended"] is not None:
            return job
        time.sleep(0.01)
    raise AssertionError(job)


def files(store, kind):
    return list(store.objects.ids(kind))


def test_a_job_from_photos_to_a_ply(client, photos, store):
    answer = post(client, photos)
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"/api/jobs/{job['id']}"
    job = ended(client, job["id"])
    assert job["state"] == "done" and job["problem"] is None
    assert job["num_gaussians"] == 2 * 48 * 48 and job["progress"]["fraction"] == 1
    assert job["stages"][0]["name"] == "load"
    assert job["verdict"]["applied"] is False and job["verdict"]["sentence"]
    ply = client.get(job["outputs"]["ply"])
    assert ply.content.startswith(b"ply\n") and ply.headers["accept-ranges"] == "bytes"
    scene = client.get(f"/api/outputs/{job['id']}?format=splatscene")
    assert scene.content.startswith(b"PK")
    assert files(store, "photos") == [] and list(store.scratch.iterdir()) == []


def test_ranges_of_a_result(client, photos):
    id = post(client, photos).json()["id"]
    ended(client, id)
    whole = client.get(f"/api/outputs/{id}").content

    def part(range_, **more):
        return client.get(f"/api/outputs/{id}", headers={"Range": range_, **more})

    middle = part("bytes=100-199")
    assert middle.status_code == 206 and middle.content == whole[100:200]
    assert middle.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert part("bytes=-7").content == whole[-7:]
    assert part(f"bytes={len(whole) - 5}-").content == whole[-5:]
    assert part("bytes=5-3").status_code == part("lines=1-2").status_code == 200
    beyond = part(f"bytes={len(whole)}-")
    assert beyond.status_code == 416 and beyond.headers["content-range"] == f"bytes */{len(whole)}"
    assert beyond.headers["content-type"] == MEDIA_TYPE and beyond.json()["status"] == 416
    assert beyond.json()["detail"].startswith(f"The file has {len(whole)} bytes, ")
    again = part("bytes=0-3", **{"If-Range": middle.headers["etag"]})
    assert again.status_code == 206 and again.content == whole[:4]
    assert part("bytes=0-3", **{"If-Range": '"other"'}).status_code == 200


def test_the_head_of_a_result(client, photos):
    id = post(client, photos).json()["id"]
    ended(client, id)
    whole, head = (client.request(how, f"/api/outputs/{id}") for how in ("GET", "HEAD"))
    assert head.status_code == 200 and head.content == b""
    for name in ("content-length", "content-type", "etag", "accept-ranges"):
        assert head.headers[name] == whole.headers[name]
    assert client.head(f"/api/outputs/{'0' * 32}").status_code == 404


def test_other_formats_are_made_when_asked_for(client, photos, tmp_path, monkeypatch):
    id = post(client, photos).json()["id"]
    ended(client, id)
    for form in ("spz", "glb", "html"):
        bundle = tmp_path / "bundle.js"
        bundle.write_text("// built")
        monkeypatch.setattr("splat_widgets.page.bundle.BUNDLE_PATH", bundle)
        answer = client.get(f"/api/outputs/{id}?format={form}")
        if answer.status_code == 404:  # this installation cannot write it
            assert answer.json()["detail"].startswith(f"This service cannot write .{form} files")
            continue
        assert answer.status_code == 200 and len(answer.content) > 1000
        part = client.get(f"/api/outputs/{id}?format={form}", headers={"Range": "bytes=0-9"})
        assert part.content == answer.content[:10]
    page = client.get(f"/api/outputs/{id}?format=html")
    assert page.headers["content-security-policy"].startswith("sandbox allow-scripts;")
    strange = client.get(f"/api/outputs/{id}?format=exe")
    assert strange.status_code == 404 and "out of ply, splatscene" in strange.json()["detail"]


def test_a_cancelled_job_ends_within_a_second(client, photos, store, gate, caplog):
    caplog.set_level(logging.INFO, logger="splat_widgets.service")
    gate.open.clear()
    first, second = (post(client, photos).json()["id"] for _ in range(2))
    while client.get(f"/api/jobs/{first}").json()["state"] != "running":
        time.sleep(0.005)
    assert client.get(f"/api/jobs/{second}").json()["position"] == 0
    for id in (second, first):  # one that waits, and the one that goes on
        began = time.monotonic()
        answer = client.delete(f"/api/jobs/{id}")
        assert answer.status_code == 200 and answer.json()["state"] == "cancelled"
        assert time.monotonic() - began < 1
    until = time.monotonic() + 10
    while files(store, "photos") and time.monotonic() < until:  # they go after the record
        time.sleep(0.005)
    assert files(store, "photos") == [] and files(store, "outputs") == []
    lines = [record.job["outcome"] for record in caplog.records if hasattr(record, "job")]
    assert lines == ["cancelled"] * 2
    gone = client.get(f"/api/outputs/{first}")
    assert gone.status_code == 409 and gone.json()["detail"] == "The run was cancelled."
    assert client.delete(f"/api/jobs/{first}").json()["state"] == "cancelled"


def test_the_queue_is_bounded(client, photos, store, gate):
    gate.open.clear()
    ids = [post(client, photos).json()["id"]]
    while client.get(f"/api/jobs/{ids[0]}").json()["state"] != "running":
        time.sleep(0.005)
    ids += [post(client, photos).json()["id"] for _ in range(2)]
    full = post(client, photos)
    assert full.status_code == 429 and int(full.headers["retry-after"]) >= 1
    assert "queue is full" in full.json()["detail"] and len(files(store, "photos")) == 3
    gate.open.set()
    assert [ended(client, id)["state"] for id in ids] == ["done"] * 3


def test_a_request_that_is_sent_again_makes_one_job(client, photos, store):
    key = {"Idempotency-Key": "a-random-key-of-a-client"}

    def send(**more):
        return client.post(
            "/api/generate-splat", files=photo_parts(*photos), data={"refine": "false"}, **more
        )

    one, other = send(headers=key).json(), send(headers=key).json()
    assert one["id"] == other["id"] != send().json()["id"]
    ended(client, one["id"])
    assert send(headers=key).json()["state"] == "done"
    assert send(headers={"Idempotency-Key": "short"}).status_code == 400


def test_events_tell_every_change_until_the_end(client, photos, gate):
    gate.open.clear()
    id = post(client, photos).json()["id"]
    threading.Timer(0.3, gate.open.set).start()  # this client reads an answer once it is whole
    answer = client.get(f"/api/jobs/{id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = re.findall(r"id: \d+\nevent: (\w+)\ndata: (.+)\n\n", answer.text)
    jobs = [json.loads(data) for _, data in events]
    assert [name for name, _ in events] == ["progress"] * (len(jobs) - 1) + ["end"]
    assert jobs[0]["state"] != "done" and jobs[-1]["state"] == "done" and jobs[-1]["id"] == id


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"refine": "maybe"}, 422, "Expected refine as auto, true or false, got 'maybe'."),
        ({"size": "100"}, 422, "Expected gaussian_size as a multiple of 16 from 64 to 1024"),
        ({"size": "1e3"}, 422, "Expected size as a whole number of pixels"),
        ({"format": "exe"}, 422, "Expected a format out of ply, splatscene"),
        ({"crops": "[[0, 0]]"}, 422, "Expected crops as a JSON list with one entry"),
        ({"crops": "[[0, 0, true], null]"}, 422, "Expected a crop as [x, y, side]"),
        ({"focal_px": "[" * 9000}, 422, "Expected focal_px as JSON"),
        ({"cameras": "[1, 2]"}, 422, "Expected each of `cameras` with T_world_camera"),
        ({"wings": "2"}, 422, "Expected fields out of refine"),
    ],
)
def test_wrong_options_are_told_in_the_words_of_the_kernel(client, photos, fields, status, said):
    answer = post(client, photos, **fields)
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert problem["detail"].startswith(said) and problem["detail"].endswith(".")
    assert problem["type"] == "urn:splat-widgets:problem:options"
    assert problem["request_id"] == answer.headers["x-request-id"]


def test_counts_of_photos(client, photos):
    one = post(client, photos[:1])
    assert one.status_code == 422
    assert one.json()["detail"].startswith("Expected 2 to 10 photos, got 1; add single=true")
    assert post(client, photos[:1], single="true").status_code == 202
    many = post(client, photos * 6)
    assert many.status_code == 422 and many.json()["detail"].startswith("Expected at most 10")


def test_health_and_metrics(client, photos):
    ended(client, post(client, photos).json()["id"])
    health = client.get("/health").json()
    assert health["status"] == "ready" and health["model"]["image_size"] == 48
    assert health["queue"]["waiting"] == 0 and health["queue"]["limit"] == 2
    assert [name for name, *_ in health["model"]["stages"]][2:4] == ["look", "fuse"]
    post(client, photos, refine="maybe")
    text = client.get("/metrics").text
    assert 'splat_job_seconds_count{outcome="done"} 1.0' in text
    assert 'splat_errors_total{kind="options"} 1.0' in text
    assert 'splat_stage_seconds_count{stage="load"} 1.0' in text
    assert 'route="/api/jobs/{id}"' in text and "splat_memory_bytes" in text
    assert "splat_halved_batches_total 0.0" in text and health["model"]["halved_batches"] == 0


@pytest.mark.parametrize(
    "method, path, status, said",
    [
        ("GET", "/", 404, "photos go to POST /api/generate-splat"),
        ("GET", "/health/", 404, "nothing at this address"),
        ("PUT", "/health", 405, "Expected GET at this address, got PUT."),
        ("DELETE", "/api/outputs/" + "0" * 32, 405, "Expected GET at this address, got DELETE."),
        ("GET", "/api/jobs/" + "0" * 32, 404, "results are kept for 24 h."),
        ("POST", "/api/generate-splat?wait=maybe", 422, "The parameter 'wait': "),
    ],
)
def test_what_is_asked_for_wrongly_is_told(client, method, path, status, said):
    answer = client.request(method, path, follow_redirects=False)
    assert answer.status_code == status and said in answer.json()["detail"]
    assert answer.headers.get("allow") == ("GET" if status == 405 else None)


def test_a_balancer_may_ask_for_the_head_of_health(client):
    answer = client.head("/health")
    assert answer.status_code == 200 and answer.content == b""


@pytest.mark.parametrize(
    "seconds, said", [(86400, "24 h"), (5400, "90 min"), (3600, "1 h"), (40, "40 s"), (90, "90 s")]
)
def test_times_are_said_in_whole_units(seconds, said):
    assert spoken(seconds) == said


def test_the_document_describes_every_route(client):
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/api/generate-splat",
        "/api/jobs/{id}",
        "/api/jobs/{id}/events",
        "/api/outputs/{id}",
        "/health",
        "/metrics",
    }
    body = document["paths"]["/api/generate-splat"]["post"]["requestBody"]
    assert body["content"]["multipart/form-data"]["example"]["photos"] == ["a.jpg", "b.jpg"]
    for path in document["paths"].values():
        for route in path.values():
            problems = [
                a for a in route["responses"].values() if MEDIA_TYPE in a.get("content", {})
            ]
            assert problems and all(p["content"][MEDIA_TYPE]["example"]["detail"] for p in problems)
            told = [a["content"].get("application/json") for a in route["responses"].values()]
            jobs = [one["example"] for one in told if one and "state" in one.get("example", ())]
            for job in jobs:  # answers that the service could give; null is left out by FastAPI
                assert set(job) <= set(a_job().public())
                assert ("ended" in job) == (job["state"] in ENDED)
                assert bool(job["outputs"]) == (job["state"] == "done")
