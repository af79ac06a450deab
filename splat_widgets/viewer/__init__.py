"""The 3D viewer widget."""

from splat_widgets.viewer.widget import SplatViewer, view

__all__ = ["SplatViewer", "view"]
