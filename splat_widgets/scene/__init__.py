"""Plain records of a scene: Gaussians, where they come from, cameras, where to look from."""
