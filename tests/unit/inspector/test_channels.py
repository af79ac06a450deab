"""What travels in the order of the wire: attributes, masks, photos."""

import io

import numpy as np
import pytest
from PIL import Image

from splat_widgets.inspector import Inspector, channels


def test_attributes_travel_in_the_order_of_the_wire_and_in_chunks(
    scene, make_page, monkeypatch
) -> None:
    monkeypatch.setattr(channels, "CHUNK_VALUES", 300)
    inspector = Inspector(scene)
    page = make_page(inspector)
    page.say("ready")
    page.say("attribute", request="r1", name="confidence")
    sent = page.messages("attribute")
    assert [(m["first"], m["count"], m["total"]) for m in sent] == [
        (0, 300, 800),
        (300, 300, 800),
        (600, 200, 800),
    ]
    assert {(m["request"], m["view"], m["name"]) for m in sent} == {("r1", "a", "confidence")}
    values = np.frombuffer(b"".join(page.buffers("attribute")), "<f4")
    assert np.array_equal(values, scene.confidence.numpy()[page.order])
    low, high = sent[0]["limits"]
    assert low == pytest.approx(np.percentile(values, 1)) and high > low
    assert sent[0]["problem"] == "" and not sent[0]["pending"]


def test_slow_attributes_say_first_that_they_are_on_their_way(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    page.say("attribute", request="r", name="cross_view_distance")
    first, second = page.messages("attribute")
    assert first["pending"] and first["count"] == 0
    assert not second["pending"] and second["count"] == 800


def test_masks_are_bits_of_the_wire_and_come_back() -> None:
    order = np.array([9, 1, 4, 0, 8, 7, 3, 2, 6])  # row 5 stays off the wire
    mask = np.arange(10) % 3 == 0
    bits = channels.pack(mask, order)
    assert list(bits) == [0b1001001 + 0, 0b1]
    found = channels.unpack(memoryview(bits), order, 10)
    assert found.dtype == bool and np.flatnonzero(found).tolist() == [0, 3, 6, 9]
    with pytest.raises(ValueError, match="expected 2 bytes for 9 splats, got 3"):
        channels.unpack(bytes(3), order, 10)


def test_a_picture_is_a_png_without_loss() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(channels.png(pixels)))), pixels)
