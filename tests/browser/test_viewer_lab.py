"""The viewer in a real JupyterLab: first display, second view, reload, re-run, pictures."""

from __future__ import annotations

import io

import nbconvert
import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.browser

SCENE = """
import torch
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene
from splat_widgets.viewer import SplatViewer

def scene(count, seed=0):
    g = torch.Generator().manual_seed(seed)
    means = torch.rand(count, 3, generator=g) - 0.5
    means[:, 2] += 2.0
    return Gaussians(
        means=means,
        scales=torch.full((count, 3), 0.03),
        quaternions=torch.tensor([1.0, 0, 0, 0]).repeat(count, 1),
        opacities=torch.full((count,), 0.9),
        sh=torch.rand(count, 1, 3, generator=g) * 2 - 0.5,
    )
"""
READY = ".sw-viewer[data-ready]"


def test_display_again_reload_rerun_and_pictures(lab) -> None:
    lab.open(
        [
            SCENE,
            "viewer = SplatViewer(scene(3000), background='#204060', height=300)\nviewer",
            "viewer",  # a second view of one model
            "other = SplatViewer(scene(500, seed=1), height=200)\nother",
        ]
    )
    lab.run_all()
    lab.page.wait_for_function(f"document.querySelectorAll('{READY}').length === 3")
    lab.wait("viewer.status['phase'] == 'ready' and other.status['phase'] == 'ready'")
    assert lab.execute("print(viewer.status['received'], other.status['count'])") == "3000 500\n"
    # The bundle came once for three views of two widgets.
    assert lab.page.evaluate("__splat_widgets_bundles__.size") == 1

    code = """
import pathlib
png = await viewer.snapshot('picture.png', width=160, height=120)
print(png == pathlib.Path('picture.png').read_bytes(), png[:4])
"""
    assert lab.execute(code) == "True b'\\x89PNG'\n"
    picture = np.asarray(Image.open(io.BytesIO((lab.folder / "picture.png").read_bytes())))
    assert picture.shape[:2] == (120, 160)
    assert tuple(picture[2, 2, :3]) == (0x20, 0x40, 0x60)
    assert (picture[40:80, 60:100, :3] != (0x20, 0x40, 0x60)).any(-1).mean() > 0.9

    # Python moves the camera, the page follows, and what the person does comes back.
    lab.execute("viewer.camera = {**viewer.camera, 'position': (0.0, 0.0, -1.0)}")
    canvas = lab.page.locator(f"{READY} canvas").first
    canvas.focus()
    canvas.press("ArrowRight")
    lab.wait("viewer.camera['position'][0] != 0")

    # Running the cell again frees the old viewer's context and makes a new viewer in its place.
    lab.page.evaluate(
        "() => { window.old = document.querySelector('.sw-canvas').getContext('webgl2'); }"
    )
    lab.run_cell(1)
    lab.page.wait_for_function("old.isContextLost()")
    # The other view still shows the first viewer: three again.
    lab.page.wait_for_function(f"document.querySelectorAll('{READY}').length === 3")

    # Closing takes it off the page.
    lab.execute("other.close()")
    lab.page.wait_for_function("document.querySelectorAll('.sw-viewer').length === 2")

    # A reload keeps the kernel: the page asks again for bundle and scene, and gets them.
    lab.execute("viewer.display = 'points'")
    lab.save()
    lab.reload()
    lab.page.wait_for_function(f"document.querySelectorAll('{READY}').length === 2")
    lab.wait("len(viewer._views) + len(other._views) <= 2")
    pressed = lab.page.locator(f"{READY} button[aria-pressed=true]", has_text="Points")
    assert pressed.count() == 1
    assert lab.page_errors == []


SOURCES = """() => jupyterapp.shell.currentWidget.content.widgets.map(
    (cell) => cell.model.sharedModel.getSource())"""


def test_a_scene_shows_its_viewer_once_and_keeps_its_keys(lab) -> None:
    lab.open([SCENE, "Scene(scene(400))"])
    lab.run_all()
    lab.page.wait_for_selector(READY)
    # The picture for places without a kernel is in the notebook, not on the screen.
    still = lab.page.locator("[class^=sw-still-]")
    assert still.count() == 1 and not still.is_visible()
    outputs = lab.page.locator(".jp-OutputArea-child:visible")
    assert outputs.count() == 1

    before = lab.page.evaluate(SOURCES)
    canvas = lab.page.locator(".sw-canvas")
    canvas.click(position={"x": 20, "y": 20})
    for key in "ddabx":
        lab.page.keyboard.press(key)
    lab.page.get_by_role("button", name="Fit the scene").click()
    for key in "ddabx":
        lab.page.keyboard.press(key)
    assert lab.page.evaluate(SOURCES) == before
    lab.save()

    # With the kernel gone the picture takes the viewer's place.
    lab.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.shutdown()")
    lab.page.reload()
    still.wait_for(state="visible")
    assert lab.page_errors == []


LEFT = """() => jupyterapp.shell.currentWidget.content.widgets.slice(1).map((cell) =>
    [...cell.node.querySelectorAll('figure[class^=sw-still-]')].filter((figure) =>
        figure.querySelector('img').offsetHeight > 100 &&
        figure.innerText.includes('run the cell for the live view')).length)"""


def test_without_its_kernel_a_page_shows_pictures_and_the_way_back(lab) -> None:
    lab.open(
        [
            SCENE + "import ipywidgets\nimport splat_widgets as sw\ncloud = scene(400)",
            "sw.view([cloud, cloud], height=150)",
            "ipywidgets.VBox([sw.inspect(cloud, height=150)])",
            "studio = sw.Studio(model='embedded')\nstudio",
            "studio.open_scene(sw.save(cloud, 'cloud.ply'));",
        ],
        name="left",
    )
    lab.run_all()
    lab.page.wait_for_function(f"document.querySelectorAll('{READY}').length === 4")
    lab.page.evaluate(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    told = ".sw-status:text('The kernel is gone. Run the cell again.')"
    lab.page.locator(told).nth(3).wait_for()
    # The sentence wraps: it makes no viewer wider than its cell.
    width = lab.page.locator(".jp-Cell-outputArea").nth(1).bounding_box()["width"]
    viewers = [lab.page.locator(".sw-viewer").nth(i).bounding_box() for i in range(2)]
    assert sum(viewer["width"] for viewer in viewers) <= width

    lab.save()
    lab.reload()
    # The Studio's picture has the scene that another cell had opened in it.
    lab.page.wait_for_function(f"JSON.stringify(({LEFT})()) === '[2,1,1,0]'")
    page, _ = nbconvert.HTMLExporter().from_filename(str(lab.folder / "left.ipynb"))
    assert page.count("run the cell for the live view</figcaption>") == 4
    assert lab.page_errors == []
