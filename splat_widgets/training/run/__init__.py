"""Recipes, the training loop and its Lightning module."""
