"""Rows that no Gaussian can be made of, flat axes, and what the file says of them."""

import numpy as np
import pytest
import torch
from ply_files import columns, save

import splat_widgets as sw
from splat_widgets.io.ply import PlyError, read


def damaged() -> dict[str, np.ndarray]:
    values = columns()
    values["x"][3] = np.nan
    values["f_dc_1"][[3, 5]] = np.inf
    values["scale_0"][7] = np.inf
    values["scale_1"][8] = 90
    values["z"][9] = 1e300
    values["opacity"][[10, 11]] = [np.nan, -np.inf]
    for i in range(4):
        values[f"rot_{i}"][[12, 13]] = 0
    return values


def test_bad_rows_are_left_out_and_counted(tmp_path):
    path = save(tmp_path / "a.ply", damaged())
    scene = read(path)
    kept = [row for row in range(30) if row not in (3, 5, 7, 8, 9, 10, 12, 13)]
    np.testing.assert_allclose(scene.means[:, 1], columns()["y"][kept], rtol=1e-6)
    assert scene.opacities[kept.index(11)] == 0
    assert scene.notices == (
        "8 of 30 rows are left out: 5 with numbers that are not finite (x, z, f_dc_1, opacity, …), "
        "1 with scales beyond all numbers (scale_1), 2 with a quaternion of zero (rot_0 to rot_3).",
    )
    assert repr(scene).endswith(scene.notices[0])
    again = read(sw.save(scene, tmp_path / "b.ply"), on_bad="raise")
    torch.testing.assert_close(again.means, scene.means, rtol=0, atol=0)
    assert not again.notices


def test_bad_rows_are_refused_where_that_is_wanted(tmp_path):
    path = save(tmp_path / "a.ply", damaged())
    with pytest.raises(PlyError, match=r"^a\.ply: x: expected finite .*1 of 30 rows .* row 3"):
        sw.load(path, on_bad="raise")
    with pytest.raises(ValueError, match="expected on_bad to be 'drop' or 'raise', got 'keep'"):
        sw.load(path, on_bad="keep")


def test_every_door_says_what_was_left_out(tmp_path):
    path = save(tmp_path / "a.ply", damaged())
    for door in (sw.load, sw.Scene.of):
        with pytest.warns(UserWarning, match=r"a\.ply: 8 of 30 rows are left out: "):
            assert len(door(path)) == 22


def test_no_row_left_is_an_error_and_no_row_at_all_is_not(tmp_path):
    values = columns(4)
    values["y"][:] = np.nan
    with pytest.raises(PlyError, match="no row is left; y: expected finite numbers, got 4 of 4"):
        read(save(tmp_path / "a.ply", values))
    assert len(read(save(tmp_path / "b.ply", columns(0)))) == 0


def test_a_scale_of_zero_is_a_flat_axis(tmp_path):
    values = columns()
    values["scale_2"][:20] = -np.inf
    scene = read(save(tmp_path / "a.ply", values), on_bad="raise")
    assert scene.notices == ("20 of 30 Gaussians have an axis without extent.",)
    assert scene.scales[:20, 2].max() < 1e-37 and scene.scales.min() > 0
    np.testing.assert_allclose(scene.scales[20:, 2], np.exp(values["scale_2"][20:]), rtol=1e-6)


def test_two_scales_are_flat_gaussians(tmp_path):
    values = columns()
    del values["scale_2"]
    scene = read(save(tmp_path / "a.ply", values))
    assert "no column scale_2" in scene.notices[0] and len(scene.notices) == 1
    assert scene.scales[:, 2].max() < 1e-37
    np.testing.assert_allclose(scene.scales[:, 1], np.exp(values["scale_1"]), rtol=1e-6)
    again = read(sw.save(scene, tmp_path / "b.ply"))
    torch.testing.assert_close(again.scales, scene.scales, rtol=2e-5, atol=0)
    camera = sw.Camera.centred(60.0, 64, 48)
    assert torch.isfinite(sw.render(scene, camera).color).all()


@pytest.mark.parametrize("stored", [4, 5])
def test_higher_harmonics_are_read_up_to_the_third_degree(tmp_path, stored):
    values, per_channel = columns(), (stored + 1) ** 2 - 1
    for channel in range(3):
        for number in range(per_channel):
            values[f"f_rest_{channel * per_channel + number}"] = np.full(
                30, 100.0 * channel + number
            )
    scene = read(save(tmp_path / "a.ply", values))
    assert f"degree {stored} are read up to degree 3" in scene.notices[0]
    expected = [[number, 100 + number, 200 + number] for number in range(15)]
    assert scene.sh[7, 1:].tolist() == expected


def test_numpys_errors_do_not_reach_the_reader(tmp_path):
    values = damaged()
    values["scale_0"][0] = -120
    values["opacity"][0] = 1000
    path = save(tmp_path / "a.ply", values)
    expected = read(path)
    with np.errstate(all="raise"):
        scene = read(path)
        sw.save(scene, tmp_path / "b.ply")
    for name, array in expected.to_numpy().items():
        np.testing.assert_array_equal(array, scene.to_numpy()[name])
