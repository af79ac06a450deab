"""The TypeScript types are those of the Python traits."""

import importlib.util
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

import splat_widgets
from splat_widgets.page.bundle import BundledWidget

CLIENT = Path(__file__).parents[2] / "splat_widgets" / "client"


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("generate_state", CLIENT / "generate_state.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_file_is_fresh(generator) -> None:
    assert generator.OUTPUT.read_text(encoding="utf-8") == generator.generate(), (
        f"{generator.OUTPUT} does not match the Python traits; run: {generator.COMMAND}"
    )


def test_no_widget_is_forgotten(generator) -> None:
    for module in pkgutil.walk_packages(splat_widgets.__path__, "splat_widgets."):
        if module.name.split(".")[1] in ("upload", "viewer", "inspector", "studio"):
            import_module(module.name)

    def subclasses(kind):
        for child in kind.__subclasses__():
            is_widget = "_entry" in vars(child)  # and not a part of one
            if child.__module__.startswith("splat_widgets.") and is_widget:
                yield (
                    child.__module__,
                    child.__name__,
                )  # instances with added traits have own classes
            yield from subclasses(child)

    missing = set(subclasses(BundledWidget)) - set(generator.WIDGETS)
    assert not missing, f"add {missing} to WIDGETS in {generator.__file__}"


def test_entries_are_exported_by_the_bundle(generator) -> None:
    index = (CLIENT / "src" / "index.ts").read_text()
    for widget in generator.widget_classes():
        entry = widget._entry.default_value
        assert re.search(rf"export {{[^}}]*\b{entry}\b", index), f"{widget.__name__}: {entry!r}"
