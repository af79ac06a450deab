"""The network as a LightningModule that follows the stages of a recipe.

Only this file and `training.run.fit` import `pytorch_lightning` (extra `train`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from splat_widgets.models.splatt3r import PairMaps, Splatt3R, Splatt3RConfig
from splat_widgets.models.weights import load_model, read_checkpoint
from splat_widgets.models.weights.fill import fill
from splat_widgets.models.weights.keys import OWN_CONFIG, OWN_RECIPE, our_tensors, own_config
from splat_widgets.models.weights.state import OWN_AUXILIARY, OWN_PREFIX
from splat_widgets.training.objectives.rendering import rendering_losses
from splat_widgets.training.procedural.scenes import Pairs
from splat_widgets.training.run.recipe import SCRATCH, Part, Recipe, read_recipe
from splat_widgets.training.run.trainee import Auxiliary, initialise, losses, point_errors

# The attributes below name the entries of the checkpoint.
assert (OWN_PREFIX, OWN_AUXILIARY) == ("model.", "auxiliary.")


@dataclass(frozen=True)
class Step:
    """A batch with the number of its step, because loaders run ahead of the trainer."""

    number: int
    pairs: Pairs

    def to(self, device: torch.device | str) -> Step:
        """Copy on a device."""
        return Step(self.number, self.pairs.to(device))


class Splatt3RModule(pl.LightningModule):
    """The network and the stages of a recipe.

    A batch is a `Step` or a `Pairs`. Give `Trainer.fit` a `fit.PairData`, an iterator of `Pairs` or
    a `DataLoader` with `batch_size=None`, or call `training.run.fit.fit`. Checkpoints hold the
    network's sizes and the recipe, so that `load_model` and `load_from_checkpoint` need neither.

    Args:
        recipe: its stages, losses and rates are followed; its data source is ignored.
        model: to train; from `recipe.start` if not given.
    """

    def __init__(self, recipe: Recipe, model: Splatt3R | None = None) -> None:
        super().__init__()
        torch.manual_seed(recipe.first_seed)
        self.recipe = recipe
        self.model = starting_model(recipe) if model is None else model
        self.auxiliary = Auxiliary(self.model.config)
        self._part: Part | None = None  # whose parameters require gradients at present
        # Plain values, so that the file can be read without unpickling a class of ours.
        self.save_hyperparameters(
            {OWN_CONFIG: self.model.config.to_json(), OWN_RECIPE: recipe.to_json()}
        )

    @classmethod
    def load_from_checkpoint(  # type: ignore[override]  # Lightning's is a descriptor
        cls,
        checkpoint_path: str | Path | IO[bytes],
        map_location: torch.device | str | None = None,
        hparams_file: str | Path | None = None,
        strict: bool | None = None,
        weights_only: bool | None = None,
        *,
        config: Splatt3RConfig | None = None,
        recipe: Recipe | None = None,
    ) -> Splatt3RModule:
        """A module with the weights of a checkpoint, ready to train, in float32.

        Lightning's own method fails on the released file: it unpickles omegaconf classes and
        expects other layer names. This one reads with `weights.read_checkpoint`, which executes
        nothing. It takes the averaged weights of a run that has them.

        Args:
            checkpoint_path: the released `.ckpt`, or one that this class wrote.
            map_location: device of the module, the CPU if not given.
            hparams_file: not supported; sizes are in the file or in `config`.
            strict: True or None; a partial load is not supported.
            weights_only: True or None; files are always read without executing them.
            config: sizes of the network, for a file of other sizes than the released one's.
            recipe: what to train; the recipe in the file, else "finetune".

        Raises:
            CheckpointError: if the file cannot be trusted or does not fit.
            ValueError: for the options that are not supported.
        """
        if hparams_file is not None or strict is False or weights_only is False:
            raise ValueError(
                "expected neither hparams_file nor strict=False nor weights_only=False: "
                "checkpoints are read strictly and safely; give sizes as `config`"
            )
        if not isinstance(checkpoint_path, str | Path):
            raise ValueError(f"expected a path, got {type(checkpoint_path).__name__}")
        checkpoint = read_checkpoint(checkpoint_path)
        sizes = config or own_config(checkpoint) or Splatt3RConfig.full()
        weights = fill(
            sizes,
            our_tensors(checkpoint, sizes),
            device=torch.device(map_location or "cpu"),
            dtype=torch.float32,
        )
        chosen = recipe or own_recipe(checkpoint) or read_recipe("finetune")
        return cls(chosen, trainable(weights)).to(weights.device).train()

    def forward(self, first: Tensor, second: Tensor) -> PairMaps:
        """Two batches of pictures (B, 3, H, W) in [0, 1] -> per-pixel maps."""
        return self.model(first, second)

    def training_step(self, batch: Step | Pairs, batch_idx: int = 0) -> Tensor:
        """The loss of the step's stage; a scalar."""
        number, pairs = (
            (batch.number, batch.pairs) if isinstance(batch, Step) else (self.global_step, batch)
        )
        stage, within = self.recipe.stage_at(number)
        self._train_only(stage.part)
        weights = self.recipe.weights
        found = losses(
            self.model,
            self.auxiliary,
            pairs,
            stage.part,
            weights,
            closed_form=within % weights.gaussians_every == 0,
        )
        for name, value in found.items():
            self.log(f"train/{name}", value.detach(), batch_size=len(pairs))
        return found["total"]

    def validation_step(self, batch: Pairs, batch_idx: int = 0) -> None:
        """Errors on held-out pairs, also with the first photo twice, from stage "points" on."""
        if self.recipe.stage_at(self.global_step)[0].part in ("encoder", "trunk"):
            return
        images = batch.images
        maps = self.model(images[:, 0], images[:, 1])
        twice = self.model(images[:, 0], images[:, 0])
        found = point_errors(maps.points, batch)
        same = point_errors(twice.points, batch)
        found |= {f"same_{name}": value for name, value in same.items()}
        if batch.targets is not None:
            found |= rendering_losses(maps, batch)
        for name, value in found.items():
            self.log(f"held_out/{name}", value, batch_size=len(batch), sync_dist=True)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW with the recipe's rates; weight decay on matrices and kernels only."""
        parameters = list(self.parameters())
        groups = [
            {
                "params": [p for p in parameters if p.ndim > 1],
                "weight_decay": self.recipe.weight_decay,
            },
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        optimizer = AdamW(groups, lr=1.0, betas=(0.9, 0.95))
        schedule = LambdaLR(optimizer, self.recipe.rate)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Skip a step whose gradient is not finite."""
        gradients = [p.grad for p in self.parameters() if p.grad is not None]
        norm = nn.utils.get_total_norm(gradients)
        self.log("train/gradient", norm)
        if not torch.isfinite(norm):
            optimizer.zero_grad(set_to_none=True)

    def _train_only(self, part: Part) -> None:
        """Take parameters that a part freezes out of the graph, which saves memory and time."""
        if part == self._part:
            return
        self._part = part
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(part != "gaussians" or "_head.gaussians." in name)


def starting_model(recipe: Recipe) -> Splatt3R:
    """The network that a recipe starts from, in float32, with parameters of its own."""
    if recipe.start == SCRATCH:
        assert recipe.network is not None  # the recipe has checked it
        model = Splatt3R(recipe.network)
        initialise(model)
        return model
    return trainable(load_model(recipe.start, device="cpu", dtype=torch.float32))


def trainable(model: Splatt3R) -> Splatt3R:
    """A copy of a network to train, apart from mapped files and from shared models."""
    copy = Splatt3R(model.config)
    copy.load_state_dict(model.state_dict())
    copy.provenance = model.provenance
    return copy.to(device=model.device, dtype=torch.float32)


def own_recipe(checkpoint: dict[str, Any]) -> Recipe | None:
    """The recipe in a checkpoint, if this class wrote it."""
    if own_config(checkpoint) is None:
        return None
    values = checkpoint["hyper_parameters"].get(OWN_RECIPE)
    return Recipe.from_json(values) if isinstance(values, dict) else None
