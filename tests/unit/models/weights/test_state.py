"""A network's tensors however they are wrapped: as trainers, compilers and copies leave them."""

import pytest
import torch
from torch import Tensor, nn

from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights import CheckpointError, load_model, read_checkpoint
from splat_widgets.models.weights.errors import WeightsNotice
from splat_widgets.models.weights.state import network_state

MICRO = Splatt3RConfig.micro()


@pytest.fixture(scope="module")
def state(tiny_official) -> dict[str, Tensor]:
    """The released layout's entries."""
    return read_checkpoint(tiny_official)["state_dict"]


def renamed(state, change):
    return {change(key): value for key, value in state.items()}


def without_class(state):
    """What `network.state_dict()` gives where only the network is saved."""
    found = {k.removeprefix("encoder."): v for k, v in state.items() if k.startswith("encoder.")}
    assert "patch_embed.proj.weight" in found
    return found


WRAPPED = {
    "bare": lambda s: s,
    "module": lambda s: {"state_dict": renamed(s, "module.{}".format)},
    "model": lambda s: {"state_dict": renamed(s, "model.{}".format)},
    "compiled": lambda s: {"state_dict": renamed(s, "_orig_mod.{}".format)},
    "compiled in part": lambda s: {
        "state_dict": renamed(s, lambda k: k.replace("encoder.", "encoder._orig_mod.", 1))
    },
    "all at once": lambda s: {"state_dict": renamed(s, "model.module._orig_mod.model.{}".format)},
    "without its class": without_class,
    "as DUSt3R saves": lambda s: {"args": "x", "model": without_class(s), "epoch": 3},
    "under model_state_dict": lambda s: {"epoch": 3, "model_state_dict": s, "optimizer": {}},
    "in two holders": lambda s: {"model": {"state_dict": s}},
}


@pytest.mark.parametrize("how", WRAPPED)
def test_a_wrapped_state_is_taken_with_one_line(how, state, tiny_official, tmp_path):
    torch.save(WRAPPED[how](state), tmp_path / "wrapped.pth")
    with pytest.warns(WeightsNotice, match="state was found") as said:
        model = load_model(tmp_path / "wrapped.pth", config=MICRO, device="cpu")
    assert len(said) == 1 and said[0].filename == __file__
    expected = load_model(tiny_official, config=MICRO, device="cpu").state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in model.state_dict().items())


def test_the_names_are_those_that_torch_makes(state):
    """`module.` and `_orig_mod.` are read off PyTorch itself."""
    network = Splatt3R(MICRO)
    own = network.state_dict()
    for wrapped in (nn.DataParallel(network), torch.compile(network, backend="eager")):
        given = wrapped.state_dict()
        assert given.keys() != own.keys()
        with pytest.warns(WeightsNotice, match="stands for"):
            found = network_state(given)
        assert found.keys() == own.keys()


def test_our_own_checkpoints_are_taken_without_a_word(own_checkpoint):
    content = read_checkpoint(own_checkpoint)
    content["state_dict"]["auxiliary.0.weight"] = torch.zeros(1)
    assert {"encoder.norm.bias", "auxiliary.0.weight"} <= network_state(content).keys()


def test_twice_under_one_name(state):
    key = "encoder.enc_norm.bias"
    with pytest.raises(CheckpointError, match="twice"):
        network_state({"state_dict": state | {f"module.{key}": state[key]}})


@pytest.mark.parametrize(
    ("drop", "named"),
    [
        (("gaussian_dpt",), "MASt3R's own"),
        (("gaussian_dpt", "head_local_features"), "DUSt3R's own"),
    ],
)
def test_the_networks_that_it_was_made_from_are_named(drop, named, state, tmp_path):
    kept = {k: v for k, v in without_class(state).items() if not any(part in k for part in drop)}
    torch.save({"args": "x", "model": kept}, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match=rf"{named} .*no Gaussians.*\"official\""):
        load_model(tmp_path / "other.pth", config=MICRO)


def test_croco_is_named(state):
    kept = {k: v for k, v in without_class(state).items() if "downstream" not in k}
    with pytest.raises(CheckpointError, match="CroCo's own"):
        network_state({"model": kept | {"prediction_head.weight": torch.zeros(1)}})


@pytest.mark.parametrize(
    "content",
    [{}, {"epoch": 3}, {"model": {}}, {"model": {"model": {"model": {"model": {"a": 1}}}}}],
)
def test_nothing_that_holds_tensors(content):
    with pytest.raises(CheckpointError, match=r"'state_dict'|expected a tensor"):
        network_state(content)
