"""The photos decide: refined scenes against the true depth, their evidence, what is kept."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets.attributes import available, values
from splat_widgets.models.weights import load_model
from splat_widgets.reconstruction import Cancelled
from splat_widgets.scene.scene import Scene
from splat_widgets.training.procedural.scenes import render_pairs

SEED = 7_000_000_003
GRID = 96


@pytest.fixture(scope="module")
def truth():
    return render_pairs([SEED], 384, supersample=1)


@pytest.fixture(scope="module")
def photos(truth) -> list[np.ndarray]:
    images = truth.images[0].permute(0, 2, 3, 1)
    return [np.rint(255 * one.clamp(0, 1).numpy()).astype(np.uint8) for one in images]


@pytest.fixture(scope="module")
def scene(photos) -> Scene:
    return sw.reconstruct(photos, model=load_model("embedded"), gaussian_size=GRID, progress=False)


def error(scene: Scene, truth, number: int) -> float:
    """Median relative depth error of a photo, up to one scale."""
    maps = scene.maps[number]
    size = maps.points.shape[0]
    camera = scene.cameras[number]
    depth = camera.to_camera(maps.points)[..., 2]
    true = truth.depth[0, number]
    true = torch.nn.functional.interpolate(true[None, None], (size, size), mode="nearest")[0, 0]
    ratio = (depth.clamp(min=1e-3) / true).log()
    return float((ratio - ratio.median()).abs().median())


def test_it_is_nearer_the_truth_than_the_network(scene, truth):
    assert scene.refinement.answered and scene.refinement.applied
    for number in (0, 1):
        assert error(scene, truth, number) < 0.6 * error(scene.predicted, truth, number)


def test_everything_of_the_prediction_is_kept(scene, photos):
    alone = sw.reconstruct(photos, model=load_model("embedded"), refine=False, progress=False)
    assert alone.refinement.answered and not alone.refinement.applied
    assert alone.predicted is alone and alone.evidence is None
    assert torch.equal(scene.predicted.means, alone.means)
    assert torch.equal(scene.predicted.opacities, alone.opacities)
    assert len(scene.predicted.photos[0].pixels) == 128


def test_every_gaussian_carries_its_prediction(scene):
    size = scene.predicted.maps[0].points.shape[0]
    index = torch.tensor([0, 5, GRID * GRID + 17 * GRID + 40, len(scene) - 1])
    part = scene.select(index)
    row = (part.row.double() + 0.5) * size / GRID
    col = (part.col.double() + 0.5) * size / GRID
    expected = part.view * size * size + row.long() * size + col.long()
    assert torch.equal(part.evidence.predicted_row, expected)
    opacity = values(part, "predicted_opacity")
    np.testing.assert_allclose(opacity, scene.predicted.opacities[expected].numpy())
    assert np.unique(values(scene, "opacity")).size == 1  # drawn as footprints
    names = {attribute.name for attribute in available(scene)}
    assert {"checked", "depth_change", "match_error", "source"} <= names
    assert {"predicted_scale_largest", "predicted_confidence", "predicted_offset_x"} <= names
    gone = {attribute.name for attribute in available(scene.predicted)}
    assert not [name for name in gone if name.startswith("predicted_") or name == "checked"]


def test_evidence_says_what_the_depths_are(scene):
    checked, source = values(scene, "checked"), values(scene, "source")
    assert set(np.unique(checked)) == {0, 1} and (source[checked == 1] == 2).all()
    share = [float(checked[(scene.view == k).numpy()].mean()) for k in (0, 1)]
    np.testing.assert_allclose(share, scene.refinement.checked_shares, atol=1e-6)
    before = scene.predicted.cameras[0].to_camera(scene.predicted.maps[0].points)[..., 2]
    k = 30 * GRID + 30
    z = (
        scene.cameras[0].to_camera(scene.points[k])[2]
        / before.flatten()[scene.evidence.predicted_row[k]]
    )
    assert values(scene, "depth_change")[k] == pytest.approx(float(z), rel=1e-3)


def test_gaussians_lie_on_the_rays_of_their_pixels(scene):
    for number, camera in enumerate(scene.cameras):
        here = scene.view == number
        xy, depth = camera.project((scene.means - scene.offsets)[here])
        pixels = torch.stack([scene.col[here], scene.row[here]], -1) + 0.5
        torch.testing.assert_close(xy, pixels.float(), rtol=0, atol=0.02)
        assert (depth > 0).all()


def test_it_is_the_same_every_time_and_can_be_stopped(scene, photos):
    model = load_model("embedded")
    again = sw.reconstruct(*photos, model=model, gaussian_size=GRID, progress=False)
    assert torch.equal(scene.means, again.means) and torch.equal(scene.sh, again.sh)

    def stop(progress):
        if progress.stage == "depth" and progress.done:
            raise Cancelled

    with pytest.raises(Cancelled):
        sw.reconstruct(photos, model=model, gaussian_size=GRID, progress=stop)


def test_with_other_weights_the_network_s_gaussians_are_moved(photos, monkeypatch):
    model = load_model("embedded")
    monkeypatch.setattr(model, "provenance", replace(model.provenance, source="mine"))
    plain = sw.reconstruct(photos, model=model, progress=False)
    assert plain.refinement.answered and not plain.refinement.applied
    assert any("refine=True" in line for line in plain.notices)
    moved = sw.reconstruct(photos, model=model, refine=True, gaussian_size=64, progress=False)
    assert moved.refinement.applied
    rows = moved.evidence.predicted_row
    assert torch.equal(moved.opacities, plain.opacities[rows])
    growth = moved.evidence.depth_change[:, None]
    ratio = moved.scales / plain.scales[rows]
    torch.testing.assert_close(ratio, growth.expand_as(ratio), rtol=1e-3, atol=1e-4)


def test_a_saved_scene_tells_the_verdict(scene, tmp_path):
    path = scene.save(tmp_path / "scene.ply")
    assert scene.refinement.sentence.encode() in path.read_bytes()[:4000]
