"""Writes a scene as one HTML file that opens anywhere, without a server, a network or Python."""

from __future__ import annotations

import base64
import html
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from splat_widgets.files import local_path, replacing
from splat_widgets.page.bundle import read_bundle
from splat_widgets.scene.scene import Scene, SceneLike
from splat_widgets.viewer.photos import camera_photos
from splat_widgets.viewer.records import Metres
from splat_widgets.viewer.sharing import Shared, Wishes, shared, without_photos
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
<script type="application/json" id="splat-widgets-shared">{shared}</script>
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
    scene: SceneLike,
    *,
    title: str | None = None,
    exact: bool = False,
    photos: bool = False,
    attribute: str | None = None,
    selection: Any = None,
) -> Path:
    """Write a self-contained page that shows a scene; it also opens from `file://`, offline.

    The cameras of the photos are drawn, but the photos themselves stay here: whoever has the page
    could take them out of it. Of an inspector the page shows what it shows: its view, the
    attribute that colours it, and the selection.

    Args:
        path: where to write. Missing folders are made; an existing file is replaced once the new
            one is complete.
        scene: what `Scene.of` takes.
        title: title of the page; the file's name by default.
        exact: float32 for every value instead of 32 bytes a Gaussian.
        photos: also carry the photos, at most 256 px wide or high, with their names; they hang in
            their cameras.
        attribute: name of one that colours the splats, with a colour bar and a button that shows
            their own colours; None: the inspector's, "" for none.
        selection: mask (N,) or rows that are marked; None: the inspector's.

    Returns:
        The path. The file takes about 0.8 MB and 43 bytes for each Gaussian of SH degree 0, and 6
        more with an attribute.

    Raises:
        TypeError: if it is not a path, or not a scene.
        ValueError: for a path that ends in anything but .html, or a selection of another scene.
        AttributeLookupError: for an attribute that the scene does not have.
        BundleError: if the front end has not been built.
        OSError: if the file cannot be written.
    """
    target, known = local_path(path), Scene.of(scene)
    if target.suffix.lower() not in ("", ".html", ".htm"):
        raise ValueError(f"expected the path of a web page, got {target.name!r}; end it in .html")
    wishes = Wishes.of(scene, known, attribute, selection)
    encoded = encode(
        known.gaussians,
        known.known_cameras,
        photos=camera_photos(known),
        metres=cast("Metres", known.metres),
        exact=exact,
    )
    encoded = encoded if photos else without_photos(encoded)
    if wishes.camera is not None:
        encoded = replace(encoded, header={**encoded.header, "camera": wishes.camera})
    name = target.stem if title is None else title
    text = page(encoded, title=name, beside=shared(known, encoded, wishes))
    with replacing(target) as partial:
        partial.write_text(text, encoding="utf-8")
    return target


def page(encoded: EncodedScene, *, title: str, beside: Shared) -> str:
    """Text of a page that shows an encoded scene, and what stands beside it."""
    _, bundle = read_bundle()
    chunks = (
        _CHUNK.format(first=first, count=count, data=base64.b64encode(data).decode("ascii"))
        for first, count, data in encoded.chunks
    )
    return _PAGE.format(
        title=html.escape(title),
        # Text inside a script element ends at "</": JSON and JavaScript accept the escape.
        header=json.dumps(encoded.header).replace("</", "<\\/"),
        shared=json.dumps(beside).replace("</", "<\\/"),
        chunks="\n".join(chunks),
        bundle=bundle.decode("utf-8").replace("</script", "<\\/script"),
    )
