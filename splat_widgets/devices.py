"""Which devices of torch this machine has."""

from __future__ import annotations

import torch

KINDS = ("cuda", "mps", "cpu")
"""Those that models run on."""


def check_device(device: torch.device | str | int) -> torch.device:
    """The device of this name.

    Args:
        device: as torch names it; "meta" and what else is no hardware of ours passes.

    Raises:
        ValueError: if it is unknown, or this machine lacks it.
    """
    try:
        place = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"expected cuda, mps or cpu as device, got {str(device)!r}") from error
    present = {
        "cuda": torch.cuda.is_available() and (place.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not present.get(place.type, True):
        here = [kind for kind in KINDS if kind == "cpu" or present[kind]]
        raise ValueError(
            f"expected one of {here}, got {str(device)!r}, which this machine does not have; "
            'leave the device out, or take "cpu"'
        )
    return place
