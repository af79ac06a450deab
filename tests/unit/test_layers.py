"""Imports follow the reading order, in both languages; no circle of files.

Everything counts: imports inside functions and under `TYPE_CHECKING`, and `import type`.
"""

import ast
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from splat_widgets.scene.late import LATE, late

PACKAGE = Path(__file__).parents[2] / "splat_widgets"
CLIENT = PACKAGE / "client" / "src"
ORDER = [
    [
        "version",
        "child",
        "conventions",
        "devices",
        "events",
        "files",
        "forking",
        "guesses",
        "memory",
        "notices",
        "settings",
        "sizes",
        "embedded",
    ],
    ["geometry"],
    ["photos"],
    ["scene"],
    ["models"],
    ["rendering"],
    ["refinement"],
    ["reconstruction"],
    ["attributes"],
    ["io"],
    ["regions"],
    ["training"],
    ["page", "jobs"],
    ["health"],
    ["upload", "viewer"],
    ["inspector"],
    ["comparison"],
    ["studio"],
    ["service"],
    ["app"],
    ["welcome"],
    ["cli"],
    ["__init__"],
]
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names}
CLIENT_ORDER = [
    ["page"],
    ["engine"],
    ["viewer", "upload"],
    ["inspector"],
    ["comparison"],
    ["studio"],
    ["index"],
]
CLIENT_LEVEL = {name: level for level, names in enumerate(CLIENT_ORDER) for name in names}
# The only way up: what `Scene` reaches above its layer, by name and without an import.
EXCEPTIONS = {
    "attributes.carrying:carry",
    "attributes.carrying:join",
    "attributes:describe",
    "attributes:to_dataframe",
    "io.posed:export_colmap",
    "io.posed:export_nerfstudio",
    "io:load",
    "io:save",
    "rendering:film",
    "rendering:render",
    "viewer.display:mimebundle",
    "viewer:view",
}


def files() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if "client" not in p.relative_to(PACKAGE).parts)


def file_of(module: str) -> str | None:
    """The file, relative to the package, of a dotted module name of ours."""
    path = PACKAGE.joinpath(*module.split(".")[1:])
    for found in (path.with_suffix(".py"), path / "__init__.py"):
        if found.is_file():
            return str(found.relative_to(PACKAGE))
    return None


def imports(path: Path) -> set[str]:
    """Files of ours that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: relative imports hide the reading order"
            module = str(node.module)
            if module.split(".")[0] != "splat_widgets":
                continue
            # `from package import part` means the part where that is a file.
            parts = {file_of(f"{module}.{alias.name}") for alias in node.names}
            found |= parts - {None} or {file_of(module)}
            if None in parts:
                found.add(file_of(module))
        elif isinstance(node, ast.Import):
            found |= {file_of(a.name) for a in node.names if a.name.startswith("splat_widgets.")}
    return found - {None, str(path.relative_to(PACKAGE))}


def part_of(file: str) -> str:
    return file.split("/")[0].removesuffix(".py")


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path):
    file = str(path.relative_to(PACKAGE))
    part = part_of(file)
    if file == "__init__.py":
        return
    for imported in imports(path):
        other = part_of(imported)
        if part == other:
            continue
        assert other in LEVEL, f"{other} has no place in the reading order"
        assert LEVEL[other] < LEVEL[part] or LEVEL[other] == 0, (
            f"{file} imports {imported}, which stands below it"
        )


def test_the_late_table_holds_the_only_exceptions():
    assert set(LATE.values()) == EXCEPTIONS
    assert all(callable(late(name)) for name in LATE)


def test_nothing_else_is_imported_by_name():
    """Strings given to `import_module` are not seen by `imports`."""
    users = {str(p.relative_to(PACKAGE)) for p in files() if "import_module" in p.read_text()}
    assert users == {"__init__.py", "scene/late.py"}


def circle(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_circle_of_python_files():
    graph = {}
    for path in files():
        file = str(path.relative_to(PACKAGE))
        graph[file] = imports(path)
    graph.pop("__init__.py")
    assert circle(graph) == []


def client_imports(path: Path) -> set[Path]:
    found = set()
    for name in re.findall(r'(?:from|import) "(\.[^"]*)"', path.read_text()):
        target = (path.parent / name).resolve()
        candidates = (target, target.with_suffix(".ts"), Path(f"{target}.ts"), target / "index.ts")
        there = [one for one in candidates if one.is_file()]
        assert there, f"{path.name} imports {name}, which is not there"
        if there[0].suffix == ".ts":
            found.add(there[0])
    return found


def client_files() -> list[Path]:
    return sorted(p for p in CLIENT.rglob("*.ts") if not p.name.endswith(".d.ts"))


@pytest.mark.parametrize("path", client_files(), ids=lambda p: str(p.relative_to(CLIENT)))
def test_client_imports_go_one_way(path: Path):
    part = path.relative_to(CLIENT).parts[0].removesuffix(".ts")
    for imported in client_imports(path):
        other = imported.relative_to(CLIENT).parts[0].removesuffix(".ts")
        if part != other:
            assert CLIENT_LEVEL[other] < CLIENT_LEVEL[part], (
                f"{path.relative_to(CLIENT)} imports {imported.relative_to(CLIENT)}"
            )


def test_no_circle_of_client_files():
    graph = {str(p): {str(q) for q in client_imports(p)} for p in client_files()}
    assert circle(graph) == []


def test_only_the_command_line_the_app_and_connect_reach_the_service():
    users = {
        str(path.relative_to(PACKAGE))
        for path in files()
        if any(file.startswith("service/") for file in imports(path))
        and part_of(str(path.relative_to(PACKAGE))) not in ("service", "app")
    }
    assert users <= {"cli.py", "__init__.py"}


def test_jobs_load_no_widget():
    modules = [f"splat_widgets.jobs.{path.stem}" for path in (PACKAGE / "jobs").glob("*.py")]
    code = (
        f"import sys, {', '.join(name.removesuffix('.__init__') for name in modules)}; "
        "print(sorted({'anywidget', 'ipywidgets', 'traitlets'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
