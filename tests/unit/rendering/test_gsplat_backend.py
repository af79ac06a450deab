"""The adapter to gsplat against a fake gsplat: no GPU is needed, and none is tested.

The fake has the parameters of gsplat 1.5's `rasterization` that the adapter uses, checks their
shapes as gsplat's own assertions do, and renders with our renderer from viewmats and Ks alone.
"""

from __future__ import annotations

import sys
from dataclasses import fields
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from splat_widgets.geometry.rotations import rotation_matrix
from splat_widgets.rendering import gsplat_backend, render, splatting
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians

WIDTH, HEIGHT = 20, 14


def scene(count: int = 12, degree: int = 1) -> Gaussians:
    random = np.random.default_rng(0)
    z = random.uniform(1, 4, count)
    values = (
        np.column_stack([random.uniform(-0.5, 0.5, (count, 2)) * z[:, None], z]),
        random.uniform(0.02, 0.2, (count, 3)),
        random.normal(size=(count, 4)),
        random.uniform(0.1, 1, count),
        random.normal(size=(count, (degree + 1) ** 2, 3)) * 0.5,
    )
    return Gaussians(*(torch.from_numpy(value).float() for value in values))


def view() -> Camera:
    T = torch.eye(4)
    T[:3, :3] = rotation_matrix(torch.tensor([0.98, 0.05, -0.1, 0.1]))
    T[:3, 3] = torch.tensor([0.2, -0.1, -0.4])
    return Camera(T, 18.0, (9.3, 7.9), WIDTH, HEIGHT)


def rasterization(
    means,
    quats,
    scales,
    opacities,
    colors,
    viewmats,
    Ks,
    width,
    height,
    near_plane=0.01,
    far_plane=1e10,
    eps2d=0.3,
    sh_degree=None,
    packed=True,
    backgrounds=None,
    render_mode="RGB",
    rasterize_mode="classic",
):
    n = len(means)
    assert means.shape == (n, 3) and quats.shape == (n, 4) and scales.shape == (n, 3)
    assert opacities.shape == (n,) and viewmats.shape == (1, 4, 4) and Ks.shape == (1, 3, 3)
    assert sh_degree is not None and colors.shape == (n, colors.shape[1], 3)
    assert (sh_degree + 1) ** 2 <= colors.shape[1]
    assert near_plane == 0.01 and far_plane == 1e10 and eps2d == 0.3 and not packed
    assert backgrounds is None and render_mode == "RGB+ED" and rasterize_mode == "classic"
    assert all(x.isfinite().all() and x.is_floating_point() for x in (means, quats, scales, colors))
    K = Ks[0]
    assert K[0, 0] == K[1, 1] and K[2].tolist() == [0, 0, 1]
    camera = Camera(
        torch.linalg.inv(viewmats[0]),
        float(K[0, 0]),
        (float(K[0, 2]), float(K[1, 2])),
        width,
        height,
    )
    record = Gaussians(means, scales, quats, opacities, colors)
    color, depth, alpha = splatting._rasterise(record, camera, sh_degree)
    return torch.cat([color, depth[..., None]], -1)[None], alpha[None, ..., None], {}


@pytest.fixture
def calls(monkeypatch):
    """gsplat is importable, and every scene counts as one on its GPU."""
    made = []

    def counted(**arguments):
        made.append(arguments)
        return rasterization(**arguments)

    monkeypatch.setitem(sys.modules, "gsplat", SimpleNamespace(rasterization=counted))
    monkeypatch.setattr(gsplat_backend, "available", lambda gaussians: True)
    return made


@pytest.mark.parametrize("sh_degree", [None, 0])
def test_the_same_call_gives_the_same_picture(calls, monkeypatch, sh_degree):
    options = {"background": (0.2, 0.5, 0.9), "sh_degree": sh_degree}
    got = render(scene(), view(), **options)
    assert len(calls) == 1 and calls[0]["sh_degree"] == (1 if sh_degree is None else 0)
    monkeypatch.setattr(gsplat_backend, "available", lambda gaussians: False)
    expected = render(scene(), view(), **options)
    assert len(calls) == 1
    for field in fields(got):
        torch.testing.assert_close(
            getattr(got, field.name), getattr(expected, field.name), atol=1e-4, rtol=1e-4
        )


def test_gradients_reach_the_gaussians_and_the_pose(calls):
    leaves = [getattr(scene(), field.name).requires_grad_() for field in fields(Gaussians)]
    T = view().T_world_camera.requires_grad_()
    got = render(Gaussians(*leaves), Camera(T, 18.0, (9.3, 7.9), WIDTH, HEIGHT))
    (got.color.sum() + got.depth.sum() + got.alpha.sum()).backward()
    assert all(x.grad is not None and x.grad.isfinite().all() for x in [*leaves, T])
    assert len(calls) == 1


def test_values_that_are_not_finite_stay_away_from_it(calls):
    spoiled = scene()
    spoiled.means[0] = torch.nan
    spoiled.opacities[1] = torch.inf
    render(spoiled, view())
    assert len(calls[0]["means"]) == 10


def test_nothing_is_not_given_to_it(calls):
    got = render(scene().select([]), view(), background=(0.1, 0.2, 0.3))
    assert not calls and not got.alpha.any() and not got.depth.any()
    assert torch.equal(got.color, torch.tensor([0.1, 0.2, 0.3]).expand(HEIGHT, WIDTH, 3))


def on(device: str, dtype=torch.float32):
    return SimpleNamespace(device=torch.device(device), means=torch.zeros(1, 3, dtype=dtype))


def test_only_single_precision_on_cuda_is_given_to_it(monkeypatch):
    monkeypatch.setattr(gsplat_backend, "_works", lambda device: True)
    assert gsplat_backend.available(on("cuda"))
    assert not gsplat_backend.available(on("cpu"))
    assert not gsplat_backend.available(on("cuda", torch.float64))
    monkeypatch.setattr(gsplat_backend, "_works", lambda device: False)
    assert not gsplat_backend.available(on("cuda"))


def test_a_gsplat_that_does_not_work_is_told_once_and_not_used(monkeypatch, caplog):
    def broken(**_):
        raise AttributeError("'NoneType' object has no attribute 'fully_fused_projection'")

    cpu = torch.device("cpu")
    gsplat_backend._works.cache_clear()
    monkeypatch.setitem(sys.modules, "gsplat", SimpleNamespace(rasterization=broken))
    assert not gsplat_backend._works(cpu) and not gsplat_backend._works(cpu)
    assert caplog.text.count("cannot render here") == 1
    gsplat_backend._works.cache_clear()
    monkeypatch.setitem(sys.modules, "gsplat", SimpleNamespace(rasterization=rasterization))
    assert gsplat_backend._works(cpu)
    gsplat_backend._works.cache_clear()
    monkeypatch.setitem(sys.modules, "gsplat", None)  # not installed
    assert not gsplat_backend._works(cpu)
    gsplat_backend._works.cache_clear()


@pytest.mark.gpu
def test_gsplat_itself_agrees(monkeypatch):
    pytest.importorskip("gsplat")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    gaussians = scene(200).to("cuda")
    assert gsplat_backend.available(gaussians)
    got = render(gaussians, view())
    monkeypatch.setattr(gsplat_backend, "available", lambda gaussians: False)
    expected = render(gaussians, view())
    assert (got.color - expected.color).abs().max() < 0.02
    assert (got.alpha - expected.alpha).abs().max() < 0.02
