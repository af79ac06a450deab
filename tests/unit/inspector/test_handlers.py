"""Requests of a page and the answers to them, with a fake page."""

import io
import threading

import numpy as np
import torch
from PIL import Image

import splat_widgets as sw
from splat_widgets import attributes
from splat_widgets.inspector import Inspector, handlers
from splat_widgets.jobs.worker import Worker


def unpacked(page, bits: bytes, count: int) -> np.ndarray:
    mask = np.zeros(count, bool)
    mask[page.order] = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")[:count]
    return mask


def test_selection_goes_to_every_view_in_the_order_of_the_wire(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    page.say("ready", view="a")
    page.say("ready", view="b")
    page.sent.clear()
    inspector.selection = np.arange(800) % 7 == 0
    sent = page.messages("selection")
    assert [message["view"] for message in sent] == ["a", "b"]
    assert sent[0]["count"] == inspector.selection.sum()
    for bits in page.buffers("selection"):
        assert len(bits) == 100
        assert np.array_equal(unpacked(page, bits, 800), inspector.selection)
    page.sent.clear()
    page.say("ready", view="c")
    kinds = [content["kind"] for content, _ in page.sent if content.get("view") == "c"]
    assert kinds.index("scene") < kinds.index("selection")


def test_a_selection_on_one_view_reaches_python_and_the_other_views(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    page.say("ready", view="a")
    page.say("ready", view="b")
    page.sent.clear()
    mask = np.random.default_rng(0).random(800) < 0.4
    page.select(mask, {"kind": "range", "attribute": "opacity", "low": 0.5, "high": None}, view="a")
    assert np.array_equal(inspector.selection, mask)
    assert [message["view"] for message in page.messages("selection")] == ["b"]
    assert np.array_equal(unpacked(page, page.buffers("selection")[0], 800), mask)


def test_messages_of_an_earlier_scene_and_damaged_ones_change_nothing(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    page.say("ready")
    page.select(np.ones(800, bool), {"kind": "all"}, scene="another")
    assert not inspector.selection.any()
    page.say("select", [b"\xff" * 7], request="1", how={"kind": "all"})
    assert not inspector.selection.any()
    assert "xpected 100 bytes" in inspector.message["text"]
    page.say("action", name="delete")
    assert "nothing is selected" in inspector.message["text"]
    inspector.selection = [1]
    assert inspector.message["text"] == "", "now something is"
    page.select(np.ones(800, bool), {"kind": "from another version"})
    assert inspector.selection.all(), "what is selected counts, however it came about"


def test_a_slow_formula_holds_up_neither_callbacks_nor_picks(scene, make_page, monkeypatch) -> None:
    for name in ("_channels", "_answers"):
        monkeypatch.setattr(handlers, name, Worker(name))
    go_on = threading.Event()

    def formula(scene):
        assert go_on.wait(30)
        return scene.confidence

    inspector = Inspector(scene)
    page = make_page(inspector)
    attributes.register("waits", formula, scene=scene)
    page.say("attribute", request="r", name="waits")
    page.select(np.ones(800, bool), {"kind": "all"})
    assert inspector.selection.all() and page.messages("attribute") == []
    go_on.set()
    handlers._channels.submit(lambda: None).result(30)
    assert page.messages("attribute")[-1]["count"] == 800


def test_attributes_that_fail_say_why(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    inspector.add_attribute("broken", lambda _: 1 / 0)
    for name in ("broken", "unknown"):
        page.say("attribute", request="r", name=name)
    broken, unknown = page.messages("attribute")
    assert "division by zero" in broken["problem"]
    assert "expected the name of an attribute" in unknown["problem"]


def test_photos_travel_as_the_network_saw_them(scene, gaussians, make_page) -> None:
    page = make_page(Inspector(scene))
    page.say("photos", request="r")
    assert page.messages("photos")[0]["photos"][1]["height"] == 20
    for data, view in zip(page.buffers("photos"), scene.photos, strict=True):
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), view.pixels)
    foreign = make_page(Inspector(gaussians))
    foreign.say("photos", request="r")
    assert "no photos" in foreign.messages("photos")[0]["problem"]


def test_picking_from_python_and_nothing(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    inspector.picked = 12
    assert page.sent == [], "nobody to tell"
    page.say("ready")
    inspector.picked = 13
    assert page.messages("picked")[-1]["index"] == 13
    page.say("pick", wire=-1, stack=[], number=1)
    assert inspector.picked == -1
    assert page.messages("picked")[-1]["index"] == -1


def test_actions_of_the_page(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    page.say("action", name="floaters", threshold=1.5)
    stretch = attributes.values(scene, "grid_stretch")
    assert np.array_equal(inspector.selection, stretch > 1.5) and inspector.selection.any()
    page.say("action", name="delete")
    assert len(inspector.scene) == np.sum(stretch <= 1.5)
    page.say("action", name="undo")
    assert inspector.scene.record is scene
    assert inspector.scene_info["undo"] == "select floaters"
    assert inspector.scene_info["redo"] == "delete the selection"
    page.say("action", name="redo")
    assert len(inspector.scene) == np.sum(stretch <= 1.5) and not inspector.scene_info["redo"]
    page.say("action", name="undo")
    center = scene.gaussians.means.mean(0).tolist()
    page.say("action", name="crop", center=center, half_sizes=[0.5, 0.5, 0.5])
    apart = (scene.gaussians.means - torch.tensor(center)).abs()
    assert len(inspector.scene) == int((apart <= 0.5).all(1).sum())
    page.say("action", name="crop", center=[99, 99, 99], half_sizes=[0.5, 0.5, 0.5])
    assert inspector.message["level"] == "error" and "none" in inspector.message["text"]


def test_views_hear_of_the_picked_one_after_an_edit_and_an_undo(gaussians, make_page) -> None:
    inspector = sw.inspect(gaussians)
    page = make_page(inspector)
    page.say("ready")
    inspector.picked = 7
    inspector.selection = range(5, 20)
    inspector.keep()
    assert page.messages("picked")[-1]["index"] == inspector.picked == 2
    inspector.undo()
    assert page.messages("picked")[-1]["index"] == inspector.picked == 7


def test_a_view_that_opens_later_hears_of_the_picked_one(gaussians, make_page) -> None:
    inspector = sw.inspect(gaussians)
    inspector.picked = 7
    page = make_page(inspector)
    page.say("ready")
    (answer,) = page.messages("picked")
    assert answer["index"] == 7 and answer["view"] == page.view


def test_gaussians_that_are_not_finite_stay_off_the_page(gaussians, make_page) -> None:
    gaussians.means[7] = torch.nan
    inspector = Inspector(gaussians)
    page = make_page(inspector)
    page.say("ready")
    assert inspector.scene_info["hidden"] == 1
    assert len(page.order) == 199
    page.select(np.ones(200, bool), {"kind": "all"})
    assert inspector.selection.sum() == 199 and not inspector.selection[7]
    inspector.picked = 7
    assert page.messages("picked")[-1]["wire"] == -1


def test_a_selection_that_is_sent_again_is_made_once(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    page.say("ready")
    transfer = page.messages("scene")[0]["transfer"]
    page.sent.clear()
    mask = np.arange(800) < 9
    page.select(mask, {"kind": "all"}, request="1")
    assert [message["request"] for message in page.messages("selected")] == ["1"]
    assert page.messages("selection") == []
    inspector.selection = ~mask
    page.sent.clear()  # the line is cut; the page has heard neither
    page.select(mask, {"kind": "all"}, request="1")
    assert [content["kind"] for content, _ in page.sent] == ["selected", "selection"]
    assert np.array_equal(inspector.selection, ~mask)
    page.sent.clear()
    page.say("ready", transfer=transfer)
    assert np.array_equal(unpacked(page, page.buffers("selection")[0], 800), ~mask)
    assert page.messages("picked")[0]["index"] == -1, "what was picked before may be no more"


def test_a_request_that_is_being_worked_on_is_not_answered_twice(
    scene, make_page, monkeypatch
) -> None:
    jobs = []
    monkeypatch.setattr(handlers._channels, "submit", jobs.append)
    page = make_page(Inspector(scene))
    page.say("ready")
    for _ in range(3):
        page.say("attribute", request="1", name="opacity")
        page.say("photos", request="1 of another kind")
    assert len(jobs) == 2
    for job in jobs:
        job()
    assert len(page.messages("attribute")) == 1
    page.say("attribute", request="1", name="opacity")
    assert len(jobs) == 3, "the answer was lost"
