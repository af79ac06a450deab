"""The table of guesses: every hint is a call that exists, and no guess covers a name."""

import copy
import pickle
import re

import builders
import pytest
import torch

import splat_widgets as sw
from splat_widgets.guesses import GUESSES, missing
from splat_widgets.rendering import Rendering
from splat_widgets.scene.scene import Scene

CAMERA = sw.Camera.centred(20.0, 16, 16)
PICTURE = Rendering(torch.zeros(2, 2, 3), torch.zeros(2, 2), torch.zeros(2, 2))


@pytest.fixture(scope="module")
def owners() -> dict[str, object]:
    scene = Scene.of(builders.make_scene())
    return {
        "Scene": scene,
        "Gaussians": scene.gaussians,
        "Camera": CAMERA,
        "Rendering": PICTURE,
        "splat_widgets": sw,
    }


EVERY = [
    (owner, name)
    for owner, ways in GUESSES.items()
    for names in ways.values()
    for name in names.split()
]


def test_no_guess_stands_twice():
    assert len(EVERY) == len(set(EVERY))


@pytest.mark.parametrize("owner", GUESSES)
def test_a_guess_works_or_is_answered_with_the_call(owner, owners):
    """Names that exist need no hint, and no hint names something that does not exist."""
    thing = owners[owner]
    covered = [name for one, name in EVERY if one == owner and hasattr(thing, name)]
    assert covered == [], "these exist"
    word = "sw" if owner == "splat_widgets" else owner.lower()
    for way in GUESSES[owner]:
        for name in re.findall(rf"\b(?<!'){word}\.(\w+)", way):
            assert hasattr(thing, name), way
        for name in re.findall(r"\bsw\.(\w+)", way):
            assert hasattr(sw, name), way


def test_hints_that_can_run_run(owners):
    pytest.importorskip("pandas")
    scope = {
        **{name.lower(): thing for name, thing in owners.items()},
        **{"sw": sw, "copy": copy, "torch": torch, "math": __import__("math")},
        **{"T_target_world": torch.eye(4), "name": "opacity", "camera": CAMERA},
        **{"low": (0, 0, 0), "high": (1, 1, 1), "mask": torch.ones(800).bool()},
        **{"width": 32, "height": 32, "focal_px": 20.0},
        **{"T": torch.eye(4), "x": 1, "y": 2, "z": 3, "axis": (0, 1, 0), "angle_deg": 5},
        **{"factor": 2, "other": owners["Scene"], "p": (0, 0, 0), "q": (0, 0, 1), "metres": 2},
    }
    files = (
        "sw.load(",
        ".save",
        ".export_",
        "sw.repair(",
        "sw.reconstruct(",
        "write_",
        "film(",
        "'cuda'",
        "…",
        "a + b",
        "a.me",
    )
    ran = 0
    for ways in GUESSES.values():
        for way in ways:
            if not any(part in way for part in (*files, "Studio", "Panel", "load_model")):
                exec(way, dict(scope))
                ran += 1
    assert ran > 50


def test_an_unknown_name_has_no_hint(owners):
    for thing in owners.values():
        with pytest.raises(AttributeError, match=r"has no attribute 'wings'$"):
            getattr(thing, "wings")  # noqa: B009
    assert missing("Attribute", "x") == "an Attribute has no attribute 'x'"


def test_a_property_that_raises_keeps_its_own_words(owners):
    alone = Scene(owners["Gaussians"])
    with pytest.raises(AttributeError, match="expected a scene with `confidence`"):
        alone.confidence  # noqa: B018
    assert "confidence" not in dir(alone) and "confidence" in dir(owners["Scene"])


def test_scenes_are_copied_and_pickled(owners):
    for take in (copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))):
        again = take(owners["Scene"])
        assert torch.equal(again.means, owners["Scene"].means)
        assert again.reconstruction.gaussians is again.gaussians
        assert again != owners["Scene"] and again == again
