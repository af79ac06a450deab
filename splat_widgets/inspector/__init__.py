"""The inspector: look inside the Gaussians."""

from splat_widgets.inspector.link import Link, link
from splat_widgets.inspector.widget import Inspector, inspect

__all__ = ["Inspector", "Link", "inspect", "link"]
