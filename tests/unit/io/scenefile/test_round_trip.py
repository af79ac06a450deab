"""What a scene file gives back is what was saved, to the bit; other programs read its parts."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import fields, is_dataclass
from pathlib import Path

import builders
import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

import splat_widgets as sw
from splat_widgets import attributes

HASH = """
import hashlib, sys
import splat_widgets as sw
from splat_widgets import attributes
scene = sw.load(sys.argv[1])
inspector = sw.inspect(scene)
digest = hashlib.sha256()
for tensor in (scene.means, scene.scales, scene.quaternions, scene.opacities, scene.sh,
               scene.predicted.means, scene.maps[1].confidence, scene.evidence.match_error):
    digest.update(tensor.contiguous().numpy().tobytes())
digest.update(attributes.values(scene, "my_score").tobytes())
digest.update(scene.photos[1].whole.tobytes())
print(digest.hexdigest())
print(inspector.selection.sum(), inspector.picked, inspector.color_by, dict(inspector.filters))
print(list(inspector.camera["position"]))
print(hashlib.sha256(str(inspector.script).encode()).hexdigest())
"""


def assert_same(one, other, way="scene") -> None:
    """Every field equal, tensors to the bit; paths and sources of weights by their names."""
    if isinstance(one, torch.Tensor):
        assert one.dtype == other.dtype and torch.equal(one.cpu(), other), way
    elif isinstance(one, np.ndarray):
        assert np.array_equal(one, other), way
    elif is_dataclass(one):
        assert type(one) is type(other), way
        for field in fields(one):
            if field.name not in ("path", "inspection"):
                name = field.name
                assert_same(getattr(one, name), getattr(other, name), f"{way}.{name}")
    elif isinstance(one, tuple | list):
        assert len(one) == len(other), way
        for number, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{way}.{number}")
    elif isinstance(one, float) and one != one:
        assert other != other, way
    else:
        assert one == other, way


def test_everything_comes_back(whole, saved):
    scene = sw.load(saved)
    assert_same(whole, scene)
    assert scene.path == saved
    assert scene.reconstruction.gaussians is scene.gaussians
    shared = whole.photos[0].whole is whole.predicted.photos[0].whole
    assert shared and scene.photos[0].whole is scene.predicted.photos[0].whole
    assert scene.notices == whole.notices and scene.refinement.applied
    score = attributes.get("my_score", scene)
    assert (score.label, score.unit) == ("Score", "m")
    np.testing.assert_array_equal(
        attributes.values(scene, "my_score"), attributes.values(whole, "my_score")
    )
    changed = [n for n in ("confidence", "predicted_opacity", "grid_stretch", "depth_change")]
    for name in changed:
        np.testing.assert_array_equal(
            attributes.values(scene, name), attributes.values(whole, name)
        )


@pytest.mark.parametrize("degree", [0, 3])
def test_gaussians_alone_and_parts_of_a_scene(tmp_path, degree, whole):
    gaussians = builders.make_gaussians(50, degree=degree)
    assert_same(sw.Scene.of(gaussians), sw.load(sw.save(gaussians, tmp_path / "a.splatscene")))
    part = whole[whole.confidence > whole.confidence.median()]
    assert_same(part, sw.load(sw.save(part, tmp_path / "b.splatscene")))
    empty = gaussians.select([])
    assert len(sw.load(sw.save(empty, tmp_path / "c.splatscene"))) == 0


def test_numbers_that_a_ply_cannot_hold(tmp_path):
    gaussians = builders.make_gaussians(5)
    gaussians.means[2, 1] = float("nan")
    gaussians.opacities[0] = 0
    path = sw.save(gaussians, tmp_path / "a.splatscene")
    scene = sw.load(path)
    assert torch.equal(scene.means.nan_to_num(7), gaussians.means.nan_to_num(7))
    assert scene.opacities[0] == 0
    assert "gaussians.ply" not in zipfile.ZipFile(path).namelist()


def test_other_programs_read_its_parts(whole, saved, tmp_path):
    with zipfile.ZipFile(saved) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
        names = archive.namelist()
    assert {"scene.json", "tensors.safetensors", "gaussians.ply"} < set(names)
    tensors = safetensors.torch.load_file(tmp_path / "tensors.safetensors")
    assert torch.equal(tensors["gaussians.means"], whole.means)
    assert torch.equal(tensors["reconstruction.maps.1.points"], whole.maps[1].points)
    alone = sw.load(tmp_path / "gaussians.ply")
    assert torch.equal(alone.means, whole.means)
    # Of flat Gaussians single numbers may vanish: each matrix is compared with its own size.
    off = torch.linalg.matrix_norm(alone.covariances.double() - whole.covariances.double())
    assert (off <= 1e-5 * torch.linalg.matrix_norm(whole.covariances.double())).all()
    pictures = json.loads((tmp_path / "scene.json").read_text())["pictures"]
    for photo, number in zip(whole.photos, (0, 1), strict=True):
        file = pictures[f"reconstruction.photos.{number}.whole"]["file"]
        assert np.array_equal(np.array(Image.open(tmp_path / file)), photo.whole)


def test_no_folder_of_this_machine_is_in_it(saved):
    content = saved.read_bytes()
    for secret in (str(Path.home()), str(Path(sw.__file__).parent), sys.prefix):
        assert secret.encode() not in content


def test_small_photos(whole, saved, tmp_path):
    path = sw.save(whole, tmp_path / "small.splatscene", photos="small")
    assert path.stat().st_size < saved.stat().st_size
    scene = sw.load(path)
    assert max(scene.photos[0].whole.shape) == 256
    for before, after in zip(whole.photos, scene.photos, strict=True):
        assert after.pixels.shape == before.pixels.shape
        difference = after.pixels.astype(int) - before.pixels
        assert np.abs(difference).mean() < 8
    with pytest.raises(ValueError, match="full"):
        sw.save(whole, tmp_path / "x.splatscene", photos="tiny")
    with pytest.raises(ValueError, match="splatscene"):
        sw.save(whole, tmp_path / "x.ply", photos="small")


def test_an_inspector_goes_on_in_another_process(whole, tmp_path):
    inspector = sw.inspect(whole, color_by="my_score", filters={"opacity": (0.1, None)})
    inspector.selection = np.arange(len(whole)) % 3 == 0
    inspector.camera = {**inspector.camera, "position": [0.5, 0.25, -1.0]}
    inspector.picked = 7
    path = sw.save(inspector, tmp_path / "at work.splatscene")
    command = [sys.executable, "-c", HASH, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    digest, state, camera, _ = done.stdout.strip().splitlines()
    here = sw.load(path)
    assert state == f"{inspector.selection.sum()} 7 my_score {{'opacity': [0.1, None]}}"
    assert camera == "[0.5, 0.25, -1.0]"
    again = sw.inspect(here)
    lines = [
        [x for x in i.script.splitlines() if not x.startswith("#")] for i in (again, inspector)
    ]
    assert lines[0] == lines[1] and any("regions" in line for line in lines[0])
    # The hash of the arrays, made here from the scene that was never in a file.
    own = hashlib.sha256()
    for tensor in (
        *(whole.means, whole.scales, whole.quaternions, whole.opacities, whole.sh),
        *(whole.predicted.means, whole.maps[1].confidence, whole.evidence.match_error),
    ):
        own.update(tensor.contiguous().numpy().tobytes())
    own.update(attributes.values(whole, "my_score").tobytes())
    own.update(whole.photos[1].whole.tobytes())
    assert digest == own.hexdigest()
    chosen = sw.inspect(here, color_by="")
    assert chosen.color_by == "" and chosen.selection.sum() == inspector.selection.sum()
    saved_again = sw.load(sw.save(again, tmp_path / "again.splatscene"))
    assert_same(here.inspection, saved_again.inspection)


def test_equal_scenes_make_equal_files(whole, saved, tmp_path):
    again = sw.save(whole, tmp_path / "again.splatscene")
    assert again.read_bytes() == saved.read_bytes()
    buffer = io.BytesIO(saved.read_bytes())
    assert zipfile.ZipFile(buffer).infolist()[0].compress_type == zipfile.ZIP_STORED


def test_parts_of_a_scene_join_with_those_of_its_file(whole, saved):
    both = whole[:10] + sw.load(saved)[10:20]
    assert torch.equal(both.means, whole.means[:20]) and both.has("confidence")
    assert both.comments == whole.comments
