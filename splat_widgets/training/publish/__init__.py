"""A trained model as a folder with its card."""
