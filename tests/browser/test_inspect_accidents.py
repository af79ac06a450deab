"""The inspector's engine where it could go wrong unseen: borders of filters, channels of a real
reconstruction, a texture that grows, data that come late, graphics memory that is lost."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from splat_widgets import attributes
from splat_widgets.conventions import SH_C0
from splat_widgets.photos.photo import load_photos
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import pinhole
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.scene.reconstruction import Reconstruction, Timings
from splat_widgets.viewer.wire import EncodedScene, encode

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 480, 360
CAMERA = Camera.centred(420.0, WIDTH, HEIGHT)
COLUMNS, ROWS = 16, 12
SIDE = 32
TINY, HUGE = np.finfo(np.float32).tiny, np.finfo(np.float32).max
FLOATS = """
const floats = (text) =>
    new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
"""


def base64_floats(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()


def inspect(bare_page, encoded: EncodedScene) -> None:
    """Show a scene and put an inspection on it, `window.inspection`."""
    bare_page.show(encoded, height=HEIGHT)
    bare_page.page.evaluate(
        f"""() => {{
            document.getElementById('root').style.width = '{WIDTH + 2}px'; // with its border
            window.inspection = new widgets.Inspection();
            panel.onScene = (scene) => inspection.attach(scene);
            inspection.attach(panel.inner);
        }}"""
    )
    bare_page.page.wait_for_function(f"panel.inner.canvas.width === {WIDTH} && panel.inner.settled")


def set_channel(bare_page, name: str, wire_values: np.ndarray) -> None:
    bare_page.page.evaluate(
        f"([name, text]) => {{ {FLOATS} inspection.setChannel(name, floats(text)); }}",
        [name, base64_floats(wire_values)],
    )


def set_look(bare_page, **look: Any) -> None:
    bare_page.page.evaluate("(look) => inspection.setLook(look)", look)


def picture(bare_page) -> np.ndarray:
    """(H, W, 4) int over black."""
    return bare_page.capture(pinhole(CAMERA)).astype(int)


def picture_of(bare_page, gaussians: Gaussians) -> np.ndarray:
    """The plain viewer's picture."""
    bare_page.show(encode(gaussians, exact=True), height=HEIGHT)
    return picture(bare_page)


def chart() -> tuple[Gaussians, EncodedScene]:
    """Dots apart from each other, drawn as points: each one's colour can be read in its middle."""
    x, y = np.meshgrid(np.linspace(-0.9, 0.9, COLUMNS), np.linspace(-0.7, 0.7, ROWS))
    count = x.size
    means = np.stack([x.ravel(), y.ravel(), np.full(count, 2.0)], -1)
    gaussians = Gaussians(
        means=torch.from_numpy(means).float(),
        scales=torch.full((count, 3), 0.02),
        quaternions=torch.tensor([1.0, 0, 0, 0]).repeat(count, 1),
        opacities=torch.ones(count),
        sh=torch.full((count, 1, 3), 0.5 / SH_C0),
    )
    return gaussians, encode(gaussians, exact=True)


def dots(bare_page, encoded: EncodedScene, gaussians: Gaussians) -> np.ndarray:
    """(N, 4) colour of each dot of the chart, in wire order."""
    xy, _ = CAMERA.project(gaussians.means[encoded.order.copy()])
    column, row = xy.floor().long().numpy().T
    shown = bare_page.capture(pinhole(CAMERA), transparent=True)
    return shown[row, column].astype(int)


@pytest.fixture
def chart_page(bare_page) -> tuple[Any, Gaussians, EncodedScene]:
    gaussians, encoded = chart()
    inspect(bare_page, encoded)
    bare_page.page.evaluate("panel.set({ display: 'points' })")
    bare_page.page.evaluate("panel.inner.mesh.setPointRadius(4)")
    return bare_page, gaussians, encoded


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (None, None),
        (0.1, None),
        (None, 0.1),
        (0.1, 0.1),
        (float(np.nextafter(np.float32(0.1), np.float32(1))), 1.0),
        (0.0, 0.0),
        (None, -0.0),
        (-1e-45, 1e-45),
        (-1.0, 1.0),
        (16777215.0, 16777216.0),
        (1e30, None),
        (None, -1e30),
        (2.0, 1.0),
    ],
)
def test_the_gpu_hides_what_numpy_hides(chart_page, low, high) -> None:
    """Borders, infinities, nothing at all: as float32, on the GPU and in the page's own mask."""
    bare_page, gaussians, encoded = chart_page
    special = [np.nan, np.inf, -np.inf, 0.0, -0.0, 0.1, -1.0, 1.0, TINY, -TINY, HUGE / 2, -HUGE / 2]
    above = [np.nextafter(np.float32(0.1), np.float32(sign)) for sign in (1, 0)]
    values = np.random.default_rng(0).normal(size=len(gaussians)).astype(np.float32)
    values[: len(special)] = special
    values[len(special) : len(special) + 4] = [*above, 16777215.0, 16777216.0]
    set_channel(bare_page, "value", values)
    set_look(bare_page, filters=[{"channel": "value", "low": low, "high": high}])
    expected = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        if low is not None:
            expected &= values >= np.float32(low)
        if high is not None:
            expected &= values <= np.float32(high)
    drawn = dots(bare_page, encoded, gaussians)[:, 3] > 0
    on_page = bare_page.page.evaluate("[...inspection.shown]")
    assert np.array_equal(np.array(on_page, bool), expected)
    assert np.array_equal(drawn, expected), values[drawn != expected]


@pytest.mark.parametrize("drawn_between", [False, True])
def test_attributes_stay_when_their_texture_grows(chart_page, drawn_between: bool) -> None:
    bare_page, gaussians, encoded = chart_page
    rng = np.random.default_rng(2)
    values = rng.permuted(np.tile(np.linspace(0, 1, len(gaussians)), (7, 1)), axis=1)
    for number, one in enumerate(values):
        set_channel(bare_page, f"value {number}", one)
        if drawn_between:
            bare_page.page.evaluate("panel.inner.draw()")
    for number, one in enumerate(values):
        bare_page.page.evaluate(
            """(channel) => {
                const map = widgets.colormap('gray');
                inspection.setLook({ colour: { channel, map, low: 0, high: 1, log: false } });
            }""",
            f"value {number}",
        )
        seen = dots(bare_page, encoded, gaussians)[:, 0]
        gray = np.floor(np.clip(one.astype(np.float32) * 256, 0, 255))
        assert np.abs(seen - gray).max() <= 1, number


def test_an_attribute_of_one_value_has_a_colour(chart_page) -> None:
    """Its limits are equal; matplotlib gives the low end then."""
    bare_page, gaussians, encoded = chart_page
    set_channel(bare_page, "same", np.full(len(gaussians), 0.25, np.float32))
    bare_page.page.evaluate(
        """() => inspection.setLook({ colour: { channel: 'same', map: widgets.colormap('viridis'),
                                                low: 0.25, high: 0.25, log: false } })"""
    )
    first = bare_page.page.evaluate("[...widgets.colormap('viridis').slice(0, 3)]")
    assert np.abs(dots(bare_page, encoded, gaussians)[:, :3] - first).max() <= 1


def reconstruction() -> Reconstruction:
    """Two photos of a wavy wall; every seventh Gaussian stayed on its point."""
    g = torch.Generator().manual_seed(4)
    rng = np.random.default_rng(4)
    views = load_photos(
        [rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8) for _ in range(2)], image_size=SIDE
    )
    maps, cameras = [], []
    for number in range(2):
        T = torch.eye(4)
        T[0, 3] = 0.3 * number
        cameras.append(Camera.centred(36.0, SIDE, SIDE, T))
        axis = (torch.arange(SIDE) + 0.5 - SIDE / 2) / 36.0
        y, x = torch.meshgrid(axis, axis, indexing="ij")
        depth = 2 + 0.2 * torch.sin(5 * x + number)
        offsets = 0.05 * torch.randn(SIDE, SIDE, 3, generator=g)
        offsets.view(-1, 3)[::7] = 0
        maps.append(
            PhotoMaps(
                points=torch.stack([x * depth + T[0, 3], y * depth, depth], -1),
                confidence=1 + torch.rand(SIDE, SIDE, generator=g),
                offsets=offsets,
                scales=0.01 + 0.03 * torch.rand(SIDE, SIDE, 3, generator=g),
                quaternions=F.normalize(torch.randn(SIDE, SIDE, 4, generator=g), dim=-1),
                opacities=0.2 + 0.8 * torch.rand(SIDE, SIDE, generator=g),
                sh=torch.randn(SIDE, SIDE, 4, 3, generator=g) / 3,
            )
        )
    return Reconstruction.of_maps(
        maps,
        photos=views,
        cameras=tuple(cameras),
        pose_inlier_ratios=(None, 1.0),
        timings=Timings((("load", 0.0),), "cpu", "float32", "made up", 0),
    )


def photo_colours(scene: Reconstruction) -> torch.Tensor:
    """(N, 3) the photos' pixels, 0 to 1."""
    pixels = torch.stack([view.tensor().movedim(0, -1) for view in scene.photos])
    return pixels[scene.view, scene.row, scene.col]


def give_what_is_missing(bare_page, scene: Reconstruction, encoded: EncodedScene) -> list[str]:
    """Answer the page's questions from the registry of attributes, as the kernel does."""
    names = bare_page.page.evaluate("inspection.missing")
    for name in names:
        set_channel(bare_page, name, attributes.values(scene, name)[encoded.order])
    return names


def as_overridden(scene: Reconstruction, override: str) -> Gaussians:
    g = scene.gaussians
    if override == "no_offset":
        points = torch.cat([one.points.reshape(-1, 3) for one in scene.maps])
        return Gaussians(points, g.scales, g.quaternions, g.opacities, g.sh)
    sh = torch.zeros_like(g.sh)
    sh[:, 0] = (photo_colours(scene) - 0.5) / SH_C0
    return Gaussians(g.means, g.scales, g.quaternions, g.opacities, sh)


@pytest.mark.parametrize("override", ["no_offset", "photo_colour"])
def test_what_if_of_a_reconstruction_reads_its_attributes(bare_page, override: str) -> None:
    scene = reconstruction()
    encoded = encode(scene.gaussians, exact=True)
    inspect(bare_page, encoded)
    before = picture(bare_page)
    set_look(bare_page, overrides=[override])
    assert give_what_is_missing(bare_page, scene, encoded)
    assert bare_page.page.evaluate("inspection.missing") == []
    changed = picture(bare_page)
    assert np.abs(changed - before).mean() > 1
    gaps = np.abs(changed - picture_of(bare_page, as_overridden(scene, override)))
    # Splats at the same depth to within the sort's 1/8000 may change places.
    assert np.percentile(gaps, 99) <= 6 and gaps.mean() < 0.8 < np.abs(changed - before).mean()


def lost_and_back(bare_page) -> None:
    bare_page.page.evaluate("panel.inner.renderer.forceContextLoss()")
    bare_page.page.locator(".sw-message").get_by_role("button").click()
    bare_page.page.wait_for_selector(".sw-viewer[data-ready]")


def test_moved_splats_survive_a_lost_context(bare_page) -> None:
    """On the new canvas the look is there before the splats are."""
    scene = reconstruction()
    encoded = encode(scene.gaussians, exact=True)
    inspect(bare_page, encoded)
    set_look(bare_page, overrides=["no_offset"])
    give_what_is_missing(bare_page, scene, encoded)
    points = json.dumps([[x, y] for x in (150, 240, 330) for y in (120, 180, 240)])
    stacks = f"{points}.map(([x, y]) => inspection.stackAt(x, y).map(({{ wire }}) => wire))"
    before, picked = picture(bare_page), bare_page.page.evaluate(stacks)
    assert any(picked)
    lost_and_back(bare_page)
    assert np.array_equal(picture(bare_page), before)
    assert bare_page.page.evaluate(stacks) == picked
    assert bare_page.page_errors == []


def test_picks_add_up_to_the_pixel(bare_page) -> None:
    """The ranked stack, blended, is the colour on the screen: it is of what is drawn."""
    scene = reconstruction()
    g = scene.gaussians
    gaussians = Gaussians(g.means, g.scales, g.quaternions, g.opacities, g.sh[:, :1])
    encoded = encode(gaussians, exact=True)
    inspect(bare_page, encoded)
    set_channel(bare_page, "view", attributes.values(scene, "view")[encoded.order])
    bare_page.page.evaluate("panel.set({ splat_scale: 1.5 })")
    bare_page.page.evaluate(
        "inspection.setLook({ opacityScale: 0.8, overrides: ['isotropic'] }, [0])"
    )
    rgb = np.maximum(0.5 + SH_C0 * gaussians.sh[:, 0].numpy()[encoded.order], 0)
    size = {"width": WIDTH, "height": HEIGHT}
    state = bare_page.page.evaluate("panel.inner.cameraState")
    shown = bare_page.capture({**state, **size}, transparent=True) / 255
    seen = 0
    for x, y in np.random.default_rng(0).uniform([0, 0], [WIDTH, HEIGHT], (60, 2)):
        stack = bare_page.page.evaluate(f"inspection.stackAt({x}, {y})")
        pixel = shown[int(y), int(x)]
        weights = np.array([part["weight"] for part in stack])
        blended = weights @ rgb[[part["wire"] for part in stack]] if stack else np.zeros(3)
        # The page's picture is clamped and rounded; what it blends is rounded at every step.
        assert np.abs(pixel[:3] * pixel[3] - np.minimum(blended, 1)).max() < 0.03
        assert abs(pixel[3] - weights.sum()) < 0.03
        seen += len(stack) > 1
    assert seen > 20
