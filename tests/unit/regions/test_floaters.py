"""Floaters along the pixel grid and in space."""

import numpy as np
import torch

from splat_widgets import attributes, regions


def test_floaters_along_the_grid_and_in_space(scene, gaussians) -> None:
    stretch = attributes.values(scene, "grid_stretch")
    assert np.array_equal(regions.floaters(scene, 2), stretch > 2)
    gaussians.means[9] = torch.tensor([60.0, 0, 0])
    assert np.flatnonzero(regions.floaters(gaussians, 20)).tolist() == [9]
