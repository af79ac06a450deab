"""The 3D viewer widget."""

from splat_widgets.viewer.showing import view
from splat_widgets.viewer.widget import SplatViewer

__all__ = ["SplatViewer", "view"]
