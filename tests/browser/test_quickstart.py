"""The whole path as a user walks it: the quickstart in JupyterLab, photos, Generate, splats, file.

The photos are a rendered pair whose two views, and whose red and blue, differ strongly: a picture
in the wrong frame, with the views or the channels exchanged cannot look right by chance.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import gsply
import numpy as np
import pytest
from PIL import Image

from splat_widgets.photos.exposure import Exposure, adapted
from splat_widgets.training.procedural.scenes import render_pairs

pytestmark = pytest.mark.browser

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "01_quickstart.ipynb"
SEED = 7_000_000_003
# One Gaussian per pixel of the first photo: what the first camera must show is that photo, under
# the exposure that both have in the scene.
SHOW = """
from dataclasses import replace as _replace
_scene = studio.result
_ours = _scene.select(_scene.view == 0).gaussians
_other = _scene.select(_scene.view == 1).gaussians
_variants = {
    "right": _ours,
    "flipped": _replace(_ours, means=_ours.means * _ours.means.new_tensor([1.0, -1.0, -1.0])),
    "views exchanged": _replace(_ours, sh=_other.sh),
    "channels reversed": _replace(_ours, sh=_ours.sh.flip(-1)),
}
"""


def photos() -> list[np.ndarray]:
    """Two (128, 128, 3) uint8 views of a room, recoloured from blue to red, the second darker."""
    images = render_pairs([SEED], 128, supersample=3).images[0].permute(0, 2, 3, 1)
    value = images.mean(-1)
    value = ((value - value.mean()) / value.std() * 0.35 + 0.5).clamp(0, 1)
    vivid = np.stack([value, 0.25 + 0.5 * images[..., 1].clamp(0, 1), 1 - value], -1)
    first, second = np.rint(255 * vivid).astype(np.uint8)
    return [first, (second * 0.4).astype(np.uint8)]


def decibels(picture: np.ndarray, photo: np.ndarray) -> float:
    """PSNR of (H, W, 3) uint8 pictures."""
    error = np.mean((picture.astype(float) - photo.astype(float)) ** 2)
    return float(10 * np.log10(255**2 / error))


def test_photos_become_splats_and_a_file(lab) -> None:
    first, second = photos()
    for name, pixels in (("left.png", first), ("right.png", second)):
        Image.fromarray(pixels).save(lab.folder / name)
    lab.open(QUICKSTART, name="quickstart")
    lab.run_all()
    assert (lab.folder / "outputs" / "quickstart.ply").exists()

    lab.page.locator(".swu[data-ready]").wait_for()
    lab.drop(".swu", ["left.png", "right.png"])
    lab.wait("len(studio.panel.photos) == 2")
    lab.page.locator(".sws-generate").click()
    lab.wait("studio.status in ('done', 'failed')", timeout_s=120)
    assert lab.execute("print(studio.status, studio.message)").startswith("done")
    lab.wait("studio.viewer.status.get('phase') == 'ready'")
    assert lab.execute("print(studio.viewer.status['count'])").strip() == str(2 * 128 * 128)

    lab.execute(SHOW)
    told = "[_scene.refinement.exposures, _scene.refinement.contrasts]"
    factors, contrasts = json.loads(lab.execute(f"import json; print(json.dumps({told}))"))
    assert factors[0][0] < 1 < factors[1][0], "the second photo is darker"
    seen = 255 * adapted(first / 255, Exposure(tuple(factors[0]), contrasts[0]))
    psnr = {}
    for variant in ("right", "flipped", "views exchanged", "channels reversed"):
        lab.execute(f"studio.viewer.scene = _variants[{variant!r}]")
        lab.wait("studio.viewer.status.get('phase') == 'ready'")
        lab.execute(
            f"_png = await studio.viewer.snapshot('{variant}.png', camera=_scene.cameras[0])"
        )
        with Image.open(lab.folder / f"{variant}.png") as picture:
            psnr[variant] = decibels(np.asarray(picture.convert("RGB")), seen)
    right = psnr.pop("right")
    assert all(right >= other + 6 for other in psnr.values()), (right, psnr)

    lab.page.locator(".sws-save").first.click()
    lab.wait("studio.message.startswith('Saved')")
    saved = Path(lab.execute("print(studio.results[0].saved.resolve())").strip())
    read = gsply.plyread(str(saved))
    expected = json.loads(
        lab.execute("import json; print(json.dumps(_scene.gaussians.means[:5].tolist()))")
    )
    np.testing.assert_allclose(np.asarray(read.means)[:5], expected, rtol=1e-6)
    assert lab.page_errors == []


def test_a_bad_file_is_named_and_the_others_stay(lab) -> None:
    file = io.BytesIO()
    Image.fromarray(photos()[0]).save(file, "PNG")
    (lab.folder / "good.png").write_bytes(file.getvalue())
    (lab.folder / "broken.jpg").write_bytes(file.getvalue()[:300])
    lab.open(["import splat_widgets as sw", "studio = sw.Studio(model='embedded')\nstudio"])
    lab.run_all()
    lab.page.locator(".swu[data-ready]").wait_for()
    lab.drop(".swu", ["good.png", "broken.jpg"])
    lab.page.locator(".swu", has_text="broken.jpg").wait_for()
    lab.wait("len(studio.panel.photos) == 1 and studio.panel.errors")
    assert "broken.jpg" in lab.execute("print(studio.panel.errors)")
    assert lab.page_errors == []
