"""The renderer against a twin that loops over pixels and Gaussians in double precision."""

from __future__ import annotations

from dataclasses import fields, replace
from math import exp

import numpy as np
import pytest
import torch

from splat_widgets.geometry.harmonics import evaluate
from splat_widgets.rendering import psnr, render, splatting, to_uint8
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians, cat
from splat_widgets.scene.scene import Scene

WIDTH, HEIGHT = 32, 24


def rotation(quaternion: np.ndarray) -> np.ndarray:
    """Columns are the turned axes: v -> v + 2 w (u × v) + 2 u × (u × v)."""
    w, u = quaternion[0], quaternion[1:]
    return np.stack(
        [v + 2 * w * np.cross(u, v) + 2 * np.cross(u, np.cross(u, v)) for v in np.eye(3)], 1
    )


def slow_render(gaussians: Gaussians, camera: Camera, background=(0.0, 0.0, 0.0)):
    """Every pixel asks every Gaussian, nearest first. float64 arrays color, depth, alpha."""
    pose = camera.T_world_camera.double().numpy()
    W, eye = pose[:3, :3].T, pose[:3, 3]
    f, (cx, cy) = camera.focal_px, camera.principal_point_px
    splats = []
    for i in range(len(gaussians)):
        mean = gaussians.means[i].double().numpy()
        x, y, z = W @ (mean - eye)
        if not z > 0.01:
            continue
        R, S = rotation(gaussians.quaternions[i].double().numpy()), gaussians.scales[i].double()
        sigma = R @ np.diag(S.numpy() ** 2) @ R.T
        tan_x = np.clip(x / z, -(cx + 0.15 * camera.width) / f, (1.15 * camera.width - cx) / f)
        tan_y = np.clip(y / z, -(cy + 0.15 * camera.height) / f, (1.15 * camera.height - cy) / f)
        J = np.array([[f / z, 0, -f * tan_x / z], [0, f / z, -f * tan_y / z]])
        sigma = J @ W @ sigma @ W.T @ J.T + 0.3 * np.eye(2)
        color = evaluate(gaussians.sh[i].double(), torch.from_numpy(mean - eye)).clamp_min(0)
        center = np.array([f * x / z + cx, f * y / z + cy])
        opacity = float(gaussians.opacities[i])
        splats.append((z, center, np.linalg.inv(sigma), opacity, color.numpy()))
    splats.sort(key=lambda splat: splat[0])

    color, depth = (
        np.zeros((camera.height, camera.width, 3)),
        np.zeros((camera.height, camera.width)),
    )
    alpha = np.zeros_like(depth)
    for row in range(camera.height):
        for col in range(camera.width):
            through = 1.0
            for z, center, inverse, opacity, rgb in splats:
                d = np.array([col + 0.5, row + 0.5]) - center
                a = min(0.99, opacity * exp(-0.5 * d @ inverse @ d))
                if a < 1 / 255:
                    continue
                color[row, col] += through * a * rgb
                depth[row, col] += through * a * z
                alpha[row, col] += through * a
                through *= 1 - a
            color[row, col] += through * np.asarray(background)
    return color, np.where(alpha > 0, depth / np.where(alpha > 0, alpha, 1), 0), alpha


def make(
    count: int, *, seed: int = 0, size=(0.01, 0.2), degree: int = 0, depth=(1, 4)
) -> Gaussians:
    """Random anisotropic Gaussians in and around the view of `camera()`."""
    random = np.random.default_rng(seed)
    z = random.uniform(*depth, count)
    xy = random.uniform(-0.8, 0.8, (count, 2)) * z[:, None]
    quaternions = random.normal(size=(count, 4))
    values = (
        np.column_stack([xy, z]),
        np.exp(random.uniform(*np.log(size), (count, 3))),
        quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True),
        random.uniform(0.05, 1, count),
        random.normal(size=(count, (degree + 1) ** 2, 3)) * 0.5,
    )
    return Gaussians(*(torch.from_numpy(value) for value in values))


def camera() -> Camera:
    return Camera.centred(26.0, WIDTH, HEIGHT)


def turned_camera() -> Camera:
    pose = np.eye(4)
    pose[:3, :3] = rotation(
        np.array([0.97, 0.05, -0.2, 0.1]) / np.linalg.norm([0.97, 0.05, 0.2, 0.1])
    )
    pose[:3, 3] = 0.3, -0.2, -0.4
    return Camera(torch.from_numpy(pose), 30.0, (14.3, 12.9), WIDTH, HEIGHT)


def one(mean, scales, opacity, rgb=(0.5, 0.5, 0.5), quaternion=(1, 0, 0, 0)) -> Gaussians:
    rows = [mean, scales, quaternion, opacity, [(np.array(rgb) - 0.5) / 0.28209479177387814]]
    return Gaussians(*(torch.tensor(np.array([row]), dtype=torch.float64) for row in rows))


STACK = cat([one((0, 0, 1 + 0.01 * k), (0.3, 0.3, 0.01), 1.0, (k / 20, 0.5, 1)) for k in range(20)])
SCENES = {
    "small": make(60, size=(0.001, 0.05)),
    "anisotropic": make(50, size=(0.003, 1.0), seed=1),
    "large": make(12, size=(0.5, 5.0), seed=2),
    "crossing the camera's plane": make(50, depth=(-2, 2), seed=3),
    "outside the field of view": make(40, depth=(0.1, 0.5), size=(0.05, 0.5), seed=4),
    "opaque stack": STACK,
    "faint": replace(make(40, seed=5), opacities=torch.full((40,), 0.02, dtype=torch.float64)),
    "needle across the border": one(
        (0.7, 0, 1), (1, 0.001, 0.001), 0.9, quaternion=(0.8, 0, 0, 0.6)
    ),
    "degree 3": make(40, degree=3, seed=6),
    "same depth": replace(make(30, seed=7), means=make(30, seed=7).means.round()),
}


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("view", [camera, turned_camera])
def test_equals_the_slow_twin(name, view):
    got = render(SCENES[name], view(), background=(0.2, 0.5, 0.9))
    color, depth, alpha = slow_render(SCENES[name], view(), (0.2, 0.5, 0.9))
    assert alpha.max() > 0.01  # the scene is seen at all
    # Beyond SATURATED what lies behind a covered picture may be left out.
    np.testing.assert_allclose(got.color, color, atol=2e-4 if name == "opaque stack" else 1e-9)
    np.testing.assert_allclose(got.alpha, alpha, atol=2e-4 if name == "opaque stack" else 1e-9)
    np.testing.assert_allclose(got.depth, depth, atol=2e-4 if name == "opaque stack" else 1e-8)


def test_float32_equals_the_slow_twin_but_for_fragments_at_the_threshold():
    gaussians = make(150, seed=8).to(dtype=torch.float32)
    color, _, alpha = slow_render(gaussians, camera())
    got = render(gaussians, camera())
    assert got.color.dtype == torch.float32
    wrong = np.abs(got.color.numpy() - color).max(-1) > 1e-5
    assert wrong.mean() < 0.01
    np.testing.assert_allclose(got.color, color, atol=0.01)  # one fragment of 1/255
    np.testing.assert_allclose(got.alpha, alpha, atol=0.01)


def test_a_pixel_centre_is_at_half():
    """A round splat on the centre of pixel (row 5, col 9) shows its opacity there."""
    mean = ((9.5 - WIDTH / 2) / 26 * 2, (5.5 - HEIGHT / 2) / 26 * 2, 2.0)
    got = render(one(mean, (1e-4, 1e-4, 1e-4), 0.7), camera())
    assert got.alpha[5, 9].item() == pytest.approx(0.7, abs=1e-6)
    assert got.alpha[5, 8].item() == pytest.approx(0.7 * exp(-0.5 / 0.3), rel=1e-4)
    assert got.depth[5, 9].item() == pytest.approx(2.0)
    assert got.depth[20, 20].item() == 0


def test_values_that_are_not_finite_are_left_out():
    gaussians = make(30, seed=12)
    spoiled = {f.name: getattr(gaussians, f.name).clone() for f in fields(gaussians)}
    spoiled["means"][0, 0] = float("nan")
    spoiled["scales"][1, 2] = float("inf")
    spoiled["quaternions"][2, 1] = float("nan")
    spoiled["opacities"][3] = float("nan")
    spoiled["sh"][4, 0, 0] = float("nan")
    got = render(Gaussians(**spoiled), camera())
    torch.testing.assert_close(got.color, render(gaussians.select(range(5, 30)), camera()).color)


@pytest.mark.parametrize("size", [1, 50, 1000])
def test_batches_do_not_show(monkeypatch, size):
    gaussians = make(80, seed=9)
    expected = render(gaussians, camera())
    monkeypatch.setattr(splatting, "BATCH_FRAGMENTS", size)
    got = render(gaussians, camera())
    for field in fields(got):
        torch.testing.assert_close(getattr(got, field.name), getattr(expected, field.name))


def test_moving_the_camera_is_moving_the_scene():
    gaussians, view = make(60, seed=10), turned_camera()
    moved = gaussians.transformed(view.T_camera_world)
    here = replace(view, T_world_camera=torch.eye(4, dtype=torch.float64))
    torch.testing.assert_close(render(gaussians, view).color, render(moved, here).color)


def test_lower_degree_ignores_the_higher_coefficients():
    gaussians = make(40, degree=2, seed=11)
    expected = render(replace(gaussians, sh=gaussians.sh[:, :4]), camera()).color
    torch.testing.assert_close(render(gaussians, camera(), sh_degree=1).color, expected)
    with pytest.raises(ValueError, match="degree from 0 to 2, got 3"):
        render(gaussians, camera(), sh_degree=3)


def test_nothing_to_see_is_background():
    # A faint diagonal needle: its bounding box has pixels, its ellipse has none.
    turn = (np.cos(np.pi / 8), 0, 0, np.sin(np.pi / 8))
    between_pixels = one((0.5 / 26, 0, 1), (2 / 26, 1e-4, 1e-4), 1.1 / 255, quaternion=turn)
    for gaussians in (make(5).select([]), make(5, depth=(-3, -1)), between_pixels):
        got = render(gaussians, camera(), background=(0.1, 0.2, 0.3))
        assert torch.equal(
            got.color, torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64).expand(24, 32, 3)
        )
        assert not got.alpha.any() and not got.depth.any()


def test_enormous_values_stay_finite():
    gaussians = make(20, seed=13).to(dtype=torch.float32)
    gaussians = replace(gaussians, scales=gaussians.scales * torch.logspace(-12, 8, 20)[:, None])
    got = render(gaussians, camera())
    assert got.color.isfinite().all() and got.depth.isfinite().all()
    assert got.alpha.max() <= 1.0001


def test_background_must_be_a_colour():
    with pytest.raises(ValueError, match="background of 3 numbers"):
        render(make(3), camera(), background=(0, 0))


@pytest.mark.parametrize("field", [f.name for f in fields(Gaussians)])
def test_gradients_equal_finite_differences(monkeypatch, field):
    monkeypatch.setattr(splatting, "BATCH_FRAGMENTS", 300)  # several batches
    gaussians = make(10, seed=14, size=(0.05, 0.4), degree=1)
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(HEIGHT, WIDTH, 5, generator=generator, dtype=torch.float64)

    def loss(value: torch.Tensor) -> torch.Tensor:
        got = render(replace(gaussians, **{field: value}), turned_camera())
        return (
            weights * torch.cat([got.color, got.depth[..., None], got.alpha[..., None]], -1)
        ).sum()

    value = getattr(gaussians, field).clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(value), value)
    # A step that moves a footprint over a pixel centre changes a sum by 1/255: tiny steps and the
    # median direction tell the derivative from those jumps.
    agreeing = 0
    for k in range(20):
        direction = torch.randn(value.shape, generator=torch.Generator().manual_seed(k)).double()
        step = 1e-7 * direction
        with torch.no_grad():
            numeric = (loss(value + step) - loss(value - step)) / 2e-7
        expected = float((gradient * direction).sum())
        agreeing += abs(float(numeric) - expected) <= 1e-4 * max(1.0, abs(expected))
    assert agreeing >= 18


@pytest.mark.parametrize("output", ["color", "depth", "alpha"])
def test_gradients_of_the_pose_equal_finite_differences(output):
    """A small motion of the camera, in each of its six directions."""
    gaussians, view = make(10, seed=15, size=(0.05, 0.4), degree=1), turned_camera()
    weights = torch.randn(HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0)).double()

    def loss(motion: torch.Tensor) -> torch.Tensor:
        x, y, z = motion[3:]
        zero = torch.zeros_like(x)
        turn = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero]).reshape(3, 3)
        T = torch.eye(4, dtype=torch.float64)
        T = torch.cat([torch.cat([turn.matrix_exp(), motion[:3, None]], 1), T[3:]])
        got = getattr(
            render(gaussians, replace(view, T_world_camera=view.T_world_camera @ T)), output
        )
        return (weights * (got if got.ndim == 2 else got.sum(-1))).sum()

    motion = torch.zeros(6, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(loss(motion), motion)
    agreeing = 0
    for k in range(20):  # as above: now and then a footprint's border crosses a pixel centre
        direction = torch.randn(6, generator=torch.Generator().manual_seed(k)).double()
        with torch.no_grad():
            numeric = (loss(1e-7 * direction) - loss(-1e-7 * direction)) / 2e-7
        expected = float(gradient @ direction)
        agreeing += abs(float(numeric) - expected) <= 1e-4 * max(1.0, abs(expected))
    assert agreeing >= 18


@pytest.mark.parametrize("output", ["color", "depth", "alpha"])
def test_every_output_has_gradients_of_its_own(output):
    """What each output depends on, and that it does."""
    gaussians = make(10, seed=16, size=(0.05, 0.4), degree=1)
    leaves = {
        f.name: getattr(gaussians, f.name).clone().requires_grad_() for f in fields(gaussians)
    }
    weights = torch.randn(HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0)).double()
    got = getattr(render(Gaussians(**leaves), turned_camera()), output)
    (weights * (got if got.ndim == 2 else got.sum(-1))).sum().backward()
    for name, leaf in leaves.items():
        touched = leaf.grad is not None and bool(leaf.grad.abs().max() > 1e-6)
        assert touched == (output == "color" or name != "sh"), name
        assert leaf.grad is None or leaf.grad.isfinite().all()


def test_a_scene_is_rendered_by_its_gaussians():
    gaussians = make(5)
    got = render(Scene(gaussians), camera())
    assert torch.equal(got.color, render(gaussians, camera()).color)


def test_no_graph_is_kept_without_a_reason():
    assert not render(make(5), camera()).color.requires_grad


def test_psnr():
    a = torch.zeros(4, 4, 3)
    assert psnr(a, a + 0.1) == pytest.approx(20.0, abs=1e-4)
    assert psnr(a, a) == float("inf")
    b = a.clone()
    b[0] = 1
    mask = torch.zeros(4, 4, dtype=torch.bool)
    mask[:2] = True
    assert psnr(a, b, mask=mask) == pytest.approx(-10 * np.log10(0.5))
    assert psnr(a, b, mask=torch.arange(4).repeat(4, 1).mT > 0) == float("inf")
    with pytest.raises(TypeError, match="uint8; divide"):
        psnr(a, (a * 255).to(torch.uint8))
    with pytest.raises(ValueError, match="one shape"):
        psnr(a, torch.zeros(4, 5, 3))
    with pytest.raises(ValueError, match="mask selects none"):
        psnr(a, b, mask=torch.zeros(4, 4, dtype=torch.bool))


def test_to_uint8_clamps_and_rounds():
    picture = to_uint8(torch.tensor([[[-1.0, 0.5, 1.7]]]))
    assert picture.dtype == np.uint8 and picture.tolist() == [[[0, 128, 255]]]
