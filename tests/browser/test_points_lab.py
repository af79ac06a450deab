"""The pythreejs point cloud in a real JupyterLab, beside the splat viewer on one page."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from splat_widgets.attributes.colormaps import colormap

pytestmark = pytest.mark.browser

SCENE = """
import torch
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.inspector.points import points
from splat_widgets.viewer import SplatViewer

g = torch.Generator().manual_seed(0)
means = torch.rand(3000, 3, generator=g) - 0.5
means[:, 2] += 2.0
scene = Gaussians(
    means=means,
    scales=torch.full((3000, 3), 0.03),
    quaternions=torch.tensor([1.0, 0, 0, 0]).repeat(3000, 1),
    opacities=torch.full((3000,), 0.9),
    sh=torch.rand(3000, 1, 3, generator=g) * 2 - 0.5,
)
"""
CLOUD = ".jp-OutputArea-output canvas:not(.sw-canvas)"


def picture(locator) -> np.ndarray:
    """(H, W, 3) uint8 of what is on the screen."""
    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB"))


def share(pixels: np.ndarray, colour: np.ndarray) -> float:
    """Part of the pixels that have a colour."""
    return float((np.abs(pixels.astype(int) - colour).max(-1) <= 6).mean())


def test_points_are_drawn_beside_the_splats(lab) -> None:
    lab.open(
        [
            SCENE,
            "viewer = SplatViewer(scene, background='#204060', height=240)\nviewer",
            "cloud = points(scene, 'x', color_range=(0.0, 0.001), point_size=0.03, height=240)\n"
            "cloud",
        ]
    )
    lab.run_all()
    canvas = lab.page.locator(CLOUD)
    canvas.wait_for()
    lab.wait("viewer.status.get('phase') == 'ready'")
    canvas.scroll_into_view_if_needed()
    # All points have one of the two ends' colours: x < 0 left, x > 0 right.
    first, last = colormap("viridis")[[0, -1]]
    for _ in range(100):
        pixels = picture(canvas)
        if share(pixels, last) > 0.02:
            break
        lab.page.wait_for_timeout(100)  # between looks: the canvas is there before its picture
    middle = pixels.shape[1] // 2
    left, right = pixels[:, : middle - 8], pixels[:, middle + 8 :]
    assert share(left, first) > 0.02 and share(right, last) > 0.02
    assert share(left, last) < 0.001 and share(right, first) < 0.001

    # Each has its own controls.
    lab.execute("before = viewer.camera, tuple(cloud.camera.position)")
    box = canvas.bounding_box()
    lab.page.mouse.move(box["x"] + 100, box["y"] + 100)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + 260, box["y"] + 100, steps=5)
    lab.page.mouse.up()
    lab.wait("tuple(cloud.camera.position) != before[1]")
    assert lab.execute("print(viewer.camera == before[0])").strip() == "True"

    # The splats are still theirs.
    lab.execute("png = await viewer.snapshot('splats.png', width=120, height=90)")
    splats = np.asarray(Image.open(lab.folder / "splats.png").convert("RGB"))
    assert tuple(splats[1, 1]) == (0x20, 0x40, 0x60)
    assert share(splats, np.array([0x20, 0x40, 0x60])) < 0.7
    assert lab.page_errors == []
