"""The wire format: decoded here by hand, from its description, and held against the values."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from splat_widgets.conventions import SH_C0
from splat_widgets.geometry.covariance import covariance
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.viewer.wire import bytes_per_splat, encode


def scene(count: int, degree: int = 0, seed: int = 0) -> Gaussians:
    g = torch.Generator().manual_seed(seed)
    return Gaussians(
        means=torch.randn(count, 3, generator=g) + torch.tensor([0.0, 0.0, 4.0]),
        scales=torch.exp(torch.randn(count, 3, generator=g) - 4),
        quaternions=F.normalize(torch.randn(count, 4, generator=g), dim=-1),
        opacities=torch.rand(count, generator=g),
        sh=torch.randn(count, (degree + 1) ** 2, 3, generator=g),
    )


def decode(encoded) -> dict[str, np.ndarray]:
    """All chunks, joined: an independent reader of the documented layout."""
    exact, rest = encoded.header["exact"], (encoded.header["sh_degree"] + 1) ** 2 - 1
    narrow = "<f4" if exact else "<f2"
    layout = [("means", 3, "<f4"), ("log_scales", 3, narrow), ("xyz", 3, narrow)]
    layout += [("rgb", 3, narrow), ("opacities", 1, narrow), ("sh", 3 * rest, narrow)]
    parts: dict[str, list[np.ndarray]] = {name: [] for name, _, _ in layout}
    expected_first = 0
    for first, count, data in encoded.chunks:
        assert first == expected_first
        expected_first += count
        at = 0
        for name, width, kind in layout:
            size = count * width * np.dtype(kind).itemsize
            values = np.frombuffer(data[at : at + size], kind).reshape(count, width)
            parts[name].append(values.astype(np.float64))
            at += size
        assert at == len(data)
    assert expected_first == encoded.header["count"]
    return {name: np.concatenate(values) for name, values in parts.items()}


# Half floats have 11 bits: 2⁻¹¹ of relative error, on the logarithm absolute 2⁻¹¹ of up to 8.
@pytest.mark.parametrize(("exact", "tolerance"), [(True, 1e-5), (False, 2e-2)])
@pytest.mark.parametrize("degree", [0, 1, 3])
def test_every_value_arrives(exact: bool, tolerance: float, degree: int) -> None:
    gaussians = scene(3000, degree)
    encoded = encode(gaussians, exact=exact)
    fields = {name: values[encoded.order] for name, values in gaussians.to_numpy().items()}
    got = decode(encoded)
    assert np.array_equal(got["means"].astype(np.float32), fields["means"])
    w = np.sqrt(1 - (got["xyz"] ** 2).sum(1, keepdims=True))
    assert w.min() > 0.49, "w must be the largest component for its square root to be sound"
    sent = covariance(
        torch.from_numpy(np.exp(got["log_scales"])), torch.from_numpy(np.hstack([w, got["xyz"]]))
    )
    wanted = gaussians.covariances[torch.from_numpy(encoded.order)].double()
    error = (sent - wanted).abs().amax((1, 2)) / wanted.abs().amax((1, 2))
    assert error.max() < tolerance
    assert np.allclose(got["rgb"], 0.5 + SH_C0 * fields["sh"][:, 0], atol=tolerance)
    assert np.allclose(got["opacities"][:, 0], fields["opacities"], atol=tolerance)
    rest = fields["sh"][:, 1:].reshape(3000, -1)
    assert np.allclose(got["sh"], rest, atol=tolerance)


def test_preview_takes_32_bytes_a_splat() -> None:
    assert bytes_per_splat(0, exact=False) == 32
    assert encode(scene(5000)).nbytes == 5000 * 32
    for degree in range(4):
        for exact in (False, True):
            nbytes = encode(scene(10, degree), exact=exact).nbytes
            assert nbytes == 10 * bytes_per_splat(degree, exact)


def test_chunks_hold_whole_rows_and_stay_below_the_limit() -> None:
    encoded = encode(scene(20_000), chunk_bytes=200_000)
    assert len(encoded.chunks) == encoded.header["chunks"] > 1
    for first, count, data in encoded.chunks[:-1]:
        assert first % 2048 == 0 and count % 2048 == 0
        assert len(data) <= 200_000


def test_important_splats_come_first() -> None:
    gaussians = scene(4000)
    order = encode(gaussians).order
    assert sorted(order) == list(range(4000))
    opacities = gaussians.opacities.numpy()[order]
    sizes = gaussians.scales.amax(1).numpy()[order]
    assert (opacities * sizes**2)[:1000].mean() > 5 * (opacities * sizes**2)[-1000:].mean()


def test_values_that_are_not_finite_are_left_out_and_counted() -> None:
    gaussians = scene(10)
    gaussians.means[3, 1] = torch.nan
    gaussians.scales[4, 0] = torch.inf
    gaussians.sh[5, 0, 2] = torch.nan
    encoded = encode(gaussians)
    assert encoded.num_dropped == 3
    assert set(encoded.order) == {0, 1, 2, 6, 7, 8, 9}


def test_flat_and_enormous_values_stay_finite() -> None:
    gaussians = scene(4)
    gaussians.scales[0, 2] = 0.0
    gaussians.sh[1] = 1e9
    got = decode(encode(gaussians))
    assert all(np.isfinite(values).all() for values in got.values())


def test_no_splats() -> None:
    encoded = encode(scene(0))
    assert encoded.chunks == () and encoded.header["count"] == 0


def test_the_same_scene_has_the_same_id() -> None:
    ids = [encode(scene(50, seed=seed)).header["scene"] for seed in (1, 1, 2)]
    assert ids[0] == ids[1] != ids[2]
