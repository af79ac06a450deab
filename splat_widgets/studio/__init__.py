"""The composed environment: choose photos, generate, look, save."""

from splat_widgets.jobs.runner import Run
from splat_widgets.studio.results import Result
from splat_widgets.studio.widget import Studio

__all__ = ["Result", "Run", "Studio"]
