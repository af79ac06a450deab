"""The upload panel in a real JupyterLab: more than the server takes in one message arrives."""

from __future__ import annotations

import hashlib
import io
import json

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.browser

TOTAL_BYTES = 30 * 2**20  # three times what the server takes in one message


def large_photo(seed: int, at_least: int) -> bytes:
    """A PNG of noise: cannot be compressed, so its size is known."""
    side = int((at_least / 3) ** 0.5) + 1
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=0)
    return file.getvalue()


def test_thirty_mebibytes_arrive_intact_and_survive_a_reload(lab) -> None:
    photos = {f"photo_{i}.png": large_photo(i, TOTAL_BYTES // 3) for i in range(3)}
    assert sum(map(len, photos.values())) >= TOTAL_BYTES
    for name, data in photos.items():
        (lab.folder / name).write_bytes(data)
    cells = ["from splat_widgets.upload import UploadPanel\npanel = UploadPanel()\npanel", "panel"]
    lab.open(cells)
    lab.run_all()
    lab.page.wait_for_function("document.querySelectorAll('.swu[data-ready]').length === 2")
    lab.drop(".swu", list(photos))
    lab.wait("len(panel.photos) == 3 or panel.errors", timeout_s=120)
    code = "import json; print(json.dumps([(p.name, p.sha256, len(p.data)) for p in panel.photos]))"
    arrived = {name: (digest, size) for name, digest, size in json.loads(lab.execute(code))}
    assert arrived == {
        name: (hashlib.sha256(data).hexdigest(), len(data)) for name, data in photos.items()
    }
    # The second cell shows the same panel, its pictures too.
    pictures = "document.querySelectorAll('.swu-photo canvas').length"
    lab.page.wait_for_function(f"{pictures} === 6")

    lab.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    lab.reload()
    lab.page.wait_for_function(f"{pictures} === 6")
    names = lab.page.locator(".swu").first.locator(".swu-name").all_text_contents()
    assert names == list(photos)
    assert lab.page_errors == []

    lab.page.evaluate(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    lab.page.locator(".swu-lost").first.wait_for()
