"""Whether two records are of one photo."""

from __future__ import annotations

import numpy as np

from splat_widgets.photos.photo import Photo


def is_same_photo(one: Photo, other: Photo) -> bool:
    """Whether two records are of one picture, whatever their crops."""
    if one.sha256 is not None and other.sha256 is not None:
        return one.sha256 == other.sha256
    return one.original_size == other.original_size and np.array_equal(one.whole, other.whole)
