"""A page that asks a comparison."""

import io
import json

import builders
import numpy as np
import pytest
from PIL import Image

import splat_widgets as sw
from splat_widgets.comparison import answers


class Page:
    """Records what a comparison sends."""

    def __init__(self, comparison) -> None:
        self.comparison, self.sent = comparison, []
        comparison.send = lambda content, buffers=(): self.sent.append((content, buffers))

    def ask(self, kind: str, **content):
        asked = {"kind": kind, "view": "a", "request": str(len(self.sent)), **content}
        self.comparison._route(self.comparison, asked, [])
        answer, buffers = self.sent[-1]
        assert json.loads(json.dumps(answer, allow_nan=False)), "no NaN, no infinity"
        assert (answer["kind"], answer["request"]) == (kind, asked["request"])
        return answer["problem"], answer["found"], buffers


@pytest.fixture
def asking(monkeypatch) -> Page:
    class AtOnce:
        def submit(self, job) -> None:
            job()

    monkeypatch.setattr(answers, "_work", AtOnce())
    scene = sw.Scene.of(builders.make_scene())
    return Page(sw.compare(scene, scene[:600], titles=["a", "b"]))


def size_of(data: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(data)).size


def test_a_picture_is_rendered_as_large_as_the_view_and_no_larger(asking):
    camera = asking.comparison.camera
    wanted = {"pair": [0, 1], "camera": camera, "width": 1536, "height": 96}
    problem, found, buffers = asking.ask("picture", **wanted)
    assert problem == "" and (found["width"], found["height"]) == (768, 48)
    assert [size_of(data) for data in buffers] == [(768, 48)] * 3
    expected = asking.comparison.difference(
        camera=sw.Camera.centred(
            24 / np.tan(np.radians(camera["fov_deg"] / 2)),
            768,
            48,
            asking.comparison.scenes[0].cameras[0].T_world_camera,
        )
    )
    assert found["psnr"] == pytest.approx(expected.psnr, abs=0.5)
    same = asking.ask("picture", **{**wanted, "pair": [1, 0]})[1]
    assert same["titles"] == ("b", "a") and same["psnr"] == pytest.approx(found["psnr"])


def test_maps_come_with_their_histogram(asking):
    problem, found, buffers = asking.ask("maps", pair=[0, 1], attribute="confidence")
    assert problem == "" and [size_of(data) for data in buffers] == [(20, 20)] * 2
    assert [row["title"] for row in found["rows"]] == ["a", "b", "b − a"]
    assert [row["count"] for row in found["rows"]] == [800, 600, 600]
    assert sum(found["counts"]) + found["outside"] == 600 and found["lack"] == ""


def test_numbers_of_all_scenes(asking):
    _, found, _ = asking.ask("numbers")
    row = next(row for row in found["rows"] if row["name"] == "opacity")
    assert [cell["count"] for cell in row["cells"]] == [800, 600] and found["titles"] == ["a", "b"]


def test_what_cannot_be_answered_is_told(asking):
    camera = asking.comparison.camera
    problem, found, _ = asking.ask("maps", pair=[0, 1], attribute="wings")
    assert "Expected an attribute that all scenes have" in problem and found is None
    wanted = {"pair": [0, 1], "camera": {**camera, "fov_deg": 0}, "width": 9, "height": 9}
    assert "fov_deg" in asking.ask("picture", **wanted)[0]
    assert asking.ask("picture", **{**wanted, "camera": camera, "pair": [0, 9]})[0]


def test_a_page_that_waits_hears_from_the_kernel(asking):
    question = {"kind": "chunks_question", "transfer": "a", "question": 3}
    asking.comparison._route(asking.comparison, question, [])
    assert asking.sent[-1][0] == {
        "kind": "chunks_state",
        "transfer": "a",
        "next": -1,
        "question": 3,
    }
    values = {"mode": "wipe", "wipe_at": 0.25}
    asking.comparison._route(
        asking.comparison, {"kind": "traits", "view": "a", "values": values}, []
    )
    assert (asking.comparison.mode, asking.comparison.wipe_at) == ("wipe", 0.25)
