"""The record of a reconstruction: Gaussians and, aligned with them, their pixels."""

from dataclasses import replace

import pytest
import torch


def test_source_pixel_leads_to_the_original_photo(known):
    side = 48
    first = known.source_pixel(0)  # landscape 90x60 -> 72x48, cropped by 12 at the left
    assert (first.view, first.row, first.col, first.photo) == (0, 0, 0, "photo 1")
    assert (first.x, first.y) == pytest.approx((12.5 * 90 / 72, 0.5 * 90 / 72))
    last = known.source_pixel(-1)  # portrait 60x90
    assert (last.view, last.row, last.col) == (1, side - 1, side - 1)
    assert (last.x, last.y) == pytest.approx((47.5 * 90 / 72, 59.5 * 90 / 72))
    with pytest.raises(IndexError):
        known.source_pixel(len(known))


@pytest.mark.parametrize("kind", ["mask", "indices", "array"])
def test_select_keeps_everything_aligned(known, kind):
    mask = known.confidence > 1.5
    which = {"mask": mask, "indices": mask.nonzero()[:, 0].flip(0), "array": mask.numpy()}[kind]
    chosen = known.select(which)
    assert 0 < len(chosen) < len(known)
    for i in (0, 7, len(chosen) - 1):
        maps = chosen.maps[chosen.view[i]]
        row, col = chosen.row[i], chosen.col[i]
        assert torch.equal(chosen.gaussians.means[i], maps.means[row, col])
        assert chosen.confidence[i] == maps.confidence[row, col] > 1.5
        assert torch.equal(chosen.points[i], maps.points[row, col])
    assert chosen.maps is known.maps and chosen.cameras is known.cameras


def test_misaligned_arrays_are_refused(known):
    with pytest.raises(ValueError, match=r"expected row of shape \(4608,\)"):
        replace(known.reconstruction, row=known.row[1:])


def test_repr_is_short_and_says_what_it_is(known):
    text = repr(known)
    assert "4,608 Gaussians" in text and "photo 1 and photo 2" in text and "2 of 2" in text
    assert len(text) < 400 and "tensor" not in text
