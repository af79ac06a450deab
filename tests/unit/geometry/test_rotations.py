import torch
from torch.nn.functional import normalize

from splat_widgets.geometry.rotations import multiply, quaternion, rotation_matrix


def random_quaternions(count: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return normalize(torch.randn(count, 4, generator=generator, dtype=torch.float64), dim=-1)


def test_matrices_are_rotations():
    R = rotation_matrix(random_quaternions(200))
    identity = torch.eye(3, dtype=torch.float64).expand(200, 3, 3)
    torch.testing.assert_close(R @ R.mT, identity)
    torch.testing.assert_close(torch.linalg.det(R), torch.ones(200, dtype=torch.float64))


def test_order_is_wxyz_and_local_to_world():
    quarter_turn_about_z = torch.tensor([0.5**0.5, 0.0, 0.0, 0.5**0.5])
    turned = rotation_matrix(quarter_turn_about_z) @ torch.tensor([1.0, 0.0, 0.0])
    torch.testing.assert_close(turned, torch.tensor([0.0, 1.0, 0.0]))


def test_product_composes():
    a, b = random_quaternions(50, 1), random_quaternions(50, 2)
    together = rotation_matrix(multiply(a, b))
    torch.testing.assert_close(together, rotation_matrix(a) @ rotation_matrix(b))


def test_quaternion_inverts_rotation_matrix_also_at_half_turns():
    half_turns = torch.eye(4, dtype=torch.float64)
    q = torch.cat([random_quaternions(200, 3), half_turns])
    R = rotation_matrix(q)
    back = quaternion(R)
    assert (back[:, 0] >= 0).all()
    torch.testing.assert_close(rotation_matrix(back), R)


def test_length_does_not_matter():
    q = random_quaternions(10)
    torch.testing.assert_close(rotation_matrix(3.7 * q), rotation_matrix(q))
