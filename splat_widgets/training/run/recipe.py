"""Recipes: what a training run does, as records, read from a TOML file.

    recipe = read_recipe("embedded")  # a recipe of the package, or a path

A recipe is a list of stages that follow each other with one optimiser:

=============  =====================================================================================
``encoder``    The encoder alone. One linear layer reads coarse points of its own photo, the place
               of each patch and the matching patches of the two photos off its tokens. A step
               costs a third of a whole one.
``trunk``      Encoder and decoders, on coarse points of both photos in the first camera's frame and
               on the flow between them.
``points``     All of that and the point heads, in every pixel; in some steps the Gaussian heads
               get closed-form targets.
``gaussians``  The Gaussian heads alone, by rendering held-out views; everything else is frozen, as
               Splatt3R freezes MASt3R (Smart et al. 2024).
``all``        Points and rendering together; nothing is frozen.
=============  =====================================================================================

The convolutional heads learn fast once the tokens hold the geometry, so most steps are cheap ones.
Fine-tuning starts from existing weights and has a single stage, ``gaussians`` or ``all``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from splat_widgets.files import local_path
from splat_widgets.models.splatt3r import Splatt3RConfig
from splat_widgets.training.procedural.scenes import Optics

Part = Literal["encoder", "trunk", "points", "gaussians", "all"]

FOLDER = Path(__file__).parent / "recipes"
"""Recipes of the package: `embedded.toml`, `finetune.toml`."""
SCRATCH = "scratch"
PROCEDURAL = "procedural"


class RecipeError(ValueError):
    """A recipe that cannot be followed."""


@dataclass(frozen=True)
class Stage:
    """Consecutive steps that train one part of the network."""

    part: Part
    steps: int
    batch_size: int = 16  # pairs, of all processes together
    learning_rate: float = 8e-4
    warmup_steps: int = 0  # at its start, while the rate rises from zero
    decay_steps: int = 0  # at its end, while the rate falls to zero

    def __post_init__(self) -> None:
        if self.part not in get_args(Part):
            raise RecipeError(
                f"expected a part out of {', '.join(get_args(Part))}, got {self.part!r}"
            )
        for name, least in (("steps", 1), ("batch_size", 1), ("warmup_steps", 0)):
            if getattr(self, name) < least:
                raise RecipeError(f"expected {name} >= {least}, got {getattr(self, name)}")
        if not 0 <= self.decay_steps <= self.steps:
            raise RecipeError(
                f"expected decay_steps from 0 to steps ({self.steps}), got {self.decay_steps}"
            )
        if not self.learning_rate > 0:
            raise RecipeError(f"expected a learning_rate above 0, got {self.learning_rate}")

    def rate(self, step: int) -> float:
        """Learning rate at a step of the stage."""
        rise = min(1.0, (step + 1) / max(1, self.warmup_steps))
        fall = min(1.0, max(0.0, (self.steps - step) / max(1, self.decay_steps)))
        return self.learning_rate * rise * fall


@dataclass(frozen=True)
class Data:
    """Where the pairs come from."""

    source: str = PROCEDURAL  # or a folder with a transforms.json, see `training.posed`
    reuse: int = 4  # times that a procedural scene is used, mirrored and developed differently
    photometric: bool = True  # exposure, white balance, blur, noise, JPEG
    # Of procedural scenes; posed photos bring their own cameras. Held-out scenes keep the defaults.
    narrowest_fov_deg: float = 40.0  # phones reach from 25 (tele) to 90 (wide)
    widest_fov_deg: float = 80.0
    crop_shift: float = 0.0  # most that a crop is off its photo's centre, in widths of the crop

    def __post_init__(self) -> None:
        try:
            self.optics  # noqa: B018 (it checks the numbers)
        except ValueError as error:
            raise RecipeError(f"[data]: {error}") from error

    @property
    def optics(self) -> Optics:
        """Of procedural scenes."""
        return Optics((self.narrowest_fov_deg, self.widest_fov_deg), self.crop_shift)


@dataclass(frozen=True)
class Weights:
    """Weights of the losses; points and rendered colour have the weight 1."""

    flow: float = 0.3
    matching: float = 0.1
    place: float = 0.1
    coarse: float = 0.5
    perceptual: float = 0.05  # Splatt3R's 0.05, on another perceptual distance
    excess: float = 0.1  # of Gaussians that are too large or too far from their point
    gaussians_every: int = 8  # steps between closed-form ones in the stage "points"


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run does, except for the machine's rounding."""

    stages: tuple[Stage, ...]
    start: str = SCRATCH  # or what `load_model` takes: "embedded", "official", a path
    network: Splatt3RConfig | None = None  # sizes, only for a start from scratch
    data: Data = field(default_factory=Data)
    weights: Weights = field(default_factory=Weights)
    image_size: int | None = None  # pixels, a multiple of 16; the network's own by default
    weight_decay: float = 0.03
    gradient_clip: float = 1.0
    ema_decay: float = 0.99  # of the averaged weights, the result of the run; 0: no average
    first_seed: int = 0

    def __post_init__(self) -> None:
        if not self.stages:
            raise RecipeError("expected at least one stage ([[stages]]), got none")
        if (self.start == SCRATCH) != (self.network is not None):
            raise RecipeError(
                'expected sizes ([network]) for a start from "scratch" and only then, '
                f"got start = {self.start!r} {'with' if self.network else 'without'} sizes"
            )
        if not 0 <= self.ema_decay < 1:
            raise RecipeError(f"expected an ema_decay in [0, 1), got {self.ema_decay}")

    @property
    def num_steps(self) -> int:
        """Number of steps of all stages."""
        return sum(stage.steps for stage in self.stages)

    @property
    def num_pairs(self) -> int:
        """Number of pairs in all steps; a scene counts as often as it is used."""
        return sum(stage.steps * stage.batch_size for stage in self.stages)

    def stage_at(self, step: int) -> tuple[Stage, int]:
        """The stage of a step (after the end the last one), and the step's number in it."""
        for stage in self.stages[:-1]:
            if step < stage.steps:
                return stage, step
            step -= stage.steps
        return self.stages[-1], step

    def rate(self, step: int) -> float:
        """Learning rate at a step of the run."""
        stage, within = self.stage_at(step)
        return stage.rate(within)

    @property
    def needs_targets(self) -> bool:
        """Whether a stage renders held-out views."""
        return any(stage.part in ("gaussians", "all") for stage in self.stages)

    def to_json(self) -> dict[str, Any]:
        """Plain values; `Recipe.from_json` reads them."""
        plain = asdict(self)
        plain["stages"] = [dict(stage) for stage in plain["stages"]]
        plain["network"] = self.network and self.network.to_json()
        return plain

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Recipe:
        """Inverse of `to_json`.

        Raises:
            RecipeError: for an unknown name, or a missing or wrong value.
        """
        return _record(cls, values, "the recipe")


def read_recipe(config: str | Path) -> Recipe:
    """A recipe of the package by name ("embedded", "finetune"), or the one in a TOML file.

    Paths in the file (`start`, `data.source`) are relative to the file.

    Raises:
        RecipeError: if the file is missing or is not a recipe; it names the file and the entry.
    """
    carried = FOLDER / f"{config}.toml"
    path = carried if carried.is_file() else local_path(config)
    if not path.is_file():
        names = ", ".join(sorted(known.stem for known in FOLDER.glob("*.toml")))
        raise RecipeError(f"expected a TOML file or one of {names}, found nothing at {path}")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        recipe = Recipe.from_json(_with_paths_of(values, path.parent))
    except (ValueError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: {error}") from error
    return recipe


def _with_paths_of(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The values, with absolute paths for what exists relative to the recipe's folder."""
    start, data = values.get("start"), values.get("data")
    if isinstance(start, str) and (folder / start).exists():
        values = values | {"start": str((folder / start).resolve())}
    if isinstance(data, dict) and isinstance(data.get("source"), str):
        place = folder / local_path(data["source"])
        if data["source"] != PROCEDURAL and place.exists():
            values = values | {"data": data | {"source": str(place.resolve())}}
    return values


def _record(cls: type, values: Any, where: str) -> Any:
    """A dataclass from plain values, checked name by name."""
    if not isinstance(values, Mapping):
        raise RecipeError(f"expected {where} as a table, got {values!r:.80}")
    known = {item.name for item in fields(cls)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise RecipeError(f"{where} has no {', '.join(unknown)}; it takes {', '.join(known)}")
    types = get_type_hints(cls)
    given: dict[str, Any] = {}
    for name, value in values.items():
        given[name] = _value(types[name], value, name if cls is Recipe else f"{where}: {name}")
    try:
        return cls(**given)
    except TypeError as error:
        raise RecipeError(f"{where}: {error}") from error


def _value(kind: Any, value: Any, where: str) -> Any:
    if kind == tuple[Stage, ...]:
        if not isinstance(value, list | tuple):
            raise RecipeError(f"expected {where} as a list of tables, got {value!r:.80}")
        return tuple(
            _record(Stage, item, f"stage {number}") for number, item in enumerate(value, start=1)
        )
    options = [option for option in get_args(kind) or (kind,) if option is not type(None)]
    if value is None and len(options) < len(get_args(kind)):
        return None
    if Splatt3RConfig in options:
        if not isinstance(value, dict):
            raise RecipeError(f"expected {where} as a table, got {value!r:.80}")
        try:
            return Splatt3RConfig.from_json(value)
        except (TypeError, ValueError) as error:
            raise RecipeError(f"[{where}]: {error}") from error
    kind = options[0]
    if is_dataclass(kind) and isinstance(kind, type):
        return _record(kind, value, f"[{where}]")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(kind, type) and (
        not isinstance(value, kind) or (kind is int and isinstance(value, bool))
    ):
        raise RecipeError(f"expected {where} as {kind.__name__}, got {value!r:.80}")
    return value
