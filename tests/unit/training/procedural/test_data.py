import io

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from splat_widgets.training.procedural.data import (
    HELD_OUT_SEED,
    PairStream,
    degraded,
    jpeg,
    photometric,
)
from splat_widgets.training.procedural.scenes import render_pairs


def test_batches_reproduce_and_vary():
    first, again = (PairStream(4, 32, first_seed=40, pool_blocks=3) for _ in range(2))
    a, b, c = next(first), next(again), next(first)
    assert torch.equal(a.images, b.images) and torch.equal(a.seeds, b.seeds)
    assert not torch.equal(a.images, c.images)
    assert a.images.shape == (4, 2, 3, 32, 32)


def test_scenes_are_used_about_as_often_as_asked():
    stream = PairStream(4, 16, reuse=2, pool_blocks=2)
    seeds = torch.cat([next(stream).seeds for _ in range(16)])
    assert 16 + 8 * 4 >= seeds.max() + 1 > 24  # 64 pairs of about 32 scenes, after 16 to start with
    assert (seeds.bincount() <= 8).all()


def test_a_resumed_stream_goes_on_to_new_scenes():
    stream = PairStream(4, 16, pool_blocks=2)
    next(stream)
    resumed = PairStream(4, 16, pool_blocks=2)
    resumed.load_state_dict(stream.state_dict())
    assert next(resumed).seeds.min() >= 16


def test_training_never_draws_the_held_out_scenes():
    with pytest.raises(ValueError, match="first seed"):
        PairStream(4, 16, first_seed=HELD_OUT_SEED)


def test_photometry_changes_the_views_apart_but_not_what_they_show():
    generator = torch.Generator().manual_seed(0)
    ramp = torch.linspace(0.1, 0.9, 32).expand(64, 2, 3, 32, 32)
    changed = photometric(ramp, generator)
    assert changed.min() >= 0 and changed.max() <= 1
    means = changed.mean((3, 4))  # (64, 2, 3)
    assert (means[:, 0] - means[:, 1]).abs().mean() > 0.02
    assert means.std(0).mean() > 0.05
    rows = changed.mean((2, 3))
    assert ((rows[..., 16:].mean(-1) - rows[..., :16].mean(-1)) > 0.05).all()


def test_three_in_five_pictures_have_been_compressed():
    """JPEG sets most fine coefficients of a block to exactly zero; noise leaves none at zero."""
    grey = torch.full((300, 2, 3, 16, 16), 0.5)
    pictures = degraded(grey, torch.Generator().manual_seed(0)).flatten(0, 1)
    luma = torch.einsum("c,bchw->bhw", torch.tensor([0.299, 0.587, 0.114]), pictures)
    blocks = luma.unflatten(2, (2, 8)).unflatten(1, (2, 8)).transpose(2, 3).flatten(0, 2)
    fine = np.stack([cv2.dct(block)[4:, 4:] for block in blocks.numpy()])  # (600 * 4, 4, 4)
    zeros = (abs(fine) < 1e-6).reshape(600, -1).mean(1)
    assert 0.54 < (zeros > 0.3).mean() < 0.66  # 0.6 within three standard deviations


@pytest.mark.parametrize("quality", [50, 80, 95])
def test_jpeg_is_what_a_jpeg_file_loses(quality: int):
    pairs = render_pairs([3], 64)
    pixels = (pairs.images[0, 0] * 255).round().byte().permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=0)
    truth = torch.from_numpy(np.array(Image.open(file))).float()
    before = torch.from_numpy(pixels).float()
    ours = jpeg(before.movedim(-1, 0)[None] / 255, torch.tensor([(200 - 2 * quality) / 100]))
    ours = ours[0].movedim(0, -1) * 255
    lost = float((before - truth).abs().mean())
    # Coders of files round the colours to whole numbers once before and twice after.
    assert float((ours - truth).abs().mean()) < min(0.75 * lost, 2)
    assert float((ours - before).abs().mean()) == pytest.approx(lost, rel=0.1)
