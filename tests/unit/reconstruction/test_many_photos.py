"""Three and more photos: what connects becomes one scene, the rest is named."""

import numpy as np
import pytest
import torch
from builders import photo
from PIL import Image

import splat_widgets as sw
from splat_widgets.attributes.provenance import photo_colours
from splat_widgets.embedded import demo_pair
from splat_widgets.models.weights import load_model
from splat_widgets.photos.exposure import Exposure, adapted
from splat_widgets.refinement.verdict import sentence
from splat_widgets.training.procedural.scenes import render_pairs

SEEDS = (7_000_000_003, 7_000_000_011)
GRID = 64


@pytest.fixture(scope="module")
def model():
    return load_model("embedded")


@pytest.fixture(scope="module")
def photos() -> list[np.ndarray]:
    """Two photos of one room and one of another."""
    images = [render_pairs([seed], 320, supersample=1).images[0] for seed in SEEDS]
    chosen = [images[0][0], images[1][0], images[0][1]]
    return [
        np.rint(255 * one.permute(1, 2, 0).clamp(0, 1).numpy()).astype(np.uint8) for one in chosen
    ]


def run(photos, model, **options):
    return sw.reconstruct(photos, model=model, progress=False, gaussian_size=GRID, **options)


def test_a_photo_of_another_place_is_named_and_left_out(photos, model):
    scene = run(photos, model)
    assert scene.refinement.answered and scene.refinement.applied
    assert scene.refinement.left_out == ("photo 2",)
    assert [one.name for one in scene.photos] == ["photo 1", "photo 3"]
    assert any("Left out: photo 2" in line for line in scene.notices)
    assert len(scene.cameras) == 2 and None not in scene.cameras
    assert [one.name for one in scene.predicted.photos] == ["photo 1", "photo 3"]
    assert set(scene.view.tolist()) == {0, 1}


def test_the_order_changes_nothing_but_the_frame(photos, model):
    scene = run(photos, model, keep_all=True)
    other = run(photos[::-1], model, keep_all=True)
    assert [one.name for one in other.photos] == ["photo 1", "photo 3"]  # by their new places
    T = scene.cameras[1].T_camera_world  # the other frame is that of the last photo
    moved = scene.gaussians.transformed(T)
    n = GRID * GRID
    swapped = torch.cat([moved.means[n:], moved.means[:n]])
    torch.testing.assert_close(swapped, other.means, rtol=1e-4, atol=1e-4)


def test_the_order_changes_no_colour(photos, model):
    dark = np.rint(255 * adapted(photos[2] / 255, Exposure((0.6, 0.6, 0.6)))).astype(np.uint8)
    scene = run([photos[0], dark], model)
    other = run([dark, photos[0]], model)
    first, second = scene.refinement.exposures
    assert np.divide(second, first) == pytest.approx(1 / 0.6, rel=0.1)
    np.testing.assert_allclose(other.refinement.exposures, (second, first), rtol=1e-3)
    said = [line for line in scene.notices if "exposed differently" in line]
    assert len(said) == 1 and "1.3 times darker" in said[0] and "1.3 times brighter" in said[0]
    n = GRID * GRID
    swapped = torch.cat([scene.gaussians.sh[n:], scene.gaussians.sh[:n]])
    torch.testing.assert_close(swapped, other.gaussians.sh, rtol=0, atol=2e-3)


def test_contrast_reaches_the_gaussians_and_what_is_compared_with_them(photos, model):
    flat = np.rint(255 * adapted(photos[2] / 255, Exposure((0.8,) * 3, 0.75))).astype(np.uint8)
    scene = run([photos[0], flat], model)
    first, second = scene.refinement.contrasts
    assert second / first == pytest.approx(1 / 0.75, rel=0.1)
    shown = 0.5 + 0.28209479177387814 * scene.gaussians.sh[:, 0]
    torch.testing.assert_close(shown, photo_colours(scene), rtol=0, atol=1e-4)
    plain = run([photos[0], flat], model, same_exposure=False)
    assert plain.refinement.contrasts == () == plain.refinement.tones


def test_each_photo_is_encoded_once(photos, model, monkeypatch):
    from splat_widgets.models.splatt3r import PairPredictor

    names = []
    encode = PairPredictor.encode
    monkeypatch.setattr(
        PairPredictor, "encode", lambda self, p, r: names.append(p.name) or encode(self, p, r)
    )
    run(photos, model)
    assert sorted(names) == ["photo 1", "photo 2", "photo 3"]


def test_photos_without_anything_in_common_keep_the_network_s_scene(model):
    scene = sw.reconstruct([photo(k, 200, 150) for k in range(4)], model=model, progress=False)
    assert not scene.refinement.answered and not scene.refinement.applied
    assert scene.notices[-2] == sentence("few_matches") or sentence("few_matches") in scene.notices
    assert len(scene.photos) == 2 and len(scene.refinement.left_out) == 2
    assert len(scene) == 2 * 128 * 128


def test_given_cameras_decide_the_frame_and_the_unit(photos, model):
    truth = render_pairs([SEEDS[0]], 320, supersample=1)
    T = torch.eye(4)
    T[:3, 3] = torch.tensor([5.0, -2.0, 1.0])  # the user's world is elsewhere
    cameras = []
    for k in range(2):
        camera = sw.Camera.centred(
            float(truth.focal_px[0]), 320, 320, T @ truth.T_first_camera[0, k]
        )
        cameras.append(camera)
    pair = [photos[0], photos[2]]
    scene = run(pair, model, cameras=cameras, keep_all=True)
    checked = scene.evidence.checked.reshape(2, GRID, GRID)
    assert scene.refinement.applied and scene.refinement.metres == "given"
    torch.testing.assert_close(scene.cameras[1].center_world, cameras[1].center_world)
    for k, camera in enumerate(scene.cameras):
        depth = camera.to_camera(scene.maps[k].points)[..., 2]
        true = torch.nn.functional.interpolate(truth.depth[0, k][None, None], (GRID, GRID))[0, 0]
        off = (depth / true).log().abs()[checked[k]]  # metres, not up to a scale
        assert len(off) > 800 and float(off.median()) < 0.02
    wrong = [cameras[0], sw.Camera.centred(300.0, 320, 320, T @ T)]
    refused = run(pair, model, cameras=wrong)
    assert not refused.refinement.answered and refused.refinement.reason == "bad_cameras"


def test_a_twin_of_a_photo_does_not_spoil_the_set(photos, model):
    """Of another exposure, from one tripod: any depth fits."""
    first, _, last = photos
    twin = np.clip(0.8 * first + np.random.default_rng(0).integers(-2, 3, first.shape), 0, 255)
    pair = run([first, last], model)
    scene = run([first, twin.astype(np.uint8), last], model)
    assert scene.refinement.applied and len(scene.photos) == 3
    assert np.mean(scene.refinement.checked_shares) > 0.8 * np.mean(pair.refinement.checked_shares)


@pytest.mark.parametrize("zoom", [1.05, 1.12])
def test_a_crop_of_the_same_photo_says_nothing_about_depth(zoom, model):
    with Image.open(demo_pair()[0]) as opened:
        whole = opened.convert("RGB")
    width, height = whole.width / zoom, whole.height / zoom
    left, top = (whole.width - width) / 2, (whole.height - height) / 2
    part = whole.crop((round(left), round(top), round(left + width), round(top + height)))
    scene = run([np.asarray(whole), np.asarray(part)], model)
    assert scene.refinement.reason == "rotation_only" and not scene.refinement.applied


def test_geometry_and_colours_share_their_crop(model):
    """The camera's principal point is the middle of the photo, wherever the crop begins."""
    images = render_pairs([SEEDS[0]], 400, supersample=1).images[0]
    pair = [
        np.rint(255 * one.permute(1, 2, 0).clamp(0, 1).numpy()).astype(np.uint8) for one in images
    ]
    crops = [(31.0, 12.0, 333.0), (17.0, 41.0, 341.0)]
    scene = sw.reconstruct(pair, model=model, crops=crops, gaussian_size=304, progress=False)
    assert scene.refinement.applied
    for one, camera in zip(scene.photos, scene.cameras, strict=True):
        x, y = one.to_original(
            camera.principal_point_px[1] - 0.5, camera.principal_point_px[0] - 0.5
        )
        assert (x, y) == pytest.approx((200, 200), abs=0.05)


def test_a_focal_length_in_millimetres_is_refused(photos, model):
    with pytest.raises(ValueError, match="expected a focal length of 96 to 3200 px for photo 1"):
        run(photos[:2], model, focal_px=26.0)


def test_a_wrong_camera_among_right_ones_is_named(photos, model):
    truth = render_pairs([SEEDS[0]], 320, supersample=1)
    poses = [truth.T_first_camera[0, 0], truth.T_first_camera[0, 1], torch.eye(4)]
    poses[2][0, 3] = 0.3  # of the second photo again, but said to stand elsewhere
    cameras = [sw.Camera.centred(float(truth.focal_px[0]), 320, 320, T) for T in poses]
    darker = (0.8 * photos[2]).astype(np.uint8)
    scene = run([photos[0], photos[2], darker], model, cameras=cameras)
    assert scene.refinement.applied and scene.refinement.left_out == ("photo 3",)
    assert any("photo 3" in line and "given cameras" in line for line in scene.notices)


def smaller(picture: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize((200, 200), Image.Resampling.BOX))


def test_a_photo_that_was_given_twice_is_named_and_used_once(photos, model):
    first, _, last = photos
    pair = run([first, last], model)
    scene = run([smaller(first), last, first], model)  # the one with most pixels stays
    assert [one.name for one in scene.photos] == ["photo 3", "photo 2"]  # in the first one's place
    assert scene.refinement.applied and scene.refinement.left_out == ()
    assert len(scene) == len(pair)
    assert "photo 1 and photo 3 are one photo" in scene.notices[0]
    assert "only photo 3 is used" in scene.notices[0]
    only = run([first, first, smaller(first)], model)
    assert only.refinement.reason == "same_photo" and len(only.photos) == 2
    assert only.notices[0] == sentence("same_photo")


def test_copies_stay_where_each_tells_more(photos, model):
    """Two crops of one photo show more than one of them does."""
    first, _, last = photos
    crops = [(0.0, 0.0, 256.0), None, (64.0, 64.0, 256.0)]
    scene = run([first, last, first], model, crops=crops)
    assert len(scene.photos) == 3


def test_two_zooms_are_told(photos, model):
    whole = photos[2][48:272, 48:272]  # 320 / 224
    zoomed = np.asarray(Image.fromarray(whole).resize((320, 320), Image.Resampling.BICUBIC))
    scene = run([photos[0], zoomed], model)
    first, second = scene.refinement.focal_px_after
    assert scene.refinement.applied and second > 1.25 * first
    assert any("compared with photo 1, photo 2 is enlarged 1." in line for line in scene.notices)
    assert not any("zoomed" in line for line in run(photos[::2], model).notices)
