"""Rays against solids whose surface is known from its definition."""

import torch
from torch.nn import functional as F

from splat_widgets.training.procedural.raycast import Solids, cast, surface


def one_solid(kind, center, half, rotation=None):
    """A 20 m room with one solid in it."""
    rotations = torch.eye(3).repeat(1, 2, 1, 1)
    if rotation is not None:
        rotations[0, 1] = rotation
    return Solids(
        kinds=("room", kind),
        centers=torch.tensor([[[0.0, 0.0, 0.0], center]]),
        halves=torch.tensor([[[10.0, 10.0, 10.0], half]]),
        rotations=rotations,
        present=torch.ones(1, 2, dtype=torch.bool),
    )


def look(solids, directions):
    """Hits and surface of rays (N, 3) from the origin."""
    scene, origin, rays = torch.zeros(1, dtype=torch.int64), torch.zeros(1, 3), directions.T[None]
    hits = cast(solids, scene, origin, rays)
    return hits, surface(solids, scene, origin, rays, hits)


def fan(count=2000, spread=0.4):
    torch.manual_seed(3)
    return torch.cat([spread * torch.randn(count, 2), torch.ones(count, 1)], 1)


def test_wall_of_a_room_lies_at_its_distance():
    hits, found = look(one_solid("box", [0.0, 50.0, 0.0], [1.0, 1.0, 1.0]), fan(spread=0.2))
    assert torch.allclose(hits.distance, torch.full_like(hits.distance, 10.0), rtol=1e-6)
    assert torch.allclose(found.normals[0].T, torch.tensor([0.0, 0.0, -1.0]).expand(2000, 3))


def test_box_shows_its_face_and_no_more():
    rays = fan()
    hits, _ = look(one_solid("box", [0.5, 0.0, 4.0], [1.0, 0.5, 1.0]), rays)
    face = 3 * rays  # the near face is the plane z = 3
    on_face = ((face[:, 0] - 0.5).abs() < 1.0) & (face[:, 1].abs() < 0.5)
    assert 100 < on_face.sum() < 1900
    assert torch.allclose(hits.distance[0][on_face], torch.tensor(3.0))
    assert (hits.slot[0][on_face] == 1).all()
    outside = ((face[:, 0] - 0.5).abs() > 1.0) & (face[:, 0] > 0.5)  # past the side turned away
    assert (hits.slot[0][outside] == 0).all()


def test_sphere_and_turned_ellipsoid_agree_with_their_quadric():
    rays = fan()
    center, half = torch.tensor([0.3, -0.2, 5.0]), torch.tensor([1.5, 0.6, 0.9])
    Q, _ = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(0)))
    Q = Q * torch.linalg.det(Q)
    hits, found = look(one_solid("ellipsoid", center.tolist(), half.tolist(), Q), rays)
    M = Q @ torch.diag(half**-2) @ Q.T  # (x - c)ᵀ M (x - c) = 1, straight from the definition
    a = torch.einsum("ni,ij,nj->n", rays, M, rays)
    b = -2 * torch.einsum("ni,ij,j->n", rays, M, center)
    c = center @ M @ center - 1
    inside = b**2 - 4 * a * c
    t = (-b - inside.clamp_min(0).sqrt()) / (2 * a)
    met = inside > 1e-3
    assert 100 < met.sum() < 1900
    assert torch.allclose(hits.distance[0][met], t[met], rtol=1e-4)
    assert (hits.slot[0][inside < -1e-3] == 0).all()
    gradient = F.normalize((found.points[0].T - center) @ M, dim=-1)
    assert torch.allclose(found.normals[0].T[met], gradient[met], atol=2e-3)


def test_cylinder_has_a_round_side_and_flat_caps():
    solids = one_solid(
        "cylinder", [0.0, 1.5, 4.0], [0.8, 1.0, 0.8]
    )  # top at y = 0.5, seen from above
    hits, found = look(solids, fan(8000))
    on = hits.slot[0] == 1
    x, y, z = found.points[0][:, on]
    radius = (x.square() + (z - 4).square()).sqrt()
    cap = (y - 0.5).abs() < 1e-4
    assert (radius[cap] < 0.8 + 1e-4).all() and torch.allclose(
        radius[~cap], torch.tensor(0.8), atol=1e-3
    )
    assert cap.sum() > 50 and (~cap).sum() > 50
    assert torch.allclose(found.normals[0][1][on][cap], torch.tensor(-1.0))  # up
    assert torch.allclose(found.normals[0][1][on][~cap], torch.tensor(0.0), atol=1e-5)


def test_a_cylinder_that_is_wider_than_high_shows_its_cap():
    solids = one_solid("cylinder", [0.0, 0.4, 4.0], [1.5, 0.2, 1.5])  # top at y = 0.2
    hits, found = look(solids, fan(8000))
    on = hits.slot[0] == 1
    height = found.points[0][1][on]
    cap = (height - 0.2).abs() < 1e-4
    assert 50 < cap.sum() < on.sum()
    expected = torch.where(cap, -1.0, 0.0)
    assert torch.allclose(found.normals[0][1][on], expected, atol=1e-5)


def test_no_solid_is_met_from_behind_or_where_it_is_absent():
    behind, _ = look(one_solid("ellipsoid", [0.0, 0.0, -4.0], [1.0, 1.0, 1.0]), fan())
    assert (behind.slot == 0).all()
    absent = one_solid("ellipsoid", [0.0, 0.0, 4.0], [1.0, 1.0, 1.0])
    absent.present[0, 1] = False
    assert (look(absent, fan())[0].slot == 0).all()
