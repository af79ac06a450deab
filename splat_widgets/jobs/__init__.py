"""Work in the background, without a widget in it."""
