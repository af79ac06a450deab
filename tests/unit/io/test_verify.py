"""Saved files are read back by another reader; one that differs never replaces an older one."""

import dataclasses
import pickle
from pathlib import Path

import builders
import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets import io
from splat_widgets.io import Saved, VerificationError, extra
from splat_widgets.io.ply import layout, parts, writing
from splat_widgets.io.scenefile import contents, tensors
from splat_widgets.io.sog import writing as sog_writing
from splat_widgets.io.verify import check, measure, of_sog
from splat_widgets.scene.source import Source


def gaussians(degree=1):
    """Anisotropic, with opacities at both ends and sizes over decades."""
    made = builders.make_gaussians(500, degree)
    sizes = torch.logspace(-9, 3, 1500).reshape(500, 3)
    made.opacities[:2] = torch.tensor([0.0, 1.0])
    return sw.Gaussians(made.means, sizes, made.quaternions, made.opacities, 3 * made.sh)


@pytest.mark.parametrize("degree", range(4))
@pytest.mark.parametrize("suffix", [".ply", ".splatscene"])
def test_a_saved_file_says_how_well_it_agrees(tmp_path, degree, suffix):
    path = tmp_path / f"a{suffix}"
    saved = sw.save(gaussians(degree), path)
    assert isinstance(saved, Saved) and isinstance(saved, Path) and saved == path
    assert saved.read_bytes() == path.read_bytes() and saved.bytes == path.stat().st_size
    found = saved.verified.differences
    assert found.position == found.color == found.sh == 0
    if suffix == ".ply":  # logarithms and logits in 32 bits
        assert 0 < found.covariance < 5e-6 and 0 < found.opacity < 2e-6
        assert saved.sentence == f"verified to {found.worst:.0e}".replace("e-0", "e-")
    else:
        assert found.worst < 1e-12 and saved.sentence == "verified, without any difference"
    assert saved.sentence in repr(saved) and pickle.loads(pickle.dumps(saved)) == path
    assert type(saved / "x") is not None and repr(saved.parent).startswith(("Posix", "Win", "Sav"))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_types_are_saved_as_before(tmp_path, dtype):
    made = builders.make_gaussians(200, 2).to(dtype=dtype)
    for suffix, most in ((".ply", 1e-5), (".splatscene", 1e-12)):
        assert sw.save(made, tmp_path / f"a{suffix}").verified.differences.worst < most


def test_an_offset_is_part_of_the_file(tmp_path):
    made = builders.make_gaussians(50, 0)
    rest = torch.full((50, 3), 1e-9, dtype=torch.float64)
    source = Source(offset=(4e5, 5e6, 0.0), rest=rest)
    saved = sw.save(sw.Scene(made, source=source), tmp_path / "a.ply")
    assert saved.verified.differences.position == 0


def xyzw(table, layout):
    table[:, layout["quaternions"]] = np.roll(table[:, layout["quaternions"]], -1, axis=1)


def activated(table, layout):
    table[:, layout["opacities"]] = 1 / (1 + np.exp(-table[:, layout["opacities"]]))


def sizes(table, layout):
    table[:, layout["scales"]] = np.exp(table[:, layout["scales"]])


def by_coefficient(table, layout):
    rest = table[:, layout["rest"]]
    table[:, layout["rest"]] = rest.reshape(len(rest), 3, -1).transpose(0, 2, 1).reshape(rest.shape)


def moved(table, layout):
    table[-1, layout["means"]] += 0.1


def unknown(table, layout):
    table[7, layout["dc"]] = np.nan


FAULTS = {
    xyzw: "Gaussian 0 of it has another covariance than the scene",
    activated: "another opacity",
    sizes: "another covariance",
    by_coefficient: "another spherical harmonics",
    moved: "Gaussian 499 of it has another position",
    unknown: "Gaussian 7 of it has another colour",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_file_never_replaces_an_older_one(tmp_path, monkeypatch, fault):
    path = tmp_path / "a.ply"
    path.write_bytes(b"older")
    encode = parts._encode

    def wrong(values, degree):
        table = encode(values, degree)
        fault(table, layout.groups(degree))
        return table

    monkeypatch.setattr(parts, "_encode", wrong)
    with pytest.raises(VerificationError) as told:
        sw.save(gaussians(), path)
    assert "nothing was saved: the file was read back by plyfile" in str(told.value)
    assert FAULTS[fault] in str(told.value) and "verify=False" in str(told.value)
    assert path.read_bytes() == b"older" and [*tmp_path.iterdir()] == [path]
    saved = sw.save(gaussians(), path, verify=False)
    assert saved.verified is None and saved.sentence == "not verified"
    assert path.read_bytes() != b"older"


def test_a_file_of_fewer_gaussians_or_of_none_is_refused(tmp_path, monkeypatch):
    parts_of = writing.Parts
    for part in (lambda s: s[:7], lambda s: s + s):
        monkeypatch.setattr(writing, "Parts", lambda s, *_, part=part: parts_of(part(s)))
        with pytest.raises(VerificationError, match="Gaussians"):
            sw.save(sw.Scene.of(builders.make_scene()), tmp_path / "a.ply")
    monkeypatch.setattr(writing, "Parts", lambda *_: [b"nothing"])
    with pytest.raises(VerificationError, match="it cannot be read"):
        sw.save(gaussians(), tmp_path / "a.ply")
    assert not [*tmp_path.iterdir()]


def test_a_wrong_scene_file_is_refused(tmp_path, monkeypatch):
    raw = tensors._bytes
    monkeypatch.setattr(tensors, "_bytes", lambda t: raw(t * (1 + 1e-6) if t.dim() == 1 else t))
    with pytest.raises(VerificationError, match="another opacity"):
        sw.save(gaussians(), tmp_path / "a.splatscene")


def with_own(made):
    """A scene with numbers of every kind, some of them not known."""
    count = len(made)
    own = {
        "wide": np.arange(count) / 7,
        "gaps": np.where(np.arange(count) % 3, np.float32(0.5), np.nan),
        "ids": np.arange(count) + 2**24 - count,
        "flags": np.arange(count) % 2 == 0,
        "some": np.ma.array(np.arange(count), mask=np.arange(count) > 9),
    }
    scene = sw.Scene(made)
    for name, values in own.items():
        sw.attributes.register(name, values, scene=scene)
    return scene, list(own)


@pytest.mark.parametrize("suffix", [".ply", ".glb", ".splatscene"])
def test_own_attributes_are_compared_too(tmp_path, monkeypatch, suffix):
    scene, names = with_own(gaussians())
    asked = {} if suffix == ".splatscene" else {"attributes": names}
    assert sw.save(scene, tmp_path / f"a{suffix}", **asked).verified is not None
    columns, of = extra.columns, contents.KeptAttribute.of.__func__

    def wrong_columns(*given, **more):
        found = {name: values.copy() for name, values in columns(*given, **more).items()}
        found["ids"][7] += 1
        return found

    def wrong_kept(cls, scene, one):
        kept = of(cls, scene, one)
        if one.name == "ids":
            kept.values[7] += 1
        return kept

    monkeypatch.setattr(extra, "columns", wrong_columns)
    monkeypatch.setattr(contents.KeptAttribute, "of", classmethod(wrong_kept))
    with pytest.raises(VerificationError, match="its attribute 'ids' has other values"):
        sw.save(scene, tmp_path / f"b{suffix}", **asked)
    monkeypatch.setattr(extra, "columns", lambda *_, **__: {})
    if suffix != ".splatscene":
        with pytest.raises(VerificationError, match="its attributes cannot be read"):
            sw.save(scene, tmp_path / f"b{suffix}", **asked)
    assert [one.name for one in tmp_path.iterdir()] == [f"a{suffix}"]


def test_the_selection_is_compared_too(tmp_path, monkeypatch):
    inspector = sw.inspect(gaussians())
    inspector.selection = np.arange(500) % 3 == 0
    assert sw.save(inspector, tmp_path / "a.splatscene").verified is not None
    raw = tensors._bytes
    monkeypatch.setattr(tensors, "_bytes", lambda t: raw(~t if t.dtype == torch.bool else t))
    with pytest.raises(VerificationError, match="its selection has other values"):
        sw.save(inspector, tmp_path / "b.splatscene")


@pytest.mark.parametrize(("suffix", "times"), [(".ply", 1), (".spz", 2), (".splatscene", 0)])
def test_covariances_are_measured_once_unless_sizes_are_cut_off(
    tmp_path, monkeypatch, suffix, times
):
    calls, measured = [], measure.covariance
    monkeypatch.setattr(
        measure, "covariance", lambda *given: calls.append(given) or measured(*given)
    )
    assert sw.save(gaussians(), tmp_path / f"a{suffix}").verified is not None
    assert len(calls) == times  # e^-10 is the smallest size of a .spz; equal numbers need none


def test_a_scene_file_whose_map_is_damaged_is_refused(tmp_path, monkeypatch, scene):
    written = io.formats.named("splatscene")

    def damaged(path, content, **more):
        written.write(path, content, **more)
        data = bytearray(path.read_bytes())
        data[data.index(b"gaussians.ply") - 60] ^= 1  # the last tensor is one of a map
        path.write_bytes(data)

    wrong = dataclasses.replace(written, write=damaged)
    monkeypatch.setattr(io.formats, "for_writing", lambda *_: wrong)
    with pytest.raises(VerificationError, match="the checksum of its part tensors"):
        sw.save(scene, tmp_path / "a.splatscene")


def test_a_format_without_second_reader_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(check, "READERS", {})
    saved = sw.save(gaussians(), tmp_path / "a.ply")
    assert saved.sentence == "not verified: no second reader of a .ply is known"


def test_no_gaussians_at_all(tmp_path):
    assert sw.save(gaussians()[:0], tmp_path / "a.ply").verified.differences.worst == 0


WORST = {
    "compressed-ply": 0.06,
    "spz": 0.08,
    "splat": 0.05,
    "sog": 0.4,
}  # of covariances, which lose most


@pytest.mark.parametrize("degree", [0, 3])
@pytest.mark.parametrize("name", WORST)
def test_other_formats_lose_what_they_say(tmp_path, name, degree):
    """Also of values beyond what a format holds: it cuts them off, which is no fault."""
    made = gaussians(degree)
    for scene in (
        made,
        sw.Gaussians(made.means * 30, made.scales, made.quaternions, made.opacities, 4 * made.sh),
    ):
        saved = sw.save(scene, tmp_path / "a", format=name)
        assert 1e-4 < saved.verified.differences.worst < WORST[name], saved.verified.differences


def test_what_a_format_cuts_off_is_told_beside_what_was_verified(tmp_path):
    made = builders.make_gaussians(50, 1)
    bright = sw.Gaussians(
        made.means, made.scales, made.quaternions, made.opacities, torch.full_like(made.sh, 8)
    )
    saved = sw.save(bright, tmp_path / "a.spz")
    assert saved.verified.differences.worst < WORST["spz"]
    assert saved.verified.lost.color == pytest.approx(0.282 * (8 - 0.5 / 0.15), abs=0.01)
    assert saved.verified.lost.sh == pytest.approx(7, abs=0.01)
    assert saved.sentence.endswith(
        "; the file loses: colour up to 1.3, spherical harmonics up to 7"
    )
    assert "harmonics up to 8" in sw.save(bright, tmp_path / "a.splat").sentence
    assert "loses" not in sw.save(bright, tmp_path / "a.ply").sentence


@pytest.mark.parametrize("name", WORST)
def test_wrong_files_of_other_formats_are_refused(tmp_path, monkeypatch, name):
    form = io.formats.named(name)
    made = builders.make_gaussians(500, 0)
    turned = sw.Gaussians(**{**vars(made), "quaternions": made.quaternions.roll(1, 1)})
    wrong = dataclasses.replace(
        form, write=lambda path, _, **more: form.write(path, turned, **more)
    )
    monkeypatch.setattr(io.formats, "for_writing", lambda *_: wrong)
    with pytest.raises(VerificationError, match="of it has another covariance"):
        sw.save(made, tmp_path / "a")


@pytest.mark.parametrize("degree", range(4))
def test_a_glb_keeps_every_float(tmp_path, degree):
    saved = sw.save(gaussians(degree), tmp_path / "a.glb")
    assert saved.verified.differences.worst < 1e-6
    wrong = sw.Gaussians(**{**vars(gaussians(degree)), "opacities": gaussians(0).opacities / 2})
    with pytest.raises(VerificationError, match="another opacity"):
        check.verified(tmp_path / "a.glb", sw.Scene(wrong), io.formats.named("glb"))


@pytest.mark.parametrize("degree", [0, 3])
def test_version_4_of_spz_is_read_back(tmp_path, degree):
    pytest.importorskip("backports.zstd")
    made = gaussians(degree)
    third, fourth = (
        io.write(tmp_path / f"{version}.spz", made, version=version).verified for version in (3, 4)
    )
    assert third.differences == fourth.differences and third.lost == fourth.lost
    (tmp_path / "4.spz").write_bytes((tmp_path / "4.spz").read_bytes()[:-40])
    with pytest.raises(VerificationError, match="a stream is cut off"):
        check.verified(tmp_path / "4.spz", sw.Scene(made), io.formats.named("spz"))


def test_harmonics_that_share_a_set_of_a_sog_have_no_limit(tmp_path, monkeypatch):
    made = gaussians(1)
    monkeypatch.setattr(sog_writing, "_MOST_SETS", 50)
    with pytest.raises(VerificationError, match="another spherical harmonics"):
        sw.save(made, tmp_path / "a.sog")
    monkeypatch.setattr(of_sog, "_SETS", 50)
    assert sw.save(made, tmp_path / "a.sog").verified.differences.sh > 0.1


def test_thumbnails_of_photos_are_told(tmp_path, scene, monkeypatch):
    lines = []
    monkeypatch.setattr(io.notices, "tell", lines.append)
    saved = sw.save(scene, tmp_path / "a.splatscene", photos="small")
    assert saved.sentence.endswith("any difference; the file loses: photos beyond thumbnails")
    assert lines == [
        "A .splatscene of photos='small' keeps the photos as thumbnails, and all else."
    ]
    assert "loses" not in sw.save(scene, tmp_path / "b.splatscene").sentence
    assert (
        "loses" not in sw.save(scene.gaussians, tmp_path / "c.splatscene", photos="small").sentence
    )


@pytest.mark.parametrize("values", [(0.0,), (0.25,), (0.0, 0.5, -0.5)], ids=len)
@pytest.mark.parametrize("count", [40, 300])
def test_a_sog_of_many_but_few_different_harmonics_is_exact(tmp_path, values, count):
    made = builders.make_gaussians(count, 3)
    steps = torch.arange(count * 45) % len(values)
    sh = torch.cat([made.sh[:, :1], torch.tensor(values)[steps].reshape(count, 15, 3)], 1)
    path = sw.save(dataclasses.replace(made, sh=sh), tmp_path / "a.sog")
    assert path.verified.differences.sh <= 1e-6
    assert set(sw.load(path).sh[:, 1:].unique().tolist()) == set(values)
