"""What the first cell of a notebook says: where the models will run and what they cost."""

from __future__ import annotations

import torch

from splat_widgets.models.weights import hub
from splat_widgets.models.weights.fill import pick_device
from splat_widgets.settings import Settings
from splat_widgets.sizes import format_bytes
from splat_widgets.studio.estimate import first
from splat_widgets.version import __version__

_LINE_BYTES_PER_S = 100e6 / 8  # a common line, to turn the size of the download into minutes


def welcome() -> str:
    """Lines on the device and on the cost of both models. Nothing is loaded or downloaded.

    Raises:
        ValueError: if the setting `SPLAT_WIDGETS_DEVICE` names a device that is not there.
    """
    place = pick_device(Settings.resolve("device").device)
    embedded = first(2, True, embedded=True, device=place.type)
    official = first(2, False, embedded=False, device=place.type)
    return "\n".join(
        [
            f"splat_widgets {__version__} runs on {_described(place)}.",
            f"Embedded model: in the package, two photos take {embedded}; Apache-2.0.",
            f"Official weights: {_download()}, two photos take {official}; {hub.LICENSE}.",
        ]
    )


def _described(place: torch.device) -> str:
    if place.type == "cuda":
        properties = torch.cuda.get_device_properties(place)
        return f"the GPU {properties.name} with {format_bytes(properties.total_memory)}"
    if place.type == "mps":
        return "the GPU of this Mac"
    with_gpu, without = (
        first(2, False, embedded=False, device=device).seconds for device in ("cuda", "cpu")
    )
    return (
        f"the CPU ({torch.get_num_threads()} threads), with no GPU: the official weights then take "
        f"{without:.0f} s for two photos instead of {with_gpu:.0f} s (on Colab: Runtime, Change "
        "runtime type, T4 GPU)"
    )


def _download() -> str:
    if hub.cached() is not None:
        return "in your Hub cache"
    minutes = hub.ABOUT_BYTES / _LINE_BYTES_PER_S / 60
    size = format_bytes(hub.ABOUT_BYTES)
    return f"{size} to download once ({minutes:.0f} min at 100 Mbit/s)"
