import pytest
import torch
from torch.nn import functional as F

from splat_widgets.training.procedural.layouts import OUTDOOR_HALF_METRES, Draws
from splat_widgets.training.procedural.scenes import (
    CLEARANCE_METRES,
    EYE_LEVEL_METRES,
    Optics,
    _sample_views,
    _target_views,
    covisible,
    render_pairs,
    seen_by_context,
)

SEEDS = range(500, 524)


@pytest.fixture(scope="module")
def pairs():
    return render_pairs(SEEDS, 48)


def test_points_project_onto_the_pixel_grid_of_their_own_view(pairs):
    B, V, H, W, _ = pairs.points.shape
    R, t = pairs.T_first_camera[..., :3, :3], pairs.T_first_camera[..., :3, 3]
    centred = pairs.points - t[:, :, None, None]
    local = torch.einsum("bvji,bvhwj->bvhwi", R, centred)  # Rᵀ, unlike the code's inverse
    focal = pairs.focal_px[:, None, None, None]
    x = focal * local[..., 0] / local[..., 2] + W / 2
    y = focal * local[..., 1] / local[..., 2] + H / 2
    assert torch.allclose(x, (torch.arange(W) + 0.5).expand(B, V, H, W), atol=2e-2)
    assert torch.allclose(y, (torch.arange(H) + 0.5)[:, None].expand(B, V, H, W), atol=2e-2)
    assert torch.allclose(local[..., 2], pairs.depth, rtol=1e-4)
    assert (local[..., 2] > 0.05).all()


def test_first_camera_is_the_frame_and_poses_are_rigid(pairs):
    assert torch.equal(pairs.T_first_camera[:, 0], torch.eye(4).expand(len(pairs), 4, 4))
    R = pairs.T_first_camera[:, 1, :3, :3]
    assert torch.allclose(R @ R.mT, torch.eye(3).expand_as(R), atol=1e-5)
    assert torch.allclose(torch.linalg.det(R), torch.ones(len(R)), atol=1e-5)


def test_both_views_show_the_same_colour_at_the_same_point():
    pairs = render_pairs(SEEDS, 192)
    W = 192
    R, t = pairs.T_first_camera[:, 1, :3, :3], pairs.T_first_camera[:, 1, :3, 3]
    local = torch.einsum("bji,bhwj->bhwi", R, pairs.points[:, 0] - t[:, None, None])
    uv = pairs.focal_px[:, None, None, None] * local[..., :2] / local[..., 2:]
    other = F.grid_sample(pairs.images[:, 1], uv / (W / 2), align_corners=False)
    off = (other - pairs.images[:, 0]).abs().mean(1)
    seen = covisible(pairs)[:, 0]
    assert seen.float().mean() > 0.4
    assert off[seen].median() < 0.01
    assert off[seen].mean() < 0.035  # edges, and texture that one view resolves and the other not
    wrong = (other.roll(1, 0) - pairs.images[:, 0]).abs().mean(1)[seen]
    assert wrong.median() > 10 * off[seen].median()


def test_a_seed_is_a_scene_whatever_the_batch_and_the_order(pairs):
    again = render_pairs([SEEDS[7], SEEDS[2]], 48)
    for name in ("images", "points", "T_first_camera", "focal_px"):
        ours, theirs = getattr(pairs, name), getattr(again, name)
        assert torch.allclose(ours[7], theirs[0], atol=1e-4), name
        assert torch.allclose(ours[2], theirs[1], atol=1e-4), name
    assert not torch.allclose(again.images[0], again.images[1], atol=0.1)


def test_cameras_keep_clear_of_everything_at_eye_level():
    draws = Draws(range(2000, 2200))
    scene, poses, focal = _sample_views(draws, Optics().fov_deg)
    places = poses[:, :, :3, 3]
    assert (scene.solids.clearance(places) >= CLEARANCE_METRES - 1e-5).all()
    eye = -places[..., 1]
    assert (eye >= EYE_LEVEL_METRES[0] - 1e-5).all() and (eye <= EYE_LEVEL_METRES[1] + 1e-5).all()
    room = scene.solids.halves[:, 0]
    assert (places[..., [0, 2]].abs() <= room[:, None, [0, 2]] - 0.3).all()
    fov = 2 * torch.rad2deg(torch.atan(0.5 / focal))
    assert (fov >= 40 - 1e-3).all() and (fov <= 80 + 1e-3).all()
    ceiling = 2 * room[~scene.outdoor][:, 1]
    assert (ceiling >= 2.4).all() and (ceiling <= 3.0).all()
    assert (room[scene.outdoor][:, 0] == OUTDOOR_HALF_METRES).all() and scene.outdoor.any()


def test_baselines_and_overlap_cover_their_range():
    pairs = render_pairs(range(3000, 3096), 32, shadows=False)
    baseline = pairs.T_first_camera[:, 1, :3, 3].norm(dim=-1)
    share = baseline / pairs.depth[:, 0].flatten(1).median(1).values
    assert (baseline > 0.02).all()
    assert (share < 0.05).any() and (share > 0.3).any() and (share < 1.0).float().mean() > 0.95
    assert pairs.overlap.median() > 0.6 and (pairs.overlap > 0.25).float().mean() > 0.9


def test_swapping_and_mirroring_keep_the_geometry(pairs):
    twice = pairs.swapped().swapped()
    assert torch.allclose(twice.points, pairs.points, atol=1e-3)
    assert torch.allclose(twice.T_first_camera, pairs.T_first_camera, atol=1e-5)
    for changed in (pairs.swapped(), pairs.mirrored()):
        H = W = changed.valid.shape[-1]
        R, t = changed.T_first_camera[..., :3, :3], changed.T_first_camera[..., :3, 3]
        assert torch.allclose(torch.linalg.det(R), torch.ones(R.shape[:2]), atol=1e-5)
        local = torch.einsum("bvji,bvhwj->bvhwi", R, changed.points - t[:, :, None, None])
        x = changed.focal_px[:, None, None, None] * local[..., 0] / local[..., 2] + W / 2
        assert torch.allclose(x, (torch.arange(W) + 0.5).expand_as(x), atol=2e-2)
        assert H == W
    assert torch.equal(pairs.swapped().images[:, 0], pairs.images[:, 1])


@pytest.fixture(scope="module")
def with_targets():
    return render_pairs(SEEDS, 96, targets=2)


def projected(points, T_first_camera, focal_px, size):
    """Pixel coordinates (B, K, H, W, 2) of points in cameras (B, K, 4, 4)."""
    R, t = T_first_camera[..., :3, :3], T_first_camera[..., :3, 3]
    local = torch.einsum("bvji,bvhwj->bvhwi", R, points - t[:, :, None, None])
    return focal_px[:, None, None, None, None] * local[..., :2] / local[..., 2:] + size / 2


def test_targets_change_nothing_of_the_pair(with_targets):
    plain = render_pairs(SEEDS, 96)
    assert plain.targets is None
    for name in ("images", "points", "valid", "T_first_camera", "overlap"):
        assert torch.equal(getattr(plain, name), getattr(with_targets, name)), name


@pytest.mark.parametrize("change", ["as they are", "swapped", "mirrored", "selected"])
def test_points_of_targets_lie_behind_their_own_pixels(with_targets, change):
    pairs = with_targets
    if change == "selected":
        pairs = pairs.select(torch.arange(3))
    elif change != "as they are":
        pairs = getattr(pairs, change)()
    targets = pairs.targets
    uv = projected(targets.points, targets.T_first_camera, pairs.focal_px, 96)
    step = torch.arange(96) + 0.5
    y, x = torch.meshgrid(step, step, indexing="ij")
    assert torch.allclose(uv, torch.stack([x, y], -1).expand_as(uv), atol=5e-2)


def test_what_a_target_shares_with_the_pair_has_the_same_colour_there(with_targets):
    pairs, targets = with_targets, with_targets.targets
    seen = seen_by_context(pairs)
    assert 0.6 < seen.float().mean() < 1 and not (seen & ~targets.valid).any()
    best = torch.full(seen.shape, torch.inf)
    for view in range(2):
        pose = pairs.T_first_camera[:, view, None].expand(-1, 2, 4, 4)
        uv = projected(targets.points, pose, pairs.focal_px, 96) / 48 - 1
        picture = pairs.images[:, view, None].expand(-1, 2, 3, 96, 96).flatten(0, 1)
        there = F.grid_sample(picture, uv.flatten(0, 1), align_corners=False)
        off = (there.unflatten(0, (-1, 2)) - targets.images).abs().mean(2)
        best = torch.minimum(best, off)
    assert best[seen].median() < 0.012
    assert best[targets.valid & ~seen].median() > 3 * best[seen].median()


def test_target_cameras_keep_clear():
    draws = Draws(range(2000, 2200))
    scene, poses, _ = _sample_views(draws, Optics().fov_deg)
    places = _target_views(draws, scene, poses, 3)[..., :3, 3]
    assert (scene.solids.clearance(places) >= CLEARANCE_METRES - 1e-5).all()
    room = scene.solids.halves[:, None, 0]
    assert ((places - scene.solids.centers[:, None, 0]).abs() < room - 0.29).all()


def test_pairs_are_joined_with_their_targets(with_targets):
    parts = [with_targets.select(torch.tensor([index])) for index in (2, 0)]
    joined = type(with_targets).cat(parts)
    assert joined.seeds.tolist() == [502, 500]
    assert torch.equal(joined.targets.images[1], with_targets.targets.images[0])
    with pytest.raises(ValueError, match="target views"):
        seen_by_context(render_pairs([1], 16))


def test_pictures_are_lit_and_varied(pairs):
    assert pairs.images.min() >= 0 and pairs.images.max() <= 1
    assert pairs.images.isfinite().all() and pairs.points.isfinite().all()
    contrast = pairs.images[:, 0].mean(1).flatten(1).std(1)
    assert contrast.median() > 0.08
    means = pairs.images[:, 0].flatten(1).mean(1)
    assert means.std() > 0.05


def test_supersampling_changes_colours_at_edges_only():
    plain, fine = render_pairs([501], 48), render_pairs([501], 48, supersample=3)
    assert torch.allclose(plain.points, fine.points, atol=1e-3)
    off = (plain.images - fine.images).abs()
    assert off.median() < 0.02 and off.max() > 0.05


def test_what_cannot_be_rendered_is_refused():
    with pytest.raises(ValueError, match="at least one seed"):
        render_pairs([])
    with pytest.raises(ValueError, match="odd"):
        render_pairs([1], supersample=2)


@pytest.fixture(scope="module")
def shifted():
    return render_pairs(SEEDS, 48, targets=1, optics=Optics((25.0, 90.0), 0.2))


@pytest.mark.parametrize("change", ["as they are", "swapped", "mirrored"])
def test_crops_off_the_centre_have_their_principal_points_elsewhere(shifted, change):
    pairs = shifted if change == "as they are" else getattr(shifted, change)()
    assert pairs.shift_px.abs().max() <= 0.2 * 48 and pairs.shift_px.std() > 3
    R, t = pairs.T_first_camera[..., :3, :3], pairs.T_first_camera[..., :3, 3]
    local = torch.einsum("bvji,bvhwj->bvhwi", R, pairs.points - t[:, :, None, None])
    focal = pairs.focal_px[:, None, None, None, None]
    uv = focal * local[..., :2] / local[..., 2:] + 24 + pairs.shift_px[:, :, None, None]
    y, x = torch.meshgrid(torch.arange(48) + 0.5, torch.arange(48) + 0.5, indexing="ij")
    assert torch.allclose(uv, torch.stack([x, y], -1).expand_as(uv), atol=3e-2)


def test_a_shift_moves_the_crop_and_not_the_camera():
    plain = render_pairs([501], 64)
    moved = render_pairs([501], 64, optics=Optics(shift=0.4))
    assert torch.equal(plain.T_first_camera, moved.T_first_camera)
    assert plain.shift_px is None and not torch.allclose(plain.images, moved.images, atol=0.1)
    # What lies at (x, y) from one principal point lies there from the other one, too.
    right, down = (moved.shift_px[0, 0]).round().int().tolist()
    rows = slice(max(0, down), 64 + min(0, down)), slice(max(0, -down), 64 - max(0, down))
    columns = slice(max(0, right), 64 + min(0, right)), slice(max(0, -right), 64 - max(0, right))
    here = moved.depth[0, 0][rows[0], columns[0]]
    there = plain.depth[0, 0][rows[1], columns[1]]
    assert ((here / there).log().abs() < 0.05).float().mean() > 0.9


def test_pixels_that_both_photos_see_are_found_in_shifted_crops(shifted):
    seen = covisible(shifted)
    assert seen.float().mean() > 0.3
    uv = (
        projected(shifted.points[:, :1], shifted.T_first_camera[:, 1:], shifted.focal_px, 48)[:, 0]
        + shifted.shift_px[:, 1, None, None]
    )
    inside = ((uv >= 0) & (uv < 48)).all(-1)
    assert not (seen[:, 0] & ~inside).any()


@pytest.mark.parametrize(
    ("optics", "said"), [({"fov_deg": (90, 25)}, "low <= high"), ({"shift": 1.5}, "from 0 to 1")]
)
def test_optics_that_no_camera_has_are_refused(optics, said):
    with pytest.raises(ValueError, match=said):
        Optics(**optics)
