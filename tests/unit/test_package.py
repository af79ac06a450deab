"""What a user's environment sees: names, lazy imports, dependency ranges."""

import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

import splat_widgets

ROOT = Path(__file__).parents[2]
COLAB = dict(
    line.split("==")
    for line in (ROOT / "tests" / "hosts" / "colab.txt").read_text().splitlines()
    if "==" in line
)


def dependencies() -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {r.name: r for r in map(Requirement, project["dependencies"])}


@pytest.mark.parametrize("name", sorted(set(COLAB) & set(dependencies())))
def test_installing_leaves_colab_as_it_is(name: str):
    assert dependencies()[name].specifier.contains(COLAB[name])


def test_the_ranges_for_the_widget_stack_are_the_promised_ones():
    wanted = dependencies()
    assert str(wanted["ipywidgets"].specifier) == "<9,>=7.6.5"
    assert str(wanted["torch"].specifier) == ">=2.6"
    assert str(wanted["traitlets"].specifier) == ">=5.7"
    assert str(wanted["anywidget"].specifier) == ">=0.9.10"


@pytest.mark.parametrize("name", sorted(set(splat_widgets.__all__) - {"__version__"}))
def test_every_public_name_resolves(name: str):
    value = getattr(splat_widgets, name)
    assert isinstance(value, ModuleType) == (name in ("attributes", "jobs", "regions"))
    assert callable(value) or isinstance(value, ModuleType)


def test_there_are_at_most_30_names():
    assert len(splat_widgets.__all__) <= 30
    assert {"Scene", "Camera", "write_video", "turntable"} < set(splat_widgets.__all__)


def test_functions_are_not_covered_by_the_modules_of_their_names():
    code = (
        "import splat_widgets as sw, splat_widgets.rendering, splat_widgets.reconstruction; "
        "print(callable(sw.render), callable(sw.reconstruct), sw.render.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "render"]


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="wings"):
        splat_widgets.wings  # noqa: B018


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, splat_widgets; "
        "heavy = {'torch', 'anywidget', 'cv2', 'PIL', 'plyfile'} & set(sys.modules); "
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_pinned_dependency_satisfies_its_range():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = dict(line.lower().split("==") for line in lines if "==" in line)
    for name, requirement in dependencies().items():
        pin = pins.get(name.lower()) or pins[name.lower().replace("_", "-")]
        assert requirement.specifier.contains(pin), (name, pin)
