"""Containers of ipywidgets: a cell that shows one gets the pictures of what is in it."""

from types import SimpleNamespace

import builders
import ipywidgets
import pytest
import torch
from IPython.core.formatters import DisplayFormatter

import splat_widgets as sw
from splat_widgets.page import containers

DISPLAY = "_ipython_display_"


@pytest.fixture
def formatter(monkeypatch: pytest.MonkeyPatch) -> DisplayFormatter:
    """That of a notebook's kernel."""
    made = DisplayFormatter()
    shell = SimpleNamespace(kernel=object(), display_formatter=made)
    monkeypatch.setattr(containers, "get_ipython", lambda: shell)
    return made


@pytest.mark.parametrize("box", [ipywidgets.HBox, ipywidgets.Tab, ipywidgets.Accordion])
def test_every_widget_in_a_container_leaves_its_picture(formatter, monkeypatch, box) -> None:
    asked: list[object] = []
    shown: list[object] = []
    monkeypatch.setattr(sw.SplatViewer, "_leave_still", lambda self: asked.append(self))
    # ipywidgets 7 displays a widget itself, 8 gives its data.
    own = "_repr_mimebundle_" if hasattr(ipywidgets.Box, "_repr_mimebundle_") else DISPLAY
    monkeypatch.setattr(ipywidgets.Box, own, lambda self, **_: shown.append(self))
    one, two = sw.SplatViewer(builders.make_balls(torch.rand(3, 3))), sw.SplatViewer()
    tree = box([ipywidgets.VBox([ipywidgets.Label("one"), one]), two])
    formatter.format(tree)
    assert asked == [one, two] and shown == [tree]


def test_without_a_notebook_nothing_is_changed(monkeypatch) -> None:
    monkeypatch.setattr(containers, "get_ipython", lambda: None)
    containers.fill_containers()


def test_what_a_user_set_for_containers_stays_and_shows_them(formatter, monkeypatch) -> None:
    own = "_repr_mimebundle_" if hasattr(ipywidgets.Box, "_repr_mimebundle_") else DISPLAY
    table = formatter.mimebundle_formatter
    if own == DISPLAY:
        table = formatter.ipython_display_formatter
    asked: list[object] = []
    shown: list[object] = []
    monkeypatch.setattr(sw.SplatViewer, "_leave_still", lambda self: asked.append(self))
    monkeypatch.setattr(ipywidgets.Box, own, lambda self, **_: pytest.fail("not the user's"))
    viewer = sw.SplatViewer()  # before and after the user's, ours is there once
    table.for_type(ipywidgets.Box, lambda box, **_: shown.append(box))
    others = [sw.SplatViewer() for _ in range(2)]
    box = ipywidgets.HBox([viewer, *others])
    formatter.format(box)
    assert shown == [box] and asked == [viewer, *others]
