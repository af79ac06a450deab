"""Files of Gaussians that other programs wrote wrongly: what is wrong, with figures, and mended.

Three faults are common. Columns hold plain values where a `.ply` has logarithms, logits or
coefficients of harmonics. Quaternions are written x first, where readers expect w first. The
exporter released with Splatt3R takes U Vhᵀ of a singular value decomposition for the rotation,
which is U², as the covariance is symmetric. All but the last can be undone exactly; U² leaves two
answers for each Gaussian, of which nearly always one alone makes the decomposition give U² again.
"""

from splat_widgets.io.repair.record import Finding, Repaired
from splat_widgets.io.repair.run import repair

__all__ = ["Finding", "Repaired", "repair"]
