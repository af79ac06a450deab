"""What photos give: scores of exact scenes, and the records."""

from dataclasses import asdict, replace

import pytest
import torch

from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.training.evaluate import evaluate_photos
from splat_widgets.training.evaluate.photos import (
    PICTURE_PX,
    exact_scores,
    plane_scores,
    rendered,
    scene_scores,
)
from splat_widgets.training.evaluate.records import PhotoEvaluation, PhotoSummary
from splat_widgets.training.evaluate.table import PHOTO_LEGEND, photo_table, table
from splat_widgets.training.evaluate.verdicts import verdicts
from splat_widgets.training.procedural.data import HELD_OUT_SEED


@pytest.fixture(scope="module")
def room():
    return rendered(HELD_OUT_SEED, 1)


@pytest.fixture(scope="module")
def photos(untrained):
    return evaluate_photos(untrained, 2, num_targets=1, num_training_scenes=8)


class Exact:
    """A scene of the true points through a lens that may be wrong."""

    def __init__(self, truth, focal_factor=1.0, scale=1.0):
        # A longer lens and deeper points along the axis: the same picture from the first camera.
        stretch = torch.tensor([1.0, 1.0, focal_factor]) * scale
        points = truth.points[0] * stretch
        maps = [type("Maps", (), {"points": p, "confidence": p[..., 0]}) for p in points]
        self.maps = tuple(maps)
        focal = float(truth.focal_px[0]) * focal_factor
        pose = truth.T_first_camera[0, 1].clone()
        pose[:3, 3] *= scale
        self.cameras = tuple(
            Camera.centred(focal, PICTURE_PX, PICTURE_PX, T) for T in (torch.eye(4), pose)
        )
        count = points[..., 0].numel()
        self.gaussians = Gaussians(
            points.reshape(count, 3),
            torch.full((count, 3), 0.005 * scale),
            torch.tensor([1.0, 0, 0, 0]).repeat(count, 1),
            torch.full((count,), 0.9),
            torch.zeros(count, 1, 3),
        )


def test_true_points_have_no_error_in_any_unit(room):
    _, truth = room
    for scale in (1.0, 3.0):
        scores = scene_scores(Exact(truth, scale=scale), truth)
        assert max(scores["aligned1"], scores["aligned2"]) < 1e-5
        assert scores["focal"] < 1e-6
        assert scores["rotation_deg"] < 1e-2 and scores["direction_deg"] < 1e-2


def test_a_wrong_lens_is_an_error_of_the_lens(room):
    _, truth = room
    scores = scene_scores(Exact(truth, focal_factor=1.2), truth)
    assert scores["focal"] == pytest.approx(0.2, abs=1e-3)
    assert scores["aligned1"] > 0.01


def test_exact_geometry_is_better_than_a_plane_and_noise_than_neither(room):
    photos, truth = room
    exact = exact_scores(photos, truth)["psnr"]
    moved = replace(truth, points=truth.points + 0.2 * torch.randn_like(truth.points))
    assert exact > exact_scores(photos, moved)["psnr"] + 2
    assert plane_scores(photos, truth, 4.0)["psnr"] > 15


def test_what_neither_photo_shows_counts_in_the_whole_picture_only(room):
    photos, truth = room
    scores = exact_scores(photos, truth)
    assert scores["psnr"] > scores["psnr_whole"]


def test_every_scene_is_counted(photos):
    assert photos.num_scenes == 2 and photos.first_seed == HELD_OUT_SEED
    assert 0 <= photos.answered <= 1 and 0 <= photos.worse <= 1
    assert photos.plane.aligned1 is None and photos.plane.psnr is not None
    assert photos.exact.psnr > 20
    with pytest.raises(ValueError, match="at least one scene"):
        evaluate_photos(None, 0)


def test_photos_that_decide_tell_more_than_an_untrained_network(photos):
    assert photos.answered == 1
    assert photos.refined.aligned1 < photos.network.aligned1
    assert photos.refined.psnr > photos.network.psnr


def test_medians_of_errors_and_means_of_pictures():
    nan = float("nan")
    rows = [{"aligned1": 0.1, "psnr": 20.0}, {"aligned1": 0.3, "psnr": 30.0}, {"aligned1": nan}]
    summary = PhotoSummary.over([*rows, {"aligned1": 0.9, "psnr": 40.0}])
    assert summary.aligned1 == pytest.approx(0.3) and summary.psnr == pytest.approx(30)
    assert summary.focal is None


def test_tables_and_verdicts_tell_of_photos_where_there_are_some(evaluation, photos):
    told = replace(evaluation, photos=photos)
    assert PHOTO_LEGEND.split("{")[0] in table(told)
    assert "refined with the photos" in photo_table(photos)
    assert PHOTO_LEGEND[:30] not in table(evaluation)
    assert len(verdicts(told)) == len(verdicts(evaluation)) + 1
    assert verdicts(told)[-1].holds and "answered in 100%" in verdicts(told)[-1].text
    worse = replace(photos, refined=photos.network)
    assert not verdicts(replace(told, photos=worse))[-1].holds


def test_plain_values_and_back(photos):
    assert PhotoEvaluation.from_json(asdict(photos)) == photos
