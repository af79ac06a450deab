"""What marimo shows of a widget; marimo itself is tried by `nox -s hosts`."""

import sys
from types import SimpleNamespace

import splat_widgets as sw
from splat_widgets.page.marimo import GONE


def test_below_marimos_view_stands_what_a_live_widget_hides(monkeypatch) -> None:
    views: list[object] = []

    def anywidget(widget: object) -> object:
        views.append(widget)
        return SimpleNamespace(text="<marimo-anywidget>")

    monkeypatch.setitem(
        sys.modules, "marimo", SimpleNamespace(ui=SimpleNamespace(anywidget=anywidget))
    )
    panel = sw.UploadPanel()
    kind, text = panel._display_()._mime_()
    assert kind == "text/html" and text.startswith("<marimo-anywidget>")
    assert views == [panel] and GONE in text
    assert f'class="{panel._still} sw-gone"' in text and "UploadPanel(" in text
