"""The inspector's engine on a page without Jupyter, against numpy and against the plain viewer."""

from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from splat_widgets import regions
from splat_widgets.conventions import SH_C0
from splat_widgets.geometry.rotations import rotation_matrix
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import pinhole
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.viewer.wire import encode

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 480, 360
NEAR, LOW_PASS, MIN_ALPHA = 0.01, 0.3, 1 / 255


def wall(count: int = 4000, degree: int = 0, seed: int = 0) -> Gaussians:
    """A wavy wall of splats in several layers, so that some hide others."""
    g = torch.Generator().manual_seed(seed)
    across = 2 * torch.rand(count, 2, generator=g) - 1
    depth = 2 + 0.6 * torch.rand(count, generator=g)
    return Gaussians(
        means=torch.cat([across * 0.8, depth[:, None]], -1),
        scales=torch.exp(-3.9 + 0.5 * torch.randn(count, 3, generator=g)),
        quaternions=F.normalize(torch.randn(count, 4, generator=g), dim=-1),
        opacities=0.1 + 0.9 * torch.rand(count, generator=g),
        sh=0.4 * torch.randn(count, (degree + 1) ** 2, 3, generator=g),
    )


class Inspected:
    """A scene on a page with an `Inspection`, in `window.inspection`; arrays in source order."""

    def __init__(self, bare_page, gaussians: Gaussians, **channels: np.ndarray) -> None:
        self.bare, self.page, self.gaussians = bare_page, bare_page.page, gaussians
        self.encoded = encode(gaussians, exact=True)
        self.order = self.encoded.order
        bare_page.show(self.encoded, height=HEIGHT)
        self.page.evaluate(
            f"""() => {{
                document.getElementById('root').style.width = '{WIDTH}px';
                window.inspection = new widgets.Inspection();
                panel.onScene = (scene) => inspection.attach(scene);
                inspection.attach(panel.inner);
            }}"""
        )
        self.page.wait_for_function(f"panel.inner.canvas.width <= {WIDTH} && panel.inner.settled")
        for name, values in channels.items():
            self.channel(name, values)

    def channel(self, name: str, values: np.ndarray) -> None:
        wire = np.ascontiguousarray(values[self.order], "<f4")
        self.page.evaluate(
            """([name, text]) => {
                const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
                inspection.setChannel(name, new Float32Array(bytes.buffer));
            }""",
            [name, base64.b64encode(wire.tobytes()).decode()],
        )

    def mask(self, expression: str) -> np.ndarray:
        """A mask of the page, in source order."""
        script = f"() => {{ {self.bare.to_base64} return base64(widgets.packBits({expression})); }}"
        packed = base64.b64decode(self.page.evaluate(script))
        bits = np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little")
        out = np.zeros(len(self.gaussians), bool)
        out[self.order] = bits[: len(out)].astype(bool)
        return out

    def select(self, mask: np.ndarray) -> None:
        packed = np.packbits(mask[self.order], bitorder="little")
        self.page.evaluate(
            """([text, count]) => {
                const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
                inspection.setSelection(widgets.unpackBits(bytes, count));
            }""",
            [base64.b64encode(packed.tobytes()).decode(), len(mask)],
        )

    def look(self, script: str) -> None:
        self.page.evaluate(f"inspection.setLook({script}, [])")

    def camera(self) -> Camera:
        """The view on the screen."""
        values = self.page.evaluate("inspection.camera()")
        T = torch.tensor(values["T_world_camera"], dtype=torch.float64).reshape(4, 4)
        return Camera(
            T,
            values["focal_px"],
            tuple(values["principal_point_px"]),
            int(values["width"]),
            int(values["height"]),
        )

    def picture(self, **options) -> np.ndarray:
        return self.bare.capture(pinhole(FRONT), **options).astype(int)


FRONT = Camera.centred(420.0, WIDTH, HEIGHT)


def random(count: int, seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count).astype(np.float32)


def picture_of(bare_page, gaussians: Gaussians) -> np.ndarray:
    """The plain viewer's picture."""
    bare_page.show(encode(gaussians, exact=True), height=HEIGHT)
    return bare_page.capture(pinhole(FRONT)).astype(int)


def unlike(a: np.ndarray, b: np.ndarray) -> float:
    """Share of pixels that differ by more than rounding.

    The depth order is kept to 1/8000: which of two splats at one depth comes first may depend on
    which others there are.
    """
    return float((np.abs(a - b) > 3).any(-1).mean())


def projected(gaussians: Gaussians, camera: Camera) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, y in px and depth, by numpy alone."""
    T = np.linalg.inv(camera.T_world_camera.numpy().astype(np.float64))
    p = gaussians.means.numpy().astype(np.float64) @ T[:3, :3].T + T[:3, 3]
    cx, cy = camera.principal_point_px
    return (
        camera.focal_px * p[:, 0] / p[:, 2] + cx,
        camera.focal_px * p[:, 1] / p[:, 2] + cy,
        p[:, 2],
    )


def alphas(gaussians: Gaussians, camera: Camera, px: float, py: float) -> np.ndarray:
    """What each Gaussian covers at a point: EWA splatting, by numpy alone."""
    T = np.linalg.inv(camera.T_world_camera.numpy().astype(np.float64))
    means = gaussians.means.numpy().astype(np.float64) @ T[:3, :3].T + T[:3, 3]
    R = rotation_matrix(gaussians.quaternions).numpy().astype(np.float64)
    M = T[:3, :3] @ (R * gaussians.scales.numpy().astype(np.float64)[:, None, :])
    x, y, z = means.T
    J = np.zeros((len(z), 2, 3))
    limit = 1.3 * 0.5 * np.array([camera.width, camera.height]) / camera.focal_px
    J[:, 0, 0] = J[:, 1, 1] = camera.focal_px / z
    J[:, 0, 2] = -camera.focal_px / z * np.clip(x / z, -limit[0], limit[0])
    J[:, 1, 2] = -camera.focal_px / z * np.clip(y / z, -limit[1], limit[1])
    S = J @ M @ (J @ M).transpose(0, 2, 1) + LOW_PASS * np.eye(2)
    u, v, _ = projected(gaussians, camera)
    d = np.stack([px - u, py - v], -1)
    r2 = np.einsum("ni,nij,nj->n", d, np.linalg.inv(S), d)
    alpha = np.minimum(0.99, gaussians.opacities.numpy() * np.exp(-0.5 * r2))
    return np.where((alpha >= MIN_ALPHA) & (z > NEAR), alpha, 0.0)


def weights(gaussians: Gaussians, camera: Camera, px: float, py: float) -> np.ndarray:
    alpha = alphas(gaussians, camera, px, py)
    z = projected(gaussians, camera)[2]
    out, through = np.zeros(len(alpha)), 1.0
    for i in np.argsort(z, kind="stable"):
        out[i] = through * alpha[i]
        through *= 1 - alpha[i]
    return out


@pytest.mark.parametrize("name", ["viridis", "cividis", "magma", "coolwarm", "twilight", "gray"])
def test_colour_tables_are_those_of_matplotlib(bare_page, name) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    ours = bare_page.page.evaluate(f"[...widgets.colormap('{name}')]")
    expected = matplotlib.colormaps[name](np.linspace(0, 1, 256), bytes=True)
    assert np.abs(np.array(ours).reshape(256, 4) - expected.astype(int)).max() <= 2


@pytest.mark.parametrize("log", [False, True])
def test_colour_follows_the_attribute(bare_page, log) -> None:
    """Opaque splats far apart, so that every one's own colour can be read in its middle."""
    matplotlib = pytest.importorskip("matplotlib")
    x, y = np.meshgrid(np.linspace(-0.8, 0.8, 12), np.linspace(-0.6, 0.6, 9))
    count = x.size
    gaussians = Gaussians(
        means=torch.tensor(np.stack([x.ravel(), y.ravel(), np.full(count, 2.0)], -1)).float(),
        scales=torch.full((count, 3), 0.02),
        quaternions=torch.tensor([1.0, 0, 0, 0]).repeat(count, 1),
        opacities=torch.ones(count),
        sh=torch.zeros(count, 1, 3),
    )
    values = np.exp(np.linspace(-3, 3, count)).astype(np.float32)
    values[7] = np.nan
    inspected = Inspected(bare_page, gaussians, size=values)
    inspected.look(
        "{ colour: { channel: 'size', map: widgets.colormap('viridis'), low: 0.1, high: 8, "
        f"log: {str(log).lower()} }} }}"
    )
    picture = inspected.picture()
    u, v, _ = projected(gaussians, FRONT)
    seen = picture[np.floor(v).astype(int), np.floor(u).astype(int), :3] / 0.99
    scale = (np.log(values / 0.1) / np.log(80)) if log else (values - 0.1) / 7.9
    expected = 255 * matplotlib.colormaps["viridis"](np.clip(np.nan_to_num(scale), 0, 1))[:, :3]
    expected[7] = 127.5
    assert np.abs(seen - expected).max() < 8  # a pixel's middle is not quite the splat's
    assert expected.std(0).min() > 20


@pytest.mark.parametrize("degree", [0, 3])
def test_a_filter_hides_exactly_what_numpy_says(bare_page, degree) -> None:
    gaussians = wall(degree=degree)
    one, other = random(4000, 1), random(4000, 2)
    one[::17] = np.nan
    inspected = Inspected(bare_page, gaussians, one=one, other=other)
    # Bounds that are values themselves, and one a hair below a value.
    low, high = float(np.sort(one)[1200]), float(np.sort(other)[3400])
    above = float(np.nextafter(np.sort(other)[700], np.float32(10)))
    inspected.look(
        f"{{ filters: [{{ channel: 'one', low: {low!r}, high: null }}, "
        f"{{ channel: 'other', low: {above!r}, high: {high!r} }}] }}"
    )
    expected = (one >= np.float32(low)) & (other >= np.float32(above)) & (other <= np.float32(high))
    assert 1000 < expected.sum() < 2500
    assert np.array_equal(inspected.mask("inspection.shown"), expected)
    assert inspected.page.evaluate("inspection.numShown") == expected.sum()
    filtered = inspected.picture()
    alone = picture_of(bare_page, gaussians.select(expected))
    assert unlike(filtered, alone) < 0.01
    whole = picture_of(bare_page, gaussians)
    assert np.abs(filtered - whole).mean() > 5


def test_what_if_overrides_look_as_such_gaussians_do(bare_page) -> None:
    gaussians = wall()
    offset = 0.05 * np.random.default_rng(3).normal(size=(4000, 3)).astype(np.float32)
    residual = 0.2 * np.random.default_rng(4).normal(size=(4000, 3)).astype(np.float32)
    names = [f"offset_{k}" for k in ("x", "y", "z", "length")]
    names += ["residual_red", "residual_green", "residual_blue"]
    offset[7] = 0.0  # without a direction
    length = np.linalg.norm(offset, axis=1)
    with np.errstate(invalid="ignore"):
        columns = [*(offset / length[:, None]).T, length, *residual.T]
    inspected = Inspected(bare_page, gaussians, **dict(zip(names, columns, strict=True)))
    wanted = {
        "['opaque']": replace(gaussians, opacities=torch.ones(4000)),
        "['isotropic']": replace(
            gaussians, scales=gaussians.scales.log().mean(1, keepdim=True).exp().repeat(1, 3)
        ),
        "['no_offset']": replace(gaussians, means=gaussians.means - torch.from_numpy(offset)),
        "['photo_colour']": replace(
            gaussians, sh=gaussians.sh - torch.from_numpy(residual)[:, None] / SH_C0
        ),
    }
    pictures = {}
    for overrides in wanted:
        inspected.look(f"{{ overrides: {overrides} }}")
        pictures[overrides] = inspected.picture()
    inspected.look("{ overrides: [], opacityScale: 0.5 }")
    pictures["half"] = inspected.picture()
    wanted["half"] = replace(gaussians, opacities=0.5 * gaussians.opacities)
    inspected.look("{ opacityScale: 1 }")
    back = inspected.picture()
    for overrides, changed in wanted.items():
        # Depth order of moved splats included: they overlap.
        assert unlike(pictures[overrides], picture_of(bare_page, changed)) < 0.01, overrides
        assert unlike(pictures[overrides], back) > 0.1, overrides
    assert np.abs(back - picture_of(bare_page, gaussians)).max() == 0


def test_settings_upload_no_splats_and_keep_the_order(bare_page) -> None:
    channels = {name: random(4000, seed) for seed, name in enumerate(("a", "b", "offset_x"))}
    others = ("offset_y", "offset_z", "offset_length", "view")
    channels |= {name: random(4000, 9) for name in others}
    channels |= {f"residual_{word}": random(4000, 2) for word in ("red", "green", "blue")}
    inspected = Inspected(bare_page, wall(), **channels)
    inspected.look(
        "{ colour: { channel: 'a', map: widgets.colormap('viridis'), low: 0, high: 1 } }"
    )
    inspected.page.wait_for_function("panel.inner.settled")
    counted = inspected.page.evaluate(
        """async () => {
            const gl = panel.inner.renderer.getContext();
            const uploads = [];
            for (const name of ['texImage2D', 'texImage3D', 'texSubImage2D', 'texSubImage3D',
                                'bufferData', 'bufferSubData', 'compileShader']) {
                const real = gl[name].bind(gl);
                gl[name] = (...args) => {
                    const order = name === 'texSubImage2D' && args[6] === gl.RED_INTEGER
                        && args[7] === gl.UNSIGNED_INT;
                    uploads.push(order ? 'draw order' : name);
                    return real(...args);
                };
            }
            const look = (values, photos) => {
                uploads.length = 0;
                inspection.setLook(values, photos);
                panel.inner.draw();
                return uploads.slice();
            };
            const map = widgets.colormap('viridis');
            return {
                attribute: look({ colour: { channel: 'b', map, low: -1, high: 1, log: false } }),
                log: look({ colour: { channel: 'b', map, low: 0.1, high: 1, log: true } }),
                own: look({ colour: null }),
                opacity: look({ opacityScale: 0.3 }),
                whatIf: look({ overrides: ['opaque', 'isotropic', 'photo_colour'] }),
                hiding: {
                    filter: look({ filters: [{ channel: 'a', low: -1, high: 0.5 }] }),
                    views: look({}, [1]),
                    isolate: look({ isolate: true }),
                    moved: look({ overrides: ['no_offset'] }),
                },
            };
        }"""
    )
    # As a move of the camera does: other splats are drawn, or they have moved.
    assert all(uploads == ["draw order"] for uploads in counted.pop("hiding").values()), counted
    assert all(uploads == [] for uploads in counted.values()), counted


def test_any_number_of_filters(bare_page) -> None:
    gaussians = wall()
    channels = {f"a{k}": random(4000, k) for k in range(40)}
    inspected = Inspected(bare_page, gaussians, **channels)
    inspected.look(
        "{ filters: Array.from({ length: 40 }, (_, k) =>"
        " ({ channel: `a${k}`, low: -1.5, high: null })) }"
    )
    passing = np.all([values >= -1.5 for values in channels.values()], 0)
    assert 0 < passing.sum() < 1000
    np.testing.assert_array_equal(inspected.mask("inspection.shown"), passing)
    assert unlike(inspected.picture(), picture_of(bare_page, gaussians.select(passing))) < 0.01


def test_a_click_finds_the_splat_that_counts_most(bare_page) -> None:
    gaussians = wall()
    hidden = random(4000, 8)
    inspected = Inspected(bare_page, gaussians, hidden=hidden)
    inspected.look("{ filters: [{ channel: 'hidden', low: -1, high: null }] }")
    shown = hidden >= -1
    kept = gaussians.select(shown)
    sources = np.flatnonzero(shown)
    camera = inspected.camera()
    rng = np.random.default_rng(0)
    for x, y in rng.uniform([60, 60], [WIDTH - 60, HEIGHT - 60], (12, 2)):
        stack = inspected.page.evaluate(f"inspection.stackAt({x}, {y})")
        expected = weights(kept, camera, np.floor(x) + 0.5, np.floor(y) + 0.5)
        if not expected.any():
            assert stack == []
            continue
        ranked = sources[np.argsort(-expected)]
        found = [int(inspected.order[part["wire"]]) for part in stack]
        assert found[0] == ranked[0]
        told = [part["weight"] for part in stack]
        best = np.sort(expected)[::-1][: len(told)]
        assert np.allclose(told, best, atol=2e-4) and told == sorted(told, reverse=True)


def test_regions_of_the_picture_are_projections(bare_page) -> None:
    gaussians = wall()
    inspected = Inspected(bare_page, gaussians)
    camera = inspected.camera()
    x, y, z = projected(gaussians, camera)
    line = [[60, 60], [200, 90.5], [420, 310]]
    painted = "const s = inspection.stroke(30.5); s.follow(line.slice(0, 2)); s.follow(line)"
    script = f"(() => {{ const line = {line}; {painted}; return s.mask; }})()"
    brushed = regions.in_brush(gaussians, camera, line, 30.5)
    np.testing.assert_array_equal(inspected.mask(script), brushed)
    seen = f"inspection.visibleIn({script})"
    both = brushed & regions.visible(gaussians, camera)
    assert 20 < both.sum() < brushed.sum()
    assert (inspected.mask(seen) != both).sum() <= 2  # float32 there, double here
    lasso = [[100, 80], [380, 60], [300, 300], [240, 120], [90, 250]]
    path = pytest.importorskip("matplotlib.path").Path(np.array([*lasso, lasso[0]]))
    expected = path.contains_points(np.stack([x, y], -1)) & (z > NEAR)
    found = inspected.mask(f"inspection.inPicture({{ kind: 'lasso', points: {lasso} }}, true)")
    assert 300 < expected.sum() < 3000
    edge = found != expected
    assert edge.sum() <= 1  # matplotlib reckons borders in its own way
    rectangle = "inspection.inPicture({ kind: 'rectangle', points: [[300, 250], [120, 90]] }, true)"
    inside = (x >= 120) & (x <= 300) & (y >= 90) & (y <= 250) & (z > NEAR)
    assert np.array_equal(inspected.mask(rectangle), inside)
    box = inspected.mask("inspection.inBox([0, 0.1, 2.3], [0.4, 0.3, 0.2])")
    means = gaussians.means.numpy().astype(np.float64)
    assert np.array_equal(box, (np.abs(means - [0, 0.1, 2.3]) <= [0.4, 0.3, 0.2]).all(1))
    ball = inspected.mask("inspection.inSphere([0, 0, 2.3], 0.35)")
    assert np.array_equal(ball, np.linalg.norm(means - [0, 0, 2.3], axis=1) <= 0.35)


def test_what_others_hide_is_left_out_unless_asked_for(bare_page) -> None:
    gaussians = wall(1500)
    inspected = Inspected(bare_page, gaussians)
    camera = inspected.camera()
    x, y, z = projected(gaussians, camera)
    through = np.array(
        [
            np.prod(1 - np.where(z < 0.98 * z[i], alphas(gaussians, camera, x[i], y[i]), 0.0))
            for i in range(len(z))
        ]
    )
    region = "{ kind: 'rectangle', points: [[0, 0], [480, 360]] }"
    inside = (x >= 0) & (x <= WIDTH) & (y >= 0) & (y <= HEIGHT)
    seen = inspected.mask(f"inspection.inPicture({region}, false)")
    clear = np.abs(through - 0.5) > 1e-4  # float32 against float64
    assert np.array_equal(seen[clear], (inside & (through >= 0.5))[clear])
    assert np.array_equal(inspected.mask(f"inspection.inPicture({region}, true)"), inside)
    assert 50 < seen.sum() < inside.sum() - 50


def test_growing_follows_the_pixel_grid(bare_page) -> None:
    rows, cols = (axis.ravel() for axis in np.mgrid[:20, :30])
    view = np.repeat([0, 1], 600)
    channels = {
        "view": view.astype(np.float32),
        "row": np.tile(rows, 2).astype(np.float32),
        "col": np.tile(cols, 2).astype(np.float32),
    }
    inspected = Inspected(bare_page, wall(1200), **channels)
    seed = np.zeros((2, 20, 30), bool)
    seed[0, 5, 6] = seed[1, 0, 29] = True
    inspected.select(seed.ravel())
    expected = seed.copy()
    for dr, dc in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        for v, r, c in np.argwhere(seed):
            if 0 <= r + dr < 20 and 0 <= c + dc < 30:
                expected[v, r + dr, c + dc] = True
    assert np.array_equal(inspected.mask("inspection.grown()"), expected.ravel())


def test_selected_splats_stand_out_and_can_be_looked_at_alone(bare_page) -> None:
    gaussians = wall()
    inspected = Inspected(bare_page, gaussians)
    plain = inspected.picture()
    mask = gaussians.means[:, 0].numpy() > 0
    inspected.select(mask)
    assert np.array_equal(inspected.mask("inspection.selection"), mask)
    marked = inspected.picture()
    half = WIDTH // 2
    more = (marked - plain)[..., :3] @ [0.5, -1, 0.5]  # magenta
    assert more[:, half + 40 : -60].mean() > 40
    assert np.abs((marked - plain)[:, 60 : half - 40]).mean() < 0.5
    inspected.look("{ isolate: true }")
    assert inspected.page.evaluate("inspection.numShown") == mask.sum()
    alone = inspected.picture()
    assert np.abs(alone - picture_of(bare_page, gaussians.select(mask))).max() <= 2


@pytest.mark.parametrize(("opacity", "scale"), [(0.02, 1.0), (0.9, 0.001)])
def test_the_faintest_selected_splat_is_seen(bare_page, opacity: float, scale: float) -> None:
    """By its own opacity, or by what the inspector makes of it; a dot where its centre is."""
    gaussians = wall()
    lone = torch.tensor([[0.1, -0.1, 1.2]])  # before the wall
    gaussians.means[:1], gaussians.opacities[:1] = lone, opacity
    inspected = Inspected(bare_page, gaussians)
    inspected.look(f"{{ opacityScale: {scale} }}")
    plain = inspected.picture()
    inspected.select(np.arange(len(gaussians)) == 0)
    changed = (inspected.picture() - plain)[..., :3] @ [0.5, -1, 0.5] > 60
    rows, columns = np.nonzero(changed)
    assert 9 <= len(rows) <= 36
    (x, y), _ = FRONT.project(lone[0])
    assert columns.mean() + 0.5 == pytest.approx(float(x), abs=0.6)
    assert rows.mean() + 0.5 == pytest.approx(float(y), abs=0.6)


def test_marks_are_drawn_over_the_splats_and_freed(bare_page) -> None:
    inspected = Inspected(bare_page, wall())
    before = inspected.page.evaluate("panel.inner.memory")
    plain = inspected.picture(overlay=True)
    inspected.page.evaluate(
        """() => {
            inspection.setHighlight({ picked: 3, hovered: 4 });
            inspection.setAxes({ center: [0, 0, 2], axes: [[.2, 0, 0], [0, .1, 0], [0, 0, .3]] });
            inspection.setRegion({ kind: 'box', center: [0, 0, 2.2], halfSizes: [.3, .2, .1] });
        }"""
    )
    assert np.abs(inspected.picture(overlay=True) - plain).max() > 100
    assert np.array_equal(inspected.picture(), plain)  # without overlays
    inspected.page.evaluate(
        """() => {
            inspection.setRegion({ kind: 'sphere', center: [0, 0, 2.2], radius: .3 });
            panel.inner.draw();
            inspection.setHighlight({ picked: -1, hovered: -1 });
            inspection.setAxes(null);
            inspection.setRegion(null);
            panel.inner.draw();
        }"""
    )
    after = inspected.page.evaluate("panel.inner.memory")
    assert after["textures"] == before["textures"]
    assert after["geometries"] <= before["geometries"] + 1
    left = inspected.page.evaluate(
        """() => {
            const scene = panel.inner;
            inspection.dispose();
            panel.dispose();
            return scene.memory;
        }"""
    )
    assert left == {"geometries": 0, "textures": 0}


def test_a_lost_context_loses_nothing(bare_page) -> None:
    inspected = Inspected(bare_page, wall(), a=random(4000))
    inspected.look("{ filters: [{ channel: 'a', low: 0, high: null }] }")
    inspected.select(random(4000, 2) > 0)
    before = inspected.picture()
    inspected.page.evaluate("panel.inner.renderer.forceContextLoss()")
    inspected.page.locator(".sw-message").get_by_role("button").click()
    inspected.page.wait_for_selector(".sw-viewer[data-ready]")
    assert np.array_equal(inspected.picture(), before)
    assert bare_page.page_errors == []
