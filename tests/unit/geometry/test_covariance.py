import torch

from splat_widgets.geometry.covariance import covariance, scales_and_quaternions
from splat_widgets.geometry.rotations import rotation_matrix


def gaussians(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    scales = torch.rand(count, 3, generator=generator, dtype=torch.float64) + 0.05
    return scales, torch.randn(count, 4, generator=generator, dtype=torch.float64)


def test_variance_along_a_local_axis_is_its_scale_squared():
    scales, quaternions = gaussians(100)
    axes = rotation_matrix(quaternions)
    along = (axes * (covariance(scales, quaternions) @ axes)).sum(-2)
    torch.testing.assert_close(along, scales**2)


def test_matches_the_covariance_of_samples():
    scales, quaternions = torch.tensor([[0.5, 1.0, 2.0]]), torch.tensor([[0.8, 0.3, -0.4, 0.2]])
    local = torch.randn(200_000, 3, generator=torch.Generator().manual_seed(1)) * scales
    samples = local @ rotation_matrix(quaternions)[0].mT
    torch.testing.assert_close(
        torch.cov(samples.T), covariance(scales, quaternions)[0], atol=0.03, rtol=0.03
    )


def test_decomposition_rebuilds_the_covariance():
    sigma = covariance(*gaussians(500))
    torch.testing.assert_close(covariance(*scales_and_quaternions(sigma)), sigma)
