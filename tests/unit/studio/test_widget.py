"""The studio without a browser: its buttons are messages of the strip."""

import logging
import time
from dataclasses import replace

import pytest
from builders import KnownPredictor
from ply_files import plain, save, trained
from traitlets import TraitError

from splat_widgets import io
from splat_widgets.reconstruction import Cancelled
from splat_widgets.scene.refinement import PairVerdict, Refinement
from splat_widgets.scene.scene import Scene
from splat_widgets.studio import Studio

from .conftest import scene


def press(studio, kind, **content):
    studio.strip._on_message({"kind": kind, **content}, [])


def shown(studio):
    """What the page says of each result, the last thing that showing one changes."""
    return [item["shown"] for item in studio.strip.results]


def wait(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "not reached"
        time.sleep(0.005)


def test_generate_shows_and_lists_a_scene(studio, network, model):
    seen = []
    studio.observe(lambda change: seen.append(change["new"]), names=["status"])
    assert studio.viewer not in studio._parts
    press(studio, "generate")
    wait(lambda: seen == ["queued", "running", "done"])
    assert network.calls == [(("a.png", "b.png"), model)]
    (result,) = studio.results
    assert result.title == "a.png + b.png" and len(result.scene) == 50
    assert studio.result is result.scene is studio.viewer.scene
    assert studio._parts[-1] is studio.viewer
    (item,) = studio.strip.results
    assert item["shown"] and item["count"] == 50 and item["saved"] == ""
    assert studio.strip.run["status"] == "done"


def test_the_scene_before_a_run_is_a_hint_what_to_do(studio):
    with pytest.raises(AttributeError, match=r"press Generate.*studio\.generate\(\)"):
        studio.scene  # noqa: B018
    assert studio.result is None and not hasattr(studio, "scene")
    assert studio.generate().result(20) is studio.scene


def test_a_title_names_the_photos_that_take_part(studio, make_scene):
    """Those that connect with no other are left out of the scene, and of its name."""
    studio.generate().result(20)
    scene = make_scene()
    alone = replace(scene, photos=(replace(scene.photos[0], name="b.png"),) * 2)
    studio._enlist(Scene.of(alone), studio.panel.photos, studio.results[0].metrics)
    assert studio.results[0].title == "b.png"


def test_what_is_edited_in_the_viewer_can_be_saved_and_undone(studio):
    scene = studio.generate().result(20)
    studio.viewer.selection = slice(0, 20)
    studio.viewer.keep()
    assert [one.title for one in studio.results] == ["a.png + b.png (edited)", "a.png + b.png"]
    assert len(studio.result) == 20 and studio.result is studio.viewer.scene
    assert len(io.read(studio.save())) == 20
    studio.viewer.undo()
    assert studio.result is scene and studio.viewer.scene is scene
    assert [one["shown"] for one in studio.strip.results] == [False, True]
    assert len(io.read(studio.save())) == 50


def test_generate_from_python_gives_the_scene(studio):
    assert repr(studio) == "Studio(2 photos, Inspector(no scene), idle)"
    scene = studio.generate().result(20)
    assert scene is studio.result


def test_a_model_of_another_family_shows_its_own_stages(photos, tmp_path):
    studio = Studio(*photos, model=KnownPredictor(), output_dir=tmp_path)
    wait(lambda: studio.strip.can_generate)
    assert len(studio.generate().result(20).maps) == 3
    stages = [(stage["name"], stage["label"]) for stage in studio.strip.run["stages"]]
    assert stages[1:5] == [
        ("load", "Photos"),
        ("match", "Match"),
        ("look", "Look"),
        ("fuse", "Fuse"),
    ]
    assert studio.strip.model_line == "KnownPredictor, 48 px, cpu, float32"


def test_the_chosen_pair_is_used(studio, network, photos):
    studio.panel.add(photos[2], name="c.png")
    studio.panel.select("b.png", "c.png")
    studio.generate().result(20)
    assert network.calls[0][0] == ("b.png", "c.png")


def test_without_photos(network, model):
    studio = Studio(model=model)
    assert not studio.strip.can_generate
    with pytest.raises(ValueError, match="no photos"):
        studio.generate()
    press(studio, "generate")
    assert studio.strip.message["level"] == "error" and "no photos" in studio.message
    assert studio.status == "idle"


def test_one_run_at_a_time(studio, network):
    network.hold_at = "encode"
    run = studio.generate()
    assert network.reached.wait(20)
    with pytest.raises(RuntimeError, match="going on"):
        studio.generate()
    press(studio, "generate")
    press(studio, "reset")
    assert "cancel it first" in studio.message
    assert len(studio.panel.photos) == 2
    network.go_on.set()
    run.result(20)
    assert len(network.calls) == 1


def test_a_double_click_says_nothing(studio, network):
    network.hold_at = "encode"
    run = studio.generate()
    assert network.reached.wait(20)
    press(studio, "generate")
    assert studio.message == ""
    network.go_on.set()
    run.result(20)
    assert len(network.calls) == 1


def test_cancelling_keeps_photos_and_the_last_scene(studio, network):
    first = studio.generate().result(20)
    network.hold_at = "decode"
    run = studio.generate()
    assert network.reached.wait(20)
    press(studio, "cancel")
    assert studio.status == "cancelling"
    network.go_on.set()
    with pytest.raises(Cancelled):
        run.result(20)
    wait(lambda: "Cancelled" in studio.message)
    assert studio.status == "cancelled"
    assert studio.result is studio.viewer.scene is first
    assert len(studio.results) == 1 and len(studio.panel.photos) == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("a.png: is too dark\nmore"), "A.png: is too dark."),
        (MemoryError(), "not enough memory"),
        (KeyError("x"), "An internal error: KeyError"),
    ],
)
def test_a_failure_shows_its_reason_and_changes_nothing(studio, network, caplog, error, said):
    first = studio.generate().result(20)
    network.fail_with = error
    with caplog.at_level(logging.ERROR), pytest.raises(type(error)):
        studio.generate().result(20)
    wait(lambda: studio.message)
    assert said in studio.message and "Traceback" not in studio.message
    assert studio.strip.message["level"] == "error"
    assert caplog.records[-1].exc_info[1] is error
    assert studio.status == "failed"
    assert studio.result is first and len(studio.panel.photos) == 2
    studio.save()
    assert studio.message.startswith("Saved") and ", verified" in studio.message
    assert said in studio.strip.run["detail"]
    network.fail_with = None
    studio.generate().result(20)
    assert studio.message == "" and studio.strip.run["detail"] == ""


def test_what_was_said_of_a_run_goes_with_its_photos(studio, network, photos):
    network.fail_with = ValueError("a.png: is too dark")
    with pytest.raises(ValueError, match="too dark"):
        studio.generate().result(20)
    wait(lambda: studio.message)
    studio.panel.reset()
    assert studio.message == "" and studio.strip.run["status"] == "idle"
    assert studio.status == "failed", "the run's own end stays"
    press(studio, "generate")
    assert studio.message.startswith("There are no photos")
    studio.panel.add(photos[0], name="a.png")
    assert studio.message == ""


def test_a_run_that_ends_is_not_going_on(studio, network):
    network.hold_at = "decode"
    run = studio.generate()
    assert network.reached.wait(20)
    studio.reset()
    assert studio.message.startswith("A run is going on")
    network.go_on.set()
    run.result(20)
    wait(lambda: studio.message == "")


def test_photos_are_small_after_a_run_and_large_with_another_one(studio, photos):
    assert not studio.panel.folded
    studio.generate().result(20)
    assert studio.panel.folded
    studio.panel._on_message({"kind": "fold", "folded": False}, [])
    assert not studio.panel.folded
    studio.generate().result(20)
    studio.panel.add(photos[0], name="c.png")
    assert not studio.panel.folded


def test_save_open_show_forget_reset(studio, tmp_path):
    studio.generate().result(20)
    press(studio, "save", id=1)
    wait(lambda: studio.results[0].saved is not None)
    path = tmp_path / "out" / "a-b-001.ply"
    assert studio.results[0].saved == path
    text = path.read_bytes()[:1500].decode("ascii", "replace")
    assert "comment weights: embedded\n" in text
    assert "OpenCV" in text and "a.png" not in text
    wait(lambda: studio.strip.saved_files == ["a-b-001.ply"])
    assert studio.save() == path and studio.message.startswith(f"Already saved as {path}")
    assert studio.strip.results[0]["name"] == studio.strip.results[0]["saved"] == path.name

    press(studio, "open_saved", name="a-b-001.ply")
    wait(lambda: shown(studio) == [True, False])
    assert studio.results[0].title == "a-b-001.ply"
    assert studio.viewer.scene is studio.results[0].scene
    press(studio, "show", id=1)
    wait(lambda: shown(studio) == [False, True])
    assert studio.viewer.scene is studio.results[1].scene
    press(studio, "forget", id=1)
    wait(lambda: shown(studio) == [False])
    assert studio.viewer.scene is None and studio.result is None
    assert [result.id for result in studio.results] == [2]
    studio.show(2)
    studio.reset()
    assert studio.panel.photos == () and studio.result is None
    assert studio.viewer not in studio._parts
    assert [result.id for result in studio.results] == [2]
    assert not studio.strip.can_generate


@pytest.mark.parametrize("name", ["../secret.ply", "/etc/passwd", "gone.ply"])
def test_only_listed_files_are_opened(studio, tmp_path, name):
    (tmp_path / "secret.ply").write_text("ply")
    press(studio, "open_saved", name=name)
    wait(lambda: "there is no scene" in studio.message.lower())
    assert studio.results == ()


def test_save_without_a_scene(studio):
    with pytest.raises(ValueError, match="no scene on the screen"):
        studio.save()
    press(studio, "save", id=9)
    wait(lambda: "no scene 9" in studio.message)


def test_a_full_disk_is_told(studio, monkeypatch):
    studio.generate().result(20)

    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("splat_widgets.studio.files.io.write", full)
    press(studio, "save", id=1)
    wait(lambda: "No space left" in studio.message)
    assert studio.results[0].saved is None


def test_download_needs_no_saved_file(studio, tmp_path):
    studio.generate().result(20)
    sent = []
    studio.strip.send = lambda content, buffers=None: sent.append((content, buffers))
    press(studio, "download", id=1, format="ply", request="r")
    wait(lambda: len(sent) == 2)
    (head, _), (chunk, (data,)) = sent
    assert head["name"] == "a-b-001.ply" and head["size"] == len(data)
    assert chunk == {"kind": "chunk", "transfer": "r", "number": 0}
    copy = tmp_path / "copy.ply"
    copy.write_bytes(data)
    assert len(io.read(copy)) == 50
    assert not (tmp_path / "out").exists()
    press(studio, "chunks_question", transfer="r", question=1)
    assert sent[-1][0] == {"kind": "chunks_state", "transfer": "r", "next": 0, "question": 1}
    press(studio, "chunks_arrived", transfer="r", next=1, resend=False)
    assert "r" not in studio.strip.downloads


def test_a_download_in_another_format_says_what_it_lost(studio):
    studio.generate().result(20)
    sent = []
    studio.strip.send = lambda content, buffers=None: sent.append((content, buffers))
    press(studio, "download", id=1, format="splat", request="r")
    wait(lambda: len(sent) == 2 and "does not keep" in studio.message)
    assert sent[0][0]["name"] == "a-b-001.splat" and sent[0][0]["size"] == 50 * 32
    assert studio.message.startswith("a-b-001.splat: A .splat does not keep photos, cameras")
    press(studio, "download", id=1, format="e57", request="s")
    wait(lambda: sent[-1][0] == {"kind": "download_failed", "request": "s"})


def test_a_download_that_fails_is_told(studio):
    sent = []
    studio.strip.send = lambda content, buffers=None: sent.append(content)
    press(studio, "download", id=9, format="ply", request="r")
    wait(lambda: "no scene 9" in studio.message)
    assert sent == [{"kind": "download_failed", "request": "r"}]


def send_file(studio, name, data):
    press(studio, "file_begin", id="f1", name=name, size=len(data))
    chunk = {"kind": "chunk", "transfer": "f1", "number": 0}
    studio.strip._on_message(chunk, [memoryview(data)])


def test_a_ply_from_the_browser(studio, tmp_path):
    data = io.write(tmp_path / "x.ply", scene(7)).read_bytes()
    send_file(studio, "../my scene.ply", data)
    wait(lambda: shown(studio) == [True])
    assert studio.results[0].title == "my scene.ply" and len(studio.result) == 7


def test_a_bad_ply_from_the_browser(studio):
    send_file(studio, "bad.ply", b"nonsense")
    wait(lambda: studio.message)
    refused = "bad.ply was not opened: expected a file that starts with 'ply', got b'nonsense'."
    assert studio.message == refused
    assert studio.results == ()


def test_generate_waits_for_photos_that_are_coming(network, model, photos):
    studio = Studio(model=model)
    panel = studio.panel
    panel._on_message({"kind": "queue", "count": 2}, [])
    assert studio.strip.can_generate
    panel.add(photos[0], name="a.png")
    press(studio, "generate")
    assert studio.status == studio.strip.run["status"] == "queued"
    assert studio.strip.run["detail"] == "Waiting for the photos"
    press(studio, "generate")
    panel.add(photos[1], name="b.png")
    assert studio.status == "queued" and network.calls == []
    panel._on_message({"kind": "queue", "count": 0}, [])
    wait(lambda: studio.status == "done")
    assert network.calls[0][0] == ("a.png", "b.png")


def test_waiting_for_photos_can_be_cancelled(network, model, photos):
    studio = Studio(model=model)
    studio.panel._on_message({"kind": "queue", "count": 1}, [])
    press(studio, "generate")
    press(studio, "cancel")
    assert studio.status == "cancelled" and "Cancelled" in studio.message
    studio.panel.add(photos[0], name="a.png")
    studio.panel._on_message({"kind": "queue", "count": 0}, [])
    assert studio.status == "cancelled" and network.calls == []


def test_photos_that_do_not_come_end_the_waiting(network, model):
    studio = Studio(model=model)
    studio.panel._on_message({"kind": "queue", "count": 1}, [])
    press(studio, "generate")
    studio.panel._on_message({"kind": "queue", "count": 0}, [])
    assert studio.status == "idle" and "no photos" in studio.message


def test_the_notices_of_a_scene_are_said_once(studio):
    studio.panel.remove(0)
    studio.generate().result(20)
    assert studio.message == "One photo."  # the model's own notice stands there already


def test_settings_and_unknown_arguments(monkeypatch, tmp_path):
    monkeypatch.setenv("SPLAT_WIDGETS_MAX_IMAGES", "4")
    monkeypatch.setenv("OUTPUT_DIR", str(tmp_path / "env"))
    studio = Studio(output_dir=tmp_path / "argument")
    assert studio.panel.max_images == 4
    assert studio.settings.output_dir == tmp_path / "argument"
    with pytest.raises(TypeError, match="unknown setting 'outdir'"):
        Studio(outdir="x")
    with pytest.raises(ValueError, match="multiple of 16"):
        Studio(image_size=100)


def test_the_page_gets_the_parts_as_references(studio):
    parts = studio.get_state("_parts")["_parts"]
    assert list(parts) == [f"IPY_MODEL_{one.model_id}" for one in (studio.panel, studio.strip)]
    studio.generate().result(20)
    assert studio.get_state("_parts")["_parts"][-1] == f"IPY_MODEL_{studio.viewer.model_id}"


def refinement(*, answered=True, applied=True, reason="", sentence="They fit.", left_out=()):
    return Refinement(
        answered=answered,
        applied=applied,
        reason=reason,
        sentence=sentence,
        pairs=(PairVerdict((0, 1), 400, 312, 4.0, reason),),
        focal_px_before=(None, None),
        focal_px_after=(None, None),
        reprojection_error_px=(None, None),
        checked_shares=(0.5, 0.5),
        metres="model",
        left_out=left_out,
    )


def test_all_chosen_photos_take_part_with_their_crops(studio, network, photos):
    studio.panel.max_chosen = 10
    studio.panel.add(photos[2], name="c.png")
    with pytest.raises(ValueError, match=r"crop of c\.png"):
        studio.panel.crop("c.png", (0, 0, 999))
    studio.refine = True
    studio.generate().result(20)
    assert network.calls[-1][0] == ("a.png", "b.png", "c.png")
    assert network.choices[-1] == (True, (None, None, None))


def test_the_choice_of_refining_goes_both_ways(studio, network):
    press(studio, "refine", choice="off")
    assert studio.refine is False and studio.strip.refine == "off"
    studio.generate().result(20)
    assert network.choices[-1][0] is False
    studio.refine = "auto"
    assert studio.strip.refine == "auto" and studio.strip.refine_line.endswith("Now: on.")
    with pytest.raises(TraitError):
        studio.refine = "sometimes"


def test_an_unrelated_pair_never_ends_green(studio, network):
    said = "These photos do not seem to show the same place."
    network.refinement = refinement(
        answered=False, applied=False, reason="few_matches", sentence=said
    )
    studio.generate().result(20)
    assert studio.status == "done"
    assert studio.strip.run["doubt"] is True
    assert studio.strip.verdict == {"level": "doubt", "text": said, "can_refine": False}
    network.refinement = refinement()
    studio.generate().result(20)
    assert studio.strip.run["doubt"] is False
    assert studio.strip.verdict["level"] == "good"
    studio.show(studio.results[1].id)
    assert studio.strip.verdict["text"] == said  # that of the scene on the screen


def test_a_scene_is_named_after_the_photos_that_take_part(studio, network, photos):
    studio.panel.add(photos[0][:-1] + b"x", name="c.png")
    network.refinement = refinement(left_out=("b.png",))
    studio.generate().result(20)
    assert studio.results[0].title == "a.png + c.png"
    assert studio.results[0].name == "a-c-001.ply"


def test_one_click_refines_what_was_only_matched(studio, network):
    network.refinement = refinement(applied=False)
    studio.generate().result(20)
    assert studio.strip.verdict["can_refine"] and "network's own" in studio.strip.verdict["text"]
    network.refinement = refinement()
    press(studio, "refine_now")
    wait(lambda: len(studio.results) == 2 and studio.status == "done")
    assert network.choices[-1][0] is True and studio.refine is True
    assert not studio.strip.verdict["can_refine"]


def test_the_next_run_is_estimated(studio, network):
    before = studio.strip.estimate
    assert before.startswith("about ")
    studio.generate().result(20)
    assert studio.strip.estimate.startswith("about ")
    studio.panel.reset()
    assert studio.strip.estimate == ""


def test_the_prediction_of_a_scene_is_no_edit(studio, network):
    network.refinement = refinement()
    studio.generate().result(20)
    known = studio.result.reconstruction
    scene = Scene.of(replace(known, predicted=known.select(range(10))))
    studio._add_opened(scene, "refined", saved=None)
    count = len(studio.results)
    studio.viewer.show_predicted = True
    assert len(studio.viewer.scene) == 10
    assert len(studio.results) == count and studio.result is scene
    studio.viewer.show_predicted = False
    assert len(studio.results) == count and studio.viewer.scene.record is scene.record


def test_a_device_that_is_not_there_gives_no_estimate_but_a_studio(photos, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    studio = Studio(*photos, model="embedded", device="cuda")
    assert studio.strip.estimate == ""
    assert Studio(*photos, model="embedded").strip.estimate.startswith("about")


def test_a_scene_is_kept_whole_and_goes_on(studio):
    studio.generate().result(20)
    studio.viewer.selection = slice(0, 7)
    press(studio, "keep", id=1)
    wait(lambda: studio.results[0].kept is not None)
    kept = studio.results[0].kept
    assert kept.name.endswith("-001.splatscene") and studio.results[0].saved is None
    wait(lambda: studio.strip.results[0]["kept"] == kept.name)
    assert studio.strip.saved_files[0] == kept.name and "with all there is" in studio.message
    press(studio, "open_saved", name=kept.name)
    wait(lambda: len(studio.results) == 2)
    assert studio.result.has("confidence") and len(studio.result.photos) == 2
    wait(lambda: studio.viewer.selection.sum() == 7)  # the list is filled before the picture
    with pytest.raises(ValueError, match="no scene on the screen"):
        Studio(model=object()).keep()


def test_autosave_keeps_every_new_scene_and_nothing_is_saved_without_it(
    photos, tmp_path, model, network
):
    folder = tmp_path / "kept"
    for autosave in (False, True):
        studio = Studio(*photos, model=model, output_dir=folder, autosave=autosave)
        studio.generate().result(20)
        if autosave:
            wait(lambda: list(folder.glob("*.splatscene")))
        else:
            assert not folder.exists()


def test_a_file_that_looks_plain_can_be_read_otherwise(studio, tmp_path):
    values = plain(trained(), "opacity")
    values["y"][5] = float("nan")
    data = save(tmp_path / "x.ply", values).read_bytes()
    send_file(studio, "x.ply", data)
    wait(lambda: shown(studio) == [True])
    assert studio.message.startswith("1 of 400 rows are left out") and "plain" not in studio.message
    studio.viewer.read_plain = True  # as the button under the picture does
    assert [one.title for one in studio.results] == ["x.ply (edited)", "x.ply"]
    assert studio.result is studio.viewer.scene and studio.result.opacities.max() > 0.9
    assert io.read(studio.save()).opacities.max() > 0.9
    studio.viewer.read_plain = False
    assert shown(studio) == [False, True] and studio.result.opacities.max() < 0.74


def test_the_notice_of_a_model_names_the_studios_own_switch():
    studio = Studio(model="embedded")
    assert 'Studio(model="official")' in studio.strip.notice
    assert "load_model" not in studio.strip.notice
