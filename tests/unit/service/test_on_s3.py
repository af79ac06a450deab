"""S3 by moto's server, whole programs, all started and ended here: `nox -s cluster`."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.service_process import serving
from object_storage import bucket
from PIL import Image

import splat_widgets as sw
from splat_widgets.embedded import demo_pair
from splat_widgets.service.cluster.storage import store_at
from splat_widgets.service.places import Place

pytestmark = pytest.mark.slow
SMALL = {"IMAGE_SIZE": "128"}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with bucket() as address:
        yield address


def small(path: Path) -> bytes:
    file = io.BytesIO()
    Image.open(path).resize((160, 120)).save(file, "PNG")
    return file.getvalue()


def curl(url: str, *arguments: str) -> None:
    command = ["curl", "--silent", "--show-error", "--fail-with-body", *arguments, url]
    subprocess.run(command, check=True, timeout=120)


def test_from_curl_to_ply(s3, tmp_path):
    storage = f"{s3}/service"
    first, second = (f"photos=@{path}" for path in demo_pair())
    (tmp_path / "one").mkdir()
    with serving(tmp_path / "one", "--storage", storage, **SMALL) as service:
        ply = tmp_path / "scene.ply"
        address = f"{service.url}/api/generate-splat?wait=true"
        curl(address, "-F", first, "-F", second, "-F", "refine=false", "-o", str(ply))
        assert len(sw.load(ply)) == 2 * 128 * 128
        assert not list((tmp_path / "one").rglob("*.ply"))
    store = store_at(storage)
    [job] = store.jobs.all()
    assert job.state == "done" and list(store.objects.ids("photos")) == []
    (tmp_path / "two").mkdir()
    with serving(tmp_path / "two", "--storage", storage, **SMALL) as service:  # another machine
        again = tmp_path / "again.ply"
        curl(f"{service.url}/api/outputs/{job.id}", "-o", str(again))
        assert again.read_bytes() == ply.read_bytes()


def test_a_batch_and_its_resumption(s3, tmp_path):
    import pyarrow.parquet as pq

    photos, output = Place.of(f"{s3}/photos"), Place.of(f"{s3}/out")
    first, second = (small(path) for path in demo_pair())
    for name in ("hall", "yard"):
        photos.at(f"{name}/1.png").write(first)
        photos.at(f"{name}/2.png").write(second)
    for name in ("1.png", "2.png"):
        photos.at(f"torn/{name}").write(b"no picture")

    def batch() -> tuple[int, str]:
        command = [sys.executable, "-m", "splat_widgets.cli", "batch", photos.url, "-m", "embedded"]
        done = subprocess.run(
            [*command, "--output", output.url, "--device", "cpu", "--workers", "1"],
            env={**os.environ, **SMALL},
            stdout=subprocess.PIPE,
            text=True,
            timeout=300,
        )
        return done.returncode, done.stdout

    status, said = batch()
    assert status == 3 and "2 done, 1 failed, 0 finished before" in said, said
    kept = tmp_path / "hall.ply"
    kept.write_bytes(output.at("hall.ply").read())
    photos.at("torn/1.png").write(first)
    photos.at("torn/2.png").write(second)
    status, said = batch()
    assert status == 0 and "1 done, 0 failed, 2 finished before" in said, said
    (tmp_path / "manifest.parquet").write_bytes(output.at("manifest.parquet").read())
    rows = pq.read_table(tmp_path / "manifest.parquet").to_pylist()
    assert [(row["name"], row["state"]) for row in rows] == [
        ("hall", "done"), ("torn", "done"), ("yard", "done")
    ]  # fmt: skip
    assert rows[0]["num_gaussians"] == len(sw.load(kept))
    assert rows[0]["photos"][0] == f"{s3}/photos/hall/1.png"
