"""Frames, orders and units: what every number in this package means.

World frame
    The OpenCV frame of the first camera: x right, y down, z forward, in metres (as far as the
    network's scale is metric). Points and Gaussians of *both* photos live in it. Cameras that a
    user gives bring their own world, files of other programs theirs, and a user may put a scene
    elsewhere (`scene.levelled()`, `scene.scaled_to(p, q, 2.0)`): `Scene.frame` says which,
    `Scene.metres` whose unit of length, `Scene.placement` the way from where it was made.
Poses
    ``T_world_camera`` is 4x4 and maps camera coordinates to world coordinates.
Image plane
    x to the right, y down, in pixels, origin at the top left corner of the top left pixel: the
    centre of pixel (row, col) is (x, y) = (col + 0.5, row + 0.5). The principal point of a centred
    crop of W x H pixels is (W / 2, H / 2).
Quaternions
    wxyz, unit length, local to world. (The released network and SciPy use xyzw; the network's heads
    reorder once.)
Gaussians
    Physical values: standard deviations in world units, opacities in [0, 1]. Logarithms and logits
    exist only inside `splat_widgets.io` and the viewer's wire format.
Spherical harmonics
    Shape (N, K, 3) with K = (degree + 1)² coefficients, the basis, order and signs of 3D Gaussian
    Splatting (Kerbl et al. 2023); colour = 0.5 + Σ basis · coefficient, in display (sRGB) values.
    Directions run from the camera centre to the Gaussian, in the world frame.
three.js
    y up, z towards the viewer: `OPENCV_TO_THREE` converts our frame to it.
"""

from __future__ import annotations

import numpy as np

PATCH_SIZE = 16
"""Side in pixels of the network's patches; picture sides are multiples of it.

Not a setting: the DPT heads upsample by exactly this factor.
"""

# Spherical harmonics constants, from the closed forms of the real basis:
# Y_0^0 = 1/2 √(1/π), |Y_1| = √(3/(4π)), ...
SH_C0 = 0.28209479177387814
SH_C1 = 0.4886025119029199
SH_C2 = (
    1.0925484305920792,
    -1.0925484305920792,
    0.31539156525252005,
    -1.0925484305920792,
    0.5462742152960396,
)
SH_C3 = (
    -0.5900435899266435,
    2.890611442640554,
    -0.4570457994644658,
    0.3731763325901154,
    -0.4570457994644658,
    1.445305721320277,
    -0.5900435899266435,
)
MAX_SH_DEGREE = 3

OPENCV_TO_THREE = np.diag([1.0, -1.0, -1.0, 1.0])
"""4x4, half a turn about x; its own inverse."""


def sh_coefficients(degree: int) -> int:
    """Number of SH coefficients per colour channel at a degree: (degree + 1)²."""
    if not 0 <= degree <= MAX_SH_DEGREE:
        raise ValueError(f"expected an SH degree from 0 to {MAX_SH_DEGREE}, got {degree}")
    return (degree + 1) ** 2


def sh_degree(num_coefficients: int) -> int:
    """SH degree that has this number of coefficients per colour channel."""
    for degree in range(MAX_SH_DEGREE + 1):
        if (degree + 1) ** 2 == num_coefficients:
            return degree
    raise ValueError(
        f"expected 1, 4, 9 or 16 SH coefficients per channel (degree 0-3), got {num_coefficients}"
    )
