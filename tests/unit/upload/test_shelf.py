"""The list of photos behind a panel: order, choice, and what cannot be added."""

import pytest

from splat_widgets.photos.source import PhotoError
from splat_widgets.upload.photo import PhotoFile
from splat_widgets.upload.shelf import PhotoShelf, choice_sentence


def make(max_images=10, max_chosen=2):
    return PhotoShelf(max_images=max_images, max_file_size=2**20, max_chosen=max_chosen)


def names(photos):
    return [photo.name for photo in photos]


@pytest.fixture
def shelf(jpeg):
    made = make()
    for seed, name in enumerate("abc"):
        made.add(jpeg(seed=seed), name=f"{name}.jpg")
    return made


def test_select_move_remove(shelf):
    shelf.select("c.jpg", 0)
    assert names(shelf.selected_photos) == ["a.jpg", "c.jpg"]
    shelf.move(shelf.photos[2], 0)
    assert names(shelf.photos) == ["c.jpg", "a.jpg", "b.jpg"]
    shelf.select()
    assert names(shelf.selected_photos) == ["c.jpg", "a.jpg"]
    with pytest.raises(ValueError, match=r"no photo 'z\.jpg'.*c\.jpg, a\.jpg"):
        shelf.remove("z.jpg")
    with pytest.raises(IndexError, match="got 7"):
        shelf.remove(7)
    with pytest.raises(ValueError, match="at most 2 photos, got 3"):
        shelf.select(0, 1, 2)


def test_add_is_all_or_nothing(jpeg, tmp_path):
    path = tmp_path / "p.jpg"
    path.write_bytes(jpeg())
    shelf = make(max_images=3)
    shelf.add(path)
    with pytest.raises(PhotoError, match=r"bad\.jpg"):
        shelf.add(path, b"nonsense", name="bad.jpg")
    with pytest.raises(PhotoError, match=r"gone\.jpg"):
        shelf.add(tmp_path / "gone.jpg")
    with pytest.raises(ValueError, match="at most 3 photos, got 1 in the panel and 3 more"):
        shelf.add(path, path, path)
    with pytest.raises(TypeError, match="list"):
        shelf.add([path])
    assert names(shelf.photos) == ["p.jpg"]
    shelf.add(shelf.photos[0])
    assert names(shelf.photos) == ["p.jpg", "p.jpg"]


def test_a_copy_of_a_photo_is_passed_over_unless_it_is_chosen(jpeg):
    shelf = make()
    shelf.add(jpeg(seed=1), name="a.jpg")
    shelf.add(jpeg(seed=1), name="copy.jpg")
    assert names(shelf.selected_photos) == ["a.jpg", "copy.jpg"]
    shelf.add(jpeg(seed=2), name="b.jpg")
    assert names(shelf.selected_photos) == ["a.jpg", "b.jpg"]
    shelf.select("a.jpg", "copy.jpg")
    assert names(shelf.selected_photos) == ["a.jpg", "copy.jpg"]


@pytest.mark.parametrize(("limit", "chosen"), [(1, ["a.jpg"]), (3, ["a.jpg", "b.jpg", "c.jpg"])])
def test_the_default_choice_is_what_the_model_takes(shelf, limit, chosen):
    shelf.max_chosen = limit
    assert names(shelf.selected_photos) == chosen


def test_a_click_in_a_full_choice_of_one_replaces_it(shelf):
    shelf.max_chosen = 1
    with shelf._change():
        shelf._toggle_id(shelf._entries[1].id)
    assert names(shelf.selected_photos) == ["b.jpg"]


A, COPY, B, C = (PhotoFile(name, b"", digest, 4, 3) for name, digest in ("a1", "k1", "b2", "c3"))


@pytest.mark.parametrize(
    ("photos", "chosen", "limit", "said"),
    [
        ([], [], 2, "Two photos of the same place, taken about a step apart, make a scene."),
        ([], [], 5, "Two to 5 photos of the same place, taken about a step apart, make a scene."),
        ([A], [A], 2, "One photo, a, makes the scene: depth then rests"),
        ([A, COPY], [A, COPY], 2, "a and k are the same photo: depth then rests"),
        ([A, B], [A, B], 2, "a and b make the scene, seen from where a was taken."),
        ([A, B, C], [A, B, C], 5, "a, b and c make the scene, seen from where a was taken."),
        (
            [A, B, C],
            [A, B],
            2,
            "2 of 3 photos make the scene: a and b. The model takes 2 at most. "
            "Click a number to change.",
        ),
        ([A, B, C], [A, B], 5, "2 of 3 photos make the scene: a and b. Click a number to change."),
    ],
)
def test_the_sentence_counts_the_photos(photos, chosen, limit, said):
    assert choice_sentence(photos, chosen, limit).startswith(said)


def test_many_photos_are_counted_rather_than_named():
    photos = [PhotoFile(f"{k}.jpg", b"", str(k), 8, 8) for k in range(10)]
    said = choice_sentence(photos, photos, 10)
    assert said == "10 photos make the scene, seen from where 0.jpg was taken."
    said = choice_sentence(photos, photos[:6], 10)
    assert said == "6 of 10 photos make the scene. Click a number to change."


def test_ten_photos_make_a_scene_unless_the_model_takes_fewer(jpeg):
    shelf = PhotoShelf(max_images=12, max_file_size=2**20)
    for seed in range(12):
        shelf.add(jpeg(seed=seed), name=f"{seed}.jpg")
    assert len(shelf.selected_photos) == 10


@pytest.fixture
def wide(jpeg):
    """Three photos of 200 x 100 px."""
    made = make()
    for seed, name in enumerate("abc"):
        made.add(jpeg(200, 100, seed=seed), name=f"{name}.jpg")
    return made


def test_crops_go_with_their_photos(wide):
    assert wide.crops == (None, None, None)
    wide.crop("b.jpg", (3.4, 0, 80))
    assert wide.crops == (None, (3, 0, 80), None)
    wide.move("b.jpg", 0)
    assert wide.crops == ((3, 0, 80), None, None)
    assert wide.selected_crops == ((3, 0, 80), None)
    wide.select("a.jpg", "c.jpg")
    assert wide.selected_crops == (None, None)
    wide.crop("b.jpg", None)
    assert wide.crops == (None, None, None)
    wide.crop("b.jpg", (100.3, 0.4, 99.9))  # whole pixels, in the photo
    assert wide.crops[0] == (100, 0, 100)
    wide.remove("b.jpg")
    assert wide.crops == (None, None) and wide._crops == {}


@pytest.mark.parametrize(
    "crop", [(0, 0, 101), (120, 0, 90), (-1, 0, 80), (0, 0, 8), (0, 0), (0, 0, float("nan")), "abc"]
)
def test_a_crop_must_lie_in_its_photo(wide, crop):
    with pytest.raises(ValueError, match=r"crop of a\.jpg"):
        wide.crop(0, crop)
    assert wide.crops == (None, None, None)
