"""`.ksplat` files of every level, and those of another writer."""

import builders
import gaussforge
import ksplats
import pytest
import torch

from splat_widgets import io
from splat_widgets.scene.gaussians import Gaussians


def gaussians(degree: int) -> Gaussians:
    made = builders.make_gaussians(75, degree)
    sh = (0.3 * made.sh).clamp(-0.99, 0.99)
    return Gaussians(made.means, made.scales, made.quaternions, made.opacities, sh)


@pytest.mark.parametrize("level, coarse", [(0, 1e-6), (1, 2e-3), (2, 2e-3)])
@pytest.mark.parametrize("degree", [0, 1, 2])
def test_levels_and_degrees(tmp_path, level, coarse, degree):
    written, path = gaussians(degree), tmp_path / "a.ksplat"
    path.write_bytes(ksplats.file(written, level))
    scene = io.read(path)
    assert not scene.notices and scene.sh_degree == degree
    torch.testing.assert_close(scene.means, written.means, atol=1.3e-4 if level else 0, rtol=0)
    apart = torch.linalg.matrix_norm(scene.covariances - written.covariances)
    assert (apart / torch.linalg.matrix_norm(written.covariances)).max() < 4 * coarse
    torch.testing.assert_close(scene.opacities, written.opacities, atol=0.5 / 255 + 1e-6, rtol=0)
    torch.testing.assert_close(scene.sh[:, 0], written.sh[:, 0], atol=0.0071, rtol=0)
    step = 1 / 255 if level == 2 else coarse
    torch.testing.assert_close(scene.sh[:, 1:], written.sh[:, 1:], atol=step + 1e-6, rtol=0)


@pytest.mark.parametrize("degree", [0, 1])  # of higher ones it writes the channels in another order
def test_of_another_writer(tmp_path, degree):
    written = gaussians(degree)
    plain = io.write(tmp_path / "a.ply", written).read_bytes()
    made = gaussforge.GaussForge().convert(plain, "ply", "ksplat")
    path = tmp_path / "a.ksplat"
    path.write_bytes(made["data"])
    scene = io.read(path)
    assert torch.equal(scene.means, written.means)
    torch.testing.assert_close(scene.covariances, written.covariances, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(scene.sh[:, 1:], written.sh[:, 1:], atol=1e-6, rtol=0)
    torch.testing.assert_close(scene.opacities, written.opacities, atol=0.004, rtol=0)


def test_it_is_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"ends in .*\.splat, got"):
        io.save(gaussians(0), tmp_path / "a.ksplat")
