"""Writes a scene as one HTML file that opens anywhere, without a server, a network or Python."""

from __future__ import annotations

import base64
import html
import json
import os
from pathlib import Path
from typing import Any

from splat_widgets.files import local_path, replacing
from splat_widgets.page.bundle import read_bundle
from splat_widgets.viewer.source import displayable
from splat_widgets.viewer.wire import EncodedScene, encode

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ margin: 0; }}
.sw-page {{ height: 100vh; }}
.sw-page .sw-viewer {{ height: 100%; border: 0; border-radius: 0; }}
.sw-page .sw-stage {{ flex: 1; resize: none; }}
</style>
</head>
<body>
<noscript>This page draws 3D Gaussians and needs JavaScript.</noscript>
<script type="application/json" id="splat-widgets-header">{header}</script>
{chunks}
<script type="module">
{bundle}
</script>
</body>
</html>
"""
_CHUNK = '<script type="text/plain" data-first="{first}" data-splats="{count}">{data}</script>'


def write_page(
    path: str | os.PathLike[str],
    scene: Any,
    *,
    title: str | None = None,
    exact: bool = False,
) -> Path:
    """Write a self-contained page that shows a scene; it also opens from `file://`, offline.

    Args:
        path: where to write. Missing folders are made; an existing file is replaced once the new
            one is complete.
        scene: `Gaussians`, a `Reconstruction`, or a path to a `.ply`.
        title: title of the page; the file's name by default.
        exact: float32 for every value instead of 32 bytes a Gaussian.

    Returns:
        The path. The file takes about 0.6 MB and 43 bytes for each Gaussian of SH degree 0.

    Raises:
        TypeError: for a scene that cannot be shown.
        BundleError: if the front end has not been built.
        OSError: if the file cannot be written.
    """
    shown = displayable(scene)
    if shown is None:
        raise TypeError("expected Gaussians, a Reconstruction or a path to a .ply, got None")
    target = local_path(path)
    text = page(
        encode(shown.gaussians, shown.cameras, exact=exact),
        title=target.stem if title is None else title,
    )
    with replacing(target) as partial:
        partial.write_text(text, encoding="utf-8")
    return target


def page(encoded: EncodedScene, *, title: str) -> str:
    """Text of a page that shows an encoded scene."""
    _, bundle = read_bundle()
    chunks = (
        _CHUNK.format(first=first, count=count, data=base64.b64encode(data).decode("ascii"))
        for first, count, data in encoded.chunks
    )
    return _PAGE.format(
        title=html.escape(title),
        # Text inside a script element ends at "</": neither JSON nor JavaScript minds the escape.
        header=json.dumps(encoded.header).replace("</", "<\\/"),
        chunks="\n".join(chunks),
        bundle=bundle.decode("utf-8").replace("</script", "<\\/script"),
    )
