"""Training: procedural scenes and posed photos, losses, recipes, evaluation."""
