"""Training pairs from photos with known cameras and depth."""
