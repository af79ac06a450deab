"""What we write, opened by Spark's own readers; `.glb` is none of its formats."""

import base64

import builders
import numpy as np
import pytest
import torch

from splat_widgets import io, notices
from splat_widgets.conventions import OPENCV_TO_THREE, SH_C0
from splat_widgets.io.morton import morton_order
from splat_widgets.scene.gaussians import Gaussians

pytestmark = pytest.mark.browser
TURN = torch.from_numpy(OPENCV_TO_THREE).float()
# Largest errors of positions, covariances (relative), opacities and colours: of the formats, and
# of Spark's own packing, which keeps 10 to 12 bits of a rotation and fewer of a .splat's.
FORMATS = {
    "ply": (0, 0.02, 2e-3, 2e-3),
    "compressed-ply": (5e-3, 0.04, 5e-3, 5e-3),
    "spz": (1e-5, 0.1, 5e-3, 6e-3),
    "sog": (1e-3, 0.1, 5e-3, 1e-2),
    "splat": (0, 0.25, 5e-3, 5e-3),
}


def by_spark(page, path) -> Gaussians:
    content = base64.b64encode(path.read_bytes()).decode()
    found = page.page.evaluate("([c, n]) => spark.read(c, n)", [content, path.name])
    columns = {name: np.array(found[name], np.float32) for name in found if name != "count"}
    return Gaussians(
        columns["means"].reshape(-1, 3),
        columns["scales"].reshape(-1, 3),
        columns["quaternions"].reshape(-1, 4)[:, [3, 0, 1, 2]],
        columns["opacities"],
        (columns["colors"].reshape(-1, 1, 3) - 0.5) / SH_C0,
    )


def test_spark_opens_every_format_that_it_knows(bare_page, spark_files, tmp_path) -> None:
    bare_page.page.route(
        "**/spark.js", lambda route: route.fulfill(path=spark_files, content_type="text/javascript")
    )
    bare_page.page.evaluate("async () => { window.spark = await import('/spark.js'); }")
    for name, (position, shape, opacity, color) in FORMATS.items():
        form, degree = io.formats.named(name), 0 if name == "splat" else 3
        written = builders.make_any(500, degree, seed=degree)
        with notices.quiet():
            path = io.save(written, tmp_path / f"a{form.suffix}")
        if not form.keeps_order:
            written = written[torch.from_numpy(morton_order(written.means.numpy()))]
        found = by_spark(bare_page, path)
        found = found.transformed(TURN) if name == "spz" else found  # Spark leaves y up
        assert len(found) == len(written), name
        covariances = written.covariances.double()
        apart = torch.linalg.matrix_norm(found.covariances.double() - covariances)
        assert (apart / torch.linalg.matrix_norm(covariances)).max() <= shape, name
        assert (found.means - written.means).abs().max() <= position, name
        assert (found.opacities - written.opacities).abs().max() <= opacity, name
        assert SH_C0 * (found.sh[:, 0] - written.sh[:, 0]).abs().max() <= color, name
    assert bare_page.page_errors == []
