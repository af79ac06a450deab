"""The studio in a real JupyterLab: where the page goes after a run, and what a restart leaves."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

CELLS = [
    "import io, numpy as np, splat_widgets as sw\n"
    "from PIL import Image\n"
    "def png(seed):\n"
    "    file = io.BytesIO()\n"
    "    pixels = np.random.default_rng(seed).integers(0, 256, (128, 128, 3), np.uint8)\n"
    "    Image.fromarray(pixels).save(file, 'PNG')\n"
    "    return file.getvalue()",
    "studio = sw.Studio(png(1), png(2), model='embedded')\nstudio",
]
ADD_ROOM = (
    "studio.panel.reset()\n"
    "for name, pixels in zip(('left.png', 'right.png'), wide):\n"
    "    file = io.BytesIO()\n"
    "    Image.fromarray(pixels).save(file, 'PNG')\n"
    "    studio.panel.add(file.getvalue(), name=name)"
)
VISIBLE = """() => {
    const viewer = document.querySelector('.sw-viewer');
    if (!viewer) return 0;
    const { top, bottom, height } = viewer.getBoundingClientRect();
    return Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, 0)) / height;
}"""


ROOM = (
    "import numpy as np, splat_widgets as sw\n"
    "from splat_widgets.training.procedural.scenes import render_pairs\n"
    "room = render_pairs([7_000_000_003], 256, supersample=3).images[0].permute(0, 2, 3, 1)\n"
    "wide = [np.pad(p, ((0, 0), (32, 32), (0, 0)), 'reflect')\n"
    "        for p in (room.clamp(0, 1) * 255).byte().numpy()]"
)


def test_photos_decide_and_what_they_say_is_on_the_page(lab) -> None:
    lab.page.set_viewport_size({"width": 1200, "height": 1400})
    lab.open([ROOM, *CELLS, ADD_ROOM])
    lab.run_all()
    page = lab.page
    frame = page.get_by_role("slider", name="Crop of left.png")
    frame.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    lab.wait("studio.panel.crops[0] is not None")
    page.get_by_role("radio", name="On").click()
    lab.wait("studio.refine is True")
    assert page.locator(".sws-estimate").inner_text().startswith("Takes about")
    page.locator(".sws-generate").click()
    lab.wait("studio.status in ('done', 'failed')", timeout_s=180)
    assert lab.execute("print(studio.status, repr(studio.message))").startswith("done")
    assert lab.execute("print(studio.result.refinement.applied)").strip() == "True"
    lab.wait("studio.viewer.status.get('phase') == 'ready'")
    verdict = page.locator(".sws-verdict")
    said = lab.execute("print(studio.result.refinement.sentence)").strip()
    assert verdict.inner_text() == said and verdict.get_attribute("data-level") == "good"
    assert page.locator(".swu-links li[data-connects=true]").count() == 2
    crop = "round(studio.result.photos[0].to_original(-0.5, -0.5)[0])"
    assert lab.execute(f"print({crop} == studio.panel.crops[0][0] > 32)").strip() == "True"

    page.get_by_role("button", name="Show what the network had predicted").click()
    lab.wait("studio.viewer.show_predicted and len(studio.viewer.scene) == 2 * 128 * 128")
    lab.wait("len(studio.results) == 1 and studio.result.predicted is not studio.result")
    page.get_by_role("button", name="Show the scene that the photos determine").click()
    lab.wait("studio.viewer.scene.record is studio.result.record")

    lab.execute("studio.panel.reset(); studio.panel.add(png(1), png(2))")
    page.wait_for_selector(".swu[data-ready='2']")
    page.locator(".sws-generate").click()
    lab.wait("len(studio.results) == 2 and studio.status == 'done'", timeout_s=180)
    page.locator(".sws[data-doubt]").wait_for()
    assert page.locator(".sws-summary").inner_text().startswith("Finished")
    assert verdict.get_attribute("data-level") == "doubt"
    assert lab.page_errors == []


def test_the_page_goes_to_the_scene_and_a_restart_is_told(lab) -> None:
    lab.page.set_viewport_size({"width": 1200, "height": 1000})
    lab.open(CELLS)
    lab.run_all()
    generate = lab.page.locator(".sws-generate")
    generate.wait_for()
    generate.scroll_into_view_if_needed()
    generate.dblclick()
    lab.wait("studio.status in ('done', 'failed')", timeout_s=120)
    assert lab.execute("print(studio.status, repr(studio.message))").startswith("done")
    assert lab.execute("print(len(studio.results))").strip() == "1"
    lab.page.wait_for_function(f"({VISIBLE})() > 0.98")
    frame = lab.page.locator(".jp-NotebookPanel-notebook").bounding_box()
    assert generate.bounding_box()["y"] > frame["y"], "Generate and picture share the screen"
    lab.page.locator(".swu[data-folded]").wait_for()

    # One button opens the inspector; what is edited there joins the list and can be saved.
    side = lab.page.locator(".swi-side")
    assert side.is_hidden()
    lab.page.get_by_title("Show the panel").click()
    side.wait_for()
    lab.wait("studio.viewer.show_panel")
    lab.execute("studio.viewer.selection = studio.result.view == 0")
    lab.page.get_by_title("Make the selection the scene").click()
    edited = lab.page.locator(".sws", has_text="(edited)")
    edited.wait_for()
    lab.wait("[len(one.scene) for one in studio.results] == [16384, 32768]")
    assert lab.execute("print(studio.result is studio.viewer.scene)").strip() == "True"
    lab.page.get_by_title("Undo: keep the selection").click()
    lab.wait("studio.result is studio.results[1].scene")

    # A reloaded page draws all parts again; the scene comes from the kernel.
    lab.save()
    lab.reload()
    lab.page.locator(".sw-studio .sw-viewer[data-ready]").wait_for()
    assert lab.page.locator(".sw-studio > *").count() == 3
    assert lab.page.locator(".sws-results li").count() == 2

    lab.page.evaluate(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    lab.page.locator(".sws-lost").wait_for()
    assert generate.is_disabled()
    assert lab.page.locator(".sws button:enabled:visible:not(.sws-model)").count() == 0
    assert lab.page_errors == []
