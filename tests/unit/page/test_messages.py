"""Messages are checked by type checkers, by the dispatch tables, and when they come in."""

from functools import partial
from typing import Literal, TypedDict, get_type_hints

import pytest

from splat_widgets.inspector import Inspector
from splat_widgets.page.bundle import BundledWidget
from splat_widgets.page.messages import by_kind, fits
from splat_widgets.studio import Studio
from splat_widgets.upload import UploadPanel
from splat_widgets.viewer import SplatViewer

WIDGETS = {
    "viewer": SplatViewer,
    "inspector": Inspector,
    "upload": UploadPanel,
    "strip": lambda: Studio().strip,
}


class Message(TypedDict):
    kind: Literal["example"]
    text: str
    count: int
    share: float
    flag: bool
    view: str | None
    names: list[str]
    pair: tuple[float, float]
    inner: dict[str, int]


GOOD = {
    "kind": "example",
    "text": "a",
    "count": 1,
    "share": 2,
    "flag": True,
    "view": None,
    "names": ["a", "b"],
    "pair": [1, 2],
    "inner": {},
}


@pytest.mark.parametrize("make", WIDGETS.values(), ids=WIDGETS)
def test_every_kind_has_a_handler_that_takes_its_message(make) -> None:
    widget = make()
    assert isinstance(widget, BundledWidget)
    messages = by_kind(widget._to_kernel)
    assert set(widget._handlers()) == set(messages)
    for kind, handler in widget._handlers().items():
        if not isinstance(handler, partial):
            taken = next(iter(get_type_hints(handler).values()))
            assert by_kind(taken)[kind] is messages[kind], kind


def test_a_message_that_fits_may_have_more_fields() -> None:
    assert fits(Message, GOOD)
    assert fits(Message, {**GOOD, "later": 1})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "other"),
        ("text", 1),
        ("count", 1.5),
        ("count", True),
        ("share", "1"),
        ("flag", 1),
        ("view", 3),
        ("names", ["a", 1]),
        ("names", None),
        ("pair", [1]),
        ("inner", []),
    ],
)
def test_a_field_of_another_type_does_not_fit(field: str, value: object) -> None:
    assert not fits(Message, {**GOOD, field: value})


@pytest.mark.parametrize("field", GOOD)
def test_a_missing_field_does_not_fit(field: str) -> None:
    assert not fits(Message, {name: value for name, value in GOOD.items() if name != field})


class Other(TypedDict):
    kind: Literal["example"]


def test_two_messages_of_one_kind_are_refused() -> None:
    with pytest.raises(TypeError, match="'example' is that of two messages"):
        by_kind(Message | Other)
