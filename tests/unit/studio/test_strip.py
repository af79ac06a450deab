"""The strip by itself: buttons by message, a file up and a file down."""

import pytest

from splat_widgets.studio.strip import RunStrip


class Front:
    """Plays page and studio: what was pressed, sent and received."""

    def __init__(self):
        self.pressed, self.sent, self.files = [], [], []
        kinds = "generate", "cancel", "reset", "show", "save", "forget", "download", "open_saved"
        self.strip = RunStrip(dict.fromkeys(kinds, self.pressed.append), self.files.append)
        self.strip._post = lambda content, buffers: self.sent.append(content)

    def say(self, kind, *buffers, **content):
        message = {"kind": kind, **content}
        self.strip._on_message(message, [memoryview(b) for b in buffers])
        return message


@pytest.fixture
def front():
    return Front()


def test_a_button_gets_its_message_and_an_unknown_one_does_no_harm(front):
    said = [front.say("save", id=3), front.say("generate")]
    front.say("explode")
    assert front.pressed == said


def test_a_message_replaces_the_one_before(front):
    front.strip.say("Could not.", error=True)
    assert front.strip.message == {"level": "error", "text": "Could not."}
    front.strip.say("")
    assert front.strip.message == {"level": "info", "text": ""}


def test_a_question_goes_to_the_transfer_that_it_is_about(front):
    front.say("download", id=1, format="ply", request="down")
    front.strip.downloads.start("down", "scene.ply", b"ply")
    front.say("file_begin", id="up", name="a.ply", size=3)
    for number, transfer in enumerate(("down", "up", "gone")):
        front.say("chunks_question", transfer=transfer, question=number)
        assert front.sent[-1]["next"] == (0, 0, -1)[number]
        assert (front.sent[-1]["transfer"], front.sent[-1]["question"]) == (transfer, number)
    front.say("chunk", b"ply", transfer="up", number=0)
    assert [bytes(file.data) for file in front.files] == [b"ply"]
