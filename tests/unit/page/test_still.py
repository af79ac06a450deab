"""The still picture beside a widget, in a pretended notebook."""

import io
import re
from types import SimpleNamespace

import pytest

from splat_widgets.page import still as still_module
from splat_widgets.page.still import WAY_BACK, Still, StillContent

JPEG = b"\xff\xd8 a picture"


class Shell:
    """A notebook's shell: one message at a time, and events."""

    kernel = object()

    def __init__(self) -> None:
        self.msg_type = "execute_request"
        self.waiting: list = []
        self.events = SimpleNamespace(
            register=lambda _event, what: self.waiting.append(what),
            unregister=lambda _event, what: self.waiting.remove(what),
        )

    def get_parent(self) -> dict:
        return {"header": {"msg_type": self.msg_type}}

    def end_cell(self) -> None:
        for what in list(self.waiting):
            what("the cell's result")


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    made = Shell()
    monkeypatch.setattr(still_module, "get_ipython", lambda: made)
    return made


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict]]:
    """What was displayed, and what was displayed again."""
    shown: list[tuple[str, str, dict]] = []
    for verb in ("display", "update_display"):
        monkeypatch.setattr(
            still_module,
            verb,
            lambda bundle, raw, display_id, verb=verb: shown.append((verb, display_id, bundle)),
        )
    monkeypatch.setattr(
        still_module.threading,
        "Thread",
        lambda target, **_options: SimpleNamespace(start=target),
    )
    return shown


def test_the_picture_comes_once_at_the_end_of_the_cell(shell, outputs) -> None:
    still = Still(lambda: StillContent("a <scene>", JPEG))
    assert still.follow() and outputs == []
    shell.end_cell()
    shell.end_cell()
    [(verb, display_id, bundle)] = outputs
    assert (verb, display_id) == ("display", still.name)
    assert bundle["image/jpeg"] == JPEG and bundle["text/plain"] == "<picture of a <scene>>"
    assert re.fullmatch(
        f'<figure class="{still.name}" style="margin: 0">'
        '<img alt="a &lt;scene&gt;" src="data:image/jpeg;base64,[^"]+">'
        "<figcaption>a &lt;scene&gt; · run the cell for the live view</figcaption></figure>",
        bundle["text/html"],
    )


def test_a_widget_without_a_picture_leaves_its_line(shell, outputs) -> None:
    still = Still(lambda: StillContent("nothing & nobody"))
    still.follow()
    shell.end_cell()
    assert outputs[0][2] == {
        "text/html": f'<p class="{still.name}">nothing &amp; nobody{WAY_BACK}</p>',
        "text/plain": "nothing & nobody",
    }


def test_a_cell_that_shows_a_widget_twice_has_one_picture(shell, outputs) -> None:
    still = Still(lambda: StillContent("x"))
    for _cell in range(2):
        assert still.follow() and still.follow()
        shell.end_cell()
    assert len(outputs) == 2


def test_it_is_drawn_again_where_it_was_shown_and_only_if_it_is_another(shell, outputs) -> None:
    texts = ["first"]
    still = Still(lambda: StillContent(texts[-1]), lambda: texts[-1])
    still.refresh()
    still.refresh_now()
    assert outputs == []  # no cell shows it
    still.follow()
    shell.end_cell()
    still.refresh_now()
    assert len(outputs) == 1  # nothing has changed
    texts.append("second")
    still.refresh()
    assert outputs[1] == ("update_display", still.name, still.bundle())
    texts.append("third")
    still.refresh_now()
    assert outputs[-1][2]["text/plain"] == "third"


def test_outside_a_running_cell_there_is_none(shell, outputs, monkeypatch) -> None:
    still = Still(lambda: StillContent("x"))
    shell.msg_type = "comm_msg"  # a callback of a widget: no cell to put it into
    assert not still.follow()
    shell.kernel = None  # a terminal
    assert not still.follow()
    monkeypatch.setattr(still_module, "get_ipython", lambda: None)
    assert not still.follow() and shell.waiting == []


def test_a_picture_that_fails_leaves_a_line_and_a_warning(shell, outputs, caplog) -> None:
    def fail() -> StillContent:
        raise RuntimeError("no memory")

    Still(fail).follow()
    shell.end_cell()
    assert "could not be drawn" in outputs[0][2]["text/plain"]
    assert "no memory" in caplog.text


def test_a_still_of_a_viewer_shows_where_it_looks_and_is_small() -> None:
    import builders
    import numpy as np
    import torch
    from PIL import Image

    from splat_widgets.viewer import SplatViewer

    red = torch.tensor([1.7, -1.7, -1.7]).expand(500, 1, 3)
    means = torch.tensor([0.0, 0.0, 5.0]) + 0.2 * torch.randn(500, 3)
    viewer = SplatViewer(builders.make_balls(means, 0.05, 0.9, red))

    def share_of_red() -> float:
        jpeg = viewer._kept.bundle()["image/jpeg"]
        assert len(jpeg) < 100_000
        picture = np.asarray(Image.open(io.BytesIO(jpeg))).astype(int)
        assert max(picture.shape) <= 512
        return float((picture[..., 0] - picture[..., 1] > 100).mean())

    assert share_of_red() > 0.01
    viewer.camera = {**viewer.camera, "target": (0.0, 0.0, -50.0)}
    assert share_of_red() == 0
    assert viewer._kept.bundle()["text/plain"] == "<picture of SplatViewer(500 Gaussians)>"
