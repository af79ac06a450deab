"""What a verdict says of the photos, on the cards of the panel."""

import pytest

from splat_widgets.scene.refinement import PairVerdict, Refinement
from splat_widgets.upload import UploadPanel


def verdict(pairs, left_out=()):
    return Refinement(
        answered=True,
        applied=True,
        reason="",
        sentence="The photos connect.",
        pairs=tuple(PairVerdict(photos, 500, inliers, 3.0, why) for photos, inliers, why in pairs),
        focal_px_before=(),
        focal_px_after=(),
        reprojection_error_px=(),
        checked_shares=(),
        metres="model",
        left_out=left_out,
    )


@pytest.fixture
def panel(jpeg):
    made = UploadPanel()
    for seed, name in enumerate("abcd"):
        made.add(jpeg(128, 96, seed=seed), name=f"{name}.jpg")
    return made


def links(panel):
    return [
        [(link["number"], link["matches"], link["connects"]) for link in item["links"]]
        for item in panel._items
    ]


def test_pairs_are_found_by_their_bytes_and_the_lonely_by_name(panel):
    a, b, c, _ = (photo.sha256 for photo in panel.photos)
    found = verdict([((0, 1), 312, ""), ((0, 2), 40, "few_matches")], ("d.jpg",))
    panel.show_verdict(found, [c, a, b])  # the scene's order: c is its first photo
    assert links(panel) == [
        [(3, 312, True)],
        [(3, 40, False)],
        [(1, 312, True), (2, 40, False)],
        [],
    ]
    assert [item["left_out"] for item in panel._items] == [False, False, False, True]

    panel.move("c.jpg", 0)  # numbers follow the order
    assert links(panel)[0] == [(2, 312, True), (3, 40, False)]
    panel.remove("a.jpg")
    assert links(panel) == [[(2, 40, False)], [(1, 40, False)], []]
    panel.show_verdict(None)
    assert links(panel) == [[], [], []] and not any(i["left_out"] for i in panel._items)


def test_photos_that_are_not_in_the_panel_are_passed_over(panel):
    panel.show_verdict(verdict([((0, 1), 9, ""), ((0, 7), 9, "")]), [None, "another"])
    assert links(panel) == [[], [], [], []]


def test_the_page_moves_a_crop(panel):
    photo_id = panel._items[1]["id"]

    def say(crop):
        panel._on_message({"kind": "crop", "id": photo_id, "crop": crop}, [])

    say([32, 0, 64.2])
    assert panel.crops == (None, (32, 0, 64), None, None)
    item = panel._items[1]
    assert item["is_cropped"] and item["crop"] == (0.25, 0, 0.75, 64 / 96)
    say(None)
    assert panel.crops == (None,) * 4 and not panel._items[1]["is_cropped"]
