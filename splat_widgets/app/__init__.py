"""The Studio as a page of its own, for people without notebooks: `splat-widgets app` (on Voila)."""
