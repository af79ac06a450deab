"""Files are read back after they are written, by a reader that is not the writer, and compared.

A second reader yields the Gaussians of a file piece by piece, activated by its own formulas, so
that a wrong logarithm or order in the writer is seen, and a scene is never in memory twice. Each
format states how much it loses at most. A file that differs by more never replaces an older one.
"""

from splat_widgets.io.verify.check import verified
from splat_widgets.io.verify.record import Saved, VerificationError, Verified

__all__ = ["Saved", "VerificationError", "Verified", "verified"]
