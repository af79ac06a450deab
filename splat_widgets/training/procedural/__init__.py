"""Training pairs ray-cast from procedural scenes."""
