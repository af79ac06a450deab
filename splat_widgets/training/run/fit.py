"""A training run in a folder: data, trainer, checkpoints, logs; it resumes after an interruption.

    splat-widgets train --config embedded --folder runs/embedded

The folder holds ``run.ckpt`` (written every two minutes, at the end and when the run is stopped),
``logs/version_*/metrics.csv``, one for each start, and TensorBoard's files beside them.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import (
    Callback,
    LearningRateMonitor,
    ModelCheckpoint,
    Timer,
    TQDMProgressBar,
    WeightAveraging,
)
from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from splat_widgets.files import local_path, make_folder
from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.models.weights import CheckpointError, read_checkpoint
from splat_widgets.models.weights.fill import fill
from splat_widgets.models.weights.keys import our_tensors, own_config
from splat_widgets.training.procedural.data import HELD_OUT_SEED, PairStream
from splat_widgets.training.procedural.scenes import Pairs, render_pairs
from splat_widgets.training.run.lightning_module import Splatt3RModule, Step, own_recipe
from splat_widgets.training.run.recipe import PROCEDURAL, Recipe

logger = logging.getLogger(__name__)

CHECKPOINT = "run.ckpt"
LOGS = "logs"
_SEEDS_PER_PROCESS = 100_000_000
_HELD_OUT_BLOCK = 8


class Stream(Protocol):
    """Endless batches of pairs that a run can be resumed with."""

    batch_size: int

    def __next__(self) -> Pairs: ...
    def set_targets(self, count: int) -> None:
        """Give this many target views from the next batch on."""

    def state_dict(self) -> dict[str, Any]:
        """Plain values and tensors."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where another stream stopped."""

    def skip(self, seeds: int) -> None:
        """Skip ahead, so that parallel processes see different pairs."""


class PairData(pl.LightningDataModule):
    """The pairs of a recipe, step by step, and held-out ones."""

    def __init__(self, recipe: Recipe, image_size: int, *, num_held_out: int = 32) -> None:
        super().__init__()
        self.recipe, self.image_size, self.num_held_out = recipe, image_size, num_held_out
        self._stream = open_stream(recipe, image_size)

    def train_dataloader(self) -> DataLoader[Step]:
        """The steps that the trainer has not done yet."""
        trainer = self.trainer
        first, rank, world = 0, 0, 1
        if trainer is not None:
            first, rank, world = trainer.global_step, trainer.global_rank, trainer.world_size
        self._stream.skip(rank * _SEEDS_PER_PROCESS)  # a state is the first process's
        return DataLoader(_Steps(self.recipe, self._stream, first, world), batch_size=None)

    def val_dataloader(self) -> DataLoader[Pairs] | list[Pairs]:
        """The first held-out procedural scenes; none for other data."""
        if self.recipe.data.source != PROCEDURAL or not self.num_held_out:
            return []
        targets = int(self.recipe.needs_targets)
        seeds = range(HELD_OUT_SEED, HELD_OUT_SEED + self.num_held_out)
        blocks = [
            render_pairs(seeds[k : k + _HELD_OUT_BLOCK], self.image_size, targets=targets)
            for k in range(0, len(seeds), _HELD_OUT_BLOCK)
        ]
        return DataLoader(blocks, batch_size=None)  # type: ignore[arg-type]

    def state_dict(self) -> dict[str, Any]:
        """State of the stream."""
        return self._stream.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """State of the stream."""
        self._stream.load_state_dict(state_dict)


class _Steps(IterableDataset[Step]):
    """The steps of a recipe after the first ones, with this process's share of each batch."""

    def __init__(self, recipe: Recipe, stream: Stream, first: int, world: int) -> None:
        self.recipe, self.stream, self.first, self.world = recipe, stream, first, world

    def __iter__(self) -> Iterator[Step]:
        for number in range(self.first, self.recipe.num_steps):
            stage, _ = self.recipe.stage_at(number)
            self.stream.batch_size = stage.batch_size // self.world
            self.stream.set_targets(int(stage.part in ("gaussians", "all")))
            yield Step(number, next(self.stream))


def open_stream(recipe: Recipe, image_size: int) -> Stream:
    """The stream of pairs that a recipe names."""
    data, batch_size = recipe.data, recipe.stages[0].batch_size
    if data.source == PROCEDURAL:
        return PairStream(
            batch_size,
            image_size,
            first_seed=recipe.first_seed,
            reuse=data.reuse,
            photometric=data.photometric,
            optics=data.optics,
        )
    from splat_widgets.training.posed.pairs import PosedPairs

    return PosedPairs(
        data.source,
        image_size,
        batch_size,
        seed=recipe.first_seed,
        photometric=data.photometric,
    )


def fit(
    recipe: Recipe,
    folder: Path | str,
    *,
    accelerator: str = "auto",
    devices: int = 1,
    threads: int | None = None,
    held_out_every: int = 500,
    checkpoint_minutes: float = 2.0,
    progress: bool = True,
) -> Path:
    """Follow a recipe to its end; continue if the folder has a checkpoint.

    Args:
        recipe: what to train, and how.
        folder: of the run; made if it is missing.
        accelerator: "cpu", "cuda", ... as Lightning names them.
        devices: number of processes that share each batch. On a busy CPU, two processes of one
            thread are faster than one process of two threads.
        threads: of the CPU, for each process.
        held_out_every: steps between evaluations on held-out scenes.
        checkpoint_minutes: time between checkpoints, which is the most that a kill can lose.
        progress: whether to show a bar.

    Returns:
        Path of the checkpoint, which `load_model` and `read_run` read.

    Raises:
        ValueError: if the folder's checkpoint has other sizes, or a batch cannot be shared.
    """
    for stage in recipe.stages:
        if stage.batch_size % devices:
            raise ValueError(
                f"expected batches that {devices} processes can share, got {stage.batch_size} pairs"
            )
    folder = make_folder(folder)
    if threads:
        torch.set_num_threads(threads)
    path = folder / CHECKPOINT
    module = Splatt3RModule(recipe)
    if path.exists():
        _check_same_sizes(path, module)
    data = PairData(recipe, recipe.image_size or module.model.config.image_size)
    trainer = _trainer(
        recipe, folder, accelerator, devices, held_out_every, checkpoint_minutes, progress
    )
    with warnings.catch_warnings():
        # Lightning advises loader workers, but the stream renders in this process on purpose.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*val_dataloader.*|.*validation.*")
        trainer.fit(module, data, ckpt_path=str(path) if path.exists() else None, weights_only=True)
    if trainer.interrupted:
        raise KeyboardInterrupt
    trainer.save_checkpoint(path)
    return path


def _trainer(
    recipe: Recipe,
    folder: Path,
    accelerator: str,
    devices: int,
    held_out_every: int,
    checkpoint_minutes: float,
    progress: bool,
) -> pl.Trainer:
    loggers: list[Logger] = [CSVLogger(folder, name=LOGS)]
    loggers.append(TensorBoardLogger(folder, name=LOGS, version=loggers[0].version))
    callbacks: list[Callback] = [
        ModelCheckpoint(
            folder,
            filename=Path(CHECKPOINT).stem,
            train_time_interval=timedelta(minutes=checkpoint_minutes),
            save_on_exception=True,
            enable_version_counter=False,
        ),
        Timer(),
        LearningRateMonitor("step"),
        *([WeightAveraging(avg_fn=_average(recipe.ema_decay))] if recipe.ema_decay else []),
        *([TQDMProgressBar(refresh_rate=20)] if progress else []),
    ]
    return pl.Trainer(
        max_steps=recipe.num_steps,
        accelerator=accelerator,
        devices=devices,
        strategy="ddp_find_unused_parameters_true" if devices > 1 else "auto",
        use_distributed_sampler=False,
        gradient_clip_val=recipe.gradient_clip,
        logger=loggers,
        callbacks=callbacks,
        log_every_n_steps=20,
        val_check_interval=held_out_every,
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        enable_progress_bar=progress,
        enable_model_summary=False,
    )


class _average:
    """Moving average of weights that follows fast at first, and later with the decay."""

    def __init__(self, decay: float) -> None:
        self.decay = decay

    def __call__(self, average: Tensor, current: Tensor, count: Tensor | int) -> Tensor:
        number = float(count)
        return average.lerp(current, 1 - min(self.decay, (1 + number) / (10 + number)))


def _check_same_sizes(path: Path, module: Splatt3RModule) -> None:
    sizes = own_config(read_checkpoint(path))
    if sizes != module.model.config:
        raise ValueError(
            f"{path} is of a network with other sizes than the recipe's; "
            "choose another folder, or the recipe that the run was started with"
        )


@dataclass(frozen=True, eq=False)
class RunRecord:
    """The result of a run, from its checkpoint."""

    model: Splatt3R  # averaged weights, if the recipe asked for an average
    recipe: Recipe
    step: int  # steps done
    seconds: float  # of training, over all starts


def read_run(checkpoint: Path | str) -> RunRecord:
    """The result of a run, read without executing anything.

    Args:
        checkpoint: `run.ckpt`, or the folder that holds it.

    Raises:
        CheckpointError: if it is not a checkpoint of a run.
    """
    path = local_path(checkpoint)
    path = path / CHECKPOINT if path.is_dir() else path
    content = read_checkpoint(path)
    sizes, recipe = own_config(content), own_recipe(content)
    if sizes is None or recipe is None:
        raise CheckpointError(f"{path} was not written by a training run of this package")
    model = fill(
        sizes, our_tensors(content, sizes), device=torch.device("cpu"), dtype=torch.float32
    )
    callbacks = content.get("callbacks") or {}
    times = callbacks.get("Timer", {}).get("time_elapsed", {})
    return RunRecord(
        model=model.eval(),
        recipe=recipe,
        step=int(content.get("global_step", 0)),
        seconds=float(times.get("train", 0.0)),
    )
