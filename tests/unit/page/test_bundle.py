import pytest
from traitlets import Unicode

from splat_widgets.page import bundle
from splat_widgets.page.bundle import BundledWidget, BundleError, read_bundle


@pytest.fixture
def built(tmp_path, monkeypatch):
    path = tmp_path / "widgets.js"
    path.write_bytes(b"export const viewer = 1;")
    monkeypatch.setattr(bundle, "BUNDLE_PATH", path)
    return path


@pytest.fixture
def not_built(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(bundle, "BUNDLE_PATH", tmp_path / "missing.js")


class Example(BundledWidget):
    _entry = Unicode("example").tag(sync=True)


def talk(widget, message):
    sent = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))
    widget._route(widget, message, [])
    return sent


def test_every_instance_carries_a_small_loader_and_no_bundle(built) -> None:
    state = Example().get_state()
    assert len(state["_esm"].encode()) < 5000
    assert len(str(state)) < 8000, "what a notebook would save"


def test_bundle_is_sent_when_asked(built) -> None:
    digest, data = read_bundle()
    widget = Example()
    assert widget._bundle_hash == digest
    sent = talk(widget, {"kind": "bundle", "hash": digest})
    assert sent == [({"kind": "bundle", "hash": digest, "problem": ""}, [data])]


def test_a_rebuilt_bundle_is_noticed(built) -> None:
    before = read_bundle()[0]
    built.write_bytes(b"export const viewer = 2; // longer")
    assert read_bundle()[0] != before


def test_missing_bundle_is_said_on_the_page_and_in_the_log(not_built, caplog) -> None:
    widget = Example()
    assert widget._bundle_hash == ""
    assert "npm run build" in widget._bundle_problem
    assert "npm run build" in caplog.text
    (answer, _) = talk(widget, {"kind": "bundle", "hash": "x"})[0]
    assert "npm run build" in answer["problem"]
    with pytest.raises(BundleError, match="npm run build"):
        read_bundle()


@pytest.mark.parametrize(
    "message", [{"kind": "hello"}, {"kind": "bundle"}, {"kind": ["bundle"]}, {}, "not a record"]
)
def test_unknown_and_ill_formed_messages_are_logged_and_not_answered(built, caplog, message):
    assert talk(Example(), message) == []
    assert ("Example ignored" in caplog.text) == isinstance(message, dict)


def test_unknown_arguments_are_refused_by_name(built) -> None:
    with pytest.raises(TypeError, match="'colour'"):
        Example(colour="red")
