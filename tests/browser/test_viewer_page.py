"""The viewer on pages without Jupyter: drawing on demand, memory, accidents, controls, files."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import builders
import numpy as np
import pytest
import torch
from PIL import Image

from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import pinhole
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene
from splat_widgets.viewer.standalone import write_page
from splat_widgets.viewer.wire import encode

pytestmark = pytest.mark.browser

READY = ".sw-viewer[data-ready]"


def cloud(count: int = 2000, degree: int = 0) -> Gaussians:
    g = torch.Generator().manual_seed(0)
    means = torch.rand(count, 3, generator=g) - 0.5
    means[:, 2] += 2
    sh = torch.rand(count, (degree + 1) ** 2, 3, generator=g) - 0.2
    return builders.make_balls(means, 0.03, 0.9, sh)


def frames(page) -> int:
    return page.page.evaluate("panel.inner.frame")


def idle(page) -> None:
    page.page.wait_for_function("panel.inner.settled")


def test_draws_only_when_something_changes(bare_page) -> None:
    bare_page.show(encode(cloud()))
    idle(bare_page)
    before = frames(bare_page)
    # Two seconds' worth of animation frames in which nothing happens.
    bare_page.page.evaluate(
        """() => new Promise((done) => {
            let left = 120;
            const tick = () => (--left ? requestAnimationFrame(tick) : done());
            requestAnimationFrame(tick);
        })"""
    )
    assert frames(bare_page) == before
    bare_page.page.locator(".sw-canvas").focus()
    bare_page.page.keyboard.press("ArrowLeft")
    bare_page.page.wait_for_function(f"panel.inner.frame > {before}")
    idle(bare_page)
    assert frames(bare_page) == before + 1


def test_closing_frees_the_gpu(bare_page) -> None:
    encoded = encode(cloud(degree=1), [Camera.centred(300.0, 64, 64)])
    bare_page.show(encoded)
    held = bare_page.page.evaluate("panel.inner.memory")
    assert held["textures"] > 0 and held["geometries"] > 0
    counts = bare_page.page.evaluate(
        """async () => {
            const scene = panel.inner;
            const gl = scene.renderer.getContext();
            panel.dispose();
            return { ...scene.memory, lost: gl.isContextLost(),
                     left: document.querySelectorAll('.sw-viewer').length };
        }"""
    )
    assert counts["textures"] == 0 and counts["geometries"] == 0
    assert counts["lost"] is True
    assert counts["left"] == 0


def test_forty_viewers_one_after_another(bare_page) -> None:
    """A page has about 16 contexts; an undisposed one would be taken from the others."""
    warnings: list[str] = []
    bare_page.page.on("console", lambda message: warnings.append(message.text))
    encoded = encode(cloud(200))
    for _ in range(40):
        bare_page.show(encoded, height=120)
    assert not [text for text in warnings if "Too many active WebGL contexts" in text]
    assert bare_page.page_errors == []


def test_lost_context_is_said_and_comes_back(bare_page) -> None:
    bare_page.show(encode(cloud()))
    camera = pinhole(Camera.centred(120.0, 64, 64))
    before = bare_page.capture(camera)
    bare_page.page.evaluate("panel.inner.renderer.forceContextLoss()")
    bare_page.page.wait_for_selector(".sw-viewer[data-phase=lost]")
    message = bare_page.page.locator(".sw-message")
    assert "graphics memory" in message.inner_text()
    message.get_by_role("button").click()
    bare_page.page.wait_for_selector(READY)
    assert not message.is_visible()
    assert np.array_equal(bare_page.capture(camera), before)


def test_a_context_that_the_browser_gives_back(bare_page) -> None:
    bare_page.show(encode(cloud()))
    bare_page.page.evaluate("panel.inner.renderer.forceContextLoss()")
    bare_page.page.wait_for_selector(".sw-viewer[data-phase=lost]")
    bare_page.page.evaluate("panel.inner.renderer.forceContextRestore()")
    bare_page.page.wait_for_selector(READY)


def test_missing_webgl_is_said(bare_page) -> None:
    bare_page.page.evaluate(
        """async () => {
            const get = HTMLCanvasElement.prototype.getContext;
            HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
                return kind.startsWith('webgl') ? null : get.call(this, kind, ...rest);
            };
            const header = { count: 0, cameras: [], camera: {} };
            window.panel = await widgets.openPage(
                document.getElementById('root'), { header, chunks: [] });
        }"""
    )
    alert = bare_page.page.get_by_role("alert")
    assert "WebGL 2" in alert.inner_text()
    assert bare_page.page_errors == []


def test_broken_chunk_is_said(bare_page) -> None:
    encoded = encode(cloud(100))
    bare_page.page.evaluate(
        """(header) => widgets.openPage(document.getElementById('root'),
            { header, chunks: [{ first: 0, count: 100, data: new ArrayBuffer(7) }] })""",
        encoded.header,
    )
    alert = bare_page.page.get_by_role("alert")
    assert "expected 3200 bytes for 100 splats, got 7" in alert.inner_text()


def test_empty_scene_is_said(bare_page) -> None:
    header = encode(cloud(0)).header
    bare_page.page.evaluate(
        "(header) => widgets.openPage(document.getElementById('root'), { header, chunks: [] })",
        header,
    )
    assert "no Gaussians" in bare_page.page.locator(".sw-message").inner_text()


def test_keys_buttons_and_wheel(bare_page) -> None:
    camera = Camera.centred(300.0, 64, 64)
    bare_page.show(encode(cloud(), [camera]))
    page = bare_page.page
    canvas = page.locator(".sw-canvas")

    def position() -> list[float]:
        return page.evaluate("panel.inner.cameraState.position")

    start = position()
    canvas.hover()
    page.mouse.wheel(0, 300)
    assert page.locator(".sw-hint[data-shown]").count() == 1
    assert position() == start, "the page keeps its wheel until the viewer is clicked"
    status = page.locator(".sw-status")
    assert status.inner_text().endswith("click, then scroll to zoom")
    canvas.click(position={"x": 20, "y": 20})
    assert "zoom" not in status.inner_text(), "who has clicked knows it"
    page.mouse.wheel(0, 300)
    page.wait_for_function(f"panel.inner.cameraState.position[2] < {start[2]}")
    page.keyboard.press("r")
    assert position() == start
    page.keyboard.press("Shift+ArrowRight")
    assert position()[0] > start[0]
    page.get_by_role("button", name="Fly to camera 1").click()
    page.wait_for_function("Math.hypot(...panel.inner.cameraState.position) < 1e-6")
    page.get_by_role("button", name="Points").click()
    pressed = page.get_by_role("button", name="Draw points")
    assert pressed.get_attribute("aria-pressed") == "true"
    page.keyboard.press("3")
    assert pressed.get_attribute("aria-pressed") == "false"
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 200, steps=3)
    page.mouse.up()
    moved = position()
    assert abs(moved[0]) > 0.1, "a drag turns the camera around its target"
    page.get_by_role("button", name="Fit the scene").click()
    assert position() != moved
    assert bare_page.page_errors == []


def test_a_doubt_about_the_file_has_a_switch(bare_page) -> None:
    bare_page.show(encode(cloud()))
    page = bare_page.page
    line = page.locator(".sw-doubt")
    assert not line.is_visible()
    page.evaluate("""() => {
        const text = "The opacities of this file look plain.";
        panel.events.readPlain = (plain) => panel.setDoubt(text, plain);
        panel.setDoubt(text, false);
    }""")
    assert "look plain" in line.inner_text()
    for name in ("Read as plain values", "Read as encoded again", "Read as plain values"):
        line.get_by_role("button", name=name).click()
    page.evaluate("panel.setDoubt('', false)")
    assert not line.is_visible() and bare_page.page_errors == []


def test_escape_gives_the_wheel_back(bare_page) -> None:
    bare_page.show(encode(cloud()))
    page = bare_page.page
    page.locator(".sw-canvas").click(position={"x": 20, "y": 20})
    assert "Esc" in page.locator(".sw-hint[data-shown]").inner_text()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement === document.body")
    assert page.locator(".sw-hint[data-shown]").count() == 0
    before = page.evaluate("panel.inner.cameraState")
    page.mouse.wheel(0, 300)
    page.wait_for_selector(".sw-hint[data-shown]")
    assert page.evaluate("panel.inner.cameraState") == before


def test_cameras_are_drawn_only_from_elsewhere(bare_page) -> None:
    """A neighbour's pyramid would cover half of what an input camera sees."""
    T = torch.eye(4)
    T[0, 3] = 0.2
    cameras = [Camera.centred(300.0, 64, 64), Camera.centred(300.0, 64, 64, T)]
    bare_page.show(encode(cloud(), cameras))

    def overlay(*position: float) -> int:
        T = torch.eye(4)
        T[:3, 3] = torch.tensor(position)
        camera = pinhole(Camera.centred(250.0, 240, 240, T))
        bare = bare_page.capture(camera, overlay=False)
        return int((bare != bare_page.capture(camera, overlay=True)).any(-1).sum())

    assert overlay(0.0, 0.0, 0.0) == 0
    assert overlay(0.2, 0.0, 0.0) == 0
    assert overlay(0.1, -0.1, -0.6) > 20


def test_a_view_built_before_it_is_on_the_page_takes_its_theme(bare_page) -> None:
    bare_page.page.emulate_media(color_scheme="dark")
    scene = encode(cloud(50))
    bare_page.page.evaluate(
        """async ({ header }) => {
            document.body.style.background = '#ffffff';
            const el = document.createElement('div');
            window.panel = await widgets.openPage(el, { header, chunks: [] }, 200);
            document.getElementById('root').append(el);
        }""",
        {"header": scene.header},
    )
    bare_page.page.wait_for_selector(".sw-viewer[data-theme=light]")
    colour = bare_page.page.locator(".sw-stage").evaluate("(el) => getComputedStyle(el).background")
    assert "rgb(236, 238, 241)" in colour


def test_displays_differ(bare_page) -> None:
    bare_page.show(encode(cloud()))
    camera = pinhole(Camera.centred(120.0, 96, 96))
    pictures = {}
    for display in ("splats", "points", "ellipsoids"):
        bare_page.page.evaluate("(display) => panel.set({ display })", display)
        pictures[display] = bare_page.capture(camera, transparent=True)[..., 3].astype(int)
    # One-sigma ellipses and points are opaque and smaller than the splats they stand for.
    for display in ("points", "ellipsoids"):
        assert set(np.unique(pictures[display])) <= {0, 255}
        assert 0 < (pictures[display] > 0).sum() < (pictures["splats"] > 0).sum()


def test_written_page_opens_offline_from_a_file(page, tmp_path: Path, bundle: Path) -> None:
    gaussians = cloud(3000, degree=1)
    scene = Scene(gaussians, (Camera.centred(200.0, 64, 64),))
    path = write_page(tmp_path / "scene.html", scene, title="A <scene> & more")
    assert [item.name for item in tmp_path.iterdir()] == ["scene.html"]
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.context.set_offline(True)
    page.goto(path.as_uri())
    page.wait_for_selector(READY)
    assert page.title() == "A <scene> & more"
    assert "3,000 splats" in page.locator(".sw-status").inner_text()
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert errors == []
    size = page.locator(".sw-stage").bounding_box()
    assert size["height"] > 700, "the picture fills the window"


def test_a_written_page_shows_an_attribute_and_the_selection(
    page, tmp_path: Path, bundle: Path
) -> None:
    scene = Scene(cloud(3000), (Camera.centred(200.0, 64, 64),))
    left = scene.means[:, 0].numpy() < 0
    path = write_page(tmp_path / "scene.html", scene, attribute="opacity", selection=left)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector(READY)
    bar = page.locator(".swi-shared .swi-colour-bar")
    assert bar.get_attribute("aria-label").startswith("Colours: Opacity from 0 to 1")

    def middle() -> np.ndarray:
        """Mean colour of the left and of the right half of the picture."""
        image = Image.open(io.BytesIO(page.locator(".sw-canvas").screenshot())).convert("RGB")
        pixels = np.asarray(image, float)
        height, width, _ = pixels.shape
        rows = pixels[height // 3 : height // 2]
        sides = rows[:, width // 3 : width // 2], rows[:, width // 2 : 2 * width // 3]
        return np.stack([side.mean((0, 1)) for side in sides])

    coloured = middle()
    assert np.abs(coloured[0] - coloured[1]).max() > 30, "the selected half is marked"
    frame = "Number(document.querySelector('.sw-viewer').dataset.frame)"
    before = page.evaluate(frame)
    page.get_by_label("Own colours").check()
    page.wait_for_function(f"(before) => {frame} > before", arg=before)
    assert np.abs(middle()[1] - coloured[1]).max() > 30
    assert errors == []


def test_a_page_needs_no_right_but_to_run_and_draw(page, tmp_path: Path, bundle: Path) -> None:
    path = write_page(tmp_path / "scene.html", Scene(cloud(300, degree=1)))
    policy = (
        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' blob:; "
        "style-src 'unsafe-inline'; img-src blob: data:"
    )
    html = path.read_text()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.route(
        "http://strict.test/",
        lambda route: route.fulfill(
            body=html, content_type="text/html", headers={"Content-Security-Policy": policy}
        ),
    )
    page.goto("http://strict.test/")
    page.wait_for_selector(READY)
    assert "300 splats" in page.locator(".sw-status").inner_text()
    assert errors == []
    # The policy holds: the page itself may not do what it does not need.
    forbidden = page.evaluate("""async () => {
        const attempts = {
            storage: () => localStorage.length,
            connection: () => fetch('http://strict.test/'),
        };
        const refused = [];
        for (const [name, attempt] of Object.entries(attempts)) {
            try { await attempt(); } catch { refused.push(name); }
        }
        return refused;
    }""")
    assert forbidden == ["storage", "connection"]


def test_in_a_frame_with_few_rights_it_is_styled_and_hands_its_picture_over(
    page, tmp_path: Path, bundle: Path
) -> None:
    html = write_page(tmp_path / "scene.html", Scene(cloud(300))).read_text()
    policy = "default-src 'none'; script-src 'unsafe-inline' blob:; img-src blob: data:"
    frame = "<iframe sandbox='allow-scripts' src='http://strict.test/' width=700 height=600>"
    page.route("http://outer.test/", lambda r: r.fulfill(body=frame, content_type="text/html"))
    page.route(
        "http://strict.test/",
        lambda route: route.fulfill(
            body=html, content_type="text/html", headers={"Content-Security-Policy": policy}
        ),
    )
    page.goto("http://outer.test/")
    viewer = page.frame_locator("iframe").locator(READY)
    viewer.wait_for()
    toolbar = viewer.locator(".sw-toolbar")
    assert toolbar.evaluate("(el) => getComputedStyle(el).display") == "flex"
    viewer.get_by_title("Save the picture as PNG").click()
    viewer.locator("img.sw-copy").wait_for()
    said = viewer.locator(".sw-message")
    assert "this page may not store files" in said.inner_text()
    viewer.get_by_role("button", name="Close").click()
    assert said.is_hidden()


def test_a_picture_needs_no_animation_frame(bare_page) -> None:
    # A frame of another site gets none while it is off the screen.
    bare_page.page.evaluate(
        "() => { requestAnimationFrame = () => 0; ResizeObserver.prototype.observe = () => {}; }"
    )
    encoded = encode(cloud())
    chunks = [
        {"first": first, "count": count, "data": base64.b64encode(data).decode()}
        for first, count, data in encoded.chunks
    ]
    size, colours = bare_page.page.evaluate(
        """async (scene) => {
            const panel = await widgets.openPage(document.getElementById('root'), scene, 300);
            if (!panel.isWhole) throw new Error('not all has arrived');
            const picture = await createImageBitmap(await panel.capture({}));
            const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
            context.drawImage(picture, 0, 0);
            const { data } = context.getImageData(0, 0, picture.width, picture.height);
            return [[picture.width, picture.height], new Set(new Uint32Array(data.buffer)).size];
        }""",
        {"header": encoded.header, "chunks": chunks},
    )
    assert size == [638, 300] and colours > 100
