import numpy as np
import torch

from splat_widgets.training.procedural.scenes import render_pairs
from splat_widgets.training.procedural.sheet import sample_sheet


def test_a_row_for_each_pair_and_its_photos_in_it():
    pairs = render_pairs([3, 4], 32)
    sheet = np.asarray(sample_sheet(pairs))
    assert sheet.shape == (34 + 2 * 194, 5 * 166 + 6, 3)
    for row in range(2):
        top = 34 + row * 194
        photo = sheet[top + 2 : top + 160 : 5, 8:166:5]  # 160 px of 32: the middle of every pixel
        expected = pairs.images[row, 0].movedim(0, -1).numpy()
        assert np.abs(photo / 255 - expected).max() < 0.003


def test_what_has_no_depth_is_grey_and_nearer_is_redder():
    pairs = render_pairs([3], 32)
    pairs.valid[0, 0, :16] = False
    depth = np.asarray(sample_sheet(pairs))[34 + 2 : 34 + 160 : 5, 340:498:5]
    assert (depth[:16] == 128).all() and not (depth[16:] == 128).all(-1).any()
    below = pairs.depth[0, 0, 16:].flatten()
    red_less_blue = depth[16:, :, 0].astype(int) - depth[16:, :, 2]
    assert red_less_blue.flatten()[below.argmin()] > red_less_blue.flatten()[below.argmax()]


def test_a_pair_without_depth_has_a_sheet():
    pairs = render_pairs([3], 16)
    pairs.valid[:] = False
    assert sample_sheet(pairs).size[0] == 836
    assert torch.isfinite(pairs.points).all()
