"""Masks as rows and as text."""

import base64
import zlib

import numpy as np

from splat_widgets import regions


def test_rows_count_from_both_ends(gaussians) -> None:
    assert np.flatnonzero(regions.at(gaussians, [3, -1])).tolist() == [3, 199]


def test_masks_as_text() -> None:
    bits = bytes([0b10000001, 0b01000000])  # the highest bit of a byte comes first
    text = base64.b64encode(zlib.compress(bits)).decode()
    mask = regions.from_text(text[:5], text[5:], count=11)
    assert np.flatnonzero(mask).tolist() == [0, 7, 9] and len(mask) == 11
