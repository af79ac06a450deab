"""Points from known cameras."""

import numpy as np

from splat_widgets.refinement.tracks import join
from splat_widgets.refinement.triangulation import angles_deg, nearest_points, triangulated
from tests.photo_sets import PX, make_set
from tests.unit.refinement.test_joint_bundle import cameras_of


def test_exact_rays_meet_in_the_point():
    photos = make_set(4, noise=0, outliers=0)
    tracks = join(photos.matches)
    cameras = cameras_of(photos)
    points = nearest_points(tracks, cameras)
    assert cameras.errors(tracks, points).max() < 1e-6  # rays are held together a little


def test_wrong_observations_leave_and_the_others_stay():
    photos = make_set(5, outliers=0.15)
    tracks = join(photos.matches)
    cameras = cameras_of(photos)
    found, points, numbers = triangulated(tracks, cameras, 2 * PX)
    assert cameras.errors(found, points).max() <= 2 * PX
    assert found.lengths.min() >= 2
    right = tracks.feature[tracks.starts]  # features are numbers of points
    same = found.feature == right[numbers][found.point]
    assert same.mean() > 0.97
    clean = join(make_set(5, outliers=0).matches)
    assert len(found.photo) > 0.8 * len(clean.photo)


def test_nearly_parallel_rays_give_no_point():
    photos = make_set(3, outliers=0, noise=0)
    tracks = join(photos.matches)
    cameras = cameras_of(photos)
    points = nearest_points(tracks, cameras)
    # The largest angle between two rays lies between that to the mean and twice that.
    rays = points[tracks.point] - cameras.centres[tracks.photo]
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    for point, angle in enumerate(angles_deg(tracks, cameras, points)):
        mine = rays[tracks.point == point]
        largest = np.degrees(np.arccos(np.clip((mine @ mine.T).min(), -1, 1)))
        assert largest - 1e-6 <= angle <= 2 * largest + 1e-6
    still = photos.poses[0]
    photos.poses[1] = photos.poses[2] = still
    found, *_ = triangulated(tracks, cameras_of(photos), 1.0)
    assert len(found) == 0


def test_no_tracks():
    photos = make_set(3)
    found, points, numbers = triangulated(join({}), cameras_of(photos), PX)
    assert len(found) == len(points) == len(numbers) == 0
