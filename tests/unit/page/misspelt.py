"""Misspelt messages. pyright checks this file, and fails where a line below is not an error."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from splat_widgets.inspector import Inspector
from splat_widgets.page.bundle import BundledWidget
from splat_widgets.studio.strip import RunStrip
from splat_widgets.upload import UploadPanel
from splat_widgets.viewer import SplatViewer


def inspect(inspector: Inspector) -> None:
    """Each message but the first has one fault."""
    inspector.send({"kind": "stale", "names": []})
    inspector.send({"kind": "stael", "names": []})  # pyright: ignore
    inspector.send({"kind": "script", "view": "a", "txet": ""})  # pyright: ignore


def send(widget: BundledWidget, viewer: SplatViewer, panel: UploadPanel, strip: RunStrip) -> None:
    """Each message here has one fault, or is there to show that the next one has."""
    viewer.send({"kind": "scene", "view": "a", "transfer": "", "header": None})
    viewer.send({"kind": "scnee", "view": "a", "transfer": "", "header": None})  # pyright: ignore
    viewer.send({"kind": "scene", "veiw": "a", "transfer": "", "header": None})  # pyright: ignore
    viewer.send({"kind": "scene", "view": 1, "transfer": "", "header": None})  # pyright: ignore
    viewer.send({"kind": "thumbnail", "id": "a"})  # pyright: ignore
    panel.send({"kind": "thumbnail", "id": "a"})
    panel.send({"kind": "thumbnails", "id": "a"})  # pyright: ignore
    panel.send({"kind": "file_failed", "id": "a", "reason": "is empty"})  # pyright: ignore
    strip.send({"kind": "download_failed", "request": "r"})
    strip.send({"kind": "download_fialed", "request": "r"})  # pyright: ignore
    strip.send({"kind": "download_failed", "id": "r"})  # pyright: ignore
    widget.send({"kind": "bundle", "hash": ""})  # pyright: ignore
