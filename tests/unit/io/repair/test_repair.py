"""Damaged copies of right scenes: faults are named and mended to 1e-5, right files are left."""

import builders
import numpy as np
import pytest
import torch
from ply_files import save
from plyfile import PlyData

import splat_widgets as sw
from splat_widgets import embedded
from splat_widgets.cli import main
from splat_widgets.geometry.rotations import quaternion
from splat_widgets.io.repair import repair
from splat_widgets.io.repair.run import diagnosed


def carpet(count=1500, seed=0):
    """Thin Gaussians of three sizes on a wavy surface, of colours from dark to bright."""
    g = torch.Generator().manual_seed(seed)
    x, y = 2 * torch.rand(2, count, generator=g) - 1
    z = 3 + 0.4 * torch.sin(2 * x) * torch.cos(2 * y)
    slope = [0.8 * torch.cos(2 * x) * torch.cos(2 * y), -0.8 * torch.sin(2 * x) * torch.sin(2 * y)]
    normal = torch.nn.functional.normalize(torch.stack([*slope, -torch.ones(count)], -1), dim=-1)
    side = torch.linalg.cross(normal, torch.randn(count, 3, generator=g))
    side = torch.nn.functional.normalize(side, dim=-1)
    axes = torch.stack([side, torch.linalg.cross(normal, side), normal], -1)
    sizes = torch.rand(count, 3, generator=g) * torch.tensor([0.02, 0.01, 0.002])
    return sw.Gaussians(
        means=torch.stack([x, y, z], -1),
        scales=sizes + torch.tensor([0.03, 0.015, 0.002]),
        quaternions=quaternion(axes),
        opacities=torch.rand(count, generator=g) ** 0.5,
        sh=(torch.rand(count, 4, 3, generator=g) - 0.5) / 0.2820948,
    )


def columns_of(gaussians, folder):
    """What a right file has, by column, as float32."""
    vertex = PlyData.read(sw.save(gaussians, folder / "right.ply"))["vertex"]
    return {name: np.array(vertex[name]) for name in vertex.data.dtype.names}


def opacity(values):
    return values | {"opacity": 1 / (1 + np.exp(-values["opacity"]))}


def scale(values):
    return values | {f"scale_{k}": np.exp(values[f"scale_{k}"]) for k in range(3)}


def color(values):
    return values | {f"f_dc_{k}": 0.5 + 0.2820948 * values[f"f_dc_{k}"] for k in range(3)}


def color_255(values):
    return values | {f"f_dc_{k}": 255 * color(values)[f"f_dc_{k}"] for k in range(3)}


def order(values):
    return values | {f"rot_{k}": values[f"rot_{(k + 1) % 4}"] for k in range(4)}


def squared(values):
    """Scales and rotation as the released exporter makes them of a covariance."""
    q = torch.from_numpy(np.stack([values[f"rot_{k}"] for k in range(4)], -1)).double()
    s = torch.from_numpy(np.exp(np.stack([values[f"scale_{k}"] for k in range(3)], -1))).double()
    sigma = sw.Gaussians(torch.zeros(len(q), 3).double(), s, q, s[:, 0], s[:, None] * 0).covariances
    U, S, Vh = np.linalg.svd(sigma.numpy())
    turned = quaternion(torch.from_numpy(U @ Vh.transpose(0, 2, 1))).numpy()
    logs = {f"scale_{k}": np.log(S[:, k]) / 2 for k in range(3)}
    return values | logs | {f"rot_{k}": turned[:, k] for k in range(4)}


def released(values):
    return opacity(order(squared(values)))


FAULTS = {
    "opacity": (opacity, ["opacity"]),
    "scale": (scale, ["scale"]),
    "color": (color, ["color"]),
    "color 255": (color_255, ["color"]),
    "order": (order, ["order"]),
    "squared": (squared, ["squared"]),
    "released": (released, ["opacity", "order", "squared", "offsets"]),
    "all": (lambda v: scale(opacity(color(order(v)))), ["opacity", "scale", "color", "order"]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_named_and_mended(tmp_path, name):
    damage, faults = FAULTS[name]
    gaussians = carpet()
    values = {k: v.astype(np.float32) for k, v in damage(columns_of(gaussians, tmp_path)).items()}
    path = save(tmp_path / "old.ply", values)
    before = path.read_bytes()
    done = repair(path)
    assert [finding.fault for finding in done.findings] == faults
    assert all(finding.mended == (finding.fault != "offsets") for finding in done.findings)
    assert path.read_bytes() == before and done.path == tmp_path / "old-repaired.ply"
    mended = sw.load(done.path)
    assert not mended.notices and "repaired by splat_widgets" in "".join(mended.comments)
    truth = gaussians.covariances.double()
    off = (mended.covariances.double() - truth).norm(dim=(1, 2)) / truth.norm(dim=(1, 2))
    assert (off < 1e-5).double().mean() >= (0.999 if "squared" in faults else 1.0)
    torch.testing.assert_close(mended.opacities, gaussians.opacities, atol=1e-5, rtol=0)
    torch.testing.assert_close(mended.sh, gaussians.sh, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(mended.means, gaussians.means)
    assert diagnosed(done.path).findings == ()
    with pytest.raises(FileExistsError, match="name another one"):
        repair(path)


def test_the_bundled_ball_comes_back(tmp_path):
    """Its discs have two equal axes, so that neighbours decide about squares."""
    ball = sw.load(embedded.demo_scene())
    truth = ball.covariances.double()
    for damage, least in ((order, 1.0), (released, 0.98)):
        values = {k: v.astype(np.float32) for k, v in damage(columns_of(ball, tmp_path)).items()}
        mended = repair(save(tmp_path / f"{damage.__name__}.ply", values))
        off = (mended.gaussians.covariances.double() - truth).norm(dim=(1, 2))
        assert ((off / truth.norm(dim=(1, 2))) < 1e-5).double().mean() >= least
        if damage is released:
            assert "which may be wrong" in repr(mended) and "November 2024" in repr(mended)
            torch.testing.assert_close(mended.gaussians.opacities, ball.opacities)


RIGHT = {
    "carpet": carpet,
    "degree 3": lambda: builders.make_gaussians(800, 3),
    "round": lambda: builders.make_balls(torch.randn(300, 3)),
    "few": lambda: builders.make_gaussians(5, 0),
    "ball": lambda: sw.load(embedded.demo_scene()).gaussians,
    "predicted": lambda: builders.make_scene().gaussians,
}


@pytest.mark.parametrize("sorted_axes", [False, True])
@pytest.mark.parametrize("name", RIGHT)
def test_right_files_are_left_alone(tmp_path, name, sorted_axes):
    gaussians = RIGHT[name]()
    values = columns_of(gaussians, tmp_path)
    if sorted_axes:  # as an eigendecomposition leaves them, which is right as well
        covariances = gaussians.covariances.double().numpy()
        S, axes = np.linalg.eigh(covariances)
        axes[:, :, 0] *= np.sign(np.linalg.det(axes))[:, None]
        turned = quaternion(torch.from_numpy(axes[:, :, ::-1] * [1, 1, -1])).numpy()
        values |= {f"scale_{k}": np.log(S[:, 2 - k]) / 2 for k in range(3)}
        values |= {f"rot_{k}": turned[:, k] for k in range(4)}
        values = {k: v.astype(np.float32) for k, v in values.items()}
    done = repair(save(tmp_path / "a.ply", values), tmp_path / "b.ply")
    assert done.findings == () and done.path is None and "nothing looks wrong" in repr(done)
    assert not (tmp_path / "b.ply").exists()


def test_faint_opacities_that_are_probably_plain_are_in_the_headline(tmp_path):
    values = columns_of(builders.make_gaussians(800, 0), tmp_path)
    faint = np.random.default_rng(0).uniform(0.02, 0.2, len(values["opacity"]))
    values = {k: v.astype(np.float32) for k, v in {**values, "opacity": faint}.items()}
    done = repair(save(tmp_path / "a.ply", values))
    head = repr(done).splitlines()[0]
    assert head.startswith("a.ply: its opacities are probably plain values and not logits")
    assert "nothing looks wrong" not in repr(done) and "no file was written" in repr(done)
    assert done.path is None and not (tmp_path / "a-repaired.ply").exists()
    taken = sw.load(done.source, activated=("opacity",))
    np.testing.assert_allclose(taken.opacities, values["opacity"], atol=1e-6)


def test_rows_that_say_otherwise_and_bad_ones_do_not_hinder(tmp_path):
    values = opacity(order(columns_of(carpet(), tmp_path)))
    values = {k: v.astype(np.float32) for k, v in values.items()}
    values["opacity"][3], values["x"][5] = 7.0, np.nan
    done = repair(save(tmp_path / "a.ply", values))
    assert {finding.fault for finding in done.findings} == {"opacity", "order", "rows"}
    assert len(done.gaussians) == 1498 and done.gaussians.opacities.max() <= 1
    assert "2 of 1,500 rows are left out" in repr(done)


def test_on_the_command_line(tmp_path, capsys):
    values = {k: v.astype(np.float32) for k, v in order(columns_of(carpet(), tmp_path)).items()}
    path = save(tmp_path / "old.ply", values)
    assert main(["repair", str(path), "-o", str(tmp_path / "new.ply")]) == 0
    said = capsys.readouterr().out
    assert "Quaternions are written x first" in said and "Written to" in said
    assert main(["repair", str(path), "-o", str(path)]) == 1
    assert "name another one" in capsys.readouterr().err
    assert main(["repair", str(tmp_path / "new.ply")]) == 0
    assert "nothing looks wrong" in capsys.readouterr().out


def test_files_of_other_kinds_are_named(tmp_path, capsys):
    assert main(["repair", str(sw.save(carpet(20), tmp_path / "a.spz"))]) == 1
    assert "a.spz: it is a .spz, and only" in capsys.readouterr().err
    (tmp_path / "a.obj").write_bytes(b"v 0 0 0\nf 1 1 1\n")
    assert main(["repair", str(tmp_path / "a.obj")]) == 1
    assert "a.obj: it is an OBJ" in capsys.readouterr().err
