"""Splatt3R as a predictor: what the network says, each photo encoded once."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from splat_widgets.models.predictor import Predictor
from splat_widgets.models.splatt3r import PairPredictor, Splatt3R, Splatt3RConfig
from splat_widgets.models.splatt3r.predictor import in_float32
from splat_widgets.photos.photo import load_photos

RANDOM = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 3), np.uint8)


@pytest.fixture(scope="module")
def model() -> PairPredictor:
    torch.manual_seed(0)
    return PairPredictor(Splatt3R(Splatt3RConfig.micro()).eval())


@torch.no_grad()
def test_pairs_are_what_the_network_says(model, monkeypatch):
    assert isinstance(model, Predictor)
    photos = load_photos(RANDOM, image_size=model.image_size)
    images = [photo.tensor()[None] for photo in photos]
    runs = []
    encoder = model.network.encoder
    hook = encoder.register_forward_pre_hook(lambda _, given: runs.append(len(given[0])))
    tokens = [model.encode(photo, lambda *_: None) for photo in photos]
    pairs = [(0, 1), (2, 0), (1, 1)]
    groups = model.predict(tokens, pairs, lambda *_: None).groups
    hook.remove()
    assert runs == [1, 1, 1]  # each photo once, however many pairs it is in
    assert [group.photos for group in groups] == pairs
    for group in groups:
        expected = model.network(*(images[k] for k in group.photos))
        for ours, theirs in zip(group.maps, expected.unbatched(), strict=True):
            torch.testing.assert_close(ours.means, theirs.means)
            torch.testing.assert_close(ours.sh, theirs.sh)
            assert ours.points.shape == (48, 48, 3)


@torch.no_grad()
def test_steps_run_over_all_pairs_in_declared_stages_and_can_cancel(model):
    photos = load_photos(RANDOM[:2], image_size=48)
    seen = []
    tokens = [model.encode(photo, lambda *step: seen.append(step)) for photo in photos]
    pairs = [(0, 1), (1, 0)]
    model.predict(tokens, pairs, lambda *step: seen.append(step))
    assert {stage for stage, _, _ in seen} == {stage.name for stage in model.stages}
    # Blocks of the encoder for each photo; of two decoders and two heads for each pair.
    for stage, total, calls in (("encode", 2, 2), ("decode", 2 * 20, 1), ("heads", 2 * 24, 1)):
        steps = [step for name, *step in seen if name == stage]
        assert steps == [[k, total] for k in range(total)] * calls

    def stop(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("decode", 23):
            raise InterruptedError

    with pytest.raises(InterruptedError):
        model.predict(tokens, pairs, stop)


def overflowing(dtype: torch.dtype) -> PairPredictor:
    """A network whose first block gives numbers that float32 holds and float16 does not."""
    torch.manual_seed(0)
    network = Splatt3R(Splatt3RConfig.micro()).eval()
    with torch.no_grad():
        network.encoder.blocks[0].mlp.fc2.bias += 1e5 / 2
        network.encoder.blocks[1].mlp.fc2.bias += 1e5 / 2
    return PairPredictor(network.to_trunk_dtype(dtype))


@torch.no_grad()
def test_a_half_precision_trunk_that_overflows_runs_once_more_in_float32(caplog):
    half = overflowing(torch.float16)
    whole = PairPredictor(in_float32(half.network))
    assert whole.dtype == torch.float32 and half.dtype == torch.float16
    photos = load_photos(RANDOM, image_size=half.image_size)
    seen = []
    runs = [
        model.predict(
            [model.encode(photo, lambda *_: None) for photo in photos],
            [(0, 1), (2, 0)],
            lambda *step: seen.append(step[0]),
        )
        for model in (half, whole)
    ]
    assert len(runs[0].notices) == 1 and "left the range of float16" in runs[0].notices[0]
    assert [record.getMessage() for record in caplog.records] == list(runs[0].notices)
    assert runs[1].notices == ()
    for one, other in zip(runs[0].groups, runs[1].groups, strict=True):
        for ours, theirs in zip(one.maps, other.maps, strict=True):
            torch.testing.assert_close(ours.means, theirs.means, rtol=0, atol=0)
            assert ours.means.isfinite().all()
    assert seen.count("encode") == 3 * len(half.network.encoder.blocks)  # of the second run


@torch.no_grad()
def test_bfloat16_has_the_range():
    model = overflowing(torch.bfloat16)
    photos = load_photos(RANDOM[:2], image_size=model.image_size)
    tokens = [model.encode(photo, lambda *_: None) for photo in photos]
    assert model.predict(tokens, [(0, 1)], lambda *_: None).notices == ()
