"""What is no device of this machine is said, with what to do; torch's own words are not."""

import pytest
import torch

from splat_widgets.devices import check_device


@pytest.mark.parametrize("device", ["xpu", "hpu", "vulkan", torch.device("xla")])
def test_hardware_that_is_not_here(device):
    with pytest.raises(ValueError, match=rf"got '{device}', which this machine does not have; le"):
        check_device(device)


@pytest.mark.parametrize("device", [1.5, torch.float64, True])
def test_what_names_no_device(device):
    with pytest.raises(TypeError, match=r"such as \"cpu\" .* got .*dtype=torch.float64"):
        check_device(device)


def test_what_is_here_passes():
    for device in ("cpu", "cpu:0", "meta", torch.device("cpu")):
        assert check_device(device) == torch.device(device)
    with pytest.raises(ValueError, match="expected cuda, mps or cpu"):
        check_device("gpu")
