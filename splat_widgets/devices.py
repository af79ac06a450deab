"""Which devices of torch this machine has."""

from __future__ import annotations

import torch

KINDS = ("cuda", "mps", "cpu")
"""Those that models run on."""


def check_device(device: torch.device | str | int) -> torch.device:
    """The device of this name.

    Args:
        device: as torch names it; "meta" passes, and other hardware that this torch can use.

    Raises:
        TypeError: for something that names no device.
        ValueError: if it is unknown, or this machine lacks it.
    """
    try:
        place = torch.device(device)
    except TypeError as error:
        raise TypeError(
            f'expected a device such as "cpu" or "cuda", got {device!r}; name a type of numbers as '
            "`dtype=torch.float64`"
        ) from error
    except RuntimeError as error:
        raise ValueError(f"expected cuda, mps or cpu as device, got {str(device)!r}") from error
    present = {
        "cuda": torch.cuda.is_available() and (place.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not (present[place.type] if place.type in present else _is_usable(place)):
        here = [kind for kind in KINDS if kind == "cpu" or present[kind]]
        raise ValueError(
            f"expected one of {here}, got {str(device)!r}, which this machine does not have; "
            'leave the device out, or take "cpu"'
        )
    return place


def _is_usable(place: torch.device) -> bool:
    """Whether this torch has tensors there."""
    try:
        torch.empty(0, device=place)
    except Exception:  # each kind that is absent raises another one
        return False
    return True
