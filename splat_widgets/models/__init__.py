"""Networks that predict Gaussians, and their weights."""
