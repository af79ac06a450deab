"""The order of refined photos changes nothing but the frame and the numbers of the views."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets.attributes import values
from splat_widgets.models.splatt3r import PairPredictor, Splatt3R
from splat_widgets.models.weights import load_model
from splat_widgets.refinement.graph import canonical_order
from splat_widgets.refinement.shots import shot_of
from splat_widgets.scene.scene import Scene
from splat_widgets.training.procedural.scenes import render_pairs
from tests.benchmarks.refine.loops import render_loop

SEED, LOOP_SEED = 7_000_000_003, 5002
GRID = 64


@pytest.fixture(scope="module")
def model() -> Splatt3R:
    return load_model("embedded")


@pytest.fixture(scope="module")
def photos() -> list[np.ndarray]:
    images = render_pairs([SEED], 320, supersample=1).images[0].permute(0, 2, 3, 1)
    return [np.rint(255 * one.clamp(0, 1).numpy()).astype(np.uint8) for one in images]


@pytest.fixture(scope="module")
def scenes(photos, model) -> tuple[Scene, Scene]:
    """Of the photos in both orders."""
    first, second = photos
    return run([first, second], model), run([second, first], model)


def run(photos, model, **options) -> Scene:
    return sw.reconstruct(photos, model=model, progress=False, gaussian_size=GRID, **options)


def turned(scene: Scene) -> bool:
    """Whether its two photos were given in another order than their pictures choose."""
    return canonical_order([shot_of(photo) for photo in scene.photos]) != (0, 1)


def in_order(scene: Scene, order: tuple[int, ...]) -> tuple[sw.Gaussians, torch.Tensor]:
    """The Gaussians of photos in another order, in its frame, and the rows that they had."""
    rows = torch.cat([torch.nonzero(scene.view == photo)[:, 0] for photo in order])
    moved = scene.gaussians.transformed(scene.cameras[order[0]].T_camera_world)
    return moved.select(rows), rows


def assert_same_scene(one: Scene, other: Scene, order: tuple[int, ...]) -> None:
    """`other` was made of the photos of `one` in this order."""
    gaussians, rows = in_order(one, order)
    depth = float(one.cameras[0].to_camera(one.points)[:, 2].median())
    torch.testing.assert_close(gaussians.means, other.means, rtol=0, atol=1e-4 * depth)
    for name in ("scales", "opacities", "sh"):
        torch.testing.assert_close(getattr(gaussians, name), getattr(other, name))
    assert torch.equal(one.confidence[rows], other.confidence)
    assert torch.equal(one.evidence.checked[rows], other.evidence.checked)
    assert torch.equal(one.evidence.match_error[rows], other.evidence.match_error)
    for name in ("checked_shares", "focal_px_after", "reprojection_error_px"):
        mine, theirs = (getattr(scene.refinement, name) for scene in (one, other))
        assert [mine[photo] for photo in order] == list(theirs)
    assert one.refinement.sentence == other.refinement.sentence
    for pair in other.refinement.pairs:
        photos = tuple(sorted(order[k] for k in pair.photos))
        assert pair.photos[0] < pair.photos[1]
        assert replace(pair, photos=photos) in one.refinement.pairs


def test_two_photos_give_one_scene_in_either_order(scenes):
    one, other = scenes
    assert one.refinement.applied and turned(one) != turned(other)
    assert_same_scene(one, other, (1, 0))
    for scene in scenes:
        assert torch.equal(scene.cameras[0].T_world_camera, torch.eye(4))
        assert [photo.name for photo in scene.photos] == ["photo 1", "photo 2"]


def test_the_prediction_is_that_of_the_given_order(scenes, photos, model):
    for scene, given in zip(scenes, (photos, photos[::-1]), strict=True):
        alone = sw.reconstruct(given, model=model, refine=False, progress=False)
        predicted = scene.predicted
        assert torch.equal(predicted.means, alone.means)
        assert torch.equal(predicted.cameras[1].T_world_camera, alone.cameras[1].T_world_camera)
        sides = [camera.focal_px / camera.width * 320 for camera in predicted.cameras]
        np.testing.assert_allclose(scene.refinement.focal_px_before, sides, rtol=1e-6)
        rows = scene.evidence.predicted_row
        np.testing.assert_array_equal(values(scene, "predicted_opacity"), alone.opacities[rows])
        for number, camera in enumerate(predicted.cameras):
            mine = scene.view == number
            before = camera.to_camera(alone.points)[rows[mine], 2]
            after = scene.cameras[number].to_camera(scene.points)[mine, 2]
            ahead = before > 0.1
            ratio = (after / before)[ahead]
            change = scene.evidence.depth_change[mine][ahead]
            torch.testing.assert_close(change, ratio, rtol=1e-3, atol=1e-4)


def test_photos_are_encoded_once_and_decoded_at_most_twice(scenes, photos, model, monkeypatch):
    encoded, decoded = [], []
    encode, decode = Splatt3R.encode, Splatt3R.decode
    monkeypatch.setattr(
        Splatt3R, "encode", lambda self, *a, **b: encoded.append(1) or encode(self, *a, **b)
    )
    monkeypatch.setattr(
        Splatt3R, "decode", lambda self, *a, **b: decoded.append(1) or decode(self, *a, **b)
    )
    for refine in (True, False):
        counts = []
        for given in (photos, photos[::-1]):
            encoded.clear(), decoded.clear()
            seen = []
            size = GRID if refine else None
            sw.reconstruct(
                given, model=model, refine=refine, gaussian_size=size, progress=seen.append
            )
            fractions = [progress.fraction for progress in seen]
            assert len(encoded) == 2 and fractions == sorted(fractions)
            counts.append(len(decoded))
        assert counts == [1 + (refine and turned(scene)) for scene in scenes]


def test_a_photo_given_twice_keeps_the_given_order(photos, model, monkeypatch):
    pairs = []
    predict = PairPredictor.predict
    monkeypatch.setattr(
        PairPredictor, "predict", lambda self, t, p, r: pairs.append(p) or predict(self, t, p, r)
    )
    scene = run([photos[0], photos[0]], model)
    assert pairs == [[(0, 1)]] and scene.refinement.reason == "same_photo"


def test_other_weights_keep_what_they_predict_of_the_given_order(photos, model, monkeypatch):
    monkeypatch.setattr(model, "provenance", replace(model.provenance, source="mine"))
    one, other = (run(given, model, refine=True) for given in (photos, photos[::-1]))
    _, rows = in_order(one, (1, 0))
    T = one.cameras[1].T_camera_world
    points = one.points[rows] @ T[:3, :3].mT + T[:3, 3]
    torch.testing.assert_close(points, other.points, rtol=1e-4, atol=1e-4)
    for scene in (one, other):
        rows = scene.evidence.predicted_row
        assert torch.equal(scene.opacities, scene.predicted.opacities[rows])
        growth = scene.evidence.depth_change[:, None]
        ratio = scene.scales / scene.predicted.scales[rows]
        torch.testing.assert_close(ratio, growth.expand_as(ratio), rtol=1e-3, atol=1e-4)


def test_three_photos_give_one_scene_in_any_order(model):
    loop = render_loop(LOOP_SEED, 3, 256, supersample=1)
    assert loop is not None
    first = run(list(loop.pictures), model)
    assert first.refinement.applied and len(first.photos) == 3
    order = (1, 2, 0)
    assert_same_scene(first, run([loop.pictures[k] for k in order], model), order)
