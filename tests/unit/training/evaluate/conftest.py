from dataclasses import replace

import pytest
import torch

from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.models.splatt3r.config import Splatt3RConfig
from splat_widgets.training.evaluate import evaluate
from splat_widgets.training.run.trainee import initialise

SIZES = replace(Splatt3RConfig.micro(), image_size=32, descriptor_dim=0)


@pytest.fixture(scope="package")
def untrained():
    torch.manual_seed(0)
    model = Splatt3R(SIZES)
    initialise(model)
    return model.eval()


@pytest.fixture(scope="package")
def evaluation(untrained):
    """Of an untrained network, on a few scenes."""
    return evaluate(untrained, 12, num_training_scenes=16)
