"""Edits of a whole scene, against rendering, colours and pixels that must not change."""

import math
from dataclasses import replace

import builders
import cv2
import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets import attributes
from splat_widgets.attributes.table import given_values
from splat_widgets.geometry.harmonics import evaluate
from splat_widgets.photos.exposure import UNCHANGED
from splat_widgets.scene.refinement import METRES_SENTENCE, Refinement
from splat_widgets.scene.scene import Scene

R = cv2.Rodrigues(np.array([0.4, -1.1, 0.7]))[0]
T = np.eye(4)
T[:3, :3], T[:3, 3] = 1.7 * R, [0.5, -2.0, 3.0]


def apart(scene: Scene, first: int, second: int) -> float:
    return float((scene.means[first] - scene.means[second]).norm())


@pytest.mark.parametrize("degree", range(4))
def test_a_moved_scene_looks_the_same_from_its_moved_cameras(degree):
    before = Scene.of(builders.make_scene(degree=degree))
    after = before.transformed(T)
    for here, there in zip(before.cameras, after.cameras, strict=True):
        one, other = before.render(here), after.render(there)
        torch.testing.assert_close(other.color, one.color, atol=1e-4, rtol=0)
        torch.testing.assert_close(other.depth, 1.7 * one.depth, atol=1e-3, rtol=1e-3)


def test_covariances_and_colours_turn_with_the_scene():
    before = Scene.of(builders.make_scene(degree=3))
    after = before.transformed(T)
    turned = 1.7**2 * R @ before.covariances.double().numpy() @ R.T
    np.testing.assert_allclose(after.covariances, turned, rtol=1e-4, atol=1e-7)
    ways = torch.randn(len(before), 3, generator=torch.Generator().manual_seed(1))
    turned_ways = ways @ torch.from_numpy(R).float().mT
    torch.testing.assert_close(
        evaluate(after.sh, turned_ways), evaluate(before.sh, ways), atol=1e-4, rtol=0
    )


def test_all_that_a_scene_knows_moves_along_and_photos_stay(known):
    """`known` comes from photos, with maps, cameras and, where it is refined, a prediction."""
    after = known.transformed(T)

    def there(points):
        return points.double().numpy() @ T[:3, :3].T + T[:3, 3]

    np.testing.assert_allclose(after.points, there(known.points), atol=1e-4)
    np.testing.assert_allclose(after.offsets, known.offsets.numpy() @ T[:3, :3].T, atol=1e-5)
    for moved, one in zip(after.maps, known.maps, strict=True):
        np.testing.assert_allclose(moved.means, there(one.means), atol=1e-4)
        assert torch.equal(moved.confidence, one.confidence)
    assert after.predicted is not None
    np.testing.assert_allclose(after.predicted.means, there(known.predicted.means), atol=1e-4)
    assert after.refinement is known.refinement and after.photos is known.photos
    assert after.source_pixel(7) == known.source_pixel(7)
    assert torch.equal(after.view, known.view)
    assert after.frame == "placed" and after.metres == "unknown"
    np.testing.assert_allclose(after.placement.matrix, T, atol=1e-12)
    back = after.transformed(np.linalg.inv(T))
    np.testing.assert_allclose(back.means, known.means, atol=1e-5)
    np.testing.assert_allclose(back.placement.matrix, np.eye(4), atol=1e-12)


def test_a_move_alone_keeps_the_rest_to_the_bit():
    before = Scene.of(builders.make_scene())
    after = before.moved((1, 2, 3))
    assert torch.equal(after.quaternions, before.quaternions)
    assert torch.equal(after.sh, before.sh) and torch.equal(after.scales, before.scales)
    assert after.metres == before.metres == "model"


def test_a_measured_length_makes_metres(tmp_path):
    before = Scene.of(builders.make_scene())
    after = before.scaled_to(before.means[3], before.means[40], 2.0)
    assert apart(after, 3, 40) == pytest.approx(2.0, rel=1e-5)
    torch.testing.assert_close(after.means[3], before.means[3])
    assert (after.frame, after.metres) == ("placed", "given")
    assert after.scaled(2).metres == "unknown" and after.turned((0, 1, 0), 3).metres == "given"
    alone = Scene(before.gaussians).scaled_to(before.means[3], before.means[40], 2.0)
    for scene in (after, alone):
        for name in ("a.ply", "a.splatscene"):
            again = sw.load(sw.save(scene, tmp_path / name))
            assert (again.frame, again.metres) == ("placed", "given"), name
            assert apart(again, 3, 40) == pytest.approx(2.0, rel=1e-5)
    assert sw.load(tmp_path / "a.splatscene").placement == alone.placement


def test_three_points_on_the_floor_make_it_level():
    whole = Scene.of(builders.make_scene())
    tilted = whole.turned((1, 0, 2), 25).moved((0, 0, 5))
    floor = np.array([[-1.0, 1.0, 1.0], [1.0, 1.0, 1.5], [0.2, 1.0, 3.0]])  # y = 1: below cameras
    below = floor @ tilted.placement.matrix[:3, :3].T + tilted.placement.matrix[:3, 3]
    for order in ([0, 1, 2], [1, 0, 2]):
        level = tilted.levelled(below[order])
        way = level.placement.matrix
        np.testing.assert_allclose((floor @ way[:3, :3].T + way[:3, 3])[:, 1], 0, atol=1e-9)
        np.testing.assert_allclose(way[:3, :3] @ [0, -1, 0], [0, -1, 0], atol=1e-9)
        assert all(camera.center_world[1] < 0 for camera in level.known_cameras)


def test_gravity_is_the_cameras():
    one = Scene.of(builders.make_scene())
    tilted = Scene(one.gaussians, one.cameras[:1]).turned((0.3, 1, 2), 50)
    up = -tilted.levelled().known_cameras[0].T_world_camera[:3, 1]
    torch.testing.assert_close(up, torch.tensor([0.0, -1.0, 0.0]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("device_of", [lambda scene: scene, lambda scene: scene.to(torch.float64)])
def test_merged_scenes_keep_every_pixel(known, device_of):
    other = Scene.of(builders.make_scene(degree=3))
    away = device_of(other.transformed(T))
    both = known.merged(away, pairs=(other.means[:40:13], away.means[:40:13]))
    count, photos = len(known), len(known.photos)
    assert len(both) == count + len(other) and len(both.photos) == photos + 2
    np.testing.assert_allclose(both.means[count:], other.means, atol=1e-3)
    assert both.source_pixel(5) == known.source_pixel(5)
    found, expected = both.source_pixel(count + 9), other.source_pixel(9)
    assert found.view == expected.view + photos
    assert (found.row, found.col, found.x) == (expected.row, expected.col, expected.x)
    np.testing.assert_allclose(both.points[count:], other.points, atol=1e-3)
    assert (both.frame, both.metres) == (known.frame, known.metres)
    for index in (3, count + 3):
        expected = (known if index == 3 else other).render(size=32).color
        camera = both.cameras[0 if index == 3 else photos]
        alone = both[:count] if index == 3 else both[count:]
        torch.testing.assert_close(alone.render(camera, size=32).color, expected, atol=2e-3, rtol=0)


@pytest.mark.parametrize(("one", "other"), [("both", "factors"), ("none", "both")])
def test_merged_scenes_keep_the_exposures_of_their_photos(one, other):
    def scene(which: str) -> Scene:
        changed = {
            "none": {},
            "factors": {"exposures": ((2.0, 1.5, 1.0),) * 2},
            "both": {"exposures": ((0.5,) * 3, (1.0,) * 3), "contrasts": (1.25, 1.0)},
        }
        told = Refinement(
            *(True, True, "", "It holds."),
            *((), (None,) * 2, (None,) * 2, (None,) * 2, (0.5, 0.5), "model"),
            **changed[which],
        )
        return Scene.of(replace(builders.make_scene(), refinement=told))

    found = [scene(one), scene(other)]
    both = found[0].merged(found[1], np.eye(4)).refinement
    expected = [
        tone for each in found for tone in (each.refinement.tones or (UNCHANGED, UNCHANGED))
    ]
    assert list(both.tones) == expected


def test_gaussians_alone_merge_and_say_what_is_lost():
    whole = Scene.of(builders.make_scene())
    both = whole.merged(Scene(builders.make_gaussians(5)), np.eye(4))
    assert len(both) == len(whole) + 5 and both.cameras == whole.cameras
    assert "left out" in both.notices[-1] and both.frame == "first_camera"


NAN = math.nan


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda s: s.scaled_to((0, 0, 0), (0, 0, 0), 2), r"apart from each other"),
        (lambda s: s.scaled_to((0, 0, 0), (0, 0, 1), 0), r"length above 0 m, got 0"),
        (lambda s: s.scaled_to((0, 0, NAN), (0, 0, 1), 1), "finite numbers as a point"),
        (lambda s: s.scaled(-1), "above 0, got -1; a negative one mirrors"),
        (lambda s: s.scaled(NAN), "finite"),
        (lambda s: s.moved((1, 2)), "three numbers as offset"),
        (lambda s: s.turned((0, 0, 0), 5), "axis with a length above 0"),
        (lambda s: s.levelled([(0, 0, 0), (1, 1, 1), (2, 2, 2)]), "points on one line"),
        (lambda s: Scene(s.gaussians).levelled(), r"levelled\(\[p, q, r\]\)"),
        (lambda s: s.merged(s), r"`a \+ b`"),
        (lambda s: s.merged(s, pairs=[(0, 0, 0)]), "points here, points there"),
    ],
)
def test_edits_that_mean_nothing_are_refused(edit, told):
    with pytest.raises(ValueError, match=told):
        edit(Scene.of(builders.make_scene()))


def test_a_measured_scene_no_longer_calls_its_metres_a_guess():
    guess = METRES_SENTENCE.format(model="embedded model")
    scene = Scene.of(replace(builders.make_scene(), notices=(guess, "Another.")))
    assert scene.moved((0, 0, 1.0)).notices == (guess, "Another.")
    far = int((scene.means - scene.means[0]).norm(dim=1).argmax())
    measured = scene.scaled_to(scene.means[0], scene.means[far], 2.0)
    assert measured.metres == "given" and measured.notices == ("Another.",)


@pytest.mark.parametrize("T", [np.diag([1e30, 1e30, 1e30, 1]), np.diag([1e-30, 1e-30, 1e-30, 1])])
def test_what_32_bits_cannot_hold_is_refused(T):
    with pytest.raises(ValueError, match="32-bit numbers"):
        Scene.of(builders.make_scene()).transformed(T)
    with pytest.raises(ValueError, match="32-bit numbers"):
        Scene.of(builders.make_scene()).moved((1e39, 0, 0))


def test_anything_that_holds_a_scene_is_merged(tmp_path):
    scene = Scene.of(builders.make_scene())
    path = sw.save(scene, tmp_path / "scene.ply")
    both = scene.merged(str(path), np.eye(4))
    assert len(both) == len(scene.merged(scene.gaussians, np.eye(4))) == 2 * len(scene)
    with pytest.raises(ValueError, match="pairs as"):
        scene.merged(scene, pairs=5)


@pytest.mark.parametrize("photos", [True, False])
def test_own_attributes_go_along(known, photos):
    scene = known if photos else Scene(known.gaussians + known.gaussians[:0])
    scene = scene.moved((0, 0, 0))  # one of its own, not that of other tests
    ids = np.arange(len(scene)) + 2**60
    attributes.register("ids", ids, scene=scene, unit="kg")
    changed = scene.moved((1, 2, 3)).turned((0, 1, 0), 20).scaled_to((0, 0, 0), (0, 0, 1), 2)
    for one in (changed, changed.levelled([(0, 0, 0), (1, 0, 0), (0, 0, 1)]), changed.to("cpu")):
        assert np.array_equal(attributes.exact_values(one, "ids"), ids)
        assert attributes.get("ids", one).unit == "kg"


def test_own_attributes_of_both_scenes_of_photos_are_kept(known):
    first, second = known.moved((0, 0, 0)), known[5:300].moved((0, 0, 1))
    count, other = len(first), len(second)
    attributes.register("both", np.arange(count) + 2**60, scene=first)
    attributes.register("both", np.arange(other) - 2**60, scene=second)
    attributes.register("one", np.arange(count, dtype=np.float32), scene=first)
    attributes.register("formula", lambda scene: scene.means[:, 2], scene=first)
    attributes.register("other", np.arange(other), scene=second, unit="kg")
    found = first.merged(second, np.eye(4))
    values = attributes.exact_values(found, "both")
    assert values[:count].tolist() == [k + 2**60 for k in range(count)]
    assert values[count:].tolist() == [k - 2**60 for k in range(other)]
    one, theirs = (attributes.values(found, name) for name in ("one", "other"))
    assert np.array_equal(one[:count], np.arange(count)) and np.isnan(one[count:]).all()
    assert np.array_equal(theirs[count:], np.arange(other)) and np.isnan(theirs[:count]).all()
    assert np.array_equal(attributes.values(found, "formula"), found.means[:, 2])
    assert attributes.get("other", found[count:]).unit == "kg"
    assert attributes.exact_values(found[count:], "other").tolist() == list(range(other))
    # The scenes that were merged have what they had.
    assert "other" not in attributes.table(first) and "one" not in attributes.table(second)


def test_own_attributes_of_gaussians_alone_are_joined():
    first, second = (Scene(builders.make_gaussians(count)) for count in (5, 3))
    attributes.register("both", np.arange(5) + 2**60, scene=first)
    attributes.register("both", np.arange(3) - 2**60, scene=second)
    attributes.register("one", np.arange(3, dtype=np.float32), scene=second)
    found = first.merged(second, np.eye(4))
    expected = [*range(2**60, 2**60 + 5), *range(-(2**60), 3 - 2**60)]
    assert attributes.exact_values(found, "both").tolist() == expected
    one = attributes.values(found, "one")
    assert np.isnan(one[:5]).all() and np.array_equal(one[5:], [0, 1, 2])


def test_numbers_that_merging_makes_others_are_told(capsys):
    first, second = (Scene(builders.make_gaussians(count)) for count in (5, 3))
    attributes.register("mixed", np.arange(5), scene=first)
    attributes.register("mixed", np.arange(3) / 2, scene=second)
    attributes.register("alone", np.arange(5), scene=first)
    attributes.register("fine", np.arange(5) / 2, scene=first)
    found = first.merged(second, np.eye(4))
    told = capsys.readouterr().out
    assert "'mixed' has numbers of int64 in one of the merged scenes and of float64" in told
    assert "'alone' has no value for" in told and "keeps its int64" in told
    assert "fine" not in told
    assert given_values(found, "alone").dtype == np.int64
    assert attributes.exact_values(found, "mixed").dtype == np.float64
