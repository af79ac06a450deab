"""What checks share: small scenes, the picture, sentences on the page."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import numpy as np
from hosts.records import Failed, Host
from PIL import Image

READY = ".sw-viewer[data-ready]"
WAIT_S = 90
# Elements whose text is for the user alone.
SENTENCES = ".sw-message, .sw-problem, .sws-message, .sws-lost, .sws-busy, .swu-lost, .sws-summary"


def scene(count: int) -> str:
    """Code that makes `gaussians`, a cube of small splats before the camera."""
    return f"""
import torch
import splat_widgets as sw
seed = torch.Generator().manual_seed(0)
points = torch.rand({count}, 3, generator=seed) * 2 - 1
gaussians = sw.Gaussians(
    points + torch.tensor([0.0, 0, 4]), torch.full(({count}, 3), 0.02),
    torch.tensor([1.0, 0, 0, 0]).repeat({count}, 1), torch.full(({count},), 0.9),
    torch.rand({count}, 1, 3, generator=seed),
)
"""


def wait_for_picture(host: Host, selector: str = READY, *, timeout_s: float = WAIT_S) -> None:
    """Wait until a viewer has drawn its scene, and look whether the picture shows anything.

    Raises:
        Failed: with what stands on the page instead.
    """
    viewer = host.page.locator(selector).first
    try:
        viewer.wait_for(timeout=1000 * timeout_s)
    except Exception as error:
        raise Failed(f"no picture after {timeout_s:g} s{seen(host)}") from error
    canvas = viewer.locator("canvas.sw-canvas").first
    canvas.scroll_into_view_if_needed()

    def colours() -> int:
        pixels = np.asarray(Image.open(io.BytesIO(canvas.screenshot())).convert("RGB"))
        return len(np.unique(pixels.reshape(-1, 3), axis=0))

    if not until(lambda: colours() > 100, timeout_s=15):
        raise Failed("the picture is empty")


def sentences(host: Host, selector: str = SENTENCES) -> list[str]:
    """The visible texts of some elements, each once."""
    found = host.page.locator(selector)
    texts = [found.nth(i).inner_text() for i in range(found.count()) if found.nth(i).is_visible()]
    return list(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))


def seen(host: Host) -> str:
    """What the widgets say, to end a message with."""
    said = sentences(host, SENTENCES + ", .sw-status")
    return "; seen: " + " / ".join(said) if said else "; nothing is seen"


def until(condition: Callable[[], object], *, timeout_s: float, page: Host | None = None) -> bool:
    """Whether a condition comes true in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        page.page.wait_for_timeout(100) if page else time.sleep(0.1)
    return bool(condition())
