from dataclasses import replace

import pytest
import torch

from splat_widgets.models.splatt3r.network import PairMaps
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.training.objectives.losses import (
    CONFIDENCE_ALPHA,
    FOOTPRINT,
    best_scales,
    compressed,
    correspondences,
    flow_loss,
    gaussian_loss,
    matching_loss,
    place_loss,
    point_loss,
    relative_errors,
)
from splat_widgets.training.procedural.scenes import covisible, render_pairs


@pytest.fixture(scope="module")
def pairs():
    return render_pairs(range(700, 706), 64, shadows=False)


def test_the_truth_costs_nothing_but_its_confidence(pairs):
    confidence = torch.full(pairs.valid.shape, 3.0)
    loss = point_loss(pairs.points, confidence, pairs)
    assert torch.isclose(loss, -CONFIDENCE_ALPHA * torch.tensor(3.0).log(), atol=1e-5)


def test_best_confidence_is_alpha_over_the_error(pairs):
    points = pairs.points * 1.0
    points[..., 0] += 0.3
    sure = torch.linspace(1.01, 12, 80)
    losses = torch.stack([point_loss(points, c.expand(pairs.valid.shape), pairs) for c in sure])
    at_one = point_loss(points, torch.ones(pairs.valid.shape), pairs)  # log 1 = 0: the mean error
    assert torch.isclose(sure[losses.argmin()], CONFIDENCE_ALPHA / at_one, rtol=0.1)


def test_a_wrong_metre_costs_half_of_what_a_wrong_shape_does(pairs):
    one = torch.ones(pairs.valid.shape)
    stretched = point_loss(pairs.points * 1.3, one, pairs)
    plain = (compressed(pairs.points * 1.3) - compressed(pairs.points)).norm(dim=-1)
    assert torch.isclose(stretched, 0.5 * plain[pairs.valid].mean(), rtol=1e-3)


def test_what_is_not_valid_costs_nothing_and_has_no_gradient(pairs):
    masked = replace(
        pairs, valid=torch.zeros_like(pairs.valid).index_fill_(1, torch.tensor(0), True)
    )
    points = (pairs.points + 1).requires_grad_()
    point_loss(points, torch.ones(pairs.valid.shape), masked).backward()
    assert points.grad is not None
    assert points.grad[:, 1].abs().max() == 0 and points.grad[:, 0].abs().max() > 0


def test_gradients_stay_finite_for_points_at_the_origin(pairs):
    points = torch.zeros_like(pairs.points).requires_grad_()
    point_loss(points, torch.ones(pairs.valid.shape), pairs).backward()
    assert points.grad is not None and points.grad.isfinite().all()


def test_relative_error_counts_from_each_views_own_camera(pairs):
    off = pairs.points.clone()
    off[..., 2] += 0.1
    error = relative_errors(off, pairs)
    centre = pairs.T_first_camera[:, 1, :3, 3]
    distance = (pairs.points[:, 1] - centre[:, None, None]).norm(dim=-1)
    assert torch.allclose(error[:, 1], 0.1 / distance.clamp_min(0.3), rtol=1e-3)


def test_best_scale_undoes_a_scaling(pairs):
    factors = torch.linspace(0.4, 2.0, len(pairs))
    scaled = pairs.points * factors[:, None, None, None, None]
    assert torch.allclose(best_scales(scaled, pairs), 1 / factors, rtol=1e-4)


def maps_of(points, scales, opacities):
    def view(v):
        zeros = torch.zeros_like(points[:, v])
        quaternions = torch.zeros(*zeros.shape[:-1], 4)
        return PhotoMaps(
            points[:, v], opacities[:, v], zeros, scales[:, v], quaternions, opacities[:, v], zeros
        )

    return PairMaps(view(0), view(1))


def test_gaussian_targets_are_the_pixels_footprint_and_validity(pairs):
    spacing = pairs.depth / pairs.focal_px[:, None, None, None]
    scales = (FOOTPRINT * spacing)[..., None].expand(*spacing.shape, 3)
    right = gaussian_loss(maps_of(pairs.points, scales, pairs.valid.float()), pairs)
    assert right < 1e-3
    double = gaussian_loss(maps_of(pairs.points, 2 * scales, pairs.valid.float()), pairs)
    assert torch.isclose(double - right, torch.tensor(2.0).log(), atol=1e-3)
    half_seen = gaussian_loss(
        maps_of(pairs.points, scales, 0.5 * pairs.valid.float() + 0.25), pairs
    )
    assert half_seen > right + 0.2


def test_correspondences_lead_to_the_same_point(pairs):
    stride = 4
    where, seen = correspondences(pairs, stride)
    assert 0.3 < seen.float().mean() < 1
    own = pairs.points[:, :, stride // 2 :: stride, stride // 2 :: stride]
    for view in range(2):
        x, y = where[:, view].unbind(-1)
        item = torch.arange(len(pairs))[:, None, None].expand(x.shape)
        row, column = y.clamp(0, 63).long(), x.clamp(0, 63).long()
        there = pairs.points[item, 1 - view, row, column]
        distance = (there - own[:, view]).norm(dim=-1) / own[:, view].norm(dim=-1)
        assert distance[seen[:, view]].median() < 0.02  # within a pixel of each other
        agree = covisible(pairs, 0.05)[:, view, stride // 2 :: stride, stride // 2 :: stride]
        assert (agree == seen[:, view]).float().mean() > 0.98


def test_true_flow_and_true_matches_cost_little_and_others_more(pairs):
    where, _ = correspondences(pairs, 4)
    step = torch.arange(16) * 4 + 2.5
    y, x = torch.meshgrid(step, step, indexing="ij")
    flow = (where - torch.stack([x, y], -1)) / 16
    assert flow_loss(flow, pairs) < 1e-6
    assert torch.isclose(
        flow_loss(flow + torch.tensor([0.3, 0.4]), pairs), torch.tensor(0.5), atol=1e-4
    )

    # Both views from one place: every patch has itself as its match.
    alike = replace(
        pairs,
        **{
            name: getattr(pairs, name)[:, [0, 0]]
            for name in ("images", "points", "valid", "T_first_camera")
        },
    )
    names = torch.eye(16).expand(6, 16, 16)
    right = matching_loss(names, names, alike)
    neighbour = matching_loss(names, names.roll(1, 1), alike)
    uniform = matching_loss(torch.ones(6, 16, 8), torch.ones(6, 16, 8), pairs)
    assert torch.isclose(uniform, torch.tensor(16.0).log(), atol=1e-4)
    assert right < 0.5 * uniform and neighbour > 2 * uniform


def test_place_is_row_and_column_over_the_picture():
    truth = torch.tensor([[-1.0, -1], [-1, 0], [-1, 1], [1, -1], [1, 0], [1, 1]])
    assert place_loss(truth.expand(3, 6, 2), (2, 3)) < 1e-6
    off = truth + torch.tensor([0.3, -0.4])
    assert torch.isclose(place_loss(off.expand(3, 6, 2), (2, 3)), torch.tensor(0.5), atol=1e-5)
