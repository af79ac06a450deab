"""Which parameter of ours each entry of the released checkpoint is: one table, no guessing.

The released file names layers as DUSt3R, MASt3R and Splatt3R do. `official_layers` expands the
table for a configuration. Every entry of a file must be in the table, an alias, or on the list of
unused ones; any other entry is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from splat_widgets.models.splatt3r import Splatt3RConfig
from splat_widgets.models.weights.errors import CheckpointError, first_few
from splat_widgets.models.weights.state import OWN_AUXILIARY, network_state

# What `training.Splatt3RModule` writes into its own checkpoints.
OWN_CONFIG = "network"
OWN_RECIPE = "recipe"

# Layer names: theirs -> ours. {i} runs over the blocks, [a|b] over alternatives on both sides.
_ENCODER = {
    "encoder.patch_embed.proj": "encoder.patch_embed",
    "encoder.enc_blocks.{i}.[norm1|norm2]": "encoder.blocks.{i}.[norm1|norm2]",
    "encoder.enc_blocks.{i}.attn.[qkv|proj]": "encoder.blocks.{i}.attention.[qkv|proj]",
    "encoder.enc_blocks.{i}.mlp.[fc1|fc2]": "encoder.blocks.{i}.mlp.[fc1|fc2]",
    "encoder.enc_norm": "encoder.norm",
}
_DECODER = {
    "encoder.decoder_embed": "decoder.embed",
    "encoder.[dec_blocks|dec_blocks2].{i}.[norm1|norm2|norm3|norm_y]": (
        "decoder.[first_blocks|second_blocks].{i}.[norm1|norm2|norm3|norm_context]"
    ),
    "encoder.[dec_blocks|dec_blocks2].{i}.attn.[qkv|proj]": (
        "decoder.[first_blocks|second_blocks].{i}.attention.[qkv|proj]"
    ),
    "encoder.[dec_blocks|dec_blocks2].{i}.cross_attn.[projq|projk|projv|proj]": (
        "decoder.[first_blocks|second_blocks].{i}.cross_attention.[q|k|v|proj]"
    ),
    "encoder.[dec_blocks|dec_blocks2].{i}.mlp.[fc1|fc2]": (
        "decoder.[first_blocks|second_blocks].{i}.mlp.[fc1|fc2]"
    ),
    "encoder.dec_norm": "decoder.norm",
}
_HEADS = "encoder.[downstream_head1|downstream_head2].[dpt|gaussian_dpt.dpt]."
_OUR_HEADS = "[first_head|second_head].[points|gaussians]."
_DPT = {
    "act_postprocess.[0|1|2|3].0": "reassemble.[0|1|2|3].project",
    "act_postprocess.[0|1|3].1": "reassemble.[0|1|3].resample",
    "scratch.[layer1_rn|layer2_rn|layer3_rn|layer4_rn]": "reassemble.[0|1|2|3].adapt",
    "scratch.[refinenet1|refinenet2|refinenet3|refinenet4].out_conv": "fusions.[0|1|2|3].project",
    "scratch.[refinenet1|refinenet2|refinenet3].resConfUnit1.[conv1|conv2]": (
        "fusions.[0|1|2].skip_unit.[conv1|conv2]"
    ),
    "scratch.[refinenet1|refinenet2|refinenet3|refinenet4].resConfUnit2.[conv1|conv2]": (
        "fusions.[0|1|2|3].unit.[conv1|conv2]"
    ),
    "head.[0|2|4]": "[conv1|conv2|project]",
}
_DESCRIPTORS = {
    "encoder.[downstream_head1|downstream_head2].head_local_features.[fc1|fc2]": (
        "[first_head|second_head].descriptors.[fc1|fc2]"
    ),
}

# The same tensor under a second name; both are in the file and must agree.
_ALIASES = {
    _HEADS + "scratch.layer_rn.[0|1|2|3]": (
        _HEADS + "scratch.[layer1_rn|layer2_rn|layer3_rn|layer4_rn]"
    ),
}

# In the file, but without effect on any output: the masked-image token of pre-training, the skip
# unit of the coarsest fusion (which has no skip), and the network of the perceptual training loss.
_UNUSED = re.compile(
    r"encoder\.mask_token"
    r"|encoder\.downstream_head[12]\.(gaussian_dpt\.)?dpt\.scratch\.refinenet4\.resConfUnit1\..*"
    r"|lpips_criterion\..*"
)
_UNUSED_WITHOUT_DESCRIPTORS = re.compile(r"encoder\.downstream_head[12]\.head_local_features\..*")


def official_layers(config: Splatt3RConfig) -> dict[str, str]:
    """Layer names of the released checkpoint -> ours, for a network of these sizes."""
    table = _expand(_ENCODER, config.encoder_depth) | _expand(_DECODER, config.decoder_depth)
    table |= _expand({_HEADS + k: _OUR_HEADS + v for k, v in _DPT.items()})
    if config.descriptor_dim:
        table |= _expand(_DESCRIPTORS)
    return table


def our_tensors(checkpoint: Mapping[str, Any], config: Splatt3RConfig) -> dict[str, Tensor]:
    """The weights of a checkpoint under our parameter names.

    Args:
        checkpoint: what `read_weights` returned: of the released layout, or written by
            `training.Splatt3RModule`, or converted; as such or wrapped (`state.network_state`).
        config: sizes of the network the weights are meant for.

    Raises:
        CheckpointError: for entries that the table does not know, that are not tensors, or that
            differ from their alias. `fill` finds missing entries.
    """
    state = network_state(checkpoint)
    if any(key.startswith("first_head.") for key in state):  # the released file has no such name
        return {key: value for key, value in state.items() if not key.startswith(OWN_AUXILIARY)}
    return _from_official(state, config)


def own_config(checkpoint: Mapping[str, Any]) -> Splatt3RConfig | None:
    """Sizes of the network if `training.Splatt3RModule` wrote the checkpoint, else None.

    The released file holds no sizes: neither its configuration nor, as for the number of attention
    heads, its shapes tell them.
    """
    hyper_parameters = checkpoint.get("hyper_parameters")
    values = hyper_parameters.get(OWN_CONFIG) if isinstance(hyper_parameters, dict) else None
    if not isinstance(values, dict):
        return None
    try:
        return Splatt3RConfig.from_json(values)
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            f"the network's sizes in the checkpoint are damaged: {error}"
        ) from error


def _from_official(state: Mapping[str, Tensor], config: Splatt3RConfig) -> dict[str, Tensor]:
    layers, aliases = official_layers(config), _expand(_ALIASES)
    ours: dict[str, Tensor] = {}
    unknown = []
    for key, value in state.items():
        layer, _, kind = key.rpartition(".")
        target = layers.get(aliases.get(layer, layer))
        if target is not None and kind in ("weight", "bias"):
            name = f"{target}.{kind}"
            if name in ours and not _same(ours[name], value):
                raise CheckpointError(
                    f"{key} and {aliases.get(layer, layer)}.{kind} are one tensor under two names, "
                    "but they differ in this file; it was changed after training"
                )
            ours.setdefault(name, value)
        elif not _UNUSED.fullmatch(key) and (
            config.descriptor_dim or not _UNUSED_WITHOUT_DESCRIPTORS.fullmatch(key)
        ):
            unknown.append(key)
    if unknown:
        raise CheckpointError(
            f"the checkpoint holds {len(unknown)} entries that a network of these sizes does not "
            f"have: {first_few(unknown)}. If it has other sizes than the released model, pass them "
            "as `config=Splatt3RConfig(...)`"
        )
    return ours


def _same(one: Tensor, other: Tensor) -> bool:
    places = [(t.data_ptr(), t.shape, t.stride(), t.dtype) for t in (one, other)]
    if places[0] == places[1]:
        return True
    # A damaged file may state more elements than it has memory for; no layer has as many.
    return one.shape == other.shape and one.numel() <= 2**28 and torch.equal(one, other)


def _expand(patterns: Mapping[str, str], depth: int = 0) -> dict[str, str]:
    """Expand {i} and [a|b]; the n-th alternative on the left belongs to the n-th on the right."""
    table: dict[str, str] = {}
    for theirs, ours in patterns.items():
        pairs = [(theirs, ours)]
        if "{i}" in theirs:
            pairs = [
                (theirs.replace("{i}", str(i)), ours.replace("{i}", str(i))) for i in range(depth)
            ]
        while "[" in pairs[0][0]:
            pairs = [choice for pair in pairs for choice in _choices(*pair)]
        table.update(pairs)
    return table


def _choices(theirs: str, ours: str) -> list[tuple[str, str]]:
    left, right = (re.search(r"\[(.*?)\]", side) for side in (theirs, ours))
    assert left and right
    pairs = zip(left[1].split("|"), right[1].split("|"), strict=True)
    return [(theirs.replace(left[0], a, 1), ours.replace(right[0], b, 1)) for a, b in pairs]
