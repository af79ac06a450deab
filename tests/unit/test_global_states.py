"""What a user sets globally changes no result: torch's defaults, numpy's errors, python -OO."""

import os
import subprocess
import sys
from contextlib import contextmanager

import builders
import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets.photos.photo import load_photo


class Replayed(builders.KnownPredictor):
    """Says again what it said under torch's own defaults, as loaded weights do."""

    SAID = tuple(
        builders.KnownPredictor()._maps(number, load_photo(one, image_size=48).tensor())
        for number, one in enumerate(builders.PHOTOS)
    )

    def _maps(self, number, image):
        return self.SAID[number]


BALL = builders.make_gaussians()


def everything() -> dict[str, np.ndarray]:
    """Numbers of every room that computes: solved, refined, rendered, measured, packed."""
    scene = sw.reconstruct(builders.PHOTOS, model=Replayed(), refine=True, progress=False)
    picture = sw.render(BALL, np.eye(4), size=32, background=(1, 1, 1))
    chunks = sw.view(scene).encoded.chunks
    found = {
        "means": scene.means,
        "pose": scene.cameras[1].T_world_camera,
        "color": picture.color,
        "depth": scene.render(size=24).depth,
        "turned": BALL.transformed(np.eye(4)).sh,
        "path": sw.turntable(scene, num_frames=2, size=16)[1].T_world_camera,
        "statistics": torch.from_numpy(np.array([row.mean for row in scene.describe().rows])),
        "floaters": torch.from_numpy(sw.regions.floaters(scene, 2.0)),
        "seen": torch.from_numpy(sw.regions.visible(scene, scene.cameras[0])),
        "wire": torch.from_numpy(np.frombuffer(bytes(chunks[0][2]), np.uint8).copy()),
    }
    return {name: values.detach().numpy() for name, values in found.items()}


@contextmanager
def default_type(kind: torch.dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(kind)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def default_device(name: str):
    torch.set_default_device(name)
    try:
        yield
    finally:
        torch.set_default_device(None)


@contextmanager
def deterministic():
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


STATES = {
    "float64": lambda: default_type(torch.float64),
    "float16": lambda: default_type(torch.float16),
    "meta": lambda: default_device("meta"),
    "cpu": lambda: default_device("cpu"),
    "numpy raises": lambda: np.errstate(all="raise"),
    "inference mode": torch.inference_mode,
    "deterministic": deterministic,
}


@pytest.fixture(scope="module")
def plain() -> dict[str, np.ndarray]:
    return everything()


@pytest.mark.parametrize("state", STATES)
def test_results_are_the_same(state, plain):
    with STATES[state]():
        found = everything()
    for name, values in plain.items():
        assert found[name].dtype == values.dtype, name
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def test_without_docstrings_and_assertions():
    code = (
        "from splat_widgets.cli import _parser; import splat_widgets as sw; _parser(); "
        "sw.Studio(model='embedded'); print(sw.inspect(sw.load(sw.embedded.demo_scene())))"
    )
    code = f"import splat_widgets.embedded; {code}"
    done = subprocess.run([sys.executable, "-OO", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "Inspector(720 Gaussians)"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_forked_process_computes_as_well():
    """OpenMP's threads do not come along: without care the child waits for them for ever."""
    code = (
        "import multiprocessing, splat_widgets as sw\n"
        "from splat_widgets.embedded import demo_scene\n"
        "def job(_):\n"
        "    return float(sw.load(demo_scene()).render(size=96).color.sum())\n"
        "if __name__ == '__main__':\n"
        "    here = job(0)\n"
        "    with multiprocessing.get_context('fork').Pool(1) as pool:\n"
        "        there = pool.map_async(job, [0]).get(60)[0]\n"
        "    print(abs(there / here - 1) < 1e-4)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "2"},
    )
    assert done.stdout.strip() == "True", done.stderr
