"""Coordinates of maps: kept exactly, near the origin while loaded, put back when saved."""

import numpy as np
import pytest
import torch
from ply_files import columns, save
from plyfile import PlyData

import splat_widgets as sw
from splat_widgets.io.ply import read

PLACE = np.array([448_263.1, 5_412_955.4, 215.3])


def on_a_map(kind: type = np.float64, extent: float = 10.0) -> dict[str, np.ndarray]:
    values = columns(400)
    for axis, name in enumerate("xyz"):
        values[name] = (PLACE[axis] + extent * values[name]).astype(kind)
    for axis in range(3):
        values[f"scale_{axis}"] = values[f"scale_{axis}"] / 4 - 3
    return values


def places(values) -> np.ndarray:
    return np.stack([values[name] for name in "xyz"], -1)


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("extent", [10.0, 5_000.0])
def test_doubles_come_back_exactly(tmp_path, text, extent):
    values = on_a_map(extent=extent)
    path = save(tmp_path / "a.ply", values, text=text)
    scene = read(path)
    stored = places(PlyData.read(path)["vertex"])
    offset = np.array(scene.source.offset)
    error = np.abs(scene.means.double().numpy() + offset - stored).max()
    assert error < 1e-3 and np.abs(stored.astype(np.float32) - stored).max() > 0.1
    assert f"({offset[0]:.0f}, {offset[1]:.0f}, {offset[2]:.0f}) is taken off" in scene.notices[0]
    assert "0.5 apart" in scene.notices[0]
    again = PlyData.read(sw.save(scene, tmp_path / "b.ply"))["vertex"]
    np.testing.assert_array_equal(places(again), stored)
    assert again["opacity"].dtype == np.float32 and again["x"].dtype == np.float64
    twice = read(tmp_path / "b.ply")
    assert twice.source.offset == scene.source.offset
    torch.testing.assert_close(twice.means, scene.means, rtol=0, atol=0)


def test_a_part_keeps_its_place(tmp_path):
    values = on_a_map()
    values["z"][5] = np.nan
    scene = read(save(tmp_path / "a.ply", values)).select([7, 2, 300])
    again = PlyData.read(sw.save(scene, tmp_path / "b.ply"))["vertex"]
    rows = [8, 2, 301]  # row 5 was left out
    np.testing.assert_array_equal(places(again), places(values)[rows])


def test_floats_far_away_stay_floats(tmp_path):
    values = {name: array.astype(np.float32) for name, array in on_a_map(np.float32).items()}
    scene = read(save(tmp_path / "a.ply", values))
    assert scene.means.abs().max() < 300 and any(scene.source.offset)
    again = PlyData.read(sw.save(scene, tmp_path / "b.ply"))["vertex"]
    np.testing.assert_array_equal(places(again), places(values))
    assert again["x"].dtype == np.float32


@pytest.mark.parametrize(
    ("at", "extent", "size"),
    [(0, 10, -3), (30, 10, -9), (1000, 100, -2), (1000, 1, 3), (1e6, 1e6, -4), (5, 0.01, -6)],
)
def test_coordinates_that_fit_are_left_alone(tmp_path, at, extent, size):
    values = columns(400)
    for axis, name in enumerate("xyz"):
        values[name] = at + extent * values[name]
        values[f"scale_{axis}"] = values[f"scale_{axis}"] / 4 + size
    scene = read(save(tmp_path / "a.ply", values))
    assert scene.source.offset == (0, 0, 0) and scene.source.rest is None
    np.testing.assert_array_equal(scene.means, places(values).astype(np.float32))
