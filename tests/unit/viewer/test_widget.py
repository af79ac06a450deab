"""The viewer's Python half, with a fake page."""

import asyncio
from types import SimpleNamespace

import builders
import pytest
import torch
from traitlets import TraitError

from splat_widgets.page.chunks import DOWN_BYTES, WINDOW
from splat_widgets.page.snapshot import SnapshotError
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene
from splat_widgets.viewer import SplatViewer, view
from splat_widgets.viewer import wire as wire_module


def scene(count: int = 10) -> Gaussians:
    return builders.make_balls(torch.rand(count, 3) + torch.tensor([0.0, 0.0, 3.0]))


class Page:
    """Records what a viewer sends and answers like a view of the page."""

    def __init__(self, viewer: SplatViewer, view: str = "a") -> None:
        self.viewer, self.view = viewer, view
        self.sent: list[tuple[dict, list]] = []
        viewer.send = lambda content, buffers=None: self.sent.append((content, buffers or []))

    def say(self, kind: str, buffers=(), **content) -> None:
        message = {"kind": kind, "view": self.view, "transfer": None, **content}
        self.viewer._route(self.viewer, message, list(buffers))

    def arrived(self, transfer: str, next_: int) -> None:
        self.say("chunks_arrived", transfer=transfer, next=next_, resend=False)

    def messages(self, kind: str) -> list[dict]:
        return [content for content, _ in self.sent if content["kind"] == kind]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    real = wire_module.encode
    monkeypatch.setattr(
        "splat_widgets.viewer.widget.encode",
        lambda *args, **options: real(*args, **options, chunk_bytes=1),
    )


def test_scene_travels_after_ready_within_the_window(small_chunks) -> None:
    viewer = SplatViewer(scene(2048 * 5))
    page = Page(viewer)
    assert page.sent == []
    page.say("ready")
    assert page.messages("scene")[0]["header"]["count"] == 2048 * 5
    assert len(page.messages("chunk")) == WINDOW
    transfer = page.messages("scene")[0]["transfer"]
    for number in range(5):
        page.arrived(transfer, number + 1)
        assert len(page.messages("chunk")) == min(5, number + 1 + WINDOW)
    assert [message["number"] for message in page.messages("chunk")] == [0, 1, 2, 3, 4]


def test_a_new_scene_cancels_the_old_transfer(small_chunks) -> None:
    viewer = SplatViewer(scene(2048 * 5))
    page = Page(viewer)
    page.say("ready")
    old = page.messages("scene")[0]["transfer"]
    page.sent.clear()
    viewer.scene = scene(20)
    assert page.messages("scene")[0]["header"]["count"] == 20
    page.arrived(old, 1)  # late
    assert [message["transfer"] for message in page.messages("chunk")] != [old]
    assert len(page.messages("chunk")) == 1
    viewer.scene = None
    assert page.messages("scene")[-1]["header"] is None


def test_a_view_that_comes_back_gets_only_what_it_has_not(small_chunks) -> None:
    viewer = SplatViewer(scene(2048 * 5))
    page = Page(viewer)
    page.say("ready")
    known = page.messages("scene")[0]["transfer"]
    page.sent.clear()
    page.say("ready", transfer=known)
    assert [content["transfer"] for content, _ in page.sent] == [known], "no chunk comes again"
    page.arrived(known, 1)
    assert [message["transfer"] for message in page.messages("chunk")] == [known]
    page.sent.clear()
    viewer.scene = scene(20)  # lost
    page.sent.clear()
    page.say("ready", transfer=known)
    assert page.messages("scene")[0]["transfer"] != known
    assert len(page.messages("chunk")) == 1
    viewer.scene = None
    page.sent.clear()
    page.say("ready", transfer="")
    assert [message["header"] for message in page.messages("scene")] == [None]


def test_every_view_gets_its_own_transfer_and_closed_ones_none(small_chunks) -> None:
    viewer = SplatViewer(scene())
    page = Page(viewer)
    page.say("ready", view="a")
    page.say("ready", view="b")
    assert [message["view"] for message in page.messages("scene")] == ["a", "b"]
    page.say("closed", view="a")
    page.sent.clear()
    viewer.scene = scene(7)
    assert [message["view"] for message in page.messages("scene")] == ["b"]


def test_views_that_fell_silent_are_forgotten_when_others_speak(monkeypatch) -> None:
    now = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("splat_widgets.viewer.views.time", clock)
    viewer = SplatViewer(scene())
    page = Page(viewer)

    def answer(view: str) -> None:
        last = [m for m in page.messages("scene") if m["view"] == view][-1]
        page.arrived(last["transfer"], 1)

    for name in ("gone", "here"):
        page.say("ready", view=name)
        answer(name)
    viewer.scene = scene(5)
    now[0] = 1e4  # a long cell: no view could be heard
    viewer.scene = scene(6)
    assert {m["view"] for m in page.messages("scene")[-2:]} == {"gone", "here"}
    answer("here")
    page.sent.clear()
    viewer.scene = scene(7)
    assert [m["view"] for m in page.messages("scene")] == ["here"]
    page.arrived("old", 1)  # it was only slow
    answer = {"kind": "chunks_state", "transfer": "old", "next": -1, "question": 0}
    assert page.sent[-1] == (answer, []), "the page then asks for the scene"


def test_nothing_is_kept_for_views_once_the_last_has_closed() -> None:
    viewer = SplatViewer(scene())
    page = Page(viewer)
    page.say("ready", view="a")
    page.say("ready", view="b")
    page.say("closed", view="a")
    assert viewer._encoded is not None
    page.say("closed", view="b")
    assert viewer._encoded is None
    page.say("ready", view="c")
    assert page.messages("scene")[-1]["header"]["count"] == 10


@pytest.mark.parametrize("exact", [False, True])
def test_no_message_is_larger_than_a_chunk(exact: bool) -> None:
    viewer = SplatViewer(scene(300_000), exact=exact)
    page = Page(viewer)
    page.say("ready")
    announced = page.messages("scene")[0]
    for number in range(announced["header"]["chunks"]):
        page.arrived(announced["transfer"], number + 1)
    sizes = [len(buffer) for _, buffers in page.sent for buffer in buffers]
    assert sum(sizes) == 300_000 * (52 if exact else 32)
    assert len(sizes) == announced["header"]["chunks"] > 2
    assert max(sizes) <= DOWN_BYTES


def test_a_view_whose_ready_was_lost_is_told_that_it_is_not_known() -> None:
    page = Page(SplatViewer(scene()))
    page.say("chunks_question", transfer="a", question=3)
    answer = {"kind": "chunks_state", "transfer": "a", "next": -1, "question": 3}
    assert page.sent == [(answer, [])]


def test_exact_is_sent_again() -> None:
    viewer = SplatViewer(scene())
    page = Page(viewer)
    page.say("ready")
    viewer.exact = True
    assert [m["header"]["exact"] for m in page.messages("scene")] == [False, True]


def test_known_cameras_are_shown() -> None:
    cameras = (Camera.centred(100.0, 64, 64), None)
    viewer = SplatViewer(Scene(scene(), cameras))
    assert viewer.encoded is not None
    assert len(viewer.encoded.header["cameras"]) == 1
    assert viewer.camera["position"] == (0, 0, 0)


def test_wrong_scenes_and_arguments_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match="list"):
        SplatViewer([1, 2])
    with pytest.raises(TypeError, match="None"):
        view(None)
    with pytest.raises(TypeError, match=r"'colour'.*background"):
        SplatViewer(scene(), colour="red")
    with pytest.raises(TraitError, match="display"):
        SplatViewer(scene(), display="cubes")
    viewer = SplatViewer(scene())
    with pytest.raises(TypeError):
        viewer.scene = 3
    assert len(viewer.scene) == 10, "the old scene stays"


def test_its_text_says_what_it_shows() -> None:
    viewer = SplatViewer(scene(1234))
    assert repr(viewer) == "SplatViewer(1,234 Gaussians)"
    viewer.scene = None
    assert repr(viewer) == "SplatViewer(no scene)"


def test_a_file_that_is_not_there_is_named(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match=r"found nothing at /.*no\.ply"):
        view(tmp_path / "no.ply")


def test_camera_takes_records_and_states_and_refuses_the_rest() -> None:
    viewer = SplatViewer(scene())
    home = dict(viewer.camera)
    T = torch.eye(4)
    T[0, 3] = 2.0
    viewer.camera = Camera.centred(100.0, 64, 64, T)
    assert viewer.camera["position"] == (2, 0, 0)
    with pytest.raises(TraitError, match="fov_deg"):
        viewer.camera = {**home, "fov_deg": 500}
    viewer.reset_camera()
    assert viewer.camera == home


def test_snapshot_is_awaited_and_written(tmp_path) -> None:
    viewer = SplatViewer(scene())
    page = Page(viewer)
    done: list[object] = []

    async def run() -> bytes:
        snapshot = viewer.snapshot(tmp_path / "a.png", width=40, height=30, on_done=done.append)
        asked = page.messages("snapshot")[0]
        assert (asked["width"], asked["height"]) == (40, 30)
        reply = {"request": asked["request"], "problem": "", "buffers": [memoryview(b"\x89PNG")]}
        asyncio.get_running_loop().call_later(0.01, lambda: page.say("snapshot", **reply))
        return await snapshot

    assert asyncio.run(run()) == b"\x89PNG"
    assert (tmp_path / "a.png").read_bytes() == b"\x89PNG"
    assert len(done) == 1


def test_snapshot_waits_for_a_view_that_opens_later() -> None:
    viewer = SplatViewer(scene())
    page = Page(viewer)
    snapshot = viewer.snapshot()
    page.sent.clear()
    page.say("ready")
    asked = page.messages("snapshot")
    assert len(asked) == 1 and asked[0]["view"] == "a"
    page.say("snapshot", request=asked[0]["request"], problem="no picture")
    with pytest.raises(SnapshotError, match="no picture"):
        snapshot.result(0)
    page.say("ready", view="b")
    assert len(page.messages("snapshot")) == 1, "answered requests are not asked again"


def test_snapshot_that_nobody_answers_says_why() -> None:
    viewer = SplatViewer(scene())
    Page(viewer)

    async def run() -> None:
        await viewer.snapshot(timeout_s=0.01)

    with pytest.raises(SnapshotError, match="displayed"):
        asyncio.run(run())


def test_snapshot_takes_the_size_of_its_camera() -> None:
    viewer = SplatViewer(scene())
    page = Page(viewer)
    viewer.snapshot(camera=Camera.centred(100.0, 200, 100), width=50)
    asked = page.messages("snapshot")[0]
    assert (asked["width"], asked["height"]) == (50, 25)
    with pytest.raises(ValueError, match="width"):
        viewer.snapshot(width=0)


def test_closing_gives_up_what_is_pending() -> None:
    viewer = SplatViewer(scene())
    Page(viewer)
    snapshot = viewer.snapshot()
    viewer.close()
    with pytest.raises(SnapshotError, match="closed"):
        snapshot.result(0)
