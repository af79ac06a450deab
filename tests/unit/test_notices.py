"""Lines that are printed once, to stdout; warnings that point at the user's line, every time."""

import warnings
from pathlib import Path

import pytest

from splat_widgets import notices


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch):
    monkeypatch.setattr(notices, "_told", [])


def test_a_line_is_told_once_also_as_a_part_of_another(capsys, recwarn):
    for text in ("Small model. Mind.", "Small model. Mind.", "Mind.", "Another."):
        notices.tell(text)
    assert capsys.readouterr() == ("Small model. Mind.\nAnother.\n", "")
    assert not recwarn.list, "a warning is a pink box in a notebook"


def test_what_was_not_heard_was_not_told(capsys):
    with notices.quiet():
        notices.tell("Mind.")
        assert not notices.is_told("Mind.")
    notices.tell("Mind.")
    assert capsys.readouterr().out == "Mind.\n"


def test_the_line_is_that_of_the_caller_outside_the_package():
    inside = compile("def f(): warn('mind')", f"{Path(notices.__file__).parent}/inner.py", "exec")
    names = {"warn": notices.warn}
    exec(inside, names)
    for call in (names["f"], lambda: notices.warn("mind")):
        with pytest.warns(UserWarning, match="mind") as caught:
            call()
        assert caught[0].filename == __file__


def test_it_is_shown_again_and_the_filters_decide():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            notices.warn("mind", FutureWarning)
        warnings.simplefilter("ignore")
        notices.warn("mind")
    assert [one.category for one in caught] == [FutureWarning] * 3
