"""The upload panel without a browser: messages in, traits and messages out."""

import hashlib
import io
import os
import sys
import time
import types

import pytest
from PIL import Image
from traitlets import TraitError

from splat_widgets.page import still
from splat_widgets.page.chunks import UP_BYTES
from splat_widgets.upload import PhotoFile, UploadPanel


class Front:
    """Plays the page: records what the panel sends."""

    def __init__(self, **arguments):
        self.panel = UploadPanel(**arguments)
        self.received = []
        self.panel.send = lambda content, buffers=None: self.received.append((content, buffers))
        self.panel._receiver._send = self.panel.send

    def say(self, kind, buffers=(), **content):
        self.panel._on_message({"kind": kind, **content}, [memoryview(b) for b in buffers])

    def upload(self, name, data, file_id="u1"):
        self.say("file_begin", id=file_id, name=name, size=len(data))
        for number in range(-(-len(data) // UP_BYTES)):
            piece = data[number * UP_BYTES : (number + 1) * UP_BYTES]
            self.say("chunk", [piece], transfer=file_id, number=number)
        return self.last_word(file_id)

    def last_word(self, file_id):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for content, _ in list(self.received):
                if content["kind"] in ("file_done", "file_failed") and content["id"] == file_id:
                    return content
            time.sleep(0.005)
        raise AssertionError("no last word")


def test_an_upload_becomes_a_photo(jpeg):
    front = Front()
    seen = []
    front.panel.observe(lambda change: seen.append(len(change["new"])), names=["photos"])
    data = jpeg(64, 48)
    assert front.upload("a.jpg", data)["kind"] == "file_done"
    (photo,) = front.panel.photos
    assert photo == PhotoFile("a.jpg", b"", hashlib.sha256(data).hexdigest(), 64, 48)
    assert photo.data == data and photo.size == len(data)
    assert seen == [1]


class WriteWatch:
    """Sees every file that Python opens for writing, in any thread, and every folder made."""

    def __init__(self):
        self.active, self.written = False, []
        sys.addaudithook(self._on_event)  # audit hooks cannot be removed

    def _on_event(self, event, arguments):
        if not self.active:
            return
        if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            self.written.append(arguments[0])
        elif event in ("os.mkdir", "os.rename", "shutil.copyfile"):
            self.written.append(arguments[0])


def test_nothing_is_written_to_disk(jpeg, tmp_path):
    front, data, watch = Front(), jpeg(900, 700), WriteWatch()
    watch.active = True
    try:
        answer = front.upload("../../evil.jpg", data)
        assert watch.written == []
        (tmp_path / "x").write_text("the watch works")
        assert watch.written == [str(tmp_path / "x")]
    finally:
        watch.active = False
    assert answer["kind"] == "file_done"
    assert front.panel.photos[0].name == "evil.jpg"


def test_a_bad_file_is_named_and_the_others_stay(jpeg):
    front = Front()
    front.upload("good.jpg", jpeg(), "u1")
    answer = front.upload("bad.jpg", jpeg()[:800], "u2")
    assert answer["kind"] == "file_failed"
    assert [photo.name for photo in front.panel.photos] == ["good.jpg"]
    (problem,) = front.panel.errors
    assert problem.name == "bad.jpg" and problem.reason == answer["reason"]
    front.say("refused", id="x1", name="b.gif", reason="is a GIF")
    front.say("refused", id="x1", name="b.gif", reason="is a GIF")
    assert [str(e) for e in front.panel.errors[1:]] == ["b.gif: is a GIF"]
    front.say("dismiss", id="u2")
    assert [e.name for e in front.panel.errors] == ["b.gif"]
    front.say("dismiss", id=None)
    assert front.panel.errors == ()


def test_upright_thumbnail_and_crop_of_a_turned_photo(jpeg):
    front = Front(image_size=64)
    front.upload("turned.jpg", jpeg(120, 80, orientation=6))
    (item,) = front.panel._items
    assert (item["width"], item["height"]) == (80, 120)
    left, top, right, bottom = item["crop"]
    assert (left, right) == (0, 1) and top == pytest.approx(1 - bottom) and 0.1 < top < 0.2
    front.received.clear()
    front.say("thumbnails", ids=["u1", "unknown"])
    ((content, (picture,)),) = front.received
    assert content == {"kind": "thumbnail", "id": "u1"}
    image = Image.open(io.BytesIO(picture))
    assert image.size == (80, 120) and not image.getexif()


def test_the_limit_counts_photos_and_files_on_the_way(jpeg):
    front = Front(max_images=2)
    front.upload("a.jpg", jpeg(), "u1")
    front.say("file_begin", id="u2", name="b.jpg", size=100)
    front.say("file_begin", id="u3", name="c.jpg", size=100)
    assert front.last_word("u3")["reason"].startswith("the panel is full (2 photos)")


def test_size_limit():
    front = Front(max_file_size="1 kB")
    front.say("file_begin", id="u1", name="a.jpg", size=1025)
    assert "limit of 1 kB" in front.last_word("u1")["reason"]
    front.panel.max_file_size = 2048
    front.say("file_begin", id="u2", name="a.jpg", size=1025)
    assert front.received[-1][0]["kind"] == "file_ready"


def names(photos):
    return [photo.name for photo in photos]


@pytest.fixture
def three(jpeg):
    front = Front(max_chosen=2)
    for i, name in enumerate("abc"):
        front.panel.add(jpeg(seed=i), name=f"{name}.jpg")
    return front


def test_order_and_choice(three):
    panel = three.panel
    ids = [item["id"] for item in panel._items]
    assert names(panel.selected_photos) == ["a.jpg", "b.jpg"]
    three.say("move", id=ids[2], to=0)
    assert names(panel.photos) == ["c.jpg", "a.jpg", "b.jpg"]
    assert names(panel.selected_photos) == ["c.jpg", "a.jpg"]  # not chosen, so the first two
    three.say("toggle", id=ids[1])  # b comes in, the earlier one of the pair goes
    assert names(panel.selected_photos) == ["a.jpg", "b.jpg"]
    assert [item["number"] for item in panel._items] == [0, 1, 2]
    three.say("move", id=ids[1], to=0)
    assert names(panel.selected_photos) == ["b.jpg", "a.jpg"]  # the choice stays, in list order
    three.say("toggle", id=ids[0])
    assert names(panel.selected_photos) == ["b.jpg"]
    three.say("remove", id=ids[1])
    assert names(panel.selected_photos) == ["c.jpg", "a.jpg"]
    three.say("remove", id=ids[1])  # again, from another page
    three.say("reset")
    assert panel.photos == panel.selected_photos == ()


def test_a_model_that_takes_more_photos(jpeg):
    front = Front(max_chosen=3)
    panel = front.panel
    for seed, name in ((1, "a"), (1, "copy"), (2, "b"), (3, "c"), (4, "d")):
        panel.add(jpeg(seed=seed), name=name)
    assert names(panel.selected_photos) == ["a", "b", "c"]  # the copy shows nothing new
    assert [item["number"] for item in panel._items] == [1, 0, 2, 3, 0]
    assert panel._sentence.startswith("3 of 5 photos make the scene: a, b and c.")
    assert "takes 3 at most" in panel._sentence
    front.say("toggle", id=panel._items[4]["id"])
    assert names(panel.selected_photos) == ["b", "c", "d"]
    front.say("toggle", id=panel._items[2]["id"])
    assert names(panel.selected_photos) == ["c", "d"]
    assert "at most" not in panel._sentence and "Click a number" in panel._sentence
    panel.select(0, 2, 3)
    with pytest.raises(ValueError, match="at most 3 photos, got 4"):
        panel.select(0, 1, 2, 3)
    panel.max_chosen = 2
    assert names(panel.selected_photos) == ["a", "b"]
    assert [item["number"] for item in panel._items] == [1, 0, 2, 0, 0]


def test_what_the_panel_says(three):
    panel = three.panel
    assert "a.jpg and b.jpg" in panel._sentence and "Click a number" in panel._sentence
    panel.remove("c.jpg")
    assert panel._sentence.startswith("a.jpg and b.jpg make the scene")
    panel.remove(0)
    assert "One photo, b.jpg, makes the scene" in panel._sentence


def test_photos_cannot_be_assigned_and_unknown_arguments_are_refused():
    panel = UploadPanel()
    with pytest.raises(TraitError):
        panel.photos = ()
    with pytest.raises(TypeError, match="'max_image'"):
        UploadPanel(max_image=3)


def test_no_photo_bytes_in_the_widget_state(three):
    state = three.panel.get_state()
    assert "photos" not in state
    assert not any(isinstance(value, bytes | memoryview) for value in state.values())


def test_a_reset_stops_what_is_on_the_way(jpeg):
    front = Front()
    front.say("file_begin", id="u1", name="a.jpg", size=UP_BYTES)
    front.panel.reset()
    assert front.last_word("u1")["kind"] == "file_failed"


def test_files_to_come():
    front = Front()
    assert not front.panel.is_receiving
    front.say("queue", count=2)
    assert front.panel.uploading == 2 and front.panel.is_receiving
    front.panel._last_message_s -= 60  # the page was closed
    assert not front.panel.is_receiving
    front.say("queue", count=0)
    assert not front.panel.is_receiving


def test_unknown_messages_do_no_harm(three):
    three.say("surprise")
    three.say("move", id="?", to=1)
    three.say("move", id=three.panel._items[0]["id"], to="x")
    three.say("thumbnails", ids=None)
    assert len(three.panel.photos) == 3


def test_the_line_that_a_saved_notebook_keeps_follows_the_photos(jpeg, monkeypatch):
    told = []
    monkeypatch.setattr(still, "update_display", lambda data, **_: told.append(data["text/plain"]))
    later = types.SimpleNamespace(Thread=lambda target, **_: types.SimpleNamespace(start=target))
    monkeypatch.setattr(still, "threading", later)
    panel = UploadPanel()
    assert panel._kept.bundle()["text/plain"] == "UploadPanel(0 photos)"
    panel.add(jpeg(), name="a.jpg")
    panel.reset()
    assert told == ["UploadPanel(1 photos)", "UploadPanel(0 photos)"]
