"""The composed environment: choose photos, generate, look, save."""

from splat_widgets.studio.health import Health, health
from splat_widgets.studio.results import Result
from splat_widgets.studio.runner import Run
from splat_widgets.studio.widget import Studio

__all__ = ["Health", "Result", "Run", "Studio", "health"]
