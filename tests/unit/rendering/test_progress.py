"""A single picture that takes long says how much of it is left."""

import builders
import pytest
import torch

from splat_widgets import notices
from splat_widgets.rendering import progress, render, splatting
from splat_widgets.rendering.progress import patiently
from splat_widgets.scene.cameras import Camera


@pytest.fixture
def picture(monkeypatch):
    """A function that renders in many parts."""
    monkeypatch.setattr(splatting, "BATCH_FRAGMENTS", 64)
    means = torch.rand(200, 3, generator=torch.Generator().manual_seed(0)) + torch.tensor(
        [0, 0, 4.0]
    )
    balls, camera = builders.make_balls(means, 0.05), Camera.centred(40.0, 48, 48)
    return lambda: render(balls, camera).color


def test_only_a_slow_picture_shows_a_bar_and_it_is_the_same_picture(picture, capsys, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_S", 1e9)  # whatever else the machine does
    quick = picture()
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(progress, "PATIENCE_S", -1.0)
    assert torch.equal(picture(), quick)
    shown = capsys.readouterr()
    assert "render" in shown.err and "part/s" in shown.err and not shown.out
    with notices.quiet():
        assert torch.equal(picture(), quick)
    assert capsys.readouterr() == ("", "")


def test_leaving_early_or_interrupted_ends_the_bar(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_S", -1.0)
    for item in patiently([1, 2, 3], "parts"):
        if item == 2:
            break
    assert capsys.readouterr().err.endswith("\r"), "the line is free again"
