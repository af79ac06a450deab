"""A `.glb` that we write, opened by PlayCanvas's engine, which draws in SuperSplat's viewer.

    nox -s readers

Spark 2.2.0 and splat-transform 3.7.0 do not read the format.
"""

import json
import shutil
import subprocess
from pathlib import Path

import builders
import numpy as np
import pytest
import torch

from splat_widgets import io
from splat_widgets.conventions import OPENCV_TO_THREE, SH_C0
from splat_widgets.scene.gaussians import Gaussians

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).parent / "playcanvas_glb.mjs"


def by_playcanvas(path: Path) -> Gaussians:
    """The Gaussians that it finds, with y up and z back, in an order of its own."""
    node = shutil.which("node") or pytest.fail("node is not on PATH")
    if not (PROGRAM.parent / "node_modules" / "playcanvas").exists():
        pytest.fail(f"playcanvas is missing: run `npm ci` in {PROGRAM.parent}")
    found = path.with_name("columns.bin")
    subprocess.run([node, str(PROGRAM), str(path), str(found)], check=True)
    names, numbers = found.read_bytes().split(b"\n", 1)
    table = np.frombuffer(numbers, "<f4").reshape(len(json.loads(names)), -1)
    columns = dict(zip(json.loads(names), table, strict=True))

    def some(*wanted: str) -> np.ndarray:
        return np.stack([columns[name] for name in wanted], -1)

    rest = sum(name.startswith("f_rest_") for name in columns)
    sh = some("f_dc_0", "f_dc_1", "f_dc_2")[:, None]
    if rest:  # a channel after the other
        further = some(*(f"f_rest_{number}" for number in range(rest)))
        sh = np.concatenate([sh, further.reshape(len(sh), 3, -1).transpose(0, 2, 1)], 1)
    return Gaussians(
        some("x", "y", "z"),
        some("scale_0", "scale_1", "scale_2"),
        some("rot_0", "rot_1", "rot_2", "rot_3"),
        columns["opacity"],
        sh,
    )


@pytest.mark.parametrize("degree", [0, 1, 3])
def test_playcanvas_opens_a_glb(tmp_path, degree):
    made = builders.make_gaussians(500, degree)
    found = by_playcanvas(Path(io.save(made, tmp_path / "a.glb")))
    found = found.transformed(torch.from_numpy(OPENCV_TO_THREE).float())
    assert len(found) == len(made) and found.sh_degree == degree
    made, found = (one[np.lexsort(one.means.numpy().T)] for one in (made, found))
    assert torch.equal(found.means, made.means)
    covariances = made.covariances.double()
    apart = torch.linalg.matrix_norm(found.covariances.double() - covariances)
    assert (apart / torch.linalg.matrix_norm(covariances)).max() < 1e-5
    assert (found.opacities - made.opacities).abs().max() < 1e-6
    assert SH_C0 * (found.sh[:, 0] - made.sh[:, 0]).abs().max() < 1e-6
    assert torch.allclose(found.sh, made.sh, atol=1e-5)
