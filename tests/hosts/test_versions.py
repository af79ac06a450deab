"""Every public name and every widget under the versions that are installed; run by `nox`."""

from importlib import import_module
from importlib.metadata import version

import builders
import pytest
import torch

import splat_widgets as sw

MODULES = (
    "attributes",
    "io",
    "models.splatt3r",
    "models.weights",
    "reconstruction",
    "regions",
    "rendering",
    "upload",
    "viewer",
)


def scene(count: int = 12) -> sw.Gaussians:
    return builders.make_balls(torch.rand(count, 3) + torch.tensor([0.0, 0.0, 3.0]))


def test_say_which_versions_are_tried(record_property) -> None:
    for name in ("anywidget", "ipykernel", "ipywidgets", "numpy", "torch", "traitlets"):
        record_property(name, version(name))


@pytest.mark.parametrize("name", sw.__all__)
def test_every_public_name_imports(name: str) -> None:
    assert getattr(sw, name) is not None


@pytest.mark.parametrize("name", MODULES)
def test_every_name_of_a_package_imports(name: str) -> None:
    module = import_module(f"splat_widgets.{name}")
    assert all(hasattr(module, part) for part in module.__all__)


@pytest.mark.parametrize(
    "make",
    [
        sw.SplatViewer,
        sw.Inspector,
        sw.UploadPanel,
        sw.Studio,
        lambda: sw.view(scene()),
        lambda: sw.inspect(scene(), color_by="opacity", filters={"opacity": (0.1, None)}),
        lambda: sw.link(sw.inspect(scene()), sw.inspect(scene())),
    ],
    ids=["viewer", "inspector", "panel", "studio", "view", "inspect", "link"],
)
def test_every_widget_is_made(make) -> None:
    assert make() is not None


def test_a_selection_is_assigned_and_observed() -> None:
    inspector = sw.inspect(scene())
    seen = []
    inspector.observe(lambda change: seen.append(int(change["new"].sum())), names="selection")
    inspector.selection = [1, 2, 3]
    assert seen == [3]
    inspector.undo()
    assert seen == [3, 0]
