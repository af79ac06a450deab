"""The network's tensors in whatever a file wraps them: trainers, compilers and copies rename them.

`keys.our_tensors` asks here first. What is unwrapped is said in one line; a file of another
network is called by its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor

from splat_widgets import notices
from splat_widgets.models.weights.checkpoint import Inert
from splat_widgets.models.weights.errors import CheckpointError, WeightsNotice, first_few

OWN_PREFIX = "model."  # what a training class, ours too, calls its network
OWN_AUXILIARY = "auxiliary."  # in our checkpoints: heads that exist only for the training
# Under which names trainers keep a network's tensors: Lightning, DUSt3R and MASt3R, common habits.
_HOLDERS = ("state_dict", "model", "model_state_dict", "module", "network", "net", "weights")
_MAX_DEPTH = 3  # of holders in holders
# Parts of a tensor's name that `torch.compile` and `DataParallel` put in, wherever they wrap.
_WRAPPERS = ("_orig_mod", "module")
_OTHER_NETWORKS = (  # (part of a name that only it has, what it is), the first that fits
    ("head_local_features", "MASt3R's own"),
    ("downstream_head1.", "DUSt3R's own"),
    ("prediction_head.", "CroCo's own"),
)


def network_state(checkpoint: Mapping[str, Any]) -> dict[str, Tensor]:
    """The tensors of the network, under the released file's names or under ours.

    Args:
        checkpoint: the content of a file.

    Raises:
        CheckpointError: if it holds no tensors, something else among them, two tensors that have
            one name when unwrapped, or another network.
    """
    held, place = _held(checkpoint)
    state = _tensors(held)
    names = {key: _unwrapped(key) for key in state}
    while _is_within_a_class(names.values()):
        names = {key: _unwrapped(name.removeprefix(OWN_PREFIX)) for key, name in names.items()}
    _check_network(list(names.values()))
    if "patch_embed.proj.weight" in names.values():  # of the network alone, without its class
        outside = ("lpips_criterion.", "encoder.")
        names = {k: n if n.startswith(outside) else f"encoder.{n}" for k, n in names.items()}
    if len(set(names.values())) < len(names):
        raise CheckpointError(
            "the checkpoint holds tensors twice, with and without a prefix of their names "
            f"({first_few(list(state), limit=3)}); keep one of them"
        )
    _say(place, names)
    return {names[key]: value for key, value in state.items()}


def _held(checkpoint: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The dictionary of tensors, and the names of what holds it."""
    held, places = checkpoint, []
    for _ in range(_MAX_DEPTH):
        if any(isinstance(value, Tensor) for value in held.values()):
            break
        inner = [name for name in _HOLDERS if isinstance(held.get(name), dict) and held[name]]
        if not inner:
            break
        places.append(inner[0])
        held = held[inner[0]]
    if not places and not any(isinstance(value, Tensor) for value in held.values()):
        entries = first_few((str(name)[:100] for name in checkpoint), limit=10)
        raise CheckpointError(
            "expected a checkpoint with a 'state_dict', or the tensors themselves, got the "
            f"entries {entries or 'of an empty file'}"
        )
    return held, ".".join(places)


def _tensors(held: Mapping[str, Any]) -> dict[str, Tensor]:
    for key, value in held.items():
        if not isinstance(key, str):
            got = f"{str(key)[:200]} of type {type(key).__name__}"
            raise CheckpointError(f"expected names of tensors that are text, got {got}")
        if not isinstance(value, Tensor):
            kind = value.name if isinstance(value, Inert) else type(value).__name__
            raise CheckpointError(f"expected a tensor as {key[:200]!r}, got {kind[:200]}")
    return dict(held)


def _unwrapped(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in _WRAPPERS)


def _is_within_a_class(names: Iterable[str]) -> bool:
    inside = [name.startswith(OWN_PREFIX) for name in names if not name.startswith(OWN_AUXILIARY)]
    return bool(inside) and all(inside)


def _check_network(names: list[str]) -> None:
    """Refuse what this network was made from: the same encoder, but no Gaussians."""
    if not any("enc_blocks." in name for name in names) or any("gaussian" in n for n in names):
        return
    for part, whose in _OTHER_NETWORKS:
        if any(part in name for name in names):
            raise CheckpointError(
                f"this is {whose} checkpoint, which predicts no Gaussians: it has no "
                "'gaussian_dpt' heads. Splatt3R's weights are another file; "
                'load_model("official") fetches it'
            )


def _say(place: str, names: Mapping[str, str]) -> None:
    renamed = next(((key, name) for key, name in names.items() if key != name), None)
    if place == "state_dict" and (renamed is None or _is_own(names)):
        return
    found = f"under {place!r}" if place else "without a 'state_dict' around it"
    if renamed is not None:
        found += f", where {renamed[0][:100]!r} stands for {renamed[1][:100]!r}"
    notices.warn(f"The network's state was found {found}.", WeightsNotice)


def _is_own(names: Mapping[str, str]) -> bool:
    """Whether this package's training wrote the file."""
    is_ours = any(name.startswith("first_head.") for name in names.values())
    return is_ours and all(key in (OWN_PREFIX + name, name) for key, name in names.items())
