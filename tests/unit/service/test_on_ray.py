"""A real Ray of two CPUs, started and ended here: `nox -s cluster`."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

import splat_widgets as sw
from splat_widgets.embedded import demo_pair
from splat_widgets.service.batch.running import run_batch
from splat_widgets.service.which_ray import own_ray

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra cluster"),
]


@pytest.fixture(scope="module")
def two_cpus() -> Iterator[None]:
    with own_ray(200 * 2**20, num_cpus=2):
        yield


def test_a_batch_on_actors(two_cpus, tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    monkeypatch.setenv("IMAGE_SIZE", "128")
    photos = tmp_path / "photos"
    for name in ("one", "two", "three"):
        (photos / name).mkdir(parents=True)
        for path in demo_pair():
            shutil.copy(path, photos / name)
    (photos / "three" / "bad.jpg").write_text("no picture")
    outcome = run_batch(
        str(photos), f"file://{tmp_path}/out", model="embedded", device="cpu", cluster="", workers=2
    )
    assert (outcome.done, outcome.failed, outcome.status) == (2, 1, 3)
    rows = pq.read_table(tmp_path / "out" / "manifest.parquet").to_pylist()
    assert [row["state"] for row in rows] == ["done", "failed", "done"]
    assert len(sw.load(tmp_path / "out" / "two.ply")) == rows[2]["num_gaussians"]
    again = run_batch(
        str(photos), str(tmp_path / "out"), model="embedded", device="cpu", cluster=""
    )
    assert (again.done, again.skipped) == (0, 2)
