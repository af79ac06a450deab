"""A run of an untrained network, and its folder as `export` writes it."""

from dataclasses import replace

import pytest
import torch

from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.models.splatt3r.config import Splatt3RConfig
from splat_widgets.training.publish import export as exporting
from splat_widgets.training.run.fit import RunRecord
from splat_widgets.training.run.recipe import Recipe, Stage
from splat_widgets.training.run.trainee import initialise

SIZES = replace(Splatt3RConfig.micro(), image_size=32, descriptor_dim=0)


@pytest.fixture(scope="package")
def run():
    torch.manual_seed(0)
    model = Splatt3R(SIZES)
    initialise(model)
    recipe = Recipe(stages=(Stage("encoder", 7), Stage("points", 3)), network=SIZES)
    return RunRecord(model.eval(), recipe, 10, 5400.0)


@pytest.fixture(scope="package")
def exported(run, tmp_path_factory, few_training_scenes):
    """A folder as `export` writes it."""
    folder = tmp_path_factory.mktemp("exported")
    logs = tmp_path_factory.mktemp("run")
    (logs / "metrics.csv").write_text("step,train/total\n1,2.5\n2,1.25\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "read_run", lambda _: run)
        exporting.export(
            logs, folder, 6, num_photo_scenes=1, notes="For tests\nonly.\n\nLooked at.\n"
        )
    return folder
