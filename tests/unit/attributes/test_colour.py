"""Colour against the standard library, harmonics against integrals and a written file."""

from __future__ import annotations

import colorsys
from dataclasses import replace
from math import pi

import numpy as np
import pytest
import torch
from plyfile import PlyData

from splat_widgets.attributes import available, values
from splat_widgets.geometry.harmonics import evaluate, rgb_to_dc
from splat_widgets.io import ply


def coloured(gaussians, rgb):
    colours = torch.tensor(rgb, dtype=torch.float32)
    some = gaussians.select([0] * len(colours))
    return replace(some, sh=torch.cat([rgb_to_dc(colours)[:, None], some.sh[:, 1:]], 1))


def sphere(nodes: int = 20):
    """Directions (M, 3) and weights (M,) that integrate polynomials over the sphere exactly."""
    cos, weight = np.polynomial.legendre.leggauss(nodes)
    phi = np.arange(2 * nodes) * pi / nodes
    sin = np.sqrt(1 - cos**2)[:, None]
    z = np.broadcast_to(cos[:, None], (nodes, 2 * nodes))
    directions = np.stack([sin * np.cos(phi), sin * np.sin(phi), z], -1).reshape(-1, 3)
    return torch.from_numpy(directions), torch.from_numpy(np.repeat(weight * pi / nodes, 2 * nodes))


def test_colour_is_the_mean_over_all_directions(gaussians):
    directions, weight = sphere()
    seen = evaluate(gaussians.sh.double()[:, None], directions)  # (N, M, 3)
    mean = (seen * weight[:, None]).sum(1) / (4 * pi)
    for channel, name in enumerate(("red", "green", "blue")):
        np.testing.assert_allclose(values(gaussians, name), mean[:, channel], atol=1e-5)


def test_hue_saturation_and_value_are_those_of_colorsys(gaussians):
    rgb = np.random.default_rng(0).random((300, 3)).round(2)
    rgb[:6] = [[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1]]
    hsv = np.array([colorsys.rgb_to_hsv(*colour) for colour in rgb])
    some = coloured(gaussians, rgb)
    coloured_ones = hsv[:, 1] > 0.02
    apart = (values(some, "hue") - hsv[:, 0] * 360 + 180) % 360 - 180
    assert np.abs(apart[coloured_ones]).max() < 0.01
    np.testing.assert_allclose(values(some, "saturation"), hsv[:, 1], atol=1e-5)
    np.testing.assert_allclose(values(some, "value"), hsv[:, 2], atol=1e-6)


def test_greys_have_no_hue_and_black_no_saturation(gaussians):
    greys = coloured(gaussians, [[k / 255] * 3 for k in range(256)])
    assert np.isnan(values(greys, "hue")).all()
    noisy = replace(greys, sh=greys.sh + torch.rand_like(greys.sh) * 1e-6)  # 8-bit steps are 4e-3
    assert np.isnan(values(noisy, "hue")).all()
    np.testing.assert_allclose(values(greys, "saturation")[50:], 0, atol=1e-6)
    assert values(greys, "saturation")[0] == 0


def test_luminance_of_known_colours(gaussians):
    rgb = [[1, 1, 1], [0, 0, 0], [0.5] * 3, [1, 0, 0], [0, 1, 0], [0, 0, 1], [0.03] * 3, [2, 2, 2]]
    expected = [1, 0, 0.21404, 0.2126, 0.7152, 0.0722, 0.03 / 12.92, 1]
    np.testing.assert_allclose(values(coloured(gaussians, rgb), "luminance"), expected, atol=2e-6)


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_energy_is_the_integral_of_the_squared_colour(gaussians, degree):
    directions, weight = sphere()
    alone = torch.zeros_like(gaussians.sh, dtype=torch.float64)
    alone[:, degree**2 : (degree + 1) ** 2] = gaussians.sh[:, degree**2 : (degree + 1) ** 2]
    seen = evaluate(alone[:, None], directions) - 0.5
    expected = (seen.square().sum(-1) * weight).sum(1)
    np.testing.assert_allclose(values(gaussians, f"sh_energy_{degree}"), expected, rtol=1e-5)


def test_view_dependence_is_the_deviation_over_directions(gaussians):
    directions, weight = sphere()
    seen = evaluate(gaussians.sh.double()[:, None], directions)
    mean = (seen * weight[:, None]).sum(1, keepdim=True) / (4 * pi)
    variance = ((seen - mean).square().mean(-1) * weight).sum(1) / (4 * pi)
    np.testing.assert_allclose(values(gaussians, "view_dependence"), variance.sqrt(), rtol=1e-5)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_every_coefficient_is_the_column_of_the_file(make_gaussians, tmp_path, degree):
    gaussians = make_gaussians(30, degree)
    ply.write(tmp_path / "scene.ply", gaussians)
    columns = PlyData.read(tmp_path / "scene.ply")["vertex"]
    read = ply.read(tmp_path / "scene.ply")
    per_channel = (degree + 1) ** 2 - 1
    found = 0
    for d in range(degree + 1):
        for index in range(2 * d + 1):
            for c, letter in enumerate("rgb"):
                k = d * d + index
                column = f"f_dc_{c}" if not d else f"f_rest_{c * per_channel + k - 1}"
                np.testing.assert_array_equal(
                    values(read, f"sh_{d}_{index}_{letter}"), columns[column]
                )
                found += 1
    listed = [a for a in available(read) if a.group == "coefficients"]
    assert len(listed) == found == 3 * (degree + 1) ** 2
