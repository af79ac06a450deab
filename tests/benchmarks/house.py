"""What a checkout is made of: files, lines, largest file and class, circles of files.

    python tests/benchmarks/house.py [checkout ...]

Counts the package's Python and the client's TypeScript and CSS, without generated code. Every
import counts: also in functions, under `TYPE_CHECKING`, and of types.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

HERE = Path(__file__).parents[2]


def main() -> None:
    """A block for each checkout."""
    for root in [Path(path) for path in sys.argv[1:]] or [HERE]:
        package, client = root / "splat_widgets", root / "splat_widgets" / "client" / "src"
        python = [p for p in package.rglob("*.py") if "node_modules" not in p.parts]
        script = [p for p in client.rglob("*") if p.suffix in (".ts", ".css")]
        script = [p for p in script if not p.name.endswith(".gen.ts")]
        print(root.resolve().name)
        for name, files in (("Python", python), ("TypeScript and CSS", script)):
            graph = {path: imported(path, root) for path in files if path.suffix != ".css"}
            circles = [len(part) for part in components(graph) if len(part) > 1]
            lines = {path: path.read_text().count("\n") for path in files}
            largest = max(lines, key=lambda path: lines[path])
            span, methods, cls = max(found for path in graph for found in classes(path))
            print(
                f"  {name}: {len(files)} files, {sum(lines.values()):,} lines; largest file "
                f"{largest.name} {lines[largest]}; largest class {cls} {span} lines, {methods} "
                f"methods; circles of files: {sorted(circles, reverse=True) or 'none'}"
            )


def imported(path: Path, root: Path) -> set[Path]:
    """Files of the checkout that a file imports."""
    if path.suffix == ".ts":
        names = re.findall(r'(?:from|import) "(\.[^"]*)"', path.read_text())
        targets = [(path.parent / name).resolve() for name in names]
        return {
            found
            for target in targets
            for found in (Path(f"{target}.ts"), target / "index.ts")
            if found.is_file()
        }
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("splat_widgets"):
            for alias in node.names:
                part = module_file(f"{node.module}.{alias.name}", root)
                found.add(part or module_file(str(node.module), root))
        elif isinstance(node, ast.Import):
            found |= {module_file(a.name, root) for a in node.names if "splat_widgets" in a.name}
    top = root / "splat_widgets" / "__init__.py"  # its names resolve on first use
    return {one for one in found if one not in (None, top, path)}


def module_file(module: str, root: Path) -> Path | None:
    """The file of a dotted name."""
    path = root.joinpath(*module.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


def components(graph: dict[Path, set[Path]]) -> list[set[Path]]:
    """Strongly connected parts: files that reach each other."""
    reach: dict[Path, set[Path]] = {}
    for start in graph:
        seen, waiting = set(), [start]
        while waiting:
            for other in graph.get(waiting.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        reach[start] = seen
    parts = {frozenset({a} | {b for b in reach[a] if a in reach.get(b, ())}) for a in graph}
    return [set(part) for part in parts]


def classes(path: Path) -> list[tuple[int, int, str]]:
    """(lines, methods, name) of each class."""
    text = path.read_text()
    if path.suffix == ".ts":
        found = [(0, 0, "")]
        for match in re.finditer(
            r"^(?:export )?(?:abstract )?class (\w+)[^\n]*\{\n(.*?)^\}", text, flags=re.M | re.S
        ):
            methods = re.findall(
                r"^  (?:\w+ )*(?:get |set |async )?\w+(?:<[^>]*>)?\([^;]*\{$", match[2], flags=re.M
            )
            found.append((match[0].count("\n") + 1, len(methods), match[1]))
        return found
    return [(0, 0, "")] + [
        (
            int(node.end_lineno or 0) - node.lineno + 1,
            sum(isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) for item in node.body),
            node.name,
        )
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
    ]


if __name__ == "__main__":
    main()
