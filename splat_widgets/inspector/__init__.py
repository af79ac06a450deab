"""The inspector: look inside the Gaussians."""

from splat_widgets.inspector.widget import Inspector, inspect

__all__ = ["Inspector", "inspect"]
