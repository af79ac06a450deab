"""What a page changes arrives, and the page is not told what it said."""

import logging

import ipywidgets
import pytest
from traitlets import TraitError

from splat_widgets.page.traits import take
from splat_widgets.viewer import SplatViewer


@pytest.fixture
def viewer(monkeypatch):
    viewer = SplatViewer()
    viewer.sent = []
    monkeypatch.setattr(viewer, "send_state", lambda key=None: viewer.sent.append(key))
    return viewer


def message(values):
    return {"kind": "traits", "view": "a", "values": values}


def test_values_arrive_together_and_are_not_sent_back(viewer):
    seen = []
    names = ["height", "display"]
    viewer.observe(
        lambda change: seen.append((change["name"], viewer.height, viewer.display)), names
    )
    viewer._on_message(message({"height": 333, "display": "points"}), [])
    assert sorted(seen) == [("display", 333, "points"), ("height", 333, "points")]
    assert viewer.sent == []
    if not ipywidgets.__version__.startswith("7."):  # version 7 sends nothing without a kernel
        viewer.height = 444  # what Python changes still goes to the page
        assert len(viewer.sent) == 1


def test_a_refused_value_changes_nothing(viewer):
    with pytest.raises(TraitError):
        take(viewer, {"height": 333, "display": "cubes"})
    assert viewer.height != 333
    assert viewer.display == "splats"


def test_private_and_unknown_names_are_refused_with_a_log_line(viewer, caplog):
    with caplog.at_level(logging.WARNING):
        take(viewer, {"_bundle_hash": "", "nonsense": 1, "height": 300})
    assert viewer.height == 300
    assert viewer._bundle_hash != "" or "_bundle_hash" in caplog.text
    assert "_bundle_hash, nonsense" in caplog.text
