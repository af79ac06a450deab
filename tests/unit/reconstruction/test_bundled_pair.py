"""The bundled photos, refined, against the truth of the scene that they were rendered from."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

import splat_widgets as sw
from splat_widgets.embedded import demo_pair
from splat_widgets.rendering import psnr
from splat_widgets.scene.cameras import Camera

ROOM = Path(__file__).parents[2] / "data" / "room"
VIEWS, BETWEEN = (1, 3), 2
GRID, PICTURE = 256, 256


@pytest.fixture(scope="module")
def truth():
    return json.loads((ROOM / "cameras.json").read_text())


@pytest.fixture(scope="module")
def refined():
    return sw.reconstruct(*demo_pair(), model="embedded", refine=True, progress=False)


def pose(truth, view):
    """(4, 4) a camera to the first photo's."""
    world = {one["view"]: np.array(one["T_world_camera"]) for one in truth["cameras"]}
    return np.linalg.inv(world[VIEWS[0]]) @ world[view]


def middle(picture):
    """The square in the middle of a landscape picture, as photos are cropped."""
    height, width = picture.shape[:2]
    left = (width - height) // 2
    return picture[:, left : left + height]


def depth_errors(scene, truth, number):
    """|log z - log z_true|, less their median, of one photo's grid of 256 px."""
    camera = scene.cameras[number]
    points = camera.to_camera(scene.maps[number].points)
    depth = points[..., 2].double().numpy()
    stored = np.asarray(Image.open(ROOM / f"depth_{VIEWS[number]}.png"))
    true = middle(stored).astype(float) * truth["depth_unit_metres"]
    assert depth.shape == true.shape == (GRID, GRID)
    known = true > 0
    off = np.log(depth[known]) - np.log(true[known])
    return np.abs(off - np.median(off))


def test_the_photos_decide(refined):
    assert refined.refinement.applied
    assert refined.refinement.num_inliers > 500
    assert min(refined.refinement.checked_shares) > 0.6


def test_depth_is_that_of_the_room(refined, truth):
    for number in range(2):
        errors = depth_errors(refined, truth, number)
        assert np.median(errors) < 0.03
        assert (errors < 0.1).mean() > 0.8


def test_the_second_camera_stands_where_it_stood(refined, truth):
    found = refined.cameras[1].T_world_camera.double().numpy()
    true = pose(truth, VIEWS[1])
    chord = np.linalg.norm(found[:3, :3] - true[:3, :3]) / np.sqrt(8)
    assert 2 * np.degrees(np.arcsin(chord)) < 0.4
    one, other = (T[:3, 3] / np.linalg.norm(T[:3, 3]) for T in (found, true))
    assert np.degrees(np.arccos(one @ other)) < 2
    focal_sides = refined.cameras[0].focal_px / GRID
    assert focal_sides == pytest.approx(truth["focal_sides"], rel=0.08)


def test_a_view_from_between_looks_like_the_room(refined, truth):
    """Through the scene's own lens, in its own unit: far better than the network's fog."""
    photo = middle(np.asarray(Image.open(ROOM / f"view_{BETWEEN}.jpg")))
    photo = cv2.resize(photo, (PICTURE, PICTURE), interpolation=cv2.INTER_AREA)
    photo = torch.from_numpy(photo).float() / 255
    true = torch.from_numpy(pose(truth, BETWEEN)).float()
    scores = []
    for scene in (refined.predicted, refined):
        step = scene.cameras[1].T_world_camera[:3, 3].norm()
        between = true.clone()
        between[:3, 3] *= step / np.linalg.norm(pose(truth, VIEWS[1])[:3, 3])
        focal = scene.cameras[0].focal_px / scene.cameras[0].width
        camera = Camera.centred(focal * PICTURE, PICTURE, PICTURE, between)
        scores.append(psnr(sw.render(scene, camera).color.clamp(0, 1), photo))
    assert scores[1] > 22 and scores[1] > scores[0] + 3
