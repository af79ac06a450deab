"""The inspector's Python half, with a stand-in for the page."""

import io
import threading

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

import splat_widgets as sw
from splat_widgets import attributes
from splat_widgets.inspector import Inspector, channels, handlers, inspect
from splat_widgets.inspector.picking import CROP_ENLARGEMENT
from splat_widgets.jobs.worker import Worker
from splat_widgets.scene.reconstruction import Reconstruction


def unpacked(page, bits: bytes, count: int) -> np.ndarray:
    mask = np.zeros(count, bool)
    mask[page.order] = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")[:count]
    return mask


def test_it_is_a_viewer_and_knows_its_scene(scene, make_page) -> None:
    inspector = sw.inspect(scene, color_by="confidence", background="black")
    page = make_page(inspector)
    page.say("ready")
    assert page.messages("scene")[0]["header"]["count"] == len(scene)
    assert inspector.scene.record is scene
    info = inspector.scene_info
    assert (info["kind"], info["count"], info["selected"]) == ("reconstruction", 800, 0)
    assert [view["width"] for view in info["views"]] == [20, 20]
    names = {item["name"] for item in inspector.catalogue}
    assert names == {attribute.name for attribute in attributes.available(scene)}
    assert {item["name"] for item in inspector.catalogue if item["slow"]} == {
        "cross_view_distance",
        "isolation",
    }


def test_a_file_is_inspected_with_what_it_knows(gaussians, tmp_path) -> None:
    path = sw.save(gaussians, tmp_path / "foreign.ply")
    inspector = inspect(path, color_by="sh_energy_3")
    assert not inspector.scene.has("photos")
    assert inspector.scene_info["kind"] == "gaussians"
    assert inspector.scene_info["floaters"] == "isolation"
    with pytest.raises(TraitError, match=r"needs a scene with `confidence`"):
        inspector.color_by = "confidence"
    inspector.selection = [0, 2]
    inspector.keep()
    assert len(inspector.scene) == 2
    assert "sw.load(" in inspector.script, "the steps begin with the file"
    with pytest.raises(FileNotFoundError, match="found nothing"):
        inspector.scene = tmp_path / "gone.ply"
    assert len(inspector.scene) == 2


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("color_by", "opacty", "did you mean 'opacity'"),
        ("histogram_attribute", "nothing", "expected the name of an attribute"),
        ("scatter_attributes", ["opacity"], "two"),
        ("scatter_attributes", ["opacity", "wrong"], "wrong"),
        ("filters", {"opacty": (0, 1)}, "did you mean 'opacity'"),
        ("filters", {"opacity": (0.7, 0.2)}, "low <= high for the filter 'opacity'"),
        ("filters", {"opacity": 0.7}, r"expected \(low, high\)"),
        ("filters", {"opacity": ("a", 1)}, "expected numbers or None"),
        ("filters", [1], "such as"),
        ("color_range", [1, 1], "low < high"),
        ("color_range", [2, 1], "low <= high"),
        ("color_range", [None, 1], "low < high"),
        ("color_range", [float("nan"), 1], "NaN"),
        ("colormap", "jet", "viridis"),
        ("opacity_scale", -1, "opacity_scale"),
        ("overrides", ["shiny"], "isotropic"),
        ("shown_photos", [0, 2], "from 0 to 1, got photo 2"),
        ("picked", 800, "from 0 to 799"),
        ("selection", [True, False], "length 800"),
        ("selection", [800], "below 800"),
        ("selection", [0.5], "booleans or integers"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_to_do(scene, name, value, match) -> None:
    inspector = Inspector(scene)
    before = getattr(inspector, name)
    with pytest.raises(TraitError, match=match):
        setattr(inspector, name, value)
    assert np.array_equal(getattr(inspector, name), before)


def test_unknown_arguments_and_scenes_are_refused(scene) -> None:
    with pytest.raises(TypeError, match=r"'colour_by'.*color_by"):
        inspect(scene, colour_by="opacity")
    with pytest.raises(TypeError, match="None"):
        inspect(None)
    empty = Inspector()
    assert empty.catalogue == [] and empty.scene_info["kind"] == ""
    with pytest.raises(TraitError, match="no scene"):
        empty.color_by = "opacity"
    with pytest.raises(ValueError, match="empty"):
        empty.keep()


def test_ranges_are_normalised(scene) -> None:
    inspector = Inspector(scene)
    inspector.filters = {"opacity": (np.float32(0.25), np.inf), "confidence": (None, 3)}
    assert inspector.filters == {"opacity": [0.25, None], "confidence": [None, 3.0]}
    inspector.color_range = np.array([0, 2])
    assert inspector.color_range == [0.0, 2.0]
    inspector.color_range = None
    assert inspector.color_range == []


def test_what_the_page_may_not_set_is_put_back_and_said(scene) -> None:
    inspector = Inspector(scene, color_by="opacity")
    put_back: list[list[str]] = []
    inspector.send_state = lambda key=None: put_back.append(key)  # type: ignore[method-assign]
    inspector.set_state({"color_by": "gone"})
    assert inspector.color_by == "opacity"
    assert put_back[-1] == ["color_by"] or ["color_by"] in put_back
    assert inspector.message["level"] == "error" and "gone" in inspector.message["text"]


def test_selection_takes_masks_and_indices_and_cannot_be_written_into(scene) -> None:
    inspector = Inspector(scene)
    seen: list[np.ndarray] = []
    inspector.observe(lambda change: seen.append(change["new"]), names="selection")
    mask = scene.confidence.numpy() > 3
    inspector.selection = mask
    assert np.array_equal(inspector.selection, mask) and inspector.selection.dtype == bool
    inspector.selection = torch.from_numpy(mask)
    assert len(seen) == 1, "the same mask is no change"
    mask[:] = False
    assert inspector.selection.any(), "a mask of its own"
    with pytest.raises(ValueError, match="read-only"):
        inspector.selection[0] = True
    inspector.selection = [5, 3, -1]
    assert inspector.selected.tolist() == [3, 5, 799]
    assert inspector.scene_info["selected"] == 3
    inspector.selection = None
    assert not inspector.selection.any() and len(seen) == 3


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


def test_what_is_selected_can_be_said_when_it_is_made(scene) -> None:
    mask = scene.confidence > 3
    inspector = sw.inspect(scene, selection=mask, filters={"opacity": (0.5, None)}, picked=4)
    assert np.array_equal(inspector.selection, mask) and inspector.picked == 4
    assert inspector.scene_info["selected"] == int(mask.sum())
    assert not inspector.scene_info["can_undo"] and "selection = regions." in inspector.script


def test_messages_of_an_earlier_scene_and_damaged_ones_change_nothing(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    page.say("ready")
    page.select(np.ones(800, bool), {"kind": "all"}, scene="another")
    assert not inspector.selection.any()
    page.say("select", [b"\xff" * 7], how={"kind": "all"})
    assert not inspector.selection.any()
    assert "xpected 100 bytes" in inspector.message["text"]
    page.say("action", name="delete")
    assert "nothing is selected" in inspector.message["text"]
    page.select(np.ones(800, bool), {"kind": "from another version"})
    assert inspector.selection.all(), "what is selected counts, however it came about"


def test_attributes_travel_in_the_order_of_the_wire_and_in_chunks(
    scene, make_page, monkeypatch
) -> None:
    monkeypatch.setattr(channels, "CHUNK_VALUES", 300)
    inspector = Inspector(scene)
    page = make_page(inspector)
    page.say("ready")
    page.say("attribute", request="r1", name="confidence")
    sent = page.messages("attribute")
    assert [(m["first"], m["count"], m["total"]) for m in sent] == [
        (0, 300, 800),
        (300, 300, 800),
        (600, 200, 800),
    ]
    assert {(m["request"], m["view"], m["name"]) for m in sent} == {("r1", "a", "confidence")}
    values = np.frombuffer(b"".join(page.buffers("attribute")), "<f4")
    assert np.array_equal(values, scene.confidence.numpy()[page.order])
    low, high = sent[0]["limits"]
    assert low == pytest.approx(np.percentile(values, 1)) and high > low
    assert sent[0]["problem"] == "" and not sent[0]["pending"]


def test_slow_attributes_say_first_that_they_are_on_their_way(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    page.say("attribute", request="r", name="cross_view_distance")
    first, second = page.messages("attribute")
    assert first["pending"] and first["count"] == 0
    assert not second["pending"] and second["count"] == 800


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


@pytest.mark.parametrize("index", [0, 157, 799])
def test_a_pick_answers_with_every_number(scene, make_page, index) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    page.say("ready")
    wire = int(np.flatnonzero(page.order == index)[0])
    page.say("pick", wire=wire, stack=[[wire, 0.5], [3, 0.25]], number=7)
    assert inspector.picked == index
    (found,) = page.messages("picked")
    assert (found["index"], found["wire"], found["number"], found["view"]) == (index, wire, 7, "a")
    for attribute in attributes.available(scene):
        if attribute.slow:
            assert attribute.name not in found["values"]
            continue
        value = found["values"].pop(attribute.name)
        expected = attributes.values(scene, attribute.name)[index]
        assert (value is None and not np.isfinite(expected)) or np.float32(value) == expected
    assert found["values"] == {}
    assert found["stack"] == [
        {"wire": wire, "index": index, "weight": 0.5},
        {"wire": 3, "index": int(page.order[3]), "weight": 0.25},
    ]
    axes = np.array(found["axes"])
    cov = scene.gaussians.covariances[index].numpy()
    np.testing.assert_allclose(axes @ axes.T, cov, rtol=1e-4, atol=1e-9)
    pixel = scene.source_pixel(index)
    assert (found["source"]["view"], found["source"]["row"]) == (pixel.view, pixel.row)
    crop = np.asarray(Image.open(io.BytesIO(page.buffers("picked")[0])))
    rows = np.arange(20)[max(0, pixel.row - 16) : pixel.row + 17]
    cols = np.arange(20)[max(0, pixel.col - 16) : pixel.col + 17]
    assert crop.shape[:2] == (len(rows) * CROP_ENLARGEMENT, len(cols) * CROP_ENLARGEMENT)
    middle = CROP_ENLARGEMENT // 2
    inside = crop[middle::CROP_ENLARGEMENT, middle::CROP_ENLARGEMENT]
    where = (list(rows).index(pixel.row), list(cols).index(pixel.col))
    photo = scene.photos[pixel.view].pixels
    assert np.array_equal(inside[where], photo[pixel.row, pixel.col])


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


@pytest.mark.parametrize("kind", ["scene", "gaussians"])
def test_edits_keep_the_kind_and_can_be_taken_back(kind, request, make_page) -> None:
    given = request.getfixturevalue(kind)
    inspector = Inspector(given, color_by="opacity")
    page = make_page(inspector)
    page.say("ready")
    inspector.selection = np.arange(len(given)) % 3 == 0
    part = inspector.extract()
    assert type(part.record) is type(given) and len(part) == inspector.selection.sum()
    inspector.picked = 6
    camera = inspector.camera = {**inspector.camera, "fov_deg": 33.0}
    inspector.keep()
    assert type(inspector.scene.record) is type(given)
    assert len(inspector.scene) == len(part) and not inspector.selection.any()
    assert inspector.picked == 2, "the same Gaussian in its new row"
    assert inspector.camera == camera, "an edit does not move the view"
    assert page.messages("scene")[-1]["header"]["count"] == len(part)
    inspector.selection = [0, 1]
    inspector.delete()
    assert len(inspector.scene) == len(part) - 2
    assert inspector.scene_info["can_undo"]
    assert inspector.undo()  # the delete
    assert len(inspector.scene) == len(part) and inspector.selected.tolist() == [0, 1]
    assert inspector.undo()  # the selection
    assert not inspector.selection.any()
    assert inspector.undo()  # the keep
    assert inspector.scene.record is given and inspector.selection.sum() == len(part)
    assert inspector.picked == 6
    assert inspector.undo() and not inspector.undo()
    assert not inspector.scene_info["can_undo"] and not inspector.selection.any()
    if isinstance(given, Reconstruction):
        assert part.has("photos")
        assert torch.equal(part.row, given.row[::3]), "provenance stays"


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
    assert inspector.scene_info["can_redo"]
    page.say("action", name="redo")
    assert len(inspector.scene) == np.sum(stretch <= 1.5) and not inspector.scene_info["can_redo"]
    page.say("action", name="undo")
    center = scene.gaussians.means.mean(0).tolist()
    page.say("action", name="crop", center=center, half_sizes=[0.5, 0.5, 0.5])
    apart = (scene.gaussians.means - torch.tensor(center)).abs()
    assert len(inspector.scene) == int((apart <= 0.5).all(1).sum())
    page.say("action", name="crop", center=[99, 99, 99], half_sizes=[0.5, 0.5, 0.5])
    assert inspector.message["level"] == "error" and "none" in inspector.message["text"]


def test_attributes_of_ones_own(scene, gaussians, make_page) -> None:
    inspector = Inspector(gaussians)
    page = make_page(inspector)
    inspector.add_attribute("score", np.arange(200.0), unit="points", log=True)
    (item,) = [item for item in inspector.catalogue if item["name"] == "score"]
    assert (item["unit"], item["group"], item["log"]) == ("points", "custom", True)
    inspector.color_by = "score"
    inspector.filters = {"score": (50, None)}
    inspector.selection = np.arange(200) >= 100
    inspector.keep()
    assert inspector.color_by == "score"
    assert attributes.values(inspector.scene, "score").tolist() == list(range(100, 200))
    inspector.undo()
    inspector.keep()
    inspector.add_attribute("score", np.ones(100))
    assert page.messages("stale")[-1]["names"] == ["score"]
    inspector.scene = scene
    assert inspector.color_by == "" and inspector.filters == {}
    assert "score" in inspector.message["text"]
    assert inspector.script.count("score") == 0


def test_the_catalogue_is_looked_up_again_with_each_view(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    attributes.register("late", lambda s: s.confidence * 2, scene=scene)
    assert "late" not in {item["name"] for item in inspector.catalogue}
    page.say("ready")
    assert "late" in {item["name"] for item in inspector.catalogue}
    inspector.color_by = "late"


def test_another_scene_starts_afresh(scene, other_scene, make_page) -> None:
    inspector = Inspector(scene, color_by="confidence")
    page = make_page(inspector)
    page.say("ready")
    inspector.selection = [1]
    inspector.picked = 3
    inspector.scene = other_scene
    assert not inspector.selection.any() and inspector.picked == -1
    assert not inspector.undo() and inspector.color_by == "confidence"
    inspector.scene = None
    assert inspector.color_by == "" and inspector.selection.shape == (0,)
    assert inspector.catalogue == []


def test_photos_that_a_scene_lacks_are_not_asked_for(scene, gaussians) -> None:
    inspector = Inspector(scene)
    inspector.shown_photos = (1, 0, 1)
    assert inspector.shown_photos == [0, 1]
    assert "shown_photos=[0, 1]" in inspector.script
    inspector.scene = gaussians
    assert inspector.shown_photos == []
    with pytest.raises(TraitError, match="a scene with photos"):
        inspector.shown_photos = [0]


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
