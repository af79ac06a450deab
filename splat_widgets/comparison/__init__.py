"""Scenes side by side: one camera, one selection, what differs in pictures and numbers.

`sw.compare` is `Comparison`.
"""

from splat_widgets.comparison.widget import Comparison

__all__ = ["Comparison"]
