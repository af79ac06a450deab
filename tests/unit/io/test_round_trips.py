"""What every format gives back, by our reader and by another: covariance, opacity, colour, SH."""

from __future__ import annotations

import gzip
import re
import struct
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import builders
import gaussforge
import numpy as np
import pytest
import torch

from splat_widgets import io
from splat_widgets.conventions import OPENCV_TO_THREE
from splat_widgets.io.morton import morton_order
from splat_widgets.scene.gaussians import Gaussians

TURN = torch.from_numpy(OPENCV_TO_THREE).float()
SH_STEP = 1 / 256  # half a step of a byte within [-1, 1]


@dataclass(frozen=True)
class Limits:
    """Largest differences: what half a step of each encoding comes to."""

    mean: float  # in scene units
    covariance: float  # Frobenius norm of the difference over that of the original
    opacity: float
    dc: float
    sh: float


BYTE = 0.5 / 255 + 1e-6
LIMITS = {
    "ply": Limits(0, 2e-6, 1e-7, 0, 0),
    # A box may be as wide as the scene: 7 units, 10 bits. Rotations: 10 bits within ±0.71.
    "compressed-ply": Limits(7 / 1023 / 2, 0.012, BYTE, BYTE * 2.5 / 0.282, 4 / 256 + 1e-6),
    # Logarithms in steps of 1/16: each variance is off by a factor of e^±(1/16).
    "spz": Limits(2**-21 + 1e-6, 0.07, BYTE, BYTE / 0.15, SH_STEP + 1e-6),
    # Codebooks of 256 steps, none wider than twice an even one: 7 of logarithms, 2 of colours.
    "sog": Limits(3e-4, 0.08, BYTE, 2 / 128, 2 / 128),
    "glb": Limits(0, 1e-6, 0, 0, 0),
    "splat": Limits(0, 0.03, BYTE, BYTE / 0.282, 0),
}
FORMS = [form for form in io.formats.WRITABLE if form.name in LIMITS]


def scene_of(degree: int, count: int = 700, seed: int = 0) -> Gaussians:
    """Within the places that every format can hold."""
    found = builders.make_any(count, degree, seed)
    return replace(found, means=found.means.clamp(-3.5, 3.5))


def check(read: Gaussians, written: Gaussians, form: io.formats.Format) -> None:
    """Compare what was read with what was written, in the order of the file."""
    limits, size = LIMITS[form.name], (form.max_degree + 1) ** 2
    if not form.keeps_order:
        written = written[torch.from_numpy(morton_order(written.means.numpy()))]
    assert len(read) == len(written)
    if not len(written):
        return
    assert read.sh.shape[1] == min(size, written.sh.shape[1])
    covariances = written.covariances.double()
    apart = torch.linalg.matrix_norm(read.covariances.double() - covariances)
    sh = written.sh[:, :size]
    found = Limits(
        (read.means - written.means).abs().max().item(),
        (apart / torch.linalg.matrix_norm(covariances)).max().item(),
        (read.opacities - written.opacities).abs().max().item(),
        (read.sh[:, 0] - sh[:, 0]).abs().max().item(),
        (read.sh[:, 1:] - sh[:, 1:]).abs().max().item() if sh.shape[1] > 1 else 0.0,
    )
    worse = {
        name: (value, getattr(limits, name))
        for name, value in vars(found).items()
        if value > getattr(limits, name)
    }
    assert not worse, f"{form.name}: {worse}"


def by_gaussforge(path: Path, form: io.formats.Format) -> Gaussians:
    """The Gaussians of a file, read by GaussForge, as a `.ply`."""
    kind = {"compressed-ply": "compressed.ply"}.get(form.name, form.name)
    converted = gaussforge.GaussForge().convert(path.read_bytes(), kind, "ply")
    assert "error" not in converted, converted
    plain = path.with_name("converted.ply")
    plain.write_bytes(converted["data"])
    found = io.read(plain).gaussians
    # It takes the axes of a .spz for those of a .ply.
    return found.transformed(TURN) if form.name == "spz" else found


@pytest.mark.parametrize("degree", range(4))
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_both_readers_find_what_was_written(tmp_path, form, degree):
    written = scene_of(degree)
    path = io.save(written, tmp_path / f"a{form.suffix}")
    check(io.read(path).gaussians, written, form)
    if form.name != "glb":  # which it does not read; `tests/unit/io/test_gltf.py` has another way
        check(by_gaussforge(path, form), written, form)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_second_round_changes_nothing(tmp_path, form):
    if not form.keeps_order:  # ties of the curve may be put in another order
        pytest.skip("its boxes are those of other rows then")
    first = io.read(io.save(scene_of(2, 300), tmp_path / f"a{form.suffix}"))
    again = io.read(io.save(first, tmp_path / f"b{form.suffix}"))
    for name, array in first.to_numpy().items():
        # Four bytes around 128 are no unit quaternion; its own bytes may be others.
        step = 1 / 128 if (form.name, name) == ("splat", "quaternions") else 2e-6
        np.testing.assert_allclose(again.to_numpy()[name], array, atol=step, err_msg=name)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
@pytest.mark.parametrize("count", [0, 1, 257])
def test_any_number_of_rows(tmp_path, form, count):
    written = scene_of(1, count)
    if count or form.name != "splat":  # nothing tells an empty file
        check(io.read(io.save(written, tmp_path / f"a{form.suffix}")).gaussians, written, form)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_values_that_no_file_holds_are_refused_and_the_old_file_stays(tmp_path, form):
    good = scene_of(0, 10)
    path = io.save(good, tmp_path / f"a{form.suffix}")
    before = path.read_bytes()
    means = good.means.clone()
    means[4, 1] = torch.nan
    bad = Gaussians(means, good.scales, good.quaternions, good.opacities, good.sh)
    with pytest.raises(io.FormatError, match=r"means: expected finite numbers.*first at row 4"):
        io.save(bad, path)
    assert path.read_bytes() == before


def test_what_is_lost_is_said(tmp_path, scene, capsys):
    io.save(scene, tmp_path / "a.splat")
    told = re.sub(r"\s+", " ", capsys.readouterr().out)
    assert "A .splat does not keep photos, cameras" in told and "beyond degree 0" in told
    assert "opacities and colours are bytes" in told


def test_encodings_are_a_matter_of_plys(tmp_path):
    path = io.save(scene_of(0, 5), tmp_path / "a.spz")
    with pytest.raises(ValueError, match=r"a \.spz holds plain values"):
        io.read(path, activated="opacity")


@pytest.mark.parametrize("degree", range(4))
def test_version_4_of_spz(tmp_path, degree):
    written, form = scene_of(degree), io.formats.named("spz")
    path = io.write(tmp_path / "a.spz", written, version=4)
    assert path.read_bytes()[:8] == b"NGSP\x04\0\0\0"
    check(io.read(path).gaussians, written, form)
    check(by_gaussforge(path, form), written, form)
    with pytest.raises(ValueError, match="version=3 or 4"):
        io.write(path, written, version=2)


def test_version_4_of_spz_says_which_package_it_needs(tmp_path, monkeypatch):
    path = io.write(tmp_path / "a.spz", scene_of(0, 9), version=4)
    monkeypatch.setitem(sys.modules, "backports", None)
    monkeypatch.setitem(sys.modules, "compression", None)
    for call in (lambda: io.read(path), lambda: io.write(path, scene_of(0, 9), version=4)):
        with pytest.raises(io.FormatError, match=r"pip install 'splat-widgets\[formats\]'"):
            call()


def old_spz(written: Gaussians, version: int) -> bytes:
    """A file of version 1 or 2, written by the specification's words."""
    turned = written.transformed(TURN)
    count, quaternions = len(turned), turned.quaternions.numpy()
    quaternions = quaternions * np.where(quaternions[:, :1] < 0, -1, 1)
    means = turned.means.numpy()
    if version == 1:
        places = means.astype("<f2").tobytes()
    else:
        fixed = [round(float(value) * 4096) for value in means.ravel()]
        places = b"".join(value.to_bytes(3, "little", signed=True) for value in fixed)

    def to_bytes(values: np.ndarray) -> bytes:
        return values.round().clip(0, 255).astype(np.uint8).tobytes()

    head = struct.pack("<4sIIBBBB", b"NGSP", version, count, turned.sh_degree, 12, 0, 0)
    return gzip.compress(
        head
        + places
        + to_bytes(turned.opacities.numpy() * 255)
        + to_bytes((turned.sh[:, 0].numpy() * 0.15 + 0.5) * 255)
        + to_bytes((np.log(turned.scales.numpy()) + 10) * 16)
        + to_bytes(quaternions[:, 1:] * 127.5 + 127.5)
        + to_bytes(turned.sh[:, 1:].numpy() * 128 + 128)
    )


@pytest.mark.parametrize("version, mean", [(1, 2e-3), (2, 1.3e-4)])
def test_older_versions_of_spz(tmp_path, version, mean):
    written, path = scene_of(2), tmp_path / "old.spz"
    path.write_bytes(old_spz(written, version))
    found = io.read(path).gaussians
    assert (found.means - written.means).abs().max() < mean
    assert (found.sh - written.sh).abs().max() < 0.014
    covariances = written.covariances
    apart = torch.linalg.matrix_norm(found.covariances - covariances)
    # Where w is nearly 0, it follows badly from bytes of x, y and z.
    assert (apart / torch.linalg.matrix_norm(covariances)).quantile(0.95) < 0.1
