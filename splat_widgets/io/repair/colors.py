"""Colours where coefficients of harmonics belong."""

from __future__ import annotations

import numpy as np

from splat_widgets.conventions import SH_C0
from splat_widgets.io.repair.record import Finding

_OUTLIERS = 0.005  # share of values that may lie outside
_DARK, _BRIGHT = 0.2, 0.7  # coefficients between 0 and 1 are colours from 0.5 to 0.78 alone
_FEWEST = 50


def judged(dc: np.ndarray) -> tuple[np.ndarray, Finding | str]:
    """Find out what the columns f_dc_0 to f_dc_2 are, and mend them.

    Args:
        dc: (N, 3) as the file has them.

    Returns:
        (N, 3) coefficients, and what is wrong, or a sentence on what is right.
    """
    if len(dc) < _FEWEST:
        return dc, "The colours cannot be judged: there are too few Gaussians."
    values = dc.astype(np.float64)
    for top, name in ((1.0, "0 to 1"), (255.0, "0 to 255")):
        inside = (values >= 0) & (values <= top)
        if (~inside).mean() > _OUTLIERS:
            continue
        low, high = np.percentile(values[inside], [2, 98]) / top
        if low <= _DARK and high >= _BRIGHT:
            shown = 0.5 + SH_C0 * np.array([low, high]) * top
            finding = Finding(
                "color",
                f"The columns f_dc_0 to f_dc_2 hold colours of {name}: {inside.mean():.1%} of the "
                f"values lie there, and cover {low * top:.3g} to {high * top:.3g}. Read as "
                f"coefficients they show {shown[0]:.2f} to {shown[1]:.3g}.",
                True,
                "the coefficients that show these colours were put there",
            )
            return (values / top - 0.5) / SH_C0, finding
    low, high = 0.5 + SH_C0 * np.percentile(values, [2, 98])
    return dc, f"The colours look right: their coefficients show {low:.2f} to {high:.2f}."
