"""Training the embedded network: the recipe, one step, and a loop that survives being killed.

    python -m splat_widgets.training.recipe runs/embedded --steps 9000

The same line continues a run whose folder has a checkpoint. The first steps train the encoder alone
and the next ones encoder and decoders, on what one linear layer reads off their tokens: that costs
a quarter and a half of a whole step, and the convolutional heads learn fast once the tokens know.
The rate warms up, stays, and falls to zero over the last steps: a run may be made longer before its
decay begins without changing what came before.

On a CPU that others use too, processes of one thread each wait for each other once a step instead
of at every operation, which can double the speed:

    torchrun --nproc-per-node 2 -m splat_widgets.training.recipe runs/embedded --threads 1
"""

from __future__ import annotations

import argparse
import csv
import json
import logging
import math
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, distributed, nn

from splat_widgets.model.attention import CrossAttention
from splat_widgets.model.config import Splatt3RConfig
from splat_widgets.model.dpt import ResidualUnit
from splat_widgets.model.heads import activate_points
from splat_widgets.model.splatt3r import Splatt3R, token_grid
from splat_widgets.training.data import PairStream
from splat_widgets.training.evaluate import held_out, predict_points
from splat_widgets.training.losses import (
    best_scales,
    coarse_loss,
    flow_loss,
    gaussian_loss,
    matching_loss,
    place_loss,
    point_loss,
    relative_errors,
)
from splat_widgets.training.scenes import Pairs, in_camera

Stage = Literal["encoder", "trunk", "all"]

logger = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"
_SEEDS_PER_PROCESS = 100_000_000
_CELLS = 4  # auxiliary predictions per patch and axis
_MATCH_DIM = 64
_INITIAL_DEPTH_METRES = 3.0
_INITIAL_LOG_SCALE = -4.5
_INITIAL_OPACITY_LOGIT = 3.0
_GAUSSIAN_ROW = {"scale": slice(3, 6), "w": 9, "opacity": -1}  # raw channels, see `ViewHead`


def embedded_config() -> Splatt3RConfig:
    """Sizes of the embedded network: 9.2 M parameters."""
    return Splatt3RConfig(
        image_size=128,
        encoder_dim=192,
        encoder_depth=6,
        encoder_heads=6,
        decoder_dim=160,
        decoder_depth=4,
        decoder_heads=5,
        dpt_features=48,
        dpt_last=24,
        dpt_layer_dims=(24, 48, 96, 160),
        descriptor_dim=0,
    )


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run does, but for the machine's rounding."""

    config: Splatt3RConfig = field(default_factory=embedded_config)
    steps: int = 9000
    encoder_steps: int = 4000  # the first ones train the encoder alone, at a quarter of the cost
    trunk_steps: int = 2000  # the next ones train encoder and decoders, at half the cost
    decay_steps: int = 1000  # the last ones, in which the rate falls to zero
    warmup_steps: int = 100
    batch_size: int = 8
    learning_rate: float = 7e-4
    weight_decay: float = 0.03
    gradient_clip: float = 1.0
    ema_decay: float = 0.99
    gaussians_every: int = 8  # steps; their targets are simple and their heads cost half a step
    flow_weight: float = 0.3
    matching_weight: float = 0.1
    place_weight: float = 0.1
    coarse_weight: float = 0.5
    first_seed: int = 0

    def stage(self, step: int) -> Stage:
        """What a step trains."""
        if step < self.encoder_steps:
            return "encoder"
        return "trunk" if step < self.encoder_steps + self.trunk_steps else "all"

    def rate(self, step: int) -> float:
        """Learning rate at a step."""
        rise = min(1.0, (step + 1) / self.warmup_steps)
        fall = min(1.0, max(0.0, (self.steps - step) / max(1, self.decay_steps)))
        return self.learning_rate * rise * fall


class Trainee(nn.Module):
    """The network with the auxiliary heads that exist only during training."""

    def __init__(self, config: Splatt3RConfig) -> None:
        super().__init__()
        self.model = Splatt3R(config)
        self.describe = nn.Linear(config.encoder_dim, _MATCH_DIM)
        self.locate = nn.Linear(config.encoder_dim, 2)
        self.flow_layers = (config.decoder_depth // 2, config.decoder_depth)
        self.flows = nn.ModuleList(
            nn.ModuleList(nn.Linear(config.decoder_dim, 2 * _CELLS**2) for _ in range(2))
            for _ in self.flow_layers
        )
        self.coarse_own = nn.Linear(config.encoder_dim, 3 * _CELLS**2)
        self.coarse = nn.ModuleList(nn.Linear(config.decoder_dim, 3 * _CELLS**2) for _ in range(2))
        initialise(self.model)

    def loss(
        self, pairs: Pairs, recipe: Recipe, stage: Stage = "all", *, gaussians: bool = False
    ) -> dict[str, Tensor]:
        """Named losses of a stage's part of the network; "total" is what is minimised."""
        first, second = pairs.images.unbind(1)
        grid = token_grid(first)
        tokens = self.model.encode(first, second)
        own = torch.stack([_cells(self.coarse_own(part), 3) for part in tokens], 1)
        own_points = in_camera(pairs.points, pairs.T_first_camera)
        losses = {
            "matching": matching_loss(self.describe(tokens[0]), self.describe(tokens[1]), pairs),
            "place": place_loss(self.locate(torch.cat(tokens)), grid),
            "coarse_own": coarse_loss(own, own_points, pairs),
        }
        total = recipe.matching_weight * losses["matching"]
        total = total + recipe.place_weight * losses["place"]
        total = total + recipe.coarse_weight * losses["coarse_own"]
        if stage == "encoder":
            return {"total": total, **losses}

        layers = self.model.decode(*tokens, (grid, grid))
        read = zip(self.coarse, layers, strict=True)
        common = torch.stack([_cells(head(view_layers[-1]), 3) for head, view_layers in read], 1)
        losses["coarse"] = coarse_loss(common, pairs.points, pairs)
        losses["flow"] = self._flow_loss(layers, pairs)
        total = total + recipe.coarse_weight * losses["coarse"]
        total = total + recipe.flow_weight * losses["flow"]
        if stage == "trunk":
            return {"total": total, **losses}

        heads = (self.model.first_head, self.model.second_head)
        views = []
        for head, view_layers in zip(heads, layers, strict=True):
            hooked = [view_layers[k] for k in head.hooks]
            views.append(activate_points(head.points(hooked, grid, _no_step).movedim(1, -1)))
        points = torch.stack([view[0] for view in views], 1)
        confidence = torch.stack([view[1] for view in views], 1)
        losses["points"] = point_loss(points, confidence, pairs)
        total = total + losses["points"]
        if gaussians:
            # The trunk serves the points; the Gaussian heads make do with what they need.
            fixed1, fixed2 = ([layer.detach() for layer in view_layers] for view_layers in layers)
            maps = self.model.predict((fixed1, fixed2), (first, second))
            losses["gaussians"] = gaussian_loss(maps, pairs)
            total = total + losses["gaussians"]
        with torch.no_grad():
            scaled = points * best_scales(points, pairs)[:, None, None, None, None]
            for name, candidate in (("error", points), ("aligned", scaled)):
                error = relative_errors(candidate, pairs)
                for view in range(2):
                    seen = error[:, view][pairs.valid[:, view]]
                    losses[f"{name}{view + 1}"] = seen.median() if len(seen) else seen.sum()
        return {"total": total, **losses}

    def _flow_heads(self) -> list[list[nn.Module]]:
        return [list(pair) for pair in self.flows if isinstance(pair, nn.ModuleList)]

    def _flow_loss(self, layers: Sequence[Sequence[Tensor]], pairs: Pairs) -> Tensor:
        total = pairs.images.new_zeros(())
        for index, heads in zip(self.flow_layers, self._flow_heads(), strict=True):
            flow = [
                _cells(head(view_layers[index]), 2)
                for head, view_layers in zip(heads, layers, strict=True)
            ]
            total = total + flow_loss(torch.stack(flow, 1), pairs)
        return total / len(self.flow_layers)


def _cells(tokens: Tensor, channels: int) -> Tensor:
    """(B, N, cells² · channels) of a square grid of patches -> (B, h, w, channels)."""
    side = math.isqrt(tokens.shape[1])
    cells = tokens.unflatten(1, (side, side)).unflatten(-1, (_CELLS, _CELLS, channels))
    return cells.transpose(2, 3).flatten(3, 4).flatten(1, 2)


def initialise(model: Splatt3R) -> None:
    """Start from plain splats a few metres away: points ahead, small round opaque Gaussians.

    Offsets and colour residuals start at zero and, as nothing asks anything of them, stay there.

    Convolutions keep the size of their signal: with PyTorch's defaults the picture's content fades
    to a hundredth on its way through the heads, and a short training learns one mean point map.
    Keys of the cross-attention start equal to the queries, so that a patch looks at what resembles
    it in the other view.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
        elif isinstance(module, nn.ConvTranspose2d):  # stride = kernel: one tap per output pixel
            nn.init.normal_(module.weight, std=module.in_channels**-0.5)
        elif isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
        if (
            isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)
            and module.bias is not None
        ):
            nn.init.zeros_(module.bias)
        if isinstance(module, CrossAttention):
            module.k.weight.data.copy_(module.q.weight.data)
        if isinstance(module, ResidualUnit):
            module.conv1.weight.data.mul_(math.sqrt(2))  # for the ReLU before it
    for head in (model.first_head, model.second_head):
        with torch.no_grad():
            last, bias = head.points.project, _zero_bias(head.points.project)
            last.weight.mul_(
                0.01
            )  # guesses at random would first of all teach to ignore the picture
            bias[2] = math.log1p(_INITIAL_DEPTH_METRES)
            last, bias = head.gaussians.project, _zero_bias(head.gaussians.project)
            for row in (_GAUSSIAN_ROW["scale"], _GAUSSIAN_ROW["opacity"]):
                last.weight[row] *= 0.01
            fixed = [*range(3), *range(6, len(bias) - 1)]  # offset, rotation, colour
            last.weight[fixed] = 0
            bias[_GAUSSIAN_ROW["scale"]] = _INITIAL_LOG_SCALE
            bias[_GAUSSIAN_ROW["w"]] = 1
            bias[_GAUSSIAN_ROW["opacity"]] = _INITIAL_OPACITY_LOGIT


def _zero_bias(layer: nn.Conv2d) -> Tensor:
    if layer.bias is None:
        raise TypeError("expected a last layer with a bias")
    return layer.bias.zero_()


class Run:
    """A training run in a folder: network, optimiser, stream, counters, averaged weights."""

    def __init__(self, recipe: Recipe, folder: Path, device: torch.device | str = "cpu") -> None:
        torch.manual_seed(recipe.first_seed)
        self.recipe, self.folder = recipe, folder
        self.trainee = Trainee(recipe.config).to(device)
        matrices = [p for p in self.trainee.parameters() if p.ndim > 1]
        vectors = [p for p in self.trainee.parameters() if p.ndim <= 1]
        groups = [
            {"params": matrices, "weight_decay": recipe.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(
            groups, lr=recipe.learning_rate, betas=(0.9, 0.95), fused=True
        )
        self.rank, self.world = 0, 1
        if distributed.is_initialized():
            self.rank, self.world = distributed.get_rank(), distributed.get_world_size()
        if recipe.batch_size % self.world:
            raise ValueError(
                f"expected a batch that {self.world} processes can share, got {recipe.batch_size}"
            )
        self.stream = PairStream(
            recipe.batch_size // self.world,
            recipe.config.image_size,
            first_seed=recipe.first_seed + self.rank * _SEEDS_PER_PROCESS,
            device=device,
        )
        self.stop_asked = False
        self.average = {k: v.clone() for k, v in self.trainee.model.state_dict().items()}
        self.step = 0
        self.seconds = 0.0

    def advance(self) -> dict[str, float]:
        """One step; returns the losses."""
        recipe = self.recipe
        started = time.monotonic()
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.rate(self.step)
        self.trainee.train()
        self.optimizer.zero_grad(set_to_none=True)
        with_gaussians = self.step % recipe.gaussians_every == 0
        stage = recipe.stage(self.step)
        losses = self.trainee.loss(next(self.stream), recipe, stage, gaussians=with_gaussians)
        losses["total"].backward()
        self._share_gradients()
        norm = nn.utils.clip_grad_norm_(self.trainee.parameters(), recipe.gradient_clip)
        if torch.isfinite(norm):
            self.optimizer.step()
        else:
            logger.warning("step %d: the gradient is not finite; skipped", self.step)
        decay = min(recipe.ema_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.trainee.model.state_dict().items():
                self.average[name].lerp_(value, 1 - decay)
        self.step += 1
        self.seconds += time.monotonic() - started
        return {**{k: float(v.detach()) for k, v in losses.items()}, "gradient": float(norm)}

    def _share_gradients(self) -> None:
        """Average over the processes; if one was asked to stop, all are."""
        if self.world == 1:
            return
        gradients = [p.grad for p in self.trainee.parameters() if p.grad is not None]
        flag = gradients[0].new_tensor([float(self.stop_asked)])
        flat = torch.cat([gradient.flatten() for gradient in gradients] + [flag])
        distributed.all_reduce(flat)
        flat /= self.world
        for gradient, part in zip(
            gradients, flat[:-1].split([gradient.numel() for gradient in gradients]), strict=True
        ):
            gradient.copy_(part.view_as(gradient))
        self.stop_asked = bool(flat[-1] > 0)

    def averaged_model(self) -> Splatt3R:
        """The network with the averaged weights, for use."""
        model = Splatt3R(self.recipe.config)
        model.load_state_dict(self.average)
        return model.eval()

    def save(self) -> None:
        """Write the checkpoint in one piece: a kill leaves the old or the new one."""
        if self.rank:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            "recipe": recipe_to_json(self.recipe),
            "step": self.step,
            "seconds": self.seconds,
            "trainee": self.trainee.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "stream": self.stream.state_dict(),
        }
        partial = self.folder / (CHECKPOINT + ".partial")
        torch.save(state, partial)
        partial.replace(self.folder / CHECKPOINT)

    def load(self) -> None:
        """Continue from the folder's checkpoint."""
        state = torch.load(self.folder / CHECKPOINT, map_location="cpu", weights_only=True)
        self.trainee.load_state_dict(state["trainee"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.stream.load_state_dict(state["stream"])
        self.stream.move_on(self.rank * _SEEDS_PER_PROCESS)  # the state is the first process's
        self.average = state["average"]
        self.step, self.seconds = state["step"], state["seconds"]


def recipe_to_json(recipe: Recipe) -> dict[str, Any]:
    """Plain values."""
    return {**asdict(recipe), "config": recipe.config.to_json()}


def read_average(checkpoint: Path) -> tuple[Splatt3R, dict[str, Any]]:
    """The averaged network of a checkpoint, and the run's record: recipe, step, seconds."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    model = Splatt3R(Splatt3RConfig.from_json(state["recipe"]["config"]))
    model.load_state_dict(state["average"])
    return model.eval(), {key: state[key] for key in ("recipe", "step", "seconds")}


def train(
    run: Run,
    *,
    checkpoint_seconds: float = 120,
    evaluate_every: int = 500,
    log_every: int = 20,
    num_held_out: int = 32,
) -> None:
    """Advance a run to its last step, writing `train.csv`, `held_out.csv` and checkpoints."""

    def ask_to_stop(signum: int, frame: object) -> None:
        run.stop_asked = True

    previous = signal.signal(signal.SIGTERM, ask_to_stop)
    reports = run.rank == 0
    scenes = held_out(num_held_out, run.recipe.config.image_size) if reports else []
    saved = time.monotonic()
    recent: list[dict[str, float]] = []
    try:
        while run.step < run.recipe.steps and not run.stop_asked:
            recent.append(run.advance())
            if reports and run.step % log_every == 0:
                _log(run.folder / "train.csv", run, _mean(recent))
                recent = []
            evaluates = run.step % evaluate_every == 0 and run.recipe.stage(run.step) == "all"
            if reports and (evaluates or run.step == run.recipe.steps):
                _log(run.folder / "held_out.csv", run, _held_out_errors(run, scenes))
            if time.monotonic() - saved > checkpoint_seconds:
                run.save()
                saved = time.monotonic()
    finally:
        run.save()
        signal.signal(signal.SIGTERM, previous)


def _held_out_errors(run: Run, scenes: Sequence[Pairs]) -> dict[str, float]:
    model = run.averaged_model().to(next(run.trainee.parameters()).device)
    values: dict[str, list[Tensor]] = {}
    with torch.inference_mode():
        for pairs in scenes:
            for prefix, order in (("", [0, 1]), ("same_", [0, 0])):
                points, _ = predict_points(model, pairs.images[:, order])
                scaled = points * best_scales(points, pairs)[:, None, None, None, None]
                for name, candidate in (("error", points), ("aligned", scaled)):
                    error = relative_errors(candidate, pairs).masked_fill(~pairs.valid, torch.nan)
                    medians = error.flatten(2).nanmedian(2).values
                    for view in range(2):
                        values.setdefault(f"{prefix}{name}{view + 1}", []).append(medians[:, view])
    return {name: float(torch.cat(parts).median()) for name, parts in values.items()}


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    names = sorted({name for row in rows for name in row})
    return {
        name: sum(row[name] for row in rows if name in row) / sum(name in row for row in rows)
        for name in names
    }


def _log(path: Path, run: Run, values: dict[str, float]) -> None:
    rate = run.recipe.rate(run.step)
    row = {"step": run.step, "seconds": round(run.seconds, 1), "rate": rate, **values}
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(row)
        writer.writerow(f"{v:.5g}" if isinstance(v, float) else v for v in row.values())
    logger.info("%s %s", path.stem, json.dumps({k: round(v, 4) for k, v in row.items()}))


def _no_step() -> None:
    """Heads report progress; training does not listen."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="splat_widgets.training.recipe", description=__doc__)
    parser.add_argument("folder", type=Path, help="checkpoint and logs; continued if it has one")
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    for name in ("encoder_steps", "trunk_steps", "decay_steps", "first_seed"):
        option = "--" + name.replace("_", "-")
        parser.add_argument(option, type=int, default=getattr(Recipe, name))
    parser.add_argument("--learning-rate", type=float, default=Recipe.learning_rate)
    parser.add_argument("--threads", type=int, default=None, help="of the CPU")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if options.threads:
        torch.set_num_threads(options.threads)
    chosen = {item.name for item in fields(Recipe)} & set(vars(options))
    recipe = replace(Recipe(), **{name: getattr(options, name) for name in chosen})
    options.folder.mkdir(parents=True, exist_ok=True)
    if "WORLD_SIZE" in os.environ:  # started by torchrun
        distributed.init_process_group("nccl" if options.device == "cuda" else "gloo")
    run = Run(recipe, options.folder, options.device)
    if (options.folder / CHECKPOINT).exists():
        run.load()
        logger.info("continuing at step %d", run.step)
    train(run)


if __name__ == "__main__":
    main()
