"""A suspicion outlives saving: our own signature vouches for no column that came from elsewhere."""

import builders
import numpy as np

import splat_widgets as sw
from splat_widgets import io
from splat_widgets.io.ply.layout import UNSURE


def test_what_looked_plain_still_does_after_saving(tmp_path):
    gaussians = builders.make_gaussians(200)
    path = sw.save(gaussians, tmp_path / "a.ply")
    data = path.read_bytes()
    head, _, body = data.partition(b"end_header\n")
    head = b"\n".join(line for line in head.split(b"\n") if not line.startswith(b"comment"))
    columns = [line.split()[-1] for line in head.split(b"\n") if line.startswith(b"property")]
    table = np.frombuffer(body, "<f4").reshape(200, -1).copy()
    table[:, columns.index(b"opacity")] = np.linspace(0.01, 0.99, 200)
    path.write_bytes(head + b"end_header\n" + table.tobytes())
    first = io.read(path)
    assert first.source.stored.columns == ("opacity",)
    again = io.read(sw.save(first, tmp_path / "b.ply"))
    assert again.source.stored.columns == ("opacity",)
    assert not any(UNSURE in line for line in again.comments)
    right = io.read(sw.save(first.activated(), tmp_path / "c.ply"))
    assert right.source.stored.columns == ()
    np.testing.assert_allclose(right.opacities, np.linspace(0.01, 0.99, 200), atol=1e-5)
