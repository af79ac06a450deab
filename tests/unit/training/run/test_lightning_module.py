"""The module on the pytorch-lightning that is installed: the released layout in, training, out."""

import pickle
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Lightning's imports warn about its dependencies
    pl = pytest.importorskip("pytorch_lightning")

from torch.utils.data import DataLoader

from splat_widgets.models.splatt3r import Splatt3RConfig
from splat_widgets.models.weights import CheckpointError, load_model, unload
from splat_widgets.training.procedural.scenes import Pairs
from splat_widgets.training.run.lightning_module import Splatt3RModule
from splat_widgets.training.run.recipe import Recipe, Stage

DATA = Path(__file__).parents[3] / "data"
OFFICIAL = DATA / "checkpoints" / "tiny_official_layout.ckpt"
MICRO = Splatt3RConfig.micro()
RECIPE = Recipe(
    stages=(Stage("points", 4, learning_rate=2e-3),), network=MICRO, weight_decay=0.01, ema_decay=0
)


@pytest.fixture(autouse=True)
def one_thread():
    """Operations this small are slower on several threads, much slower on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def pairs(batch: int = 2, side: int = 48) -> Pairs:
    """A wall two metres ahead, seen twice from the same place."""
    generator = torch.Generator().manual_seed(0)
    row, column = torch.meshgrid(*[torch.arange(side) + 0.5] * 2, indexing="ij")
    rays = torch.stack(
        [(column - side / 2) / side, (row - side / 2) / side, torch.ones(side, side)]
    )
    return Pairs(
        images=torch.rand(batch, 2, 3, side, side, generator=generator),
        points=(2 * rays).movedim(0, -1).expand(batch, 2, side, side, 3).contiguous(),
        valid=torch.ones(batch, 2, side, side, dtype=torch.bool),
        T_first_camera=torch.eye(4).expand(batch, 2, 4, 4).contiguous(),
        focal_px=torch.full((batch,), float(side)),
        overlap=torch.ones(batch),
        seeds=torch.arange(batch),
    )


def loader(count: int) -> DataLoader:
    return DataLoader([pairs(batch=1)] * count, batch_size=None)


def test_stock_lightning_cannot_read_the_released_layout():
    """The reason why the module brings its own method."""
    with pytest.raises(pickle.UnpicklingError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        super(Splatt3RModule, Splatt3RModule).load_from_checkpoint(
            OFFICIAL, map_location="cpu", config=MICRO
        )


def test_takes_the_released_layout_and_says_the_golden():
    module = Splatt3RModule.load_from_checkpoint(OFFICIAL, config=MICRO)
    assert isinstance(module, pl.LightningModule)
    with np.load(DATA / "parity" / "micro_m_48x48.npz") as archive:
        golden = {k: archive[k] for k in ("view1.u8", "view2.u8", "pred1.means", "pred1.scales")}
    pictures = [
        torch.from_numpy(golden[f"view{v}.u8"]).permute(0, 3, 1, 2).float() / 255 for v in (1, 2)
    ]
    with torch.inference_mode():
        maps = module.eval()(*pictures)
    for name, ours in (("means", maps.first.means), ("scales", maps.first.scales)):
        expected = golden[f"pred1.{name}"]
        rms = np.sqrt((expected.astype(np.float64) ** 2).mean())
        assert np.abs(ours.numpy() - expected).max() / rms < 5e-4


def test_is_ready_to_train_in_memory_of_its_own():
    module = Splatt3RModule.load_from_checkpoint(str(OFFICIAL), config=MICRO, recipe=RECIPE)
    before = OFFICIAL.read_bytes()
    assert module.training and all(p.requires_grad for p in module.parameters())
    assert not any(p.is_meta for p in [*module.parameters(), *module.buffers()])
    assert module.recipe == RECIPE
    addresses = {p.data_ptr() for p in load_model(OFFICIAL, config=MICRO).parameters()}
    unload()
    assert not addresses & {p.data_ptr() for p in module.parameters()}
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 1
    assert OFFICIAL.read_bytes() == before


def test_sizes_are_not_guessed():
    with pytest.raises(CheckpointError, match="config=Splatt3RConfig"):
        Splatt3RModule.load_from_checkpoint(OFFICIAL)


@pytest.mark.parametrize(
    "option", [{"strict": False}, {"weights_only": False}, {"hparams_file": "a.yaml"}]
)
def test_options_that_would_weaken_it(option):
    with pytest.raises(ValueError, match="read strictly and safely"):
        Splatt3RModule.load_from_checkpoint(OFFICIAL, config=MICRO, **option)


@pytest.mark.filterwarnings("ignore")  # Lightning's advice on workers, loggers and dependencies
class TestTraining:
    @pytest.fixture
    def trained(self, tmp_path):
        torch.manual_seed(0)
        module = Splatt3RModule(RECIPE)
        trainer = pl.Trainer(
            max_steps=2,
            accelerator="cpu",
            default_root_dir=tmp_path,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(module, train_dataloaders=loader(2))
        trainer.save_checkpoint(tmp_path / "own.ckpt")
        return module, tmp_path / "own.ckpt"

    def test_steps_lower_the_loss(self, tmp_path):
        torch.manual_seed(0)
        faster = replace(RECIPE, stages=(replace(RECIPE.stages[0], learning_rate=5e-3),))
        module, batch = Splatt3RModule(faster), pairs(batch=1)
        module.log = lambda *_, **__: None  # no trainer yet
        optimizer = module.configure_optimizers()["optimizer"]
        losses = []
        for _ in range(6):
            optimizer.zero_grad()
            loss = module.training_step(batch)
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        assert losses[-1] < 0.9 * losses[0]

    def test_its_checkpoints_need_no_config(self, trained):
        module, path = trained
        again = Splatt3RModule.load_from_checkpoint(path)
        shared = load_model(path, device="cpu")
        assert again.model.config == shared.config == MICRO
        assert again.recipe == RECIPE
        expected, loaded = module.state_dict(), shared.state_dict()
        for name, value in again.state_dict().items():
            if not name.startswith("auxiliary."):  # only a trainer continues with those
                assert torch.equal(value, expected[name]), name
            if name.startswith("model."):
                assert torch.equal(loaded[name.removeprefix("model.")], value), name
        unload()

    def test_a_trainer_continues_from_them(self, trained, tmp_path):
        _module, path = trained
        steps = []

        class Watch(pl.Callback):
            def on_train_batch_start(self, trainer, *_):
                steps.append(trainer.global_step)

        trainer = pl.Trainer(
            max_steps=4,
            accelerator="cpu",
            default_root_dir=tmp_path,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[Watch()],
        )
        trainer.fit(Splatt3RModule(RECIPE), train_dataloaders=loader(4), ckpt_path=path)
        assert steps == [2, 3]
