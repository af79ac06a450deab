"""The loss of each part of a training, and auxiliary heads that exist only for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.splatt3r.attention import CrossAttention
from splat_widgets.models.splatt3r.dpt import ResidualUnit
from splat_widgets.models.splatt3r.heads import activate_points
from splat_widgets.models.splatt3r.network import PairMaps, token_grid
from splat_widgets.training.objectives.losses import (
    best_scales,
    coarse_loss,
    flow_loss,
    gaussian_loss,
    matching_loss,
    place_loss,
    point_loss,
    relative_errors,
)
from splat_widgets.training.objectives.rendering import rendering_losses
from splat_widgets.training.procedural.scenes import Pairs, in_camera
from splat_widgets.training.run.recipe import Part, Weights

_CELLS = 4  # auxiliary predictions per patch and axis
_MATCH_DIM = 64
_INITIAL_DEPTH_METRES = 3.0
_INITIAL_LOG_SCALE = -4.5
_INITIAL_OPACITY_LOGIT = 3.0
_GAUSSIAN_ROW = {"offset": slice(0, 3), "scale": slice(3, 6), "w": 9, "opacity": -1}
"""Raw channels, see `PhotoHead`."""

Layers = tuple[list[Tensor], list[Tensor]]


class Auxiliary(nn.Module):
    """Linear layers that read coarse answers off the tokens; only training uses them."""

    def __init__(self, config: Splatt3RConfig) -> None:
        super().__init__()
        self.describe = nn.Linear(config.encoder_dim, _MATCH_DIM)
        self.locate = nn.Linear(config.encoder_dim, 2)
        self.flow_layers = (config.decoder_depth // 2, config.decoder_depth)
        self.flows = nn.ModuleList(
            nn.ModuleList(nn.Linear(config.decoder_dim, 2 * _CELLS**2) for _ in range(2))
            for _ in self.flow_layers
        )
        self.coarse_own = nn.Linear(config.encoder_dim, 3 * _CELLS**2)
        self.coarse = nn.ModuleList(nn.Linear(config.decoder_dim, 3 * _CELLS**2) for _ in range(2))

    def encoder_losses(self, tokens: tuple[Tensor, Tensor], pairs: Pairs) -> dict[str, Tensor]:
        """Losses on the encoder's tokens (B, N, C) of both photos."""
        own = torch.stack([_cells(self.coarse_own(part), 3) for part in tokens], 1)
        own_points = in_camera(pairs.points, pairs.T_first_camera)
        return {
            "matching": matching_loss(self.describe(tokens[0]), self.describe(tokens[1]), pairs),
            "place": place_loss(self.locate(torch.cat(tokens)), token_grid(pairs.images[:, 0])),
            "coarse_own": coarse_loss(own, own_points, pairs),
        }

    def trunk_losses(self, layers: Layers, pairs: Pairs) -> dict[str, Tensor]:
        """Losses on the decoders' layers of both photos."""
        read = zip(self.coarse, layers, strict=True)
        common = torch.stack([_cells(head(view_layers[-1]), 3) for head, view_layers in read], 1)
        return {
            "coarse": coarse_loss(common, pairs.points, pairs),
            "flow": self._flow_loss(layers, pairs),
        }

    def _flow_loss(self, layers: Sequence[Sequence[Tensor]], pairs: Pairs) -> Tensor:
        total = pairs.images.new_zeros(())
        for index, heads in zip(self.flow_layers, self.flows, strict=True):
            flow = [
                _cells(head(view_layers[index]), 2)
                for head, view_layers in zip(_layers(heads), layers, strict=True)
            ]
            total = total + flow_loss(torch.stack(flow, 1), pairs)
        return total / len(self.flow_layers)


def losses(
    model: Splatt3R,
    auxiliary: Auxiliary,
    pairs: Pairs,
    part: Part,
    weights: Weights,
    *,
    closed_form: bool = False,
) -> dict[str, Tensor]:
    """Named losses of a part of the training; "total" is what is minimised.

    Args:
        model: the network.
        auxiliary: its training heads; not used by the parts "gaussians" and "all".
        pairs: with target views for the parts "gaussians" and "all".
        part: what is trained, see `training.recipe`.
        weights: of the losses.
        closed_form: in the part "points", also train the Gaussians on closed-form targets.
    """
    images = pairs.images[:, 0], pairs.images[:, 1]
    grid = token_grid(images[0])
    if part == "gaussians":
        with torch.no_grad():
            layers = model.decode(*model.encode_pair(*images), (grid, grid))
        return _rendered(model, layers, pairs, weights)

    tokens = model.encode_pair(*images)
    if part == "all":
        layers = model.decode(*tokens, (grid, grid))
        found = _point_losses(model, layers, pairs)
        rendered = _rendered(model, _detached(layers), pairs, weights)
        total = found["points"] + rendered.pop("total")
        return {"total": total, **found, **rendered}

    found = auxiliary.encoder_losses(tokens, pairs)
    total = weights.matching * found["matching"] + weights.place * found["place"]
    total = total + weights.coarse * found["coarse_own"]
    if part == "encoder":
        return {"total": total, **found}

    layers = model.decode(*tokens, (grid, grid))
    found |= auxiliary.trunk_losses(layers, pairs)
    total = total + weights.coarse * found["coarse"] + weights.flow * found["flow"]
    if part == "trunk":
        return {"total": total, **found}

    found |= _point_losses(model, layers, pairs)
    total = total + found["points"]
    if closed_form:
        # The trunk learns from the points only; the Gaussian heads read what it offers.
        found["gaussians"] = gaussian_loss(model.predict(_detached(layers), images), pairs)
        total = total + found["gaussians"]
    return {"total": total, **found}


def _rendered(model: Splatt3R, layers: Layers, pairs: Pairs, weights: Weights) -> dict[str, Tensor]:
    """Rendering losses of the Gaussian heads alone; the layers get no gradient."""
    maps = model.predict(layers, (pairs.images[:, 0], pairs.images[:, 1]))
    maps = PairMaps(*(replace(m, points=m.points.detach()) for m in (maps.first, maps.second)))
    found = rendering_losses(maps, pairs)
    total = found["color"] + weights.perceptual * found["perceptual"]
    total = total + weights.excess * found["excess"]
    return {"total": total, **found}


def _point_losses(model: Splatt3R, layers: Layers, pairs: Pairs) -> dict[str, Tensor]:
    """Loss and errors of the point heads."""
    grid = token_grid(pairs.images[:, 0])
    views = []
    for head, view_layers in zip((model.first_head, model.second_head), layers, strict=True):
        hooked = [view_layers[k] for k in head.hooks]
        views.append(activate_points(head.points(hooked, grid, _no_step).movedim(1, -1)))
    points = torch.stack([view[0] for view in views], 1)
    confidence = torch.stack([view[1] for view in views], 1)
    found = {"points": point_loss(points, confidence, pairs)}
    with torch.no_grad():
        found |= point_errors(points, pairs)
    return found


def point_errors(points: Tensor, pairs: Pairs) -> dict[str, Tensor]:
    """Median relative errors of predicted points (B, 2, H, W, 3), as predicted and after one scale.

    Returns:
        Scalars "error1", "error2", "aligned1", "aligned2" of photos 1 and 2.
    """
    scaled = points * best_scales(points, pairs)[:, None, None, None, None]
    found = {}
    for name, candidate in (("error", points), ("aligned", scaled)):
        error = relative_errors(candidate, pairs)
        for view in range(2):
            seen = error[:, view][pairs.valid[:, view]]
            found[f"{name}{view + 1}"] = seen.median() if len(seen) else seen.sum()
    return found


def _detached(layers: Layers) -> Layers:
    first, second = ([layer.detach() for layer in view_layers] for view_layers in layers)
    return first, second


def _no_step() -> None:
    """Heads report progress; training ignores it."""


def _layers(modules: nn.Module) -> list[nn.Module]:
    return list(modules.children())


def _cells(tokens: Tensor, channels: int) -> Tensor:
    """(B, N, cells² · channels) of a square grid of patches -> (B, h, w, channels)."""
    side = math.isqrt(tokens.shape[1])
    cells = tokens.unflatten(1, (side, side)).unflatten(-1, (_CELLS, _CELLS, channels))
    return cells.transpose(2, 3).flatten(3, 4).flatten(1, 2)


def initialise(model: Splatt3R) -> None:
    """Start from plain splats a few metres away: points ahead, small round opaque Gaussians.

    Colour residuals start at zero. Offsets start near zero, because at zero their direction, and
    with it their gradient, is not defined.

    Convolutions keep the size of their signal: with PyTorch's defaults the picture's content fades
    to a hundredth on its way through the heads, and a short training learns one mean point map.
    Keys of the cross-attention start equal to the queries, so that a patch attends to similar
    patches of the other photo.
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
            last.weight.mul_(0.01)  # random guesses would first teach it to ignore the photo
            bias[2] = math.log1p(_INITIAL_DEPTH_METRES)
            last, bias = head.gaussians.project, _zero_bias(head.gaussians.project)
            for row in (_GAUSSIAN_ROW["scale"], _GAUSSIAN_ROW["opacity"]):
                last.weight[row] *= 0.01
            last.weight[_GAUSSIAN_ROW["offset"]] *= 0.01
            fixed = [*range(6, len(bias) - 1)]  # rotation, colour
            last.weight[fixed] = 0
            bias[_GAUSSIAN_ROW["scale"]] = _INITIAL_LOG_SCALE
            bias[_GAUSSIAN_ROW["w"]] = 1
            bias[_GAUSSIAN_ROW["opacity"]] = _INITIAL_OPACITY_LOGIT


def _zero_bias(layer: nn.Conv2d) -> Tensor:
    if layer.bias is None:
        raise TypeError("expected a last layer with a bias")
    return layer.bias.zero_()
