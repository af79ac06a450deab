"""Sizes of a network from the shapes of its tensors, told without memory for any of them."""

import json

import pytest
import torch

from splat_widgets import embedded
from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights.errors import CheckpointError, WeightsNotice
from splat_widgets.models.weights.keys import official_layers
from splat_widgets.models.weights.sizes import sizes_of

EMBEDDED = Splatt3RConfig.from_json(
    json.loads((embedded.CHECKPOINT / "config.json").read_text())["network"]
)


def tensors(config, *, official):
    with torch.device("meta"):
        ours = Splatt3R(config).state_dict()
    if not official:
        return ours
    theirs = {mine: their for their, mine in official_layers(config).items()}
    parts = ((*name.rpartition("."), tensor) for name, tensor in ours.items())
    return {f"{theirs[layer]}.{kind}": t for layer, _, kind, t in parts if layer in theirs}


@pytest.mark.parametrize("official", [True, False])
def test_known_networks_are_told_by_their_shapes(official, recwarn):
    full = Splatt3RConfig.full()
    assert sizes_of(tensors(full, official=official)) == full and not recwarn.list
    with pytest.warns(WeightsNotice, match="by their shapes they are the embedded model's"):
        assert sizes_of(tensors(EMBEDDED, official=official)) == EMBEDDED


@pytest.mark.parametrize("official", [True, False])
@pytest.mark.parametrize("config", [Splatt3RConfig.micro(), Splatt3RConfig.tiny()])
def test_other_sizes_are_named_but_for_what_shapes_do_not_tell(official, config):
    with pytest.raises(CheckpointError) as refused:
        sizes_of(tensors(config, official=official))
    told = str(refused.value).partition("Splatt3RConfig(")[2].partition(", encoder_heads=…")[0]
    named = eval(f"dict({told})")  # as a user would paste it
    unseen = ("encoder_heads", "decoder_heads", "image_size")
    assert named == {k: v for k, v in config.to_json().items() if k not in unseen}


@pytest.mark.parametrize("state", [{}, {"encoder.blocks.x.weight": torch.zeros(2)}])
def test_what_tells_nothing_is_left_to_the_fitting(state):
    assert sizes_of(state) == Splatt3RConfig.full()
