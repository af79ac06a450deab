"""Photos with known cameras against a lens inverted by numpy, and against OpenCV."""

from dataclasses import fields

import cv2
import numpy as np
import pytest
from PIL import Image

from splat_widgets.scene.posed import Intrinsics
from splat_widgets.scene.transforms import Frame
from splat_widgets.training.posed.photos import UNKNOWN_METRES, half_field, load_posed_photo


def posed_wall(tmp_path, distortion: tuple[float, ...]) -> Frame:
    """A photo of a smooth pattern on a slanted wall through a distorting lens, by numpy.

    The pattern and the depth are functions of the ray: r = (1 + sin(9 X)) / 2, g = (1 + sin(7 Y)) /
    2, depth = 2 + X / 2, with (X, Y, 1) the ray. Every pixel's ray is found by inverting the lens
    numerically.
    """
    width, height, fx, fy, cx, cy = 120, 90, 100.0, 95.0, 63.0, 44.0
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    distorted = np.stack([(x - cx) / fx, (y - cy) / fy])
    ray = distorted.copy()
    k1, k2, p1, p2, k3 = distortion or (0,) * 5
    for _ in range(100):  # Brown's model, OpenCV's documentation of calib3d
        X, Y = ray
        r2 = X * X + Y * Y
        radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
        bent = np.stack(
            [
                X * radial + 2 * p1 * X * Y + p2 * (r2 + 2 * X * X),
                Y * radial + p1 * (r2 + 2 * Y * Y) + 2 * p2 * X * Y,
            ]
        )
        ray -= bent - distorted
    assert np.abs(bent - distorted).max() < 1e-9
    X, Y = ray
    pixels = np.stack([np.sin(9 * X), np.sin(7 * Y), 0 * X], -1) / 2 + 0.5
    Image.fromarray((pixels * 255).round().astype(np.uint8)).save(tmp_path / "a.png")
    np.save(tmp_path / "a.npy", 2 + X / 2)
    inner = Intrinsics((fx, fy), (cx, cy), width, height, distortion)
    return Frame("a", tmp_path / "a.png", tmp_path / "a.npy", None, inner, np.eye(4), 1.0)


@pytest.mark.parametrize("distortion", [(), (-0.2, 0.03, 0.004, -0.006, 0.01)])
def test_pixels_are_where_their_rays_say(tmp_path, distortion):
    frame = posed_wall(tmp_path, distortion)
    S, tangent = 80, 0.9 * half_field(frame.intrinsics)
    photo = load_posed_photo(frame, S, tangent)
    step = ((np.arange(S) + 0.5) / S * 2 - 1) * tangent
    X, Y = np.meshgrid(step, step)
    assert photo.valid.all()
    got = photo.image.double().numpy() / 255
    # Half a pixel off would be 0.02 of red.
    assert np.abs(got[0] - (np.sin(9 * X) / 2 + 0.5)).max() < 0.012
    assert np.abs(got[1] - (np.sin(7 * Y) / 2 + 0.5)).max() < 0.012
    # Nearest pixel: half a pixel of slope, for pixels that the lens makes up to 1.2 times as large.
    assert np.abs(photo.depth.numpy() - (2 + X / 2)).max() < 1.2 * 0.5 / 2 / 100


def test_what_a_lens_did_not_see_is_not_valid(tmp_path):
    """A cushion-shaped picture leaves the corners of the straight one empty."""
    frame = posed_wall(tmp_path, (0.3, 0.0, 0.0, 0.0, 0.0))
    photo = load_posed_photo(frame, 80, half_field(frame.intrinsics))
    assert not photo.valid[0, 0] and photo.valid[40, 40]
    assert photo.depth[0, 0] == UNKNOWN_METRES


def test_masks_and_missing_depth_are_not_valid(tmp_path):
    frame = posed_wall(tmp_path, ())
    depth = np.full((45, 60), 2.0)  # half the resolution of the photo
    depth[:, 30:40] = 0
    depth[:5] = np.nan
    np.save(tmp_path / "a.npy", depth)
    mask = np.full((90, 120), 255, np.uint8)
    mask[80:] = 0
    Image.fromarray(mask).save(tmp_path / "mask.png")
    masked = Frame(
        **{f.name: getattr(frame, f.name) for f in fields(frame)} | {"mask": tmp_path / "mask.png"}
    )
    size, tangent = 88, 0.44  # about one pixel to a pixel along x: 100 px · 0.44 = 44
    photo = load_posed_photo(masked, size, tangent)
    x = np.arange(size) + 0.5 + 63 - 44
    y = (np.arange(size) + 0.5 - 44) * 0.95 + 44
    expected = ((x < 60) | (x >= 80))[None] & ((y >= 10) & (y < 80))[:, None]
    np.testing.assert_array_equal(photo.valid.numpy(), expected)


def test_opencv_agrees_on_what_is_straight(tmp_path):
    """The whole picture, resampled by OpenCV with its own convention, agrees with ours."""
    frame = posed_wall(tmp_path, (-0.2, 0.03, 0.0, 0.0, 0.0))
    (fx, fy), (cx, cy) = frame.intrinsics.focal_px, frame.intrinsics.principal_point_px
    S, tangent = 64, 0.32
    new = np.array(
        [[S / 2 / tangent, 0, S / 2 - 0.5], [0, S / 2 / tangent, S / 2 - 0.5], [0, 0, 1]]
    )
    K = np.array([[fx, 0, cx - 0.5], [0, fy, cy - 0.5], [0, 0, 1]])
    maps = cv2.initUndistortRectifyMap(
        K, np.array(frame.intrinsics.distortion), None, new, (S, S), cv2.CV_32FC1
    )
    theirs = cv2.remap(cv2.imread(str(tmp_path / "a.png"))[..., ::-1], *maps, cv2.INTER_CUBIC)
    ours = load_posed_photo(frame, S, tangent).image.movedim(0, -1).numpy()
    assert np.abs(ours.astype(int) - theirs).max() <= 3
