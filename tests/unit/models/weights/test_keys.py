"""The table: every official entry has one meaning, held against the released model's manifest."""

import json
import zlib
from pathlib import Path

import pytest
import torch

from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights import CheckpointError, read_checkpoint
from splat_widgets.models.weights.fill import check
from splat_widgets.models.weights.keys import official_layers, our_tensors

MANIFEST = json.loads(
    (Path(__file__).parents[3] / "data/checkpoints/state_dict_manifest.json").read_text()
)
ALIASES = MANIFEST["aliases"]["map"]
FULL = Splatt3RConfig.full()


def meta(config: Splatt3RConfig = FULL) -> dict[str, torch.Tensor]:
    with torch.device("meta"):
        return Splatt3R(config).state_dict()


def constant(key: str) -> float:
    """The value that the fixture holds everywhere in one entry."""
    return float(torch.tensor((zlib.crc32(key.encode()) % 1000003) / 1000003 * 2 - 1))


def state_of_shapes() -> dict[str, torch.Tensor]:
    """The released model's entries, one number each, told apart by their values."""
    return {
        key: torch.tensor(constant(ALIASES.get(key, key))).expand(shape)
        for key, shape in MANIFEST["keys"].items()
    }


def test_every_official_entry_reaches_the_parameter_of_its_name(full_shape):
    ours = our_tensors(read_checkpoint(full_shape), FULL)
    expected = meta()
    check(ours, expected)
    theirs = {mine: official for official, mine in official_layers(FULL).items()}
    for name, tensor in ours.items():
        layer, _, kind = name.rpartition(".")
        assert tensor.flatten()[0].item() == constant(f"{theirs[layer]}.{kind}"), name
    assert len(ours) == len(expected) == 1120


def test_the_table_covers_the_manifest_exactly():
    """Used, alias and unused together are all entries, counted independently of the table."""
    layers = official_layers(FULL)
    used = {k for k in MANIFEST["keys"] if k.rpartition(".")[0] in layers}
    unused = set(MANIFEST["unused_in_inference"]["never used"])
    loss = {k for k in MANIFEST["keys"] if k.startswith("lpips_criterion.")}
    aliases = {k for k in ALIASES if k.startswith("encoder.")}
    assert used | (unused & set(MANIFEST["keys"])) | loss | aliases == set(MANIFEST["keys"])
    assert not used & (unused | loss | aliases)
    assert len(used) + len(aliases) + len(unused & set(MANIFEST["keys"]) - loss) == 1153


def test_order_tells_nothing(full_shape):
    """Layers of one shape that a table by order or by shape would confuse are told by name."""
    ours = our_tensors({"state_dict": state_of_shapes()}, FULL)
    key = "encoder.dec_blocks2.11.cross_attn.projk.weight"
    name = "decoder.second_blocks.11.cross_attention.k.weight"
    assert ours[name].flatten()[0].item() == constant(key)
    for head, our_head in (("downstream_head1", "first_head"), ("downstream_head2", "second_head")):
        for dpt, our_dpt in (("dpt", "points"), ("gaussian_dpt.dpt", "gaussians")):
            for k in (1, 2, 3, 4):
                key = f"encoder.{head}.{dpt}.scratch.refinenet{k}.resConfUnit2.conv1.bias"
                name = f"{our_head}.{our_dpt}.fusions.{k - 1}.unit.conv1.bias"
                assert ours[name].flatten()[0].item() == constant(key)


@pytest.mark.parametrize(
    "unknown",
    [
        "encoder.enc_blocks.24.norm1.weight",  # one block too many
        "encoder.dec_blocks3.0.norm1.weight",
        "encoder.enc_blocks.0.norm1.weight2",
        "encoder.enc_blocks.0.norm3.weight",
        "enc_blocks.0.norm1.weight",
        "model.encoder.norm.weight",
        "encoder.downstream_head1.dpt.scratch.refinenet3.resConfUnit3.conv1.weight",
        "encoder.downstream_head3.dpt.scratch.refinenet4.resConfUnit1.conv1.weight",
        "encoder.mask_token2",
        "my_lpips_criterion.lin0",
    ],
)
def test_unknown_entries_are_named(unknown):
    state = state_of_shapes() | {unknown: torch.zeros(1)}
    with pytest.raises(CheckpointError) as refusal:
        check(our_tensors({"state_dict": state}, FULL), meta())
    assert unknown in str(refusal.value)


def test_many_unknown_entries_are_counted():
    state = state_of_shapes() | {f"extra.{i}.weight": torch.zeros(1) for i in range(25)}
    with pytest.raises(CheckpointError, match=r"25 entries.*extra\.9\.weight, and 15 more.*config"):
        our_tensors({"state_dict": state}, FULL)


@pytest.mark.parametrize(
    ("gone", "ours"),
    [
        ("encoder.enc_norm.bias", "encoder.norm.bias"),
        (
            "encoder.downstream_head2.gaussian_dpt.dpt.head.4.weight",
            "second_head.gaussians.project.weight",
        ),
    ],
)
def test_missing_entries_are_named(gone, ours):
    state = state_of_shapes()
    del state[gone]
    with pytest.raises(CheckpointError, match="1 missing") as refusal:
        check(our_tensors({"state_dict": state}, FULL), meta())
    assert ours in str(refusal.value)
    assert "config=" in str(refusal.value)


@pytest.mark.parametrize("keep", ["layer_rn.2", "layer3_rn"])
def test_either_name_of_an_alias_will_do(keep):
    gone = {"layer_rn.2": "layer3_rn", "layer3_rn": "layer_rn.2"}[keep]
    state = {k: v for k, v in state_of_shapes().items() if f".{gone}." not in k}
    assert len(state) == len(MANIFEST["keys"]) - 4
    check(our_tensors({"state_dict": state}, FULL), meta())


@pytest.mark.parametrize("first", ["layer_rn.0", "layer1_rn"])
def test_aliases_must_agree(first):
    key = f"encoder.downstream_head1.dpt.scratch.{first}.weight"
    state = state_of_shapes()
    state[key] = state[key] + 1
    with pytest.raises(CheckpointError, match=r"one tensor under two names.*differ") as refusal:
        our_tensors({"state_dict": state}, FULL)
    assert "layer_rn.0" in str(refusal.value) and "layer1_rn" in str(refusal.value)


def test_aliases_of_impossible_size_are_not_compared():
    """2**60 elements over four bytes of memory; comparing them would take years."""
    state = {
        f"encoder.downstream_head1.dpt.scratch.{name}.weight": torch.zeros(1).expand(2**30, 2**30)
        for name in ("layer_rn.0", "layer1_rn")
    }
    with pytest.raises(CheckpointError, match="one tensor under two names"):
        our_tensors({"state_dict": state}, FULL)


def test_shapes_are_never_guessed():
    state = state_of_shapes()
    key = "encoder.enc_blocks.3.attn.qkv.weight"
    state[key] = torch.zeros(1024, 3072)
    with pytest.raises(CheckpointError) as refusal:
        check(our_tensors({"state_dict": state}, FULL), meta())
    text = str(refusal.value)
    assert "encoder.blocks.3.attention.qkv.weight: expected (3072, 1024), got (1024, 3072)" in text
    assert "config=Splatt3RConfig" in text


def test_integers_are_no_weights():
    state = state_of_shapes()
    state["encoder.enc_norm.bias"] = torch.zeros(1024, dtype=torch.int64)
    with pytest.raises(CheckpointError, match=r"1 not of a floating type \(encoder\.norm\.bias\)"):
        check(our_tensors({"state_dict": state}, FULL), meta())


def test_a_network_without_descriptors_leaves_their_entries_out():
    config = Splatt3RConfig(descriptor_dim=0)
    check(our_tensors({"state_dict": state_of_shapes()}, config), meta(config))


@pytest.mark.parametrize(
    ("checkpoint", "reason"),
    [
        ({}, "'state_dict'"),
        ({"model": {}}, "the entries model"),
        ({"state_dict": {}}, "'state_dict'"),
        ({"state_dict": [1]}, "'state_dict'"),
        ({"state_dict": {"a": 1.0}}, "expected a tensor as 'a', got float"),
        ({"state_dict": {1: torch.ones(1)}}, "names of tensors that are text, got 1 of type int"),
    ],
)
def test_other_content(checkpoint, reason):
    with pytest.raises(CheckpointError, match=reason):
        our_tensors(checkpoint, FULL)
