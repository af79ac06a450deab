"""Where a network runs, in which types, and that the weights fit it."""

from contextlib import nullcontext

import pytest
import torch

from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights import CheckpointError, fill, read_checkpoint
from splat_widgets.models.weights.keys import our_tensors

MICRO = Splatt3RConfig.micro()


def test_weights_are_taken_over_without_a_copy(own_checkpoint):
    tensors = our_tensors(read_checkpoint(own_checkpoint), MICRO)
    model = fill.fill(MICRO, tensors, device="cpu", dtype=torch.float32)
    taken = {name: parameter.data_ptr() for name, parameter in model.named_parameters()}
    assert taken == {name: tensor.data_ptr() for name, tensor in tensors.items()}


def test_automatic_choice(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert fill.pick_device(None) == torch.device("cpu")
    assert fill.pick_dtype(torch.device("cpu"), None) == torch.float32
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert fill.pick_device(None) == torch.device("mps")
    assert fill.pick_dtype(torch.device("mps"), None) == torch.float16


@pytest.mark.parametrize(("supported", "expected"), [(True, "bfloat16"), (False, "float16")])
def test_half_type_by_what_the_card_supports(monkeypatch, supported, expected):
    monkeypatch.setattr(torch.cuda, "device", lambda _: nullcontext())
    asked = []

    def is_supported(including_emulation=True):
        asked.append(including_emulation)
        return supported

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", is_supported)
    assert fill.pick_dtype(torch.device("cuda", 0), None) == getattr(torch, expected)
    assert asked == [False]


def test_a_network_is_not_filled_with_what_does_not_fit():
    tensors = dict(Splatt3R(MICRO).state_dict())
    tensors["wings"] = tensors.pop("encoder.norm.weight")
    tensors["encoder.norm.bias"] = torch.zeros(3)
    tensors["decoder.norm.bias"] = tensors["decoder.norm.bias"].int()
    with pytest.raises(CheckpointError) as refused:
        fill.fill(MICRO, tensors)
    for part in (
        f"1 of another shape (encoder.norm.bias: expected ({MICRO.encoder_dim},), got (3,))",
        "1 missing (encoder.norm.weight)",
        "1 unknown (wings)",
        "1 not of a floating type (decoder.norm.bias)",
    ):
        assert part in str(refused.value)


def test_without_a_type_every_tensor_keeps_its_own():
    tensors = {k: v.half() for k, v in Splatt3R(MICRO).state_dict().items()}
    assert {p.dtype for p in fill.fill(MICRO, tensors).parameters()} == {torch.float16}
