"""The photos' cameras in the viewer: their pictures, flying there, the photo over the splats."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from splat_widgets.geometry.harmonics import rgb_to_dc
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import camera_state, pinhole
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.viewer.photos import _jpeg, numbered
from splat_widgets.viewer.wire import encode

pytestmark = pytest.mark.browser

SIDE = 64
FOCAL_PX = 80.0
DEPTH = 3.0
RED, GREEN = (230, 30, 20), (20, 200, 40)


def wall() -> Gaussians:
    """A grey wall at `DEPTH`, wider than every camera sees."""
    axis = torch.linspace(-4, 4, 60)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    means = torch.stack([x, y, torch.full_like(x, DEPTH)], -1).reshape(-1, 3)
    count = len(means)
    return Gaussians(
        means=means,
        scales=torch.full((count, 3), 0.1),
        quaternions=torch.tensor([1.0, 0, 0, 0]).repeat(count, 1),
        opacities=torch.full((count,), 0.99),
        sh=rgb_to_dc(torch.full((count, 1, 3), 0.5)),
    )


def halves() -> np.ndarray:
    """(SIDE, SIDE, 3) uint8: red above, green below, so that a flipped photo is seen."""
    pixels = np.empty((SIDE, SIDE, 3), np.uint8)
    pixels[: SIDE // 2], pixels[SIDE // 2 :] = RED, GREEN
    return pixels


def cameras(count: int = 2) -> list[Camera]:
    """Side by side, the second with a principal point off the middle, as of a moved crop."""
    found = []
    for number in range(count):
        T = torch.eye(4)
        T[:3, 3] = torch.tensor([0.8 * number, -0.1 * number, 0.0])
        principal = (SIDE / 2, SIDE / 2 + (12 if number == 1 else 0))
        found.append(Camera(T, FOCAL_PX, principal, SIDE, SIDE))
    return found


def show(bare_page, count: int = 2) -> list[Camera]:
    known = cameras(count)
    photos = [numbered(k + 1, f"{k + 1}.jpg", _jpeg(halves())) for k in range(count)]
    bare_page.show(encode(wall(), known, photos=photos))
    bare_page.page.wait_for_function("panel.inner.frustums.pending === 0")
    return known


def state(page) -> dict:
    return page.evaluate("panel.inner.cameraState")


def fly(page, number: int, camera: Camera) -> None:
    page.get_by_role("button", name=f"Fly to camera {number}").click()
    x = float(camera.center_world[0])
    page.wait_for_function(f"Math.abs(panel.inner.cameraState.position[0] - {x}) < 1e-6")
    page.wait_for_function("!panel.drawing.flight.isFlying && panel.inner.settled")


def colour(pixels: np.ndarray) -> np.ndarray:
    return pixels[..., :3].reshape(-1, 3).astype(int).mean(0)


def test_ten_photos_stand_on_their_cameras_and_go_with_the_scene(bare_page) -> None:
    known = show(bare_page, 10)
    above = Camera.centred(150.0, 400, 300, torch.eye(4))
    above.T_world_camera[:3, 3] = torch.tensor([3.6, -0.5, -5.0])
    view = pinhole(above)
    bare, full = (bare_page.capture(view, overlay=over).astype(int) for over in (False, True))
    changed = abs(full - bare).sum(-1) > 40
    red = changed & (full[..., 0] > 180) & (full[..., 1] < 90)
    green = changed & (full[..., 1] > 150) & (full[..., 0] < 90)
    assert red.sum() > 100 and green.sum() > 100
    for camera in known:  # each has its own, red above green
        x = round(float(above.project(camera.center_world + torch.tensor([0, 0, 0.4]))[0][0]))
        rows = np.flatnonzero(red[:, x - 2 : x + 3].any(1))
        below = np.flatnonzero(green[:, x - 2 : x + 3].any(1))
        assert len(rows) and len(below) and rows.mean() < below.mean()
    held = bare_page.page.evaluate("panel.inner.memory.textures")
    bare_page.show(encode(wall()))
    assert bare_page.page.evaluate("panel.inner.memory.textures") < held
    left = bare_page.page.evaluate(
        "() => { const { inner } = panel; panel.dispose(); return inner.memory; }"
    )
    assert left["textures"] == 0 and left["geometries"] == 0
    assert bare_page.page_errors == []


def test_flying_there_is_smooth_exact_and_can_be_ended(bare_page) -> None:
    known = show(bare_page)
    page = bare_page.page
    page.get_by_role("button", name="Fit the scene").click()
    start = state(page)
    fly(page, 2, known[1])
    expected = camera_state(known[1], depth=DEPTH)
    assert np.allclose(state(page)["target"], expected["target"], atol=1e-5)
    assert state(page)["fov_deg"] == pytest.approx(expected["fov_deg"])
    pressed = page.get_by_role("button", name="Fly to camera 2")
    page.wait_for_function("document.querySelector('.sw-blend:not([hidden])')")
    assert pressed.get_attribute("aria-pressed") == "true"

    # Halfway a key takes over: the view stays where that key has put it.
    page.get_by_role("button", name="Fit the scene").click()
    page.get_by_role("button", name="Fly to camera 1").click()
    page.wait_for_function(f"panel.inner.cameraState.position[2] > {start['position'][2] + 0.2}")
    page.locator(".sw-canvas").focus()
    page.keyboard.press("ArrowLeft")
    assert not page.evaluate("panel.drawing.flight.isFlying")
    stopped = state(page)
    page.wait_for_function("panel.inner.settled")
    assert state(page) == stopped and stopped["position"] != [0, 0, 0]
    assert page.locator(".sw-blend").is_hidden()


def test_who_wants_no_motion_is_there_at_once(bare_page) -> None:
    bare_page.page.emulate_media(reduced_motion="reduce")
    known = show(bare_page)
    page = bare_page.page
    page.get_by_role("button", name="Fit the scene").click()
    page.get_by_role("button", name="Fly to camera 2").click()
    assert np.allclose(state(page)["position"], known[1].center_world, atol=1e-6)


def test_a_click_on_a_photo_flies_to_its_camera(bare_page) -> None:
    show(bare_page)
    page = bare_page.page
    place = "position: [0.4, -0.3, -2.5], target: [0.4, 0, 3], up: [0, -1, 0], fov_deg: 40"
    page.evaluate(f"panel.setCamera({{ {place} }})")
    x, y = page.evaluate(
        """() => {
            const { camera, width, height } = panel.inner.viewpoint();
            const plane = panel.inner.frustums.pyramids[1].plane;
            const p = plane.cornersAt(panel.inner.frustums.options.depth)
                .reduce((sum, corner) => sum.add(corner)).divideScalar(4).project(camera);
            return [(p.x + 1) / 2 * width, (1 - p.y) / 2 * height];
        }"""
    )
    # Nothing may have been drawn between a new view and a click: the last drawing hid all photos.
    fly(page, 1, cameras(2)[0])
    at_once = f"panel.setCamera({{ {place} }}); return panel.inner.cameraAt({x}, {y});"
    assert page.evaluate(f"() => {{ {at_once} }}") == 1
    page.locator(".sw-canvas").click(position={"x": x, "y": y})
    page.wait_for_function("Math.abs(panel.inner.cameraState.position[0] - 0.8) < 1e-6")


def test_the_photo_fits_the_splats_and_goes_when_the_camera_moves(bare_page) -> None:
    """At the camera its picture is exactly the photo, also of a crop that was moved."""
    known = show(bare_page)
    page = bare_page.page
    for number, camera in enumerate(known, start=1):
        page.evaluate("panel.choose({ photo_opacity: 0 })")
        fly(page, number, camera)
        view = pinhole(camera)
        grey = bare_page.capture(view, overlay=True)
        assert abs(colour(grey) - 128).max() < 6
        slider = page.get_by_role("slider", name=f"How much of Photo {number}")
        slider.focus()
        page.keyboard.press("End")
        whole = bare_page.capture(view, overlay=True)[..., :3].astype(int)
        assert abs(whole - halves()).mean() < 8
        slider.fill("0.5")
        half = bare_page.capture(view, overlay=True)[..., :3].astype(int)
        assert abs(half - (halves().astype(int) + 128) / 2).mean() < 8
    page.locator(".sw-canvas").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function("document.querySelector('.sw-blend').hidden")
    assert bare_page.page_errors == []


def test_the_key_of_the_photo_is_held(bare_page) -> None:
    known = show(bare_page)
    page = bare_page.page
    fly(page, 1, known[0])
    page.locator(".sw-canvas").focus()
    page.keyboard.down("p")
    assert page.evaluate("panel.inner.settings.photo_opacity") == 1
    page.keyboard.up("p")
    assert page.evaluate("panel.inner.settings.photo_opacity") == 0
    assert page.evaluate("panel.settings.photo_opacity") == 0


def test_the_first_view_is_the_crop(bare_page) -> None:
    """What the crop does not show is not seen first: the shorter side spans the crop's."""
    T = torch.eye(4)
    moved = Camera(T, FOCAL_PX, (SIDE / 2, -20.0), SIDE, SIDE)
    bare_page.show(encode(wall(), [moved]))
    camera, width, height = bare_page.page.evaluate(
        "(() => { const v = panel.inner.viewpoint(); return [v.camera.matrixWorldInverse"
        ".clone().premultiply(v.camera.projectionMatrix).elements, v.width, v.height]; })()"
    )
    P = np.array(camera).reshape(4, 4).T
    ray = np.array([(SIDE / 2 - SIDE / 2) / FOCAL_PX, (SIDE / 2 + 20) / FOCAL_PX, 1, 1 / DEPTH])
    x, y, _, w = P @ (ray * DEPTH)
    assert np.allclose([x / w, y / w], 0, atol=1e-5), "the crop's middle is the picture's"
    assert width > height


def test_the_bookmark_keeps_views_to_fly_to(bare_page) -> None:
    show(bare_page)
    page = bare_page.page
    saved = page.get_by_label("Saved cameras")
    assert not saved.is_visible()
    bookmark = page.get_by_role("button", name="Save this camera")
    bookmark.click()
    first = page.evaluate("panel.inner.cameraState")
    page.locator(".sw-canvas").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "(x) => panel.inner.cameraState.position[0] !== x", arg=first["position"][0]
    )
    bookmark.click()
    assert saved.locator("option").all_inner_texts() == [
        "2 saved",
        "Fly to 1",
        "Fly to 2",
        "Forget 2",
        "Forget all",
    ]
    saved.select_option("Fly to 1")
    page.wait_for_function(
        "(state) => JSON.stringify(panel.inner.cameraState) === JSON.stringify(state)", arg=first
    )
    # A flight's last step may be tiny; it arrives exactly all the same.
    near = {**first, "position": [value + 1e-8 for value in first["position"]]}
    page.evaluate("(state) => panel.inner.setCamera(state)", near)
    assert page.evaluate("panel.inner.cameraState") == near
    saved.select_option("Fly to 1")
    page.wait_for_function(
        "(state) => JSON.stringify(panel.inner.cameraState) === JSON.stringify(state)", arg=first
    )
    saved.select_option("Forget all")
    saved.wait_for(state="hidden")
