import json
import math
from types import SimpleNamespace

import pytest
import torch

from splat_widgets.geometry.harmonics import rgb_to_dc
from splat_widgets.models.splatt3r.network import PairMaps
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.training.evaluate import Evaluation, evaluate, held_out
from splat_widgets.training.evaluate.records import METHODS, Range, Scores, Summary
from splat_widgets.training.evaluate.run import baseline_shares
from splat_widgets.training.procedural.data import HELD_OUT_SEED
from splat_widgets.training.procedural.scenes import render_pairs


class Oracle(torch.nn.Module):
    """Knows the true points of the held-out scenes by their first picture, times a factor."""

    def __init__(self, factor, num_scenes):
        super().__init__()
        self.factor, self.device = factor, torch.device("cpu")
        self.config = SimpleNamespace(image_size=80)
        self.known = [
            block.select(torch.tensor([k]))
            for block in held_out(num_scenes, 80)
            for k in range(len(block))
        ]

    def forward(self, first, second):
        scenes = [next(p for p in self.known if torch.equal(p.images[0, 0], f)) for f in first]

        def view(index):
            points = self.factor * torch.cat([p.points[:, index] for p in scenes])
            depth = self.factor * torch.cat([p.depth[:, index] for p in scenes])
            focal = torch.cat([p.focal_px for p in scenes])[:, None, None, None]
            colours = torch.cat([p.images[:, index] for p in scenes]).movedim(1, -1)
            return PhotoMaps(
                points=points,
                confidence=torch.full_like(depth, 2.0),
                offsets=torch.zeros_like(points),
                scales=(0.6 * depth[..., None] / focal).expand_as(points).contiguous(),
                quaternions=torch.tensor([1.0, 0, 0, 0]).expand(*depth.shape, 4).contiguous(),
                opacities=torch.full_like(depth, 0.95),
                sh=rgb_to_dc(colours)[..., None, :],
            )

        return PairMaps(view(0), view(1))


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_a_perfect_prediction_is_perfect_and_a_scaled_one_after_scaling(factor):
    result = evaluate(Oracle(factor, 6), 6, num_training_scenes=8)
    ours, everywhere = result.network[0], result.ranges[0]
    assert everywhere.num_scenes == 6
    assert ours.error1 == pytest.approx(factor - 1, abs=1e-5)
    assert ours.aligned1 < 1e-5 and ours.aligned2 < 1e-5
    assert ours.delta1 == (1.0 if factor == 1 else 0.0)
    assert ours.abs_rel1 == pytest.approx(factor - 1, abs=1e-5)
    assert ours.with_pose == 1 and ours.rotation_deg < 0.05 and ours.direction_deg < 1
    assert ours.psnr_aligned > result.nearest_photo[0].psnr + 1.5
    assert ours.psnr_aligned >= ours.psnr - 1e-6
    assert result.network_where_stereo[0].aligned1 < 1e-5
    assert result.mean_points[0].aligned1 > 0.05 and result.constant_depth[0].aligned1 > 0.05
    assert result.stereo[0].aligned1 > ours.aligned1


def test_held_out_scenes_are_fixed():
    blocks = held_out(10, 16)
    seeds = torch.cat([block.seeds for block in blocks]).tolist()
    assert seeds == list(range(HELD_OUT_SEED, HELD_OUT_SEED + 10))


def test_guesses_are_judged_beside_the_network(evaluation):
    assert evaluation.num_scenes == 12 and evaluation.first_seed == HELD_OUT_SEED
    for name in ("network", "mean_points", "constant_depth"):
        overall = getattr(evaluation, name)[0]
        assert 0.05 < overall.error1 < 2 and 0.05 < overall.aligned2 < 2
    # An untrained network is no better than the mean of the scenes.
    assert evaluation.network[0].error1 > 0.8 * evaluation.mean_points[0].error1
    assert evaluation.nearest_photo_on_plane[0].psnr > evaluation.nearest_photo[0].psnr
    assert len(evaluation.error_by_decile) == 10


def test_ranges_of_baselines_part_the_scenes(evaluation):
    assert evaluation.ranges[0].num_scenes == 12
    assert sum(part.num_scenes for part in evaluation.ranges[1:]) == 12
    titles = [part.title for part in evaluation.ranges]
    assert titles == ["all baselines", "below 5%", "5% to 12%", "12% to 25%", "above 25%"]
    share = torch.cat([baseline_shares(block) for block in held_out(12, 32)])
    assert evaluation.ranges[1].num_scenes == int((share < 0.05).sum())
    assert all(len(getattr(evaluation, name)) == 5 for name in METHODS)


def test_baseline_is_measured_in_depths_of_the_first_view():
    pairs = render_pairs(range(2), 16, shadows=False)
    expected = pairs.T_first_camera[:, 1, :3, 3].norm(dim=-1)[0]
    depth = pairs.points[0, 0][pairs.valid[0, 0]][:, 2].median()
    assert baseline_shares(pairs)[0] == pytest.approx(float(expected / depth), rel=0.02)


def test_an_evaluation_survives_json(evaluation):
    text = json.dumps(evaluation.to_json(), allow_nan=False)
    assert Evaluation.from_json(json.loads(text)) == evaluation


def test_medians_leave_out_scenes_without_a_number():
    nan = math.nan
    scores = Scores.of(
        4,
        aligned1=torch.tensor([0.1, nan, 0.3, 9.0]),
        rotation_deg=torch.tensor([nan, nan, 5.0, nan]),
    )
    summary = Summary.over(scores, torch.tensor([True, True, True, False]))
    assert summary.aligned1 == pytest.approx(0.2) and summary.rotation_deg == 5
    assert summary.psnr is None
    assert summary.with_points == pytest.approx(2 / 3) and summary.with_pose == pytest.approx(1 / 3)
    nobody = Summary.over(scores, torch.zeros(4, dtype=torch.bool))
    assert nobody.aligned1 is None and nobody.with_pose == 0


def test_progress_is_reported_and_no_scenes_are_refused(untrained):
    seen = []
    evaluate(
        untrained,
        9,
        num_targets=1,
        num_training_scenes=8,
        report=lambda done, of: seen.append((done, of)),
    )
    assert seen == [(8, 9), (9, 9)]
    with pytest.raises(ValueError, match="at least one scene"):
        evaluate(untrained, 0)


def test_range_titles():
    assert Range(0.05, 0.12, 3).title == "5% to 12%"
