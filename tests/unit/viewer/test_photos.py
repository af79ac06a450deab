import base64
import io

import builders
import numpy as np
from PIL import Image

from splat_widgets.scene.scene import Scene
from splat_widgets.viewer.photos import SIDE_PX, camera_photos
from splat_widgets.viewer.wire import encode


def picture(jpeg: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(jpeg)))).astype(float)


def test_each_known_camera_has_its_own_photo() -> None:
    known = Scene.of(builders.make_scene())
    lost = Scene(known.gaussians, (None, known.cameras[1]), known.reconstruction)
    for scene, numbers in ((known, [1, 2]), (lost, [2])):
        photos = camera_photos(scene)
        assert [photo["number"] for photo in photos] == numbers
        for photo in photos:
            own, other = scene.photos[photo["number"] - 1], scene.photos[photo["number"] % 2]
            assert photo["name"] == own.name
            seen = picture(photo["jpeg"])  # of noise, which JPEG changes
            assert abs(seen - own.pixels).mean() < 0.7 * abs(seen - other.pixels).mean()


def test_large_photos_travel_small() -> None:
    known = builders.make_scene()
    big = np.zeros((1000, 1000, 3), np.uint8)
    object.__setattr__(known.photos[0], "pixels", big)
    assert picture(camera_photos(Scene.of(known))[0]["jpeg"]).shape == (SIDE_PX, SIDE_PX, 3)


def test_gaussians_with_cameras_alone_are_numbered() -> None:
    whole = Scene.of(builders.make_scene())
    bare = Scene(whole.gaussians, whole.cameras)
    expected = [{"number": 1, "name": "", "jpeg": ""}, {"number": 2, "name": "", "jpeg": ""}]
    assert camera_photos(bare) == expected
    assert encode(bare.gaussians, bare.known_cameras).header["photos"] == expected
