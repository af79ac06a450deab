"""Files that hold plain values where encoded ones belong: suspected, said, never changed."""

from __future__ import annotations

import numpy as np

from splat_widgets.io.ply.layout import groups

RELEASED_EXPORTER = (
    "It looks written by the exporter released with Splatt3R: its opacities are not logits and its "
    "rotations do not belong to its scales. Reconstruct the scene again for right values."
)


def is_of_released_exporter(table: np.ndarray, degree: int) -> bool:
    """Whether a file looks like those of the exporter that Splatt3R was released with.

    That exporter writes opacities without the logit, so that all lie in (0, 1). Its scales come
    from an SVD, in descending order, and its rotations do not belong to them. A hundred rows do not
    look like that by chance.
    """
    layout = groups(degree)
    scales, opacities = table[:, layout["scales"]], table[:, layout["opacities"]]
    return bool(
        len(table) >= 100
        and ((opacities > 0) & (opacities < 1)).all()
        and (scales[:, 0] >= scales[:, 1]).all()
        and (scales[:, 1] >= scales[:, 2]).all()
        and (scales[:, 0] - scales[:, 2] > 0.01).mean() > 0.5
    )
