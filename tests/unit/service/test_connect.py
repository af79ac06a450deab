"""The notebook as a client: the same scene, words and times as here, also over a bad line."""

import threading
import time

import httpx
import numpy as np
import pytest
import torch
from hosts.line import Line
from PIL import Image

import splat_widgets as sw
from splat_widgets.embedded import demo_pair
from splat_widgets.photos.source import PhotoError
from splat_widgets.reconstruction import Cancelled
from splat_widgets.service import API_VERSION, calls
from splat_widgets.service.calls import Calls, ServiceError

from .conftest import BEARER, TOKEN, Running


@pytest.fixture(scope="module")
def here(room_photos) -> sw.Scene:
    torch.set_num_threads(1)
    return sw.reconstruct(room_photos, model=sw.load_model("embedded"), progress=False)


def equal(one: sw.Scene, other: sw.Scene) -> bool:
    tensors = ("means", "scales", "quaternions", "opacities", "sh", "confidence", "view", "row")
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in tensors)


def test_the_ply_is_the_kernels_after_its_header(server, here, room_photos, tmp_path):
    parts = [("photos", (f"{n}.png", data)) for n, data in enumerate(room_photos)]
    answer = httpx.post(
        f"{server.url}/api/generate-splat", files=parts, params={"wait": "true"}, timeout=60
    )
    assert answer.status_code == 200, answer.text
    own = sw.save(here, tmp_path / "own.ply").read_bytes()
    end = b"end_header\n"
    assert answer.content.split(end, 1)[1] == own.split(end, 1)[1]


def test_a_service_takes_the_place_of_a_model(server, here, room_photos):
    model = sw.connect(server.url)
    seen = []
    scene = sw.reconstruct(room_photos, model=model, progress=seen.append)
    assert equal(scene, here)
    assert [p.name for p in scene.photos] == ["photo 1", "photo 2"]
    assert scene.notices == here.notices and scene.refinement == here.refinement
    assert torch.equal(scene.maps[0].points, here.maps[0].points)
    one, other = (s.reconstruction.predicted.gaussians for s in (scene, here))
    assert torch.equal(one.means, other.means)
    assert [name for name, _ in scene.timings.stages] == [n for n, _ in here.timings.stages]
    assert scene.timings.device == "cpu" and scene.path is None
    stages = list(dict.fromkeys(progress.stage for progress in seen))
    assert stages[0] == "send" and stages[-1] == "fetch" and "depth" in stages
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert server.url in repr(model) and model.stages[1:-1] == sw.reconstruction.stages()


def test_large_photos_are_sent_small_and_told_in_their_own_pixels(server):
    paths = demo_pair()
    arrays = [np.asarray(Image.open(path).convert("RGB").resize((1600, 1200))) for path in paths]
    focal_px = 1300.0
    choices = {"focal_px": focal_px, "refine": True, "gaussian_size": 64}
    scene = sw.reconstruct(arrays, model=sw.connect(server.url), progress=False, **choices)
    for photo in scene.photos:
        assert photo.original_size == (1600, 1200) and max(photo.whole.shape) == 1024
        assert photo.to_original(0, 0)[0] > 150  # the crop is in the middle of 1600 px
    assert scene.refinement.focal_px_after == pytest.approx((focal_px, focal_px), rel=1e-3)


def test_cameras_of_large_photos_are_in_their_own_pixels(server, tmp_path):
    paths = []
    for path in demo_pair():
        paths.append(tmp_path / f"{path.stem}.png")
        Image.open(path).convert("RGB").resize((1600, 1200)).save(paths[-1])
    choices = {"focal_px": 1300.0, "gaussian_size": 64, "refine": True, "progress": False}
    scene = sw.reconstruct(paths, model=sw.connect(server.url), **choices)
    local = sw.reconstruct(paths, model=sw.load_model("embedded"), **choices)
    both = [(scene.reconstruction, local.reconstruction)]
    both.append((both[0][0].predicted, both[0][1].predicted))
    for one, other in both:
        for camera, own in zip(one.cameras, other.cameras, strict=True):
            assert camera.crop == own.crop and camera.crop.width == 1600
            assert camera.uncropped().width == 1600
            assert camera.uncropped().focal_px == pytest.approx(own.uncropped().focal_px, rel=0.1)
    for number, picture in enumerate(("whole", "crop")):
        scene.export_colmap(tmp_path / f"colmap{number}", picture=picture)
        scene.export_nerfstudio(tmp_path / f"nerfstudio{number}", picture=picture)


def test_equal_photos_keep_their_names(server, room_photos):
    alike = [named(name, room_photos[0]) for name in ("a.png", "copy.png")]
    model = sw.connect(server.url)
    scene = sw.reconstruct(alike, model=model, refine=False, progress=False)
    assert [photo.name for photo in scene.photos] == ["a.png", "copy.png"]


def test_a_lost_line_finds_the_job_again(server, here, room_photos):
    line = Line(server.port, cut_all=True)
    model = sw.connect(f"http://127.0.0.1:{line.port}")
    said = []

    def progress(now):
        said.append(now.note)
        if line.cuts == 0 and (now.note or now.stage != "send"):
            line.arm(after_bytes=1, seconds=0.5)  # while events come
        if now.stage == "fetch" and line.cuts == 1:
            line.arm(after_bytes=2_000_000, seconds=0.2)  # in the middle of the file

    scene = sw.reconstruct(room_photos, model=model, progress=progress)
    line.close()
    assert line.cuts == 2 and equal(scene, here)
    assert any(note.startswith("No answer from http://127.0.0.1:") for note in said)


def test_a_job_is_fetched_by_its_id(server, here, room_photos):
    parts = [("photos", (f"{n}.png", data)) for n, data in enumerate(room_photos)]
    id = httpx.post(f"{server.url}/api/generate-splat", files=parts).json()["id"]
    assert equal(sw.connect(server.url).resume(id), here)


def test_a_run_that_is_cancelled_before_the_answer_came_is_found(tmp_path, gate, photos):
    running = Running(tmp_path, predictor=gate, tokens=(TOKEN,))
    gate.open.clear()
    store = running.app.state.service.store

    def progress(now):
        if list(store.jobs.all()):
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        sw.reconstruct(photos, model=sw.connect(running.url, TOKEN), progress=progress)
    (job,) = store.jobs.all()
    until = time.monotonic() + 10
    while not store.jobs.get(job.id).is_over and time.monotonic() < until:
        time.sleep(0.01)
    assert store.jobs.get(job.id).state == "cancelled"
    gate.open.set()
    running.stop()


def test_cancelling_here_cancels_there(tmp_path, gate, photos):
    running = Running(tmp_path, predictor=gate)
    gate.open.clear()

    def progress(now):
        if now.stage == "look":
            raise Cancelled("enough")

    model = sw.connect(running.url)
    began = time.monotonic()
    with pytest.raises(Cancelled):
        sw.reconstruct(photos, model=model, progress=progress)
    assert time.monotonic() - began < 5
    states = [job.state for job in running.app.state.service.store.jobs.all()]
    assert states == ["cancelled"]
    gate.open.set()
    running.stop()


def test_a_full_queue_is_waited_for(tmp_path, gate, photos, monkeypatch):
    running = Running(tmp_path, predictor=gate, queue_limit=1, tokens=(TOKEN,))
    gate.open.clear()
    parts = [("photos", (f"{n}.png", data)) for n, data in enumerate(photos)]
    with httpx.Client(base_url=running.url, headers=BEARER) as client:
        for waiting in (0, 1):
            assert client.post("/api/generate-splat", files=parts).status_code == 202
            while client.get("/health").json()["queue"]["waiting"] != waiting:
                time.sleep(0.01)
    monkeypatch.setattr(running.app.state.service, "retry_after_s", lambda: 1)
    said = []

    def progress(now):
        said.append(now.note)
        if "queue is full" in now.note:
            gate.open.set()

    scene = sw.reconstruct(photos, model=sw.connect(running.url, TOKEN), progress=progress)
    assert len(scene) and any("The queue is full: 1 jobs wait" in note for note in said)
    running.stop()


def test_errors_are_the_sentences_of_a_local_run(server, room_photos):
    model = sw.connect(server.url)
    with pytest.raises(PhotoError, match=r"notes\.jpg: is a PDF"):
        sw.reconstruct([room_photos[0], named("notes.jpg", b"%PDF-1.7")], model=model)
    with pytest.raises(ValueError, match="Expected gaussian_size of at most 176 px"):
        sw.reconstruct(room_photos, model=model, gaussian_size=512, refine=True, progress=False)
    with pytest.raises(ServiceError, match="There is no job of this id"):
        model.resume("0" * 32)
    with pytest.raises(ServiceError) as caught:
        model.resume(" " + "0" * 32)
    assert "may go on" not in str(caught.value) and ".." not in str(caught.value)
    for wrong in ("../../health", "0" * 31, "", None):
        with pytest.raises(ValueError, match="expected the id of a job"):
            model.resume(wrong)


class named:
    def __init__(self, name, data):
        self.name, self.data = name, data


def answering(monkeypatch, body):
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=body))
    plain = Calls.__init__
    monkeypatch.setattr(
        calls.Calls,
        "__init__",
        lambda self, url, token: plain(self, url, token, transport=transport),
    )


def test_an_address_below_a_service_is_told(server):
    with pytest.raises(ServiceError, match=r"/prefix is no service .*; give the address that"):
        sw.connect(f"{server.url}/prefix")


def test_what_connect_says_when_it_cannot():
    for wrong in ("gpu-box:8000", "ftp://gpu-box", "http://", 3):
        with pytest.raises(ValueError, match="expected the address of a service"):
            sw.connect(wrong)
    with pytest.raises(ServiceError, match=r"no service answers at http://127.0.0.1:9 .*serve"):
        sw.connect("http://127.0.0.1:9")


def test_a_token_is_checked_and_never_shown(tmp_path, gate):
    running = Running(tmp_path, predictor=gate, tokens=(TOKEN,))
    assert sw.connect(running.url, f" {TOKEN}\n").image_size
    running.stop()
    for wrong in ("sécret-token", "secret\ntoken", "secret\x00token"):
        with pytest.raises(ValueError, match="expected a token of printable ASCII") as caught:
            sw.connect("http://127.0.0.1:9", wrong)
        assert wrong not in str(caught.value) and "cret" not in str(caught.value)
    with pytest.raises(TypeError, match="expected a token as text, got int"):
        sw.connect("http://127.0.0.1:9", 3)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"status": "ready", "api": API_VERSION + 1, "version": "9.0"},
            "is newer .splat_widgets 9",
        ),
        ({"status": "ready", "api": 0, "version": "0.0"}, "is older .splat_widgets 0.0"),
        ({"hello": "world"}, "is no service of splat_widgets"),
        ({"status": "failed", "api": API_VERSION, "error": "None."}, "has no model: None"),
        ({"status": "ready"}, "needs a token"),
    ],
)
def test_other_services_are_told(monkeypatch, body, said):
    answering(monkeypatch, body)
    with pytest.raises(ServiceError, match=said):
        sw.connect("http://gpu-box:8000")


def test_a_cluster_whose_parts_begin_anew_is_asked_again(server, monkeypatch):
    """Serve's proxy alone answers 500 in plain text, nginx 502, ours a problem."""
    problem = {"type": "urn:splat-widgets:problem:not_ready", "status": 503, "detail": "Again."}
    answers = [
        httpx.Response(500, text="Internal Server Error"),
        httpx.Response(502, html="<html>"),
        httpx.Response(503, json=problem, headers={"Retry-After": "0"}),
        httpx.Response(200, json={"id": "07"}),
    ]
    monkeypatch.setattr(calls, "FIRST_PAUSE_S", 0)
    line = Calls("http://gpu", None, transport=httpx.MockTransport(lambda _: answers.pop(0)))
    send = lambda client: calls.checked(client.get("/api/jobs/07")).json()  # noqa: E731
    assert line.until_answered(send, lambda _: None) == {"id": "07"} and not answers
    known = [httpx.Response(503, json=problem, headers={"Retry-After": "0"})]
    once = Calls.once
    monkeypatch.setattr(
        Calls, "once", lambda line, *what: known.pop() if known else once(line, *what)
    )
    assert sw.connect(server.url).image_size == 128 and not known


def test_a_service_that_stays_away_behind_a_proxy_is_given_up_but_a_full_queue_is_not(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(calls.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(calls.time, "sleep", lambda seconds: now.append(now.pop() + seconds + 0.01))
    problem = {"type": "urn:splat-widgets:problem:not_ready", "detail": "Send it again."}

    def ask(status, wait, give_up_s):
        answers = [httpx.Response(status, json=problem, headers={"Retry-After": wait})] * 200
        answers.append(httpx.Response(200, json={}))
        line = Calls("http://gpu", None, transport=httpx.MockTransport(lambda _: answers.pop(0)))
        send = lambda client: calls.checked(client.get("/")).json()  # noqa: E731
        start = now[0]
        line.until_answered(send, lambda _: None, give_up_s=give_up_s)
        return now[0] - start

    assert ask(429, "5", 20) > 1000
    assert ask(429, "0", 20) > 10  # not as fast as it can
    with pytest.raises(calls.SilentError, match=r"no service answers .*Send it again"):
        ask(503, "5", 20)


def test_a_foreign_proxy_is_no_cluster_that_begins(monkeypatch):
    away = httpx.Response(503, html="<h1>Maintenance</h1>", headers={"Retry-After": "3600"})
    monkeypatch.setattr(Calls, "once", lambda *_: away)
    with pytest.raises(ServiceError, match="a proxy answers at http://gpu:1 with status 503"):
        sw.connect("http://gpu:1")


def test_studio_on_a_service_through_a_thin_line_that_is_cut(server, here, room_photos, tmp_path):
    line = Line(server.port, cut_all=True, bytes_per_s=20e6)
    model = sw.connect(f"http://127.0.0.1:{line.port}")
    studio = sw.Studio(model=model, output_dir=tmp_path)
    for number, data in enumerate(room_photos):
        studio.panel.add(data, name=f"{'ab'[number]}.png")
    assert studio.panel.max_chosen == 10 and "at http://127.0.0.1" in studio.strip.model_line
    details = set()
    studio.strip.observe(lambda change: details.add(change["new"]["detail"]), names=["run"])
    armed = threading.Timer(0.2, lambda: line.arm(after_bytes=1, seconds=0.4))
    armed.start()
    scene = studio.generate().result(60)
    line.close()
    assert line.cuts == 1 and equal(scene, here)
    assert [photo.name for photo in scene.photos] == ["a.png", "b.png"]
    assert scene.photos[0].sha256 == studio.panel.photos[0].sha256
    assert studio.strip.verdict["level"] in ("good", "doubt")
    assert any("No answer from" in detail for detail in details)
    assert "at http://" in studio.health().model and "cpu at http://" in studio.health().device
    studio.close()
