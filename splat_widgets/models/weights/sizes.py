"""The sizes of a network from its tensors alone, for files that do not state them.

Shapes tell all but two: how many heads the attention has, and the side of the pictures that the
weights were trained on. A network of this package with the same shapes says these.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from splat_widgets import embedded, notices
from splat_widgets.conventions import MAX_SH_DEGREE, PATCH_SIZE
from splat_widgets.models.splatt3r import Splatt3RConfig
from splat_widgets.models.weights.errors import CheckpointError, WeightsNotice
from splat_widgets.models.weights.folder import CONFIG

# Of the released layout -> ours, as far as they tell sizes; those of a head are of the first photo.
_HEAD = r"encoder\.downstream_head1\."
_THEIRS = (
    (r"encoder\.patch_embed\.proj", "encoder.patch_embed"),
    (r"encoder\.enc_blocks\.", "encoder.blocks."),
    (r"encoder\.decoder_embed", "decoder.embed"),
    (r"encoder\.dec_blocks\.", "decoder.first_blocks."),
    (_HEAD + r"head_local_features\.", "first_head.descriptors."),
    (_HEAD + r"gaussian_dpt\.dpt\.head\.4", "first_head.gaussians.project"),
    (_HEAD + r"dpt\.head\.2", "first_head.points.conv2"),
    (_HEAD + r"dpt\.scratch\.refinenet1\.out_conv", "first_head.points.fusions.0.project"),
    (
        _HEAD + r"dpt\.act_postprocess\.([0-3])\.0",
        r"first_head.points.reassemble.\1.project",
    ),
)


def sizes_of(state: Mapping[str, Tensor]) -> Splatt3RConfig:
    """The sizes of the network whose tensors these are, as `network_state` gives them.

    Of tensors that tell no sizes, those of the released model: fitting them says what is wrong.

    Raises:
        CheckpointError: for sizes that no network of this package has; it says what to pass.
    """
    try:
        found = _from_shapes(state)
    except (KeyError, IndexError, StopIteration, ValueError):  # incomplete, or damaged
        return Splatt3RConfig.full()
    for title, known in _known().items():
        if found == {name: value for name, value in known.to_json().items() if name in found}:
            if title:
                line = f"The weights state no sizes; by their shapes they are {title}'s."
                notices.warn(line, WeightsNotice)
            return known
    told = ", ".join(f"{name}={value}" for name, value in found.items())
    raise CheckpointError(
        "the weights state no sizes, and their shapes are of no network that is known here; pass "
        f"`config=Splatt3RConfig({told}, encoder_heads=…, decoder_heads=…, image_size=…)` with the "
        "three that shapes do not tell, or load the folder with its config.json"
    )


def _known() -> dict[str, Splatt3RConfig]:
    own = json.loads((embedded.CHECKPOINT / CONFIG).read_text())["network"]
    return {
        "": Splatt3RConfig.full(),
        "the embedded model": Splatt3RConfig.from_json(own),
    }


def _from_shapes(state: Mapping[str, Tensor]) -> dict[str, Any]:
    shapes = {_ours(name): tuple(tensor.shape) for name, tensor in state.items()}
    gaussians = shapes["first_head.gaussians.project.weight"][0]
    degrees = (replace(Splatt3RConfig(), sh_degree=d) for d in range(MAX_SH_DEGREE + 1))
    described = shapes.get("first_head.descriptors.fc2.weight", (PATCH_SIZE**2,))[0]
    return {
        "encoder_dim": shapes["encoder.patch_embed.weight"][0],
        "encoder_depth": _count(shapes, "encoder.blocks."),
        "decoder_dim": shapes["decoder.embed.weight"][0],
        "decoder_depth": _count(shapes, "decoder.first_blocks."),
        "dpt_features": shapes["first_head.points.fusions.0.project.weight"][0],
        "dpt_last": shapes["first_head.points.conv2.weight"][0],
        "dpt_layer_dims": tuple(
            shapes[f"first_head.points.reassemble.{n}.project.weight"][0] for n in range(4)
        ),
        "descriptor_dim": described // PATCH_SIZE**2 - 1,
        "sh_degree": next(
            config.sh_degree for config in degrees if config.gaussian_channels == gaussians
        ),
    }


def _ours(name: str) -> str:
    for theirs, ours in _THEIRS:
        found = re.match(theirs, name)
        if found:
            return found.expand(ours) + name[found.end() :]
    return name


def _count(shapes: Mapping[str, Any], start: str) -> int:
    """How many blocks there are, by the numbers in their names."""
    numbers = (name.removeprefix(start).partition(".")[0] for name in shapes if _is(name, start))
    return 1 + max(int(number) for number in numbers)


def _is(name: str, start: str) -> bool:
    return name.startswith(start) and name[len(start) :].partition(".")[0].isdecimal()
