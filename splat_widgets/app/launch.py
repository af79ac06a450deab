"""Starts Voila with our template, opens the browser, and ends all of it with the command."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from splat_widgets import child
from splat_widgets.app.options import AppOptions

TEMPLATE = "splat-widgets"
_JUPYTER = Path(__file__).parent / "jupyter"  # a Jupyter path: the template lies in it
_KERNEL = "splat-widgets-app"
# What draws widgets; other extensions of JupyterLab would only cost time.
_EXTENSIONS = [
    *("@voila-dashboards/widgets-manager7", "@voila-dashboards/widgets-manager8"),
    *("@jupyter-widgets/jupyterlab-manager", "anywidget"),
]
_CULL_EACH_S = 60  # how often Voila looks for idle sessions
_UP_S = 90.0  # that Voila may take to answer
# Scripts come from the server alone, our bundle from a blob of it; nothing is asked of other hosts.
_POLICY = (
    "default-src 'self'; script-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; font-src 'self' data:; connect-src 'self' blob: data:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)


def launch(options: AppOptions) -> int:
    """Serve the page until a signal comes; its sessions end with it.

    Returns:
        The exit status of Voila.

    Raises:
        ValueError: if Voila is not installed.
        ServiceError: if no service answers, or it wants another token.
    """
    if find_spec("voila") is None:
        raise ValueError("the app needs Voila; pip install 'splat-widgets[app]'")
    if options.service is not None:
        from splat_widgets.service.connect import connect  # takes torch with it

        connect(options.service, options.service_token)  # each session does so again
    with tempfile.TemporaryDirectory(prefix="splat-widgets-app-") as folder:
        command = _prepared(Path(folder), options)
        opener = threading.Thread(target=_announce, args=(options,), daemon=True)
        opener.start()
        before = os.environ.copy()
        os.environ.update(_environment(Path(folder), options))
        try:
            return child.run(command)
        finally:
            os.environ.clear()
            os.environ.update(before)


def _prepared(folder: Path, options: AppOptions) -> list[str]:
    """Write what Voila reads, a token too, into a folder of ours; the command that reads it."""
    notebook = folder / "notebook" / "app.ipynb"
    notebook.parent.mkdir()
    notebook.write_text(json.dumps(_notebook(options)), encoding="utf-8")
    kernel = folder / "kernels" / _KERNEL / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps(_kernel()), encoding="utf-8")
    (folder / "voila.json").write_text(json.dumps(_configuration(options)), encoding="utf-8")
    return [sys.executable, "-m", "voila", str(notebook), f"--Voila.config_file_paths={folder}"]


def _environment(folder: Path, options: AppOptions) -> dict[str, str]:
    others = os.environ.get("JUPYTER_PATH", "")
    environment = {
        "JUPYTER_PATH": os.pathsep.join(filter(None, [str(folder), str(_JUPYTER), others]))
    }
    if options.service_token:
        environment["SPLAT_WIDGETS_TOKEN"] = options.service_token
    return environment


def _kernel() -> dict[str, Any]:
    """This very Python, whatever kernels the machine knows."""
    return {
        "argv": [
            *(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
            "--IPKernelApp.log_level=ERROR",
        ],
        "display_name": "splat-widgets",
        "language": "python",
    }


def _notebook(options: AppOptions) -> dict[str, Any]:
    chosen = {"model": options.model, "device": options.device, "service": options.service}
    arguments = ", ".join(f"{name}={value!r}" for name, value in chosen.items() if value)
    source = f"from splat_widgets.app.session import session\nsession({arguments})"
    cell = {"cell_type": "code", "id": "app", "metadata": {}, "execution_count": None}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": _KERNEL, "display_name": "", "language": "python"}},
        "cells": [{**cell, "outputs": [], "source": source}],
    }


def _configuration(options: AppOptions) -> dict[str, Any]:
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
    return {
        "Voila": {
            "ip": options.host,
            "port": options.port,
            "port_retries": 0,
            "open_browser": False,
            "token": options.token,
            "identity_provider_class": "splat_widgets.app.visitors.Visitors",
            "log_level": "ERROR",
            "tornado_settings": {"headers": headers},
        },
        "VoilaConfiguration": {
            "template": TEMPLATE,
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "extension_allowlist": _EXTENSIONS,
            "extension_denylist": [],
            "file_allowlist": [],
            "http_keep_alive_timeout": 3,
            "preheat_kernel": True,  # the next page need not wait for a Python that starts
            "default_pool_size": 1,
        },
        "MappingKernelManager": {
            "cull_idle_timeout": options.idle_s,
            "cull_interval": min(_CULL_EACH_S, options.idle_s),
            "cull_connected": True,
        },
    }


def _announce(options: AppOptions) -> None:
    """Say where the page is as soon as it is there, and open it."""
    deadline = time.monotonic() + _UP_S
    alive = options.address.partition("?")[0] + "voila/static/voila.js"
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(alive, timeout=5):
                break
        except urllib.error.HTTPError:
            break  # it answers
        except OSError:
            time.sleep(0.1)
    else:
        return  # Voila says on its own why it does not come up
    print(options.announcement, flush=True)
    if options.opens_browser:
        webbrowser.open(options.address)
