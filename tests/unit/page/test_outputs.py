"""Widgets that `interact` makes, in a pretended notebook."""

import gc
import weakref
from types import SimpleNamespace

import ipywidgets
import pytest
from traitlets import TraitError

from splat_widgets.page import outputs
from splat_widgets.page.bundle import BundledWidget

VIEW = "application/vnd.jupyter.widget-view+json"


class Block:
    """`interact` and its page: what is made, and what is shown."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.interact = ipywidgets.interactive(lambda: None)
        self.output = self.interact.out
        self.number = 0
        self.message = ""
        shell = SimpleNamespace(get_parent=lambda: {"header": {"msg_id": self.message}})
        monkeypatch.setattr(outputs, "get_ipython", lambda: shell)

    def make(self, count: int = 1) -> list[BundledWidget]:
        """What one request makes, as the block of the `Output` runs."""
        self.number += 1
        self.message = self.output.msg_id = f"request {self.number}"
        made = [BundledWidget() for _ in range(count)]
        self.message = self.output.msg_id = ""
        return made

    def show(self, *names: str) -> None:
        self.output.outputs = tuple({"data": {VIEW: {"model_id": name}}} for name in names)


@pytest.fixture
def block(monkeypatch: pytest.MonkeyPatch) -> Block:
    asleep = SimpleNamespace(start=lambda: None)
    monkeypatch.setattr("splat_widgets.page.still.threading.Timer", lambda *_: asleep)
    return Block(monkeypatch)


def freed(reference: weakref.ref) -> bool:
    gc.collect()
    return reference() is None


def made(block: Block) -> tuple[str, weakref.ref]:
    """A widget that nobody in Python holds."""
    [widget] = block.make()
    return widget.model_id, weakref.ref(widget)


def test_what_went_is_freed_and_closed_with_its_layout(block) -> None:
    before = set(outputs._widgets())
    first, one = made(block)
    block.show(first)
    assert not freed(one)
    second, two = made(block)
    assert not freed(one)  # it is still on the page
    block.show(second)
    assert freed(one) and not freed(two)
    left = [outputs._widgets()[name] for name in set(outputs._widgets()) - before]
    assert {one.model_id for one in left} == {second, two().layout.model_id}


def test_what_python_holds_stays_and_may_be_shown_again(block) -> None:
    [held] = block.make()
    second, _ = made(block)
    block.show(second)
    reference, name = weakref.ref(held), held.model_id
    assert not freed(reference)
    block.show(name)
    del held
    assert not freed(reference)


def test_several_at_once_stay_together(block) -> None:
    kept = [weakref.ref(widget) for widget in block.make(2)]
    block.show(*(one().model_id for one in kept))
    assert not any(freed(one) for one in kept)


def test_what_the_page_has_not_shown_yet_stays(block) -> None:
    first, _ = made(block)
    block.show(first)
    _, second = made(block)
    block.show()  # cleared, before the next comes
    assert not freed(second)


def test_messages_still_arrive(block) -> None:
    heard = []
    [widget] = block.make()
    widget.on_msg(lambda _widget, content, _buffers: heard.append(content))
    content = {"data": {"method": "custom", "content": {"kind": "bundle", "hash": ""}}}
    widget.comm._msg_callback({"content": content, "buffers": []})
    assert heard == [{"kind": "bundle", "hash": ""}]


def test_pictures_are_taken_over_in_their_order(block) -> None:
    first = block.make(2)
    second = block.make(3)
    names = [widget._kept.name for widget in first]
    assert [widget._kept.name for widget in second[:2]] == names
    assert [widget._still for widget in second[:2]] == names
    assert second[2]._kept.name not in names
    assert first[0]._kept._drawn is None is not second[0]._kept._drawn


def test_outside_of_a_block_nothing_changes(block) -> None:
    widget = BundledWidget()
    assert outputs._widgets()[widget.model_id] is widget


def test_in_an_output_of_ones_own_widgets_come_beside_each_other(block) -> None:
    block.output = ipywidgets.Output()
    [first], [second] = block.make(), block.make()
    assert first._kept.name != second._kept.name
    assert outputs._widgets()[first.model_id] is first


def test_what_cannot_be_made_takes_nothing_over(block) -> None:
    [first] = block.make()
    block.message = block.output.msg_id = "another request"
    with pytest.raises(TypeError, match="no argument"):
        BundledWidget(tall=True)
    with pytest.raises(TraitError):
        BundledWidget(layout=7)
    block.message = block.output.msg_id = "a third request"
    assert BundledWidget()._kept.name == first._kept.name
