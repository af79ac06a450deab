"""The network with formula weights, and the comparison with a golden."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from parity import formula
from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights.keys import official_layers

DATA = Path(__file__).parents[1] / "data" / "parity"


def formula_model(config: Splatt3RConfig) -> Splatt3R:
    """A network filled by formula, each parameter from its official key; built without a copy."""
    with torch.device("meta"):
        model = Splatt3R(config)
    official = {ours: theirs for theirs, ours in official_layers(config).items()}
    state = {}
    for name, value in model.state_dict().items():
        layer, _, kind = name.rpartition(".")
        state[name] = torch.from_numpy(
            formula.weight(f"{official[layer]}.{kind}", tuple(value.shape))
        )
    model.load_state_dict(state, assign=True)
    return model.eval()


@pytest.fixture(scope="session")
def network() -> Callable[[str], Splatt3R]:
    """Networks by name of their configuration, built once."""
    built: dict[str, Splatt3R] = {}

    def of(name: str) -> Splatt3R:
        if name not in built:
            built[name] = formula_model(getattr(Splatt3RConfig, name)())
        return built[name]

    return of


def golden(name: str) -> dict[str, np.ndarray]:
    """Arrays of a golden file, in memory."""
    with np.load(DATA / f"{name}.npz") as archive:
        return dict(archive)
