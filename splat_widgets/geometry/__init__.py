"""Pure functions of tensors: rotations, covariances, spherical harmonics, cameras."""
