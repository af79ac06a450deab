"""A run from photos to a scene: alignment, cameras, progress, cancelling, threads, display."""

from __future__ import annotations

import hashlib
import io
import logging
import signal
import threading
import weakref
from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import pytest
import torch
from builders import PHOTOS, KnownPredictor, photo
from PIL import Image

from splat_widgets import io as splat_io
from splat_widgets import notices
from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.photos.opening import decode
from splat_widgets.photos.source import PhotoError
from splat_widgets.reconstruction import (
    Cancelled,
    NonFiniteError,
    Progress,
    places,
    reconstruct,
    run,
)
from splat_widgets.reconstruction.work import CAMERA_UNUSED_NOTICE, SINGLE_PHOTO_NOTICE
from splat_widgets.refinement.verdict import sentence
from splat_widgets.rendering.preview import preview, preview_png
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.provenance import Provenance
from splat_widgets.scene.scene import Scene

STAGES = ("load", "match", "encode", "decode", "heads", "cameras", "depth", "assemble")
UNMATCHED = sentence("few_matches")


@pytest.fixture(scope="module")
def model() -> Splatt3R:
    torch.manual_seed(0)
    return Splatt3R(Splatt3RConfig.micro())


def assert_same(one: Scene, other: Scene, tolerance: float = 0.0) -> None:
    for field in fields(Gaussians):
        pair = (getattr(scene.gaussians, field.name) for scene in (one, other))
        torch.testing.assert_close(*pair, rtol=tolerance, atol=tolerance)


def test_every_gaussian_belongs_to_its_pixel(model):
    scene = reconstruct(PHOTOS, model=model, progress=False)
    side = model.config.image_size
    assert len(scene) == 2 * side * side
    assert [scene.view[0], scene.view[-1]] == [0, 1]
    assert scene.gaussians.means.dtype == torch.float32
    for i in (0, 1, side, side * side - 1, side * side, 2 * side * side - 5):
        maps = scene.maps[scene.view[i]]
        row, col = scene.row[i], scene.col[i]
        assert row * side + col == i % (side * side)
        assert torch.equal(scene.gaussians.means[i], (maps.points + maps.offsets)[row, col])
        for name in ("scales", "quaternions", "opacities", "sh"):
            assert torch.equal(getattr(scene.gaussians, name)[i], getattr(maps, name)[row, col])
        assert scene.confidence[i] == maps.confidence[row, col]
        assert torch.equal(scene.offsets[i], maps.offsets[row, col])
        assert torch.equal(scene.points[i], maps.points[row, col])


def test_it_is_what_the_network_says(model):
    scene = reconstruct(PHOTOS, model=model, progress=False)
    with torch.no_grad():
        pair = model(*(photo.tensor()[None] for photo in scene.photos))
    # Photos are encoded one by one, here in one batch: on several threads sums differ in rounding.
    torch.testing.assert_close(scene.maps[0].points, pair.first.points[0], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(scene.maps[1].sh, pair.second.sh[0], rtol=1e-5, atol=1e-6)


def test_colours_come_from_the_pixel_they_name(known):
    for i in np.random.default_rng(0).integers(0, len(known), 50):
        source = known.source_pixel(int(i))
        rgb = 0.5 + 0.28209479177387814 * known.gaussians.sh[i, 0]
        pixel = known.photos[source.view].pixels[source.row, source.col]
        np.testing.assert_allclose(rgb * 255, pixel, atol=1e-3)


def test_cameras_are_those_of_the_scene(known):
    first, second = known.cameras
    assert first.focal_px == pytest.approx(KnownPredictor.FOCAL_PX, rel=1e-4) == second.focal_px
    assert first.principal_point_px == (24, 24)
    assert torch.equal(first.T_world_camera, torch.eye(4))
    np.testing.assert_allclose(second.T_world_camera[:3, 3], KnownPredictor.SHIFT, atol=1e-3)
    np.testing.assert_allclose(second.T_world_camera[:3, :3], np.eye(3), atol=1e-3)
    assert known.pose_inlier_ratios == (None, 1)


def test_cameras_are_none_where_the_points_tell_nothing(model, caplog):
    scene = reconstruct(PHOTOS, model=model, progress=False)  # random weights
    assert scene.cameras == (None, None) and scene.pose_inlier_ratios == (None, None)
    assert "no focal length" in caplog.text
    assert "0 of 2 cameras" in repr(scene)
    assert preview(scene).color.isfinite().all()


def test_progress_tells_every_stage_from_start_to_end(model):
    seen: list[Progress] = []
    reconstruct(PHOTOS, model=model, progress=seen.append)
    assert tuple(dict.fromkeys(p.stage for p in seen)) == STAGES
    for stage in STAGES:
        steps = [p.done for p in seen if p.stage == stage]
        assert steps[0] == 0 and steps == sorted(steps)
        assert steps[-1] == next(p.total for p in reversed(seen) if p.stage == stage)
    assert len([p for p in seen if p.stage == "encode"]) > model.config.encoder_depth
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions) and fractions[-1] == pytest.approx(1)
    assert [p.seconds for p in seen] == sorted(p.seconds for p in seen)


def test_a_bar_is_shown_unless_silenced(model, capsys):
    reconstruct(PHOTOS, model=model, progress=False)
    assert capsys.readouterr() == ("", "")
    reconstruct(PHOTOS, model=model)
    assert "100%" in capsys.readouterr().err


def test_a_saved_scene_says_where_it_comes_from(tmp_path):
    torch.manual_seed(0)
    network = Splatt3R(Splatt3RConfig.micro())
    source = str(tmp_path / "mine.ckpt")
    network.provenance = Provenance(source, tmp_path, "ab" * 32, "CC BY-NC-SA 4.0")
    files = []
    for number, array in enumerate(PHOTOS):
        Image.fromarray(array).save(tmp_path / f"secret{number}.png")
        files.append(tmp_path / f"secret{number}.png")
    scene = reconstruct(files, model=network, progress=False)
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    expected = (
        f"weights: mine.ckpt, sha256 {'ab' * 32}",
        "license: CC BY-NC-SA 4.0 (of the weights)",
        f"photo 1: sha256 {digests[0]}",
        f"photo 2: sha256 {digests[1]}",
    )
    assert scene.select([0, 1]).comments == (*expected, f"refinement: {UNMATCHED}")
    header = splat_io.save(scene, tmp_path / "scene.ply").read_bytes()[:3000]
    assert "\n".join(f"comment {line}" for line in expected).encode() in header
    assert b"secret" not in header and str(tmp_path).encode() not in header
    alone = reconstruct(files[0], model=network, progress=False)
    assert alone.comments[:3] == expected[:3]  # paired with itself, it was given once


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("error", [Cancelled, KeyboardInterrupt])
def test_stopping_leaves_nothing_behind(model, stage, error):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    expected = reconstruct(PHOTOS, model=model, progress=False)
    after: list[Progress] = []

    def stop(progress: Progress) -> None:
        if after or (progress.stage == stage and progress.done >= progress.total / 2):
            after.append(progress)
            raise error("enough")

    with pytest.raises(error):
        reconstruct(PHOTOS, model=model, progress=stop)
    assert len(after) == 1  # nothing more was computed or reported
    assert torch.is_grad_enabled()
    assert not [t for t in threading.enumerate() if t.name == "splat-peak-memory"]
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert_same(reconstruct(PHOTOS, model=model, progress=False), expected)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A process that a shell started in its background ignores interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupting_the_kernel_stops_it(model):
    def interrupt(progress: Progress) -> None:
        if progress.stage == "decode":
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        reconstruct(PHOTOS, model=model, progress=interrupt)
    assert not [t for t in threading.enumerate() if t.name == "splat-peak-memory"]


def test_it_runs_in_any_thread_and_in_several(model):
    """Each thread gets its own scene, up to the order of sums, which kernels choose per thread."""
    pairs = (PHOTOS, PHOTOS[::-1], PHOTOS)
    expected = [reconstruct(pair, model=model, progress=False) for pair in pairs[:2]]
    results: dict[int, Scene] = {}

    def work(number: int) -> None:
        assert torch.is_grad_enabled()  # a new thread starts with gradients on
        results[number] = reconstruct(pairs[number], model=model, progress=False)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3
    with pytest.raises(AssertionError):
        assert_same(*expected, 1e-4)
    for number, scene in results.items():
        assert not scene.gaussians.means.requires_grad
        assert_same(scene, expected[number % 2], 1e-4)


def test_the_result_can_be_trained_on(model):
    """No inference tensors: a later issue of autograd on them would fail."""
    scene = reconstruct(PHOTOS, model=model, progress=False)
    weight = torch.ones(3, requires_grad=True)
    (scene.gaussians.means * weight).sum().backward()
    assert weight.grad is not None


def test_a_single_photo_is_paired_with_itself_with_a_notice(model):
    scene = reconstruct(PHOTOS[0], model=model, progress=False)
    assert scene.notices == (SINGLE_PHOTO_NOTICE,)
    assert scene.photos[0] is scene.photos[1]
    twice = reconstruct([PHOTOS[0]] * 2, model=model, progress=False)
    assert_same(scene, twice)
    assert twice.notices == (sentence("same_photo"),)
    assert reconstruct(PHOTOS[0], model=KnownPredictor(), progress=False).notices == ()


def test_a_single_photo_says_that_its_camera_is_not_used(model):
    photo = Image.fromarray(np.full((64, 96, 3), 90, np.uint8))
    camera = Camera.centred(80.0, 96, 64)
    scene = reconstruct(photo, model=model, cameras=[camera], progress=False)
    assert CAMERA_UNUSED_NOTICE in scene.notices


def test_notices_are_seen_on_every_call_beside_the_bar_and_in_the_display(model, capsys):
    for _ in range(2):
        scene = reconstruct(PHOTOS[0], model=model)
        assert f"{SINGLE_PHOTO_NOTICE}\n" in capsys.readouterr().out
    assert scene._repr_mimebundle_()[0]["text/plain"].endswith(f"\n{SINGLE_PHOTO_NOTICE}")
    capsys.readouterr()  # on a slow machine the picture in the display has a bar of its own
    reconstruct(PHOTOS[0], model=model, progress=False)
    reconstruct(PHOTOS[0], model=model, progress=lambda _: None)
    assert capsys.readouterr() == ("", "")


def test_what_is_known_of_a_model_is_said_before_the_first_run_only(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(notices, "_told", [])
    network = Splatt3R(Splatt3RConfig.micro())
    network.provenance = Provenance("embedded", tmp_path, None, "any", notice="for trying only")
    said = []
    for _ in range(2):
        scene = reconstruct(PHOTOS[0], model=network, progress=lambda _: None)
        assert "for trying only" in scene.notices and not capsys.readouterr().out
    for _ in range(2):
        reconstruct(PHOTOS[0], model=network)
        said.append(capsys.readouterr().out)
    assert said[0].startswith("for trying only\n") and "for trying only" not in said[1]


def test_photos_are_looked_at_before_a_model_is_loaded(tmp_path, monkeypatch):
    def load(source):
        raise AssertionError("the model was loaded first")

    monkeypatch.setattr(places, "load_model", load)
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    with pytest.raises(PhotoError, match=r"broken\.jpg"):
        reconstruct([PHOTOS[0], tmp_path / "broken.jpg"], progress=False)
    with pytest.raises(ValueError, match="at most 10 photos, got 11"):
        reconstruct(iter([PHOTOS[0]] * 11), progress=False)
    with pytest.raises(AssertionError, match="loaded first"):
        reconstruct(iter(PHOTOS), progress=False)  # good photos, so it is the model's turn


def test_whole_photos_are_let_go_before_the_model_runs(model, monkeypatch):
    opened, alive = [], []

    def watched(*given, **known):
        decoded = decode(*given, **known)
        opened.append(weakref.ref(decoded))
        return decoded

    monkeypatch.setattr(places, "load_model", lambda _: model)
    monkeypatch.setattr(run, "decode", watched)
    for source in ("embedded", model):
        reconstruct(
            PHOTOS,
            model=source,
            progress=lambda p: p.stage == "decode" and alive.extend(one() for one in opened),
        )
    assert len(opened) == 4 and alive and not any(alive)


def test_a_model_that_leaves_out_a_photo_is_refused():
    class Forgetful(KnownPredictor):
        def predict(self, tokens, pairs, report):
            return super().predict(tokens[:2], pairs, report)

    with pytest.raises(ValueError, match=r"photo 3 in one frame .* groups of \[2\]"):
        reconstruct([*PHOTOS, photo(2)], model=Forgetful(), progress=False)


def test_the_notice_of_the_weights_is_passed_on(tmp_path, monkeypatch):
    torch.manual_seed(0)
    network = Splatt3R(Splatt3RConfig.micro())
    network.provenance = Provenance("embedded", tmp_path, None, "any", notice="for trying only")
    asked, opened = [], []
    monkeypatch.setattr(places, "load_model", lambda source: asked.append(source) or network)
    monkeypatch.setattr(run, "decode", lambda *a, **b: opened.append(a) or decode(*a, **b))
    scene = reconstruct(PHOTOS, model="embedded", progress=False)
    assert len(opened) == 2  # before the model, and kept
    assert scene.notices == (UNMATCHED, "for trying only") and scene.timings.model == "embedded"
    reconstruct(PHOTOS, progress=False)
    reconstruct(PHOTOS, model=tmp_path / "a.ckpt", progress=False)
    assert asked == ["embedded", None, str(tmp_path / "a.ckpt")]


def test_the_crop_follows_the_model_the_setting_and_the_argument(model, monkeypatch):
    assert reconstruct(PHOTOS, model=model, progress=False).photos[0].pixels.shape[0] == 48
    monkeypatch.setenv("SPLAT_WIDGETS_IMAGE_SIZE", "64")
    scene = reconstruct(PHOTOS, model=model, progress=False)
    assert "trained at 48 px" in scene.notices[-1]
    assert scene.photos[0].pixels.shape[0] == 64 and len(scene.notices) == 2
    scene = reconstruct(PHOTOS, model=model, image_size=32, progress=False)
    assert "trained at 48 px" in scene.notices[-1]
    assert len(scene) == 2 * 32 * 32


def test_a_half_precision_trunk_gives_float32_gaussians():
    torch.manual_seed(0)
    network = Splatt3R(Splatt3RConfig.micro()).to_trunk_dtype(torch.bfloat16)
    scene = reconstruct(PHOTOS, model=network, progress=False)
    assert {getattr(scene.gaussians, f.name).dtype for f in fields(Gaussians)} == {torch.float32}
    assert scene.timings.dtype == "bfloat16"


def test_a_half_precision_that_overflows_is_noticed_on_the_scene():
    torch.manual_seed(0)
    network = Splatt3R(Splatt3RConfig.micro())
    with torch.no_grad():
        for block in network.encoder.blocks:
            block.mlp.fc2.bias += 5e4
    scene = reconstruct(PHOTOS, model=network.to_trunk_dtype(torch.float16), progress=False)
    said = [line for line in scene.notices if "left the range of float16" in line]
    assert len(said) == 1 and "load_model(…, dtype=torch.float32)" in said[0]
    assert scene.gaussians.means.isfinite().all()


def test_too_little_memory_is_said_before_the_run(model, monkeypatch):
    monkeypatch.setattr(places, "free_bytes", lambda: 10**6)
    steps = []
    with pytest.warns(UserWarning, match=r"about [\d.]+ MB of memory .* 1 MB are free") as said:
        reconstruct(PHOTOS, model=model, progress=lambda _: steps.append(len(said)))
    assert steps[-1] == 1 and 0 in steps  # before the network runs


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_output_that_is_not_finite_is_an_error_with_counts(value):
    torch.manual_seed(0)
    network = Splatt3R(Splatt3RConfig.micro())
    with torch.no_grad():
        network.second_head.gaussians.project.bias[10:13] = value  # the SH of the second view
    with pytest.raises(NonFiniteError, match=r"6,912 in sh.*torch.float32.*weights belong"):
        reconstruct(PHOTOS, model=network, progress=False)


def test_bad_arguments_are_refused(model, tmp_path):
    with pytest.raises(TypeError, match="expected a model"):
        reconstruct(PHOTOS, model=3)
    with pytest.raises(TypeError, match="expected a model"):
        reconstruct(PHOTOS, model=KnownPredictor)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="as progress, got True"):
        reconstruct(PHOTOS, model=model, progress=True)
    with pytest.raises(ValueError, match="at most 10 photos, got 11"):
        reconstruct(*[PHOTOS[0]] * 11, model=model, progress=False)
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    with pytest.raises(PhotoError, match=r"broken\.jpg"):
        reconstruct([PHOTOS[0], tmp_path / "broken.jpg"], model=model, progress=False)


def test_timings_name_device_memory_and_every_stage(model):
    timings = reconstruct(PHOTOS, model=model, progress=False).timings
    assert tuple(stage for stage, _ in timings.stages) == STAGES
    assert all(seconds >= 0 for _, seconds in timings.stages)
    assert timings.total == pytest.approx(sum(seconds for _, seconds in timings.stages))
    assert timings.device == "cpu" and timings.peak_device_memory_bytes is None
    assert timings.peak_memory_bytes > 50e6  # Python with torch alone
    assert "encode" in repr(timings)


@pytest.mark.parametrize("source", ["loaded", "named"])
def test_opening_the_photos_is_timed_wherever_it_happens(model, monkeypatch, source):
    now = [0.0]

    def open_slowly(*args, **options):
        now[0] += 5.0
        return decode(*args, **options)

    def load(_):
        now[0] += 100.0
        return model

    monkeypatch.setattr(places.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(run, "decode", open_slowly)
    monkeypatch.setattr(places, "load_model", load)
    given = model if source == "loaded" else "embedded"
    timings = reconstruct(PHOTOS, model=given, progress=False).timings
    assert dict(timings.stages)["load"] == timings.total == 10.0


def test_each_stage_is_logged(model, caplog):
    with caplog.at_level(logging.INFO, logger="splat_widgets.reconstruction"):
        reconstruct(PHOTOS, model=model, progress=False)
    for stage in STAGES:
        assert f"{stage}: " in caplog.text


def test_as_the_last_line_of_a_cell_it_is_the_viewer_with_a_picture(known):
    bundle, _ = known._repr_mimebundle_()
    assert bundle["text/plain"] == repr(known)
    assert Image.open(io.BytesIO(bundle["image/png"])).size == (96, 96)
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert set(known._repr_mimebundle_(include={"text/plain"})[0]) == {"text/plain"}
    assert "image/png" not in known._repr_mimebundle_(exclude={"image/png"})[0]


def test_without_the_viewer_it_is_still_a_picture(known, monkeypatch, caplog):
    monkeypatch.setattr("splat_widgets.viewer.display.SplatViewer", None)
    bundle, _ = known._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/png"}
    assert bundle["image/png"] == preview_png(known)
    assert "only a picture" in caplog.text


def test_with_neither_it_is_text(known, monkeypatch):
    monkeypatch.setattr("splat_widgets.viewer.display.SplatViewer", None)
    monkeypatch.setattr("splat_widgets.viewer.display.preview_png", None)
    assert set(known._repr_mimebundle_()[0]) == {"text/plain"}
