from dataclasses import replace

import pytest
import torch

from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.training.run.recipe import Data, Recipe, RecipeError, Stage, read_recipe

STAGES = (
    Stage("encoder", 100, learning_rate=1.0, warmup_steps=10),
    Stage("points", 50, batch_size=4, learning_rate=0.5, decay_steps=20),
)
RECIPE = Recipe(stages=STAGES, network=Splatt3RConfig.micro(), data=Data(reuse=2))


def test_stages_follow_each_other():
    assert RECIPE.num_steps == 150 and RECIPE.num_pairs == 100 * 16 + 50 * 4
    assert RECIPE.stage_at(0) == (STAGES[0], 0)
    assert RECIPE.stage_at(99) == (STAGES[0], 99)
    assert RECIPE.stage_at(100) == (STAGES[1], 0)
    assert RECIPE.stage_at(150) == (STAGES[1], 50)  # asked after the last step


def test_rate_rises_stays_and_falls():
    assert RECIPE.rate(0) == pytest.approx(0.1)
    assert RECIPE.rate(9) == RECIPE.rate(50) == RECIPE.rate(99) == 1.0
    assert RECIPE.rate(100) == RECIPE.rate(130) == 0.5
    assert RECIPE.rate(140) == pytest.approx(0.25) and RECIPE.rate(150) == 0.0


def test_plain_values_and_back():
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE


@pytest.mark.parametrize("name", ["embedded", "finetune"])
def test_recipes_of_the_package(name):
    recipe = read_recipe(name)
    assert recipe.needs_targets and recipe.stages[-1].part == "gaussians"


def test_embedded_network_fits_its_share_of_the_wheel():
    network = read_recipe("embedded").network
    assert network is not None and network.image_size >= 128
    with torch.device("meta"):
        parameters = sum(p.numel() for p in Splatt3R(network).parameters())
    assert 2 * parameters < 20e6


def test_paths_are_relative_to_the_file(tmp_path):
    (tmp_path / "scene").mkdir()
    (tmp_path / "mine.ckpt").write_bytes(b"")
    path = tmp_path / "mine.toml"
    path.write_text(
        'start = "mine.ckpt"\n[data]\nsource = "scene"\n[[stages]]\npart = "all"\nsteps = 5\n'
    )
    recipe = read_recipe(path)
    assert recipe.start == str(tmp_path / "mine.ckpt")
    assert recipe.data.source == str(tmp_path / "scene")
    assert recipe.weight_decay == Recipe.weight_decay


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "stages"),
        ("stages = 3", "list of tables"),
        ("[[stages]]\npart = 'trunks'\nsteps = 1", "expected a part out of encoder, trunk"),
        ("[[stages]]\npart = 'trunk'", "stage 1.*steps"),
        ("[[stages]]\npart = 'trunk'\nsteps = 1.5", "stage 1: steps as int"),
        ("[[stages]]\npart = 'trunk'\nsteps = true", "steps as int"),
        ("[[stages]]\npart = 'trunk'\nsteps = 3\ndecay_steps = 4", "decay_steps from 0 to steps"),
        ("[[stages]]\npart = 'all'\nsteps = 3\nlearning_rate = 0", "learning_rate above 0"),
        ("start = 'embedded'\nstep = 3\n[[stages]]\npart = 'all'\nsteps = 3", "has no step"),
        ("[[stages]]\npart = 'all'\nsteps = 3", "expected sizes"),
        ("[network]\nsize = 17\n[[stages]]\npart = 'all'\nsteps = 3", "network.*size"),
        (
            "start = 'embedded'\n[data]\nwidest_fov_deg = 190\n[[stages]]\npart = 'all'\nsteps = 3",
            "data.*180 degrees",
        ),
        ("[[stages]", "line 1"),
    ],
)
def test_what_cannot_be_followed_is_refused_by_name(tmp_path, text, said):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=said) as caught:
        read_recipe(path)
    assert "bad.toml" in str(caught.value)


def test_a_missing_file_names_the_recipes_there_are(tmp_path):
    with pytest.raises(RecipeError, match="one of embedded, finetune"):
        read_recipe(tmp_path / "none.toml")


def test_sizes_belong_to_a_start_from_scratch_alone():
    with pytest.raises(RecipeError, match="with sizes"):
        replace(RECIPE, start="embedded")
