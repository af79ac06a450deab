"""Runs of a tiny recipe on the pytorch-lightning that is installed."""

import csv
import warnings
from dataclasses import replace

import pytest
import torch

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Lightning's imports warn about its dependencies
    pl = pytest.importorskip("pytorch_lightning")

from splat_widgets.models.splatt3r import Splatt3RConfig
from splat_widgets.models.weights import CheckpointError, load_model, unload
from splat_widgets.training.procedural.data import PairStream
from splat_widgets.training.run import fit as module
from splat_widgets.training.run.fit import CHECKPOINT, PairData, fit, read_run
from splat_widgets.training.run.recipe import Recipe, Stage

SIZES = replace(
    Splatt3RConfig.micro(), image_size=32, decoder_depth=4, decoder_heads=2, descriptor_dim=0
)
RECIPE = Recipe(
    stages=tuple(
        Stage(part, 2, batch_size=2) for part in ("encoder", "trunk", "points", "gaussians", "all")
    ),
    network=SIZES,
)
QUIET = {"accelerator": "cpu", "progress": False, "held_out_every": 5}

pytestmark = pytest.mark.filterwarnings("ignore")  # Lightning's advice


@pytest.fixture(autouse=True)
def small(monkeypatch):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # operations this small are slower on several
    monkeypatch.setattr(PairData, "val_dataloader", lambda self: [])
    yield
    torch.set_num_threads(threads)


def rows(folder):
    found = []
    for path in sorted((folder / "logs").glob("version_*/metrics.csv")):
        with path.open() as file:
            found.append(list(csv.DictReader(file)))
    return found


def test_a_run_goes_through_its_stages_and_can_be_read(tmp_path):
    path = fit(RECIPE, tmp_path, **QUIET)
    record = read_run(tmp_path)
    assert path == tmp_path / CHECKPOINT
    assert record.recipe == RECIPE and record.step == 10 and record.seconds > 0
    assert record.model.config == SIZES
    loaded = load_model(path, device="cpu").state_dict()
    unload()
    for name, value in record.model.state_dict().items():
        assert torch.equal(loaded[name], value), name


def test_a_run_that_is_cut_off_goes_on_where_it_was(tmp_path, monkeypatch):
    taken = []
    real = PairStream.__next__

    def next_or_break(self):
        taken.append(self._next_seed)
        if len(taken) == 6:
            raise RuntimeError("the machine went away")
        return real(self)

    monkeypatch.setattr(PairStream, "__next__", next_or_break)
    with pytest.raises(RuntimeError, match="went away"):
        fit(RECIPE, tmp_path, **QUIET)
    done = read_run(tmp_path)
    assert 3 <= done.step < 6
    state = torch.load(tmp_path / CHECKPOINT, weights_only=True)
    name = "model.encoder.norm.weight"
    assert not torch.equal(state["state_dict"][name], state["current_model_state"][name])
    fit(RECIPE, tmp_path, **QUIET)
    record = read_run(tmp_path)
    assert record.step == RECIPE.num_steps and record.seconds > done.seconds
    assert len(taken) - 6 <= RECIPE.num_steps - done.step + 1
    assert taken[6] >= taken[4]  # new scenes, not those from the start
    assert len(list((tmp_path / "logs").glob("version_*"))) == 2


def test_losses_and_held_out_errors_are_logged(tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(module, "_HELD_OUT_BLOCK", 2)
    monkeypatch.setattr(PairData.__init__, "__kwdefaults__", {"num_held_out": 2})
    stages = (Stage("points", 20, batch_size=2), Stage("gaussians", 2, batch_size=2))
    fit(replace(RECIPE, stages=stages), tmp_path, **QUIET | {"held_out_every": 21})
    (found,) = rows(tmp_path)
    names = {name for row in found for name, value in row.items() if value}
    assert {"train/points", "train/flow", "train/gradient", "held_out/aligned2"} <= names
    assert {"held_out/same_aligned2", "held_out/color", "held_out/perceptual"} <= names
    assert list((tmp_path / "logs").glob("version_0/events*"))


def test_another_network_does_not_continue_a_run(tmp_path):
    short = replace(RECIPE, stages=RECIPE.stages[:1])
    fit(short, tmp_path, **QUIET)
    other = replace(short, network=replace(SIZES, encoder_depth=SIZES.encoder_depth + 1))
    with pytest.raises(ValueError, match="other sizes"):
        fit(other, tmp_path, **QUIET)


def test_batches_that_cannot_be_shared(tmp_path):
    with pytest.raises(ValueError, match="3 processes"):
        fit(RECIPE, tmp_path, **QUIET, devices=3)


def test_a_foreign_checkpoint_is_no_run(tmp_path):
    torch.save({"state_dict": {}}, tmp_path / "other.ckpt")
    with pytest.raises(CheckpointError, match="training run"):
        read_run(tmp_path / "other.ckpt")
