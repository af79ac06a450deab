import math

import numpy as np
import pytest
import torch

from splat_widgets.geometry.harmonics import basis, dc_to_rgb, evaluate, rgb_to_dc, rotated
from splat_widgets.geometry.rotations import rotation_matrix


def sphere(count: int = 200_000) -> torch.Tensor:
    """Evenly spread directions (Fibonacci lattice)."""
    i = torch.arange(count, dtype=torch.float64) + 0.5
    z = 1 - 2 * i / count
    phi = i * math.pi * (3 - math.sqrt(5))
    r = (1 - z * z).sqrt()
    return torch.stack([r * phi.cos(), r * phi.sin(), z], -1)


def test_basis_is_orthonormal_on_the_sphere():
    values = basis(sphere(), 3)
    gram = 4 * math.pi * values.T @ values / len(values)
    torch.testing.assert_close(gram, torch.eye(16, dtype=torch.float64), atol=1e-4, rtol=0)


def test_basis_has_the_signs_of_3dgs():
    # Degree 1 is (-y, z, -x); each further function is held at a direction where its sign shows.
    s = math.sqrt
    d = torch.tensor([[1.0, 2.0, 3.0]], dtype=torch.float64) / s(14)
    x, y, z = d[0].tolist()
    expected = [
        0.5 * s(1 / math.pi),
        *[-s(3 / (4 * math.pi)) * y, s(3 / (4 * math.pi)) * z, -s(3 / (4 * math.pi)) * x],
        0.5 * s(15 / math.pi) * x * y,
        -0.5 * s(15 / math.pi) * y * z,
        0.25 * s(5 / math.pi) * (3 * z * z - 1),
        -0.5 * s(15 / math.pi) * x * z,
        0.25 * s(15 / math.pi) * (x * x - y * y),
        -0.25 * s(35 / (2 * math.pi)) * y * (3 * x * x - y * y),
        0.5 * s(105 / math.pi) * x * y * z,
        -0.25 * s(21 / (2 * math.pi)) * y * (5 * z * z - 1),
        0.25 * s(7 / math.pi) * z * (5 * z * z - 3),
        -0.25 * s(21 / (2 * math.pi)) * x * (5 * z * z - 1),
        0.25 * s(105 / math.pi) * z * (x * x - y * y),
        -0.25 * s(35 / (2 * math.pi)) * x * (x * x - 3 * y * y),
    ]
    np.testing.assert_allclose(basis(d, 3)[0].numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("degree", range(4))
def test_evaluate_sums_coefficients(degree: int):
    generator = torch.Generator().manual_seed(degree)
    sh = torch.randn(7, (degree + 1) ** 2, 3, generator=generator)
    directions = torch.randn(7, 3, generator=generator)
    expected = 0.5 + torch.einsum("nk,nkc->nc", basis(directions, degree), sh)
    torch.testing.assert_close(evaluate(sh, directions), expected)


def test_colour_round_trip():
    rgb = torch.rand(10, 3)
    torch.testing.assert_close(dc_to_rgb(rgb_to_dc(rgb)), rgb)
    torch.testing.assert_close(evaluate(rgb_to_dc(rgb)[:, None], torch.ones(10, 3)), rgb)


def test_refuses_a_number_of_coefficients_that_no_degree_has():
    with pytest.raises(ValueError, match="1, 4, 9 or 16"):
        evaluate(torch.zeros(2, 5, 3), torch.ones(2, 3))


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_turned_coefficients_show_the_same_colours_in_the_turned_frame(degree):
    sh = torch.randn(5, (degree + 1) ** 2, 3, generator=torch.Generator().manual_seed(degree))
    R = rotation_matrix(torch.tensor([0.3, 0.8, -0.4, 0.2]))
    directions = torch.randn(5, 3, generator=torch.Generator().manual_seed(9))
    torch.testing.assert_close(
        evaluate(rotated(sh, R), directions @ R.mT), evaluate(sh, directions), atol=1e-5, rtol=0
    )
