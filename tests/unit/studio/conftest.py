"""A fake network: the studio's tests are about the studio."""

import io
import itertools
import threading
import types
from dataclasses import dataclass, field, replace
from pathlib import Path

import builders
import numpy as np
import pytest
import torch
from PIL import Image

from splat_widgets.scene.provenance import Provenance
from splat_widgets.scene.refinement import Refinement
from splat_widgets.scene.scene import Scene
from splat_widgets.studio import Studio

STAGES = (("load", 1), ("encode", 3), ("decode", 3), ("heads", 2), ("assemble", 1))


@dataclass(frozen=True)
class Progress:
    stage: str
    done: int
    total: int
    seconds: float = 0.0


@dataclass
class FakeNetwork:
    """`reconstruct` that can be held up at a stage, or made to fail there."""

    hold_at: str | None = None
    fail_with: BaseException | None = None
    reached: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    calls: list = field(default_factory=list)
    choices: list = field(default_factory=list)  # refine and crops of each call
    refinement: Refinement | None = None  # of the scenes that it makes

    def reconstruct(self, photos, *, model=None, progress=None, refine="auto", crops=(), **_limits):
        self.calls.append((tuple(photo.name for photo in photos), model))
        self.choices.append((refine, tuple(crops)))
        for stage, steps in STAGES:
            for step in range(steps):
                progress(Progress(stage, step, steps))
                if stage == self.hold_at and step == 0:
                    self.reached.set()
                    assert self.go_on.wait(20)
        if self.fail_with is not None:
            raise self.fail_with
        notices = ("One photo.", "A small model.") if len(photos) == 1 else ()
        made = builders.make_scene(seed=len(self.calls)).select(range(50))
        origin = Provenance("embedded", Path(), None, "free")
        known = {"provenance": origin, "refinement": self.refinement}
        left_out = () if self.refinement is None else self.refinement.left_out
        taking_part = [photo for photo in photos if photo.name not in left_out]
        named = tuple(
            replace(photo, name=given.name, sha256=given.sha256)
            for photo, given in zip(made.photos, itertools.cycle(taking_part), strict=False)
        )
        return Scene.of(replace(made, photos=named, notices=notices, **known))


def scene(count):
    return Scene(builders.make_gaussians(count))


@pytest.fixture
def network(monkeypatch):
    fake = FakeNetwork()
    monkeypatch.setattr("splat_widgets.reconstruction.reconstruct", fake.reconstruct)
    yield fake
    fake.go_on.set()  # a test that failed must not hold the worker for the others


@pytest.fixture
def model():
    return types.SimpleNamespace(
        provenance=types.SimpleNamespace(
            source="embedded", sha256="ab" * 32, license="Apache-2.0", notice="A small model."
        ),
        image_size=128,
        device=torch.device("cpu"),
        dtype=torch.float32,
    )


@pytest.fixture
def photos():
    def png(seed):
        pixels = np.random.default_rng(seed).integers(0, 256, (40, 60, 3), np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        return file.getvalue()

    return [png(seed) for seed in range(3)]


@pytest.fixture
def studio(network, model, photos, tmp_path):
    made = Studio(model=model, output_dir=tmp_path / "out")
    for number, data in enumerate(photos[:2]):
        made.panel.add(data, name=f"{'ab'[number]}.png")
    return made
