"""Training: procedural scenes, losses, the recipe of the embedded model, evaluation."""
