"""A family of models beside Splatt3R: what it has to offer, and what `reconstruct` does with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from builders import KnownPredictor

from splat_widgets.models.predictor import Group, Prediction, Predictor, part_of
from splat_widgets.reconstruction import Progress, reconstruct, stages

PHOTOS = [np.full((60, 60, 3), 40 * k, np.uint8) for k in range(1, 4)]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_model_that_takes_many_photos_at_once(count):
    model = KnownPredictor()
    assert isinstance(model, Predictor)
    scene = reconstruct(PHOTOS[:count], model=model, progress=False)
    side = model.image_size
    names = [f"photo {k}" for k in range(1, count + 1)]
    assert model.encoded == [photo.name for photo in scene.photos] == names
    assert scene.view.tolist() == [k for k in range(count) for _ in range(side**2)]
    assert len(scene.maps) == count and f"{count} of {count} cameras" in repr(scene)
    ratios = [1.0] * (count - 1)
    assert scene.pose_inlier_ratios == (None, *ratios)
    for k, camera in enumerate(scene.cameras):
        assert camera is not None
        assert camera.focal_px == pytest.approx(model.FOCAL_PX, rel=1e-4)
        expected = k * torch.tensor(model.SHIFT)
        torch.testing.assert_close(camera.center_world, expected, rtol=0, atol=1e-3)
        # Each Gaussian projects onto the pixel it was predicted for.
        here = scene.view == k
        xy, _ = camera.project(scene.points[here])
        pixels = torch.stack([scene.col[here], scene.row[here]], -1) + 0.5
        torch.testing.assert_close(xy, pixels.float(), rtol=0, atol=0.05)
        grey = 0.5 + 0.28209479177387814 * scene.gaussians.sh[here, 0]
        torch.testing.assert_close(grey, torch.full_like(grey, 40 * (k + 1) / 255))


def test_its_stages_are_timed_and_shown():
    seen: list[Progress] = []
    scene = reconstruct(PHOTOS, model=KnownPredictor(), progress=seen.append)
    names = ["load", "match", "look", "fuse", "cameras", "depth", "assemble"]
    assert [name for name, _ in scene.timings.stages] == names
    assert [stage.name for stage in stages(KnownPredictor())] == names
    steps = [(p.done, p.total) for p in seen if p.stage == "look"]
    assert steps == [(k, 6) for k in range(7)]  # two for each of three photos
    whole = 0.02 + 0.04 + 3 + 1 + 0.04 + 0.06 + 0.02
    ends = {p.stage: p.fraction for p in seen}
    assert ends["load"] == pytest.approx(0.02 / whole)
    assert ends["look"] == pytest.approx(3.06 / whole)
    assert ends["assemble"] == pytest.approx(1)


def test_a_limit_is_kept_before_anything_is_opened():
    model = KnownPredictor()
    model.max_photos = 2  # type: ignore[assignment]
    with pytest.raises(ValueError, match=r"at most 2 photos, got 3.*photos\[:2\]"):
        reconstruct([*PHOTOS[:2], "not there.jpg"], model=model, progress=False)
    assert not model.encoded


def test_photos_may_come_in_another_order():
    class Reversed(KnownPredictor):
        def predict(self, tokens, pairs, report):
            (group,) = super().predict(tokens[::-1], pairs, report).groups
            return Prediction((replace(group, photos=group.photos[::-1]),))

    scene = reconstruct(PHOTOS, model=Reversed(), progress=False)
    assert [photo.name for photo in scene.photos] == ["photo 3", "photo 2", "photo 1"]
    assert scene.source_pixel(0).photo == "photo 3"


def test_photos_in_several_frames_are_refused():
    class Apart(KnownPredictor):
        def predict(self, tokens, pairs, report):
            (group,) = super().predict(tokens, pairs, report).groups
            return Prediction(
                tuple(Group((k,), (one,)) for k, one in zip(group.photos, group.maps, strict=True))
            )

    with pytest.raises(ValueError, match=r"in one frame from the model, got groups of \[1, 1, 1\]"):
        reconstruct(PHOTOS, model=Apart(), progress=False)


def test_a_stage_that_was_not_declared_is_an_error():
    class Chatty(KnownPredictor):
        def encode(self, photo, report):
            report("dream", 0, 1)

    with pytest.raises(
        ValueError, match=r"\(load, match, look, fuse, cameras, depth, assemble\), got 'dream'"
    ):
        reconstruct(PHOTOS, model=Chatty(), progress=False)


def test_a_part_of_a_stage():
    seen = []
    report = part_of(lambda *step: seen.append(step), 2, 5)
    report("look", 1, 4)
    assert seen == [("look", 9, 20)]
