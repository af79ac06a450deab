"""What a run will take, told from the last one or from the machine."""

import pytest

from splat_widgets.scene.reconstruction import Timings
from splat_widgets.studio.estimate import BYTES_PER_PHOTO, Estimate, PastRun, first

STAGES = (
    ("load", 1.0),
    ("match", 0.5),
    ("encode", 4.0),
    ("decode", 2.0),
    ("heads", 1.0),
    ("cameras", 0.5),
    ("depth", 2.0),
    ("assemble", 1.0),
)


def past(num_photos=2, refined=True):
    return PastRun(Timings(STAGES, "cpu", "float32", "x", 3 * 10**9), num_photos, refined)


def test_the_same_run_takes_the_same() -> None:
    estimate = past().scaled(2, refine=True)
    assert estimate.seconds == pytest.approx(12)
    assert estimate.memory_bytes == 3 * 10**9
    assert str(estimate) == "about 15 s, 3 GB"


def test_more_photos_take_more_and_pairs_grow_faster() -> None:
    # 4 photos: twice of what is done for each, 6 pairs to match, 3 pairs to decode.
    expected = 2 * (1 + 4 + 0.5 + 2 + 1) + 6 * 0.5 + 3 * (2 + 1)
    estimate = past().scaled(4, refine=True)
    assert estimate.seconds == pytest.approx(expected)
    assert estimate.memory_bytes == 3 * 10**9 + 2 * BYTES_PER_PHOTO
    one = past().scaled(1, refine=True)
    assert one.seconds < 12 and one.memory_bytes == 3 * 10**9


def test_refining_is_counted_only_where_it_happens() -> None:
    assert past().scaled(2, refine=False).seconds == pytest.approx(12 - 2.5)
    assert past(refined=False).scaled(2, refine=True).seconds > 12


@pytest.mark.parametrize("count", [1, 2, 10])
def test_the_first_run_knows_model_and_device(count) -> None:
    small = first(count, True, embedded=True, device="cpu")
    large = first(count, True, embedded=False, device="cpu")
    gpu = first(count, True, embedded=False, device="cuda")
    assert small.seconds < large.seconds > gpu.seconds
    assert small.memory_bytes < large.memory_bytes


@pytest.mark.parametrize(
    ("seconds", "memory", "words"),
    [
        (0.4, None, "about a second"),
        (3.4, 10**9, "about 3 s, 1.0 GB"),
        (17.0, 3_400_000_000, "about 20 s, 3 GB"),
        (60.0, None, "about a minute"),
        (130.0, 12 * 10**9, "about 3 min, 12 GB"),
    ],
)
def test_the_words_are_no_more_exact_than_the_estimate(seconds, memory, words) -> None:
    assert str(Estimate(seconds, memory)) == words
