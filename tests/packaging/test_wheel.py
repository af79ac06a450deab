"""What the built wheel and sdist hold; `nox -s tests` builds them into DIST."""

from __future__ import annotations

import os
import tarfile
import zipfile
from pathlib import Path

import pytest

DIST = Path(os.environ.get("SPLAT_WIDGETS_DIST", "dist"))
MIB = 2**20


@pytest.fixture(scope="module")
def wheel() -> dict[str, int]:
    with zipfile.ZipFile(next(DIST.glob("*.whl"))) as archive:
        return {info.filename: info.file_size for info in archive.infolist()}


@pytest.fixture(scope="module")
def sdist() -> dict[str, int]:
    with tarfile.open(next(DIST.glob("*.tar.gz"))) as archive:
        return {m.name.split("/", 1)[1]: m.size for m in archive.getmembers() if m.isfile()}


@pytest.mark.parametrize(
    "name",
    [
        "splat_widgets/static/widgets.js",
        "splat_widgets/embedded/config.json",
        "splat_widgets/embedded/model.safetensors",
        "splat_widgets/embedded/model_card.md",
        "splat_widgets/embedded/demo/ball.ply",
        "splat_widgets/notebooks/00_first_hour.ipynb",
        "splat_widgets/notebooks/01_quickstart.ipynb",
        "splat_widgets/notebooks/02_inspect.ipynb",
        "splat_widgets/notebooks/03_train.ipynb",
        "splat_widgets/notebooks/04_compare.ipynb",
        "splat_widgets/service/deploy/Dockerfile",
        "splat_widgets/service/deploy/nginx.conf",
        "splat_widgets/service/deploy/rayservice.yaml",
        "splat_widgets/service/deploy/scaling.md",
    ],
)
def test_the_wheel_runs_without_network_and_node(wheel, name: str):
    assert wheel[name] > 0


def test_the_wheel_is_lean(wheel):
    folders = {name.split("/")[0] for name in wheel}
    assert {f for f in folders if not f.endswith(".dist-info")} == {"splat_widgets"}
    assert not [name for name in wheel if "/client/" in name or name.endswith((".npz", ".ts"))]
    assert wheel["splat_widgets/embedded/model.safetensors"] <= 20 * MIB
    assert wheel["splat_widgets/static/widgets.js"] <= 0.8 * MIB


def test_the_sdist_can_build_the_front_end(sdist):
    assert "splat_widgets/client/package-lock.json" in sdist
    assert "splat_widgets/client/src/index.ts" in sdist
    assert not [name for name in sdist if "node_modules" in name or name.startswith("tests/")]
