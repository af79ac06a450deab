"""What we write, opened by PlayCanvas's splat-transform, whose readers are those of SuperSplat.

    nox -s readers

Spark's readers are in `tests/browser/test_spark_reads.py`. A `.glb` is read by neither, but by
PlayCanvas's engine (`test_playcanvas.py`).
"""

import dataclasses
import shutil
import subprocess
from pathlib import Path

import builders
import pytest
import torch

from splat_widgets import io, notices
from splat_widgets.conventions import OPENCV_TO_THREE, SH_C0
from splat_widgets.io.morton import morton_order

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).parent / "node_modules" / "@playcanvas" / "splat-transform" / "bin/cli.mjs"
# Largest errors of positions, covariances (relative), opacities, colours and further harmonics:
# half a step of each encoding, as `tests/unit/io/test_round_trips.py` has them.
FORMATS = {
    "ply": (0, 1e-5, 1e-6, 1e-6, 1e-6),
    "compressed-ply": (5e-3, 0.02, 3e-3, 3e-3, 0.02),
    "spz": (1e-5, 0.08, 3e-3, 4e-3, 8e-3),
    "sog": (1e-3, 0.08, 3e-3, 8e-3, 0.02),
    "splat": (0, 0.05, 3e-3, 3e-3, 0),
}


def by_splat_transform(path):
    """The Gaussians that it finds; its own `.ply` is read by plyfile's twin, ours."""
    node = shutil.which("node") or pytest.fail("node is not on PATH")
    if not PROGRAM.exists():
        pytest.fail(f"splat-transform is missing: run `npm ci` in {Path(__file__).parent}")
    plain = path.with_name("other.ply")
    subprocess.run([node, str(PROGRAM), "-q", "-w", str(path), str(plain)], check=True)
    return io.read(plain).gaussians


@pytest.mark.parametrize("degree", [0, 3])
@pytest.mark.parametrize("name", FORMATS)
def test_supersplats_readers_open_what_we_write(tmp_path, name, degree):
    form, made = io.formats.named(name), builders.make_gaussians(500, degree)
    written = dataclasses.replace(made, sh=(0.3 * made.sh).clamp(-0.99, 0.99))
    with notices.quiet():
        path = io.save(written, tmp_path / f"a{form.suffix}")
    if not form.keeps_order:
        written = written[torch.from_numpy(morton_order(written.means.numpy()))]
    found = by_splat_transform(Path(path))
    if name == "spz":  # which it leaves with y up
        found = found.transformed(torch.from_numpy(OPENCV_TO_THREE).float())
    assert len(found) == len(written) and found.sh_degree == min(degree, form.max_degree)
    position, shape, opacity, color, sh = FORMATS[name]
    covariances = written.covariances.double()
    apart = torch.linalg.matrix_norm(found.covariances.double() - covariances)
    assert (apart / torch.linalg.matrix_norm(covariances)).max() <= shape
    assert (found.means - written.means).abs().max() <= position
    assert (found.opacities - written.opacities).abs().max() <= opacity
    assert SH_C0 * (found.sh[:, 0] - written.sh[:, 0]).abs().max() <= color
    if found.sh_degree:
        assert (found.sh[:, 1:] - written.sh[:, 1:]).abs().max() <= sh
