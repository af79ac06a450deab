"""Splatt3R as a LightningModule: the released checkpoint in, training steps, checkpoints out.

The only module of the package that imports `pytorch_lightning` (extra `train`).
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from splat_widgets.model import PairMaps, Splatt3R, Splatt3RConfig
from splat_widgets.training.losses import gaussian_loss, point_loss
from splat_widgets.training.scenes import Pairs
from splat_widgets.weights import CheckpointError, read_checkpoint
from splat_widgets.weights.fill import fill
from splat_widgets.weights.keys import OWN_CONFIG, OWN_PREFIX, our_tensors, own_config

assert OWN_PREFIX == "model."  # the attribute below names the entries of the checkpoint


class Splatt3RModule(pl.LightningModule):
    """The network with the losses of `training.losses`.

    A batch is a `Pairs`: give `Trainer.fit` an iterator of them, `training.data.PairStream` say,
    or a `DataLoader` with `batch_size=None`. The checkpoints it writes hold the network's sizes, so
    that `load_model` and `load_from_checkpoint` need no `config` for them.

    Args:
        config: sizes of the network; the released model's if not given.
        learning_rate: of AdamW, constant.
        weight_decay: of AdamW.
    """

    def __init__(
        self,
        config: Splatt3RConfig | None = None,
        *,
        learning_rate: float = 1e-4,
        weight_decay: float = 0.03,
    ) -> None:
        super().__init__()
        config = config or Splatt3RConfig.full()
        # Given as plain values, so that the file can be read without unpickling a class of ours.
        self.save_hyperparameters(
            {
                OWN_CONFIG: config.to_json(),
                "learning_rate": learning_rate,
                "weight_decay": weight_decay,
            }
        )
        self.model = Splatt3R(config)

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
        **hyper_parameters: float,
    ) -> Splatt3RModule:
        """A module with the weights of a checkpoint, ready to train, in float32.

        Lightning's own method fails on the released file: it wants to unpickle omegaconf classes,
        and knows other layer names. This one reads with `weights.read_checkpoint`, which executes
        nothing.

        Args:
            checkpoint_path: the released `.ckpt`, or one that this class wrote.
            map_location: device of the module, the CPU if not given.
            hparams_file: not supported; sizes are in the file or in `config`.
            strict: True or None; a partial load is not supported.
            weights_only: True or None; there is no other way to read.
            config: sizes of the network, for a file of other sizes than the released one's.
            **hyper_parameters: arguments of the class that replace those in the file.

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
        arguments = _own_arguments(checkpoint) | hyper_parameters
        weights = fill(
            sizes,
            our_tensors(checkpoint, sizes),
            device=torch.device(map_location or "cpu"),
            dtype=torch.float32,
        )
        with torch.device("meta"):
            module = cls(sizes, **arguments)
        for parameter in weights.parameters():  # off the mapped file: they are about to change
            parameter.data = parameter.data.clone()
        module.model = weights.requires_grad_(True)
        return module.train()

    def forward(self, first: Tensor, second: Tensor) -> PairMaps:
        """Two batches of pictures (B, 3, H, W) in [0, 1] -> per-pixel maps."""
        return self.model(first, second)

    def training_step(self, batch: Pairs, batch_idx: int = 0) -> Tensor:
        """Points weighted by confidence, and the Gaussians' closed-form targets; a scalar."""
        return self._loss(batch, "train")

    def validation_step(self, batch: Pairs, batch_idx: int = 0) -> Tensor:
        """The same loss without a step."""
        return self._loss(batch, "held_out")

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW; weight decay on matrices and kernels only."""
        decay = [p for p in self.parameters() if p.requires_grad and p.ndim > 1]
        plain = [p for p in self.parameters() if p.requires_grad and p.ndim <= 1]
        groups = [
            {"params": decay, "weight_decay": self.hparams["weight_decay"]},
            {"params": plain, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=self.hparams["learning_rate"])

    def _loss(self, batch: Pairs, stage: str) -> Tensor:
        maps = self(*batch.images.unbind(1))
        points = torch.stack([maps.first.points, maps.second.points], 1)
        confidence = torch.stack([maps.first.confidence, maps.second.confidence], 1)
        losses = {
            "points": point_loss(points, confidence, batch),
            "gaussians": gaussian_loss(maps, batch),
        }
        for name, value in losses.items():
            self.log(f"{stage}/{name}", value.detach(), batch_size=len(batch))
        return losses["points"] + losses["gaussians"]


def _own_arguments(checkpoint: dict[str, Any]) -> dict[str, float]:
    """The other arguments of the class, if it wrote the checkpoint."""
    if own_config(checkpoint) is None:
        return {}
    values = checkpoint["hyper_parameters"]
    found = {k: values[k] for k in ("learning_rate", "weight_decay") if k in values}
    if not all(isinstance(value, int | float) for value in found.values()):
        raise CheckpointError(f"expected numbers as hyper-parameters, got {sorted(found)}")
    return found
