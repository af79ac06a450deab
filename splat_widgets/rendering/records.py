"""What rendering gives: a picture that shows itself, is saved, and is an array for matplotlib."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from splat_widgets.files import local_path, replacing
from splat_widgets.guesses import Guessed
from splat_widgets.rendering.pictures import to_png


@dataclass(frozen=True, eq=False, repr=False)
class Rendering(Guessed):
    """What a camera sees of Gaussians.

    `plt.imshow(rendering)` and `np.asarray(rendering)` take its colour, clamped to [0, 1].
    """

    color: Tensor  # (H, W, 3) display RGB over the background, not clamped from above
    depth: Tensor  # (H, W) mean depth along the optical axis, weighted by alpha; 0 where alpha is 0
    alpha: Tensor  # (H, W) coverage in [0, 1]

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the colour as a PNG.

        Args:
            path: where to; it ends in .png. Missing folders are made, an older file is replaced.

        Returns:
            The path written.

        Raises:
            ValueError: for another suffix.
            OSError: if it cannot be written.
        """
        target = local_path(path)
        if target.suffix.lower() != ".png":
            raise ValueError(f"expected a file name that ends in .png, got {target.name!r}")
        with replacing(target) as partial:
            partial.write_bytes(to_png(self.color))
        return target

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """(H, W, 3) display RGB in [0, 1]."""
        return self.color.detach().clamp(0, 1).cpu().numpy().astype(dtype or np.float32)

    def __repr__(self) -> str:
        height, width = self.alpha.shape
        return f"Rendering({width} x {height} px: color, depth, alpha)"

    def _repr_png_(self) -> bytes:
        return to_png(self.color)
