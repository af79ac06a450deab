"""Imports follow the reading order: a module may import from those above it, never from below."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "splat_widgets"
ORDER = [
    ["conventions", "notices", "settings", "worker", "embedded"],
    ["geometry"],
    ["gaussians"],
    ["images"],
    ["model"],
    ["weights"],
    ["render"],
    ["reconstruct"],
    ["io"],
    ["training"],
    ["attributes"],
    ["bundle"],
    ["upload", "viewer"],
    ["inspector"],
    ["studio"],
    ["cli"],
    ["__init__"],
]
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names}
# How a scene shows itself in a notebook; imported inside the method that does it.
EXCEPTIONS = {("reconstruct", "viewer"), ("gaussians", "viewer")}


def imports(path: Path):
    """(importing part, imported part) of every import of the project that happens at run time."""
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    tree = ast.parse(path.read_text())
    for_types = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: relative imports hide the reading order"
            names = [str(node.module)]
            if node.module == "splat_widgets":
                names = [f"splat_widgets.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("splat_widgets."):
                yield part, name.split(".")[1]


@pytest.mark.parametrize(
    "path",
    sorted(p for p in PACKAGE.rglob("*.py") if "client" not in p.parts and p.parent != PACKAGE)
    + sorted(p for p in PACKAGE.glob("*.py") if p.name != "__init__.py"),
    ids=lambda p: str(p.relative_to(PACKAGE)),
)
def test_imports_go_one_way(path: Path):
    for part, imported in imports(path):
        if part == imported or (part, imported) in EXCEPTIONS:
            continue
        assert imported in LEVEL, f"{imported} has no place in the reading order"
        assert LEVEL[imported] < LEVEL[part] or LEVEL[imported] == 0, (
            f"{path.name} imports {imported}, which stands below it"
        )
