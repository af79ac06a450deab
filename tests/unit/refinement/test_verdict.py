"""Rules and sentences of the verdict."""

from typing import get_args

import numpy as np
import pytest

from splat_widgets.refinement.verdict import is_blank, only_turned, sentence, share_verdict, too_few
from splat_widgets.scene.refinement import Reason


@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_has_a_sentence(reason):
    said = sentence(reason)
    assert said[0].isupper() and said.endswith(".") and "_" not in said
    assert sentence(reason, ("a.jpg", "b.jpg")) == f"a.jpg and b.jpg: {said}"


def test_the_sentences_of_the_design():
    assert sentence("few_matches").startswith("These photos do not seem to show the same place")
    assert sentence("rotation_only").startswith("The camera only turned")


@pytest.mark.parametrize(
    "shares, reason, speaks",
    [
        ((0.05, 0.1), "small_share", True),
        ((float("nan"),), "small_share", True),
        ((0.1, 0.1), "", True),
        ((0.19, 0.2), "", True),
        ((0.2, 0.2), "", False),
        ((0.0, 0.9), "", False),
    ],
)
def test_the_checked_share(shares, reason, speaks):
    got, said = share_verdict(shares)
    assert got == reason and bool(said) == speaks
    with pytest.raises(ValueError, match="at least one"):
        share_verdict(())


def test_chance_grows_with_the_matches():
    assert too_few(19, 30) and not too_few(20, 30)
    assert too_few(40, 1000) and not too_few(200, 1000)


def test_blank_is_nearly_one_colour():
    random = np.random.default_rng(0)
    assert is_blank(np.full((50, 60, 3), 7, np.uint8))
    assert is_blank(random.integers(120, 124, (50, 60, 3), np.uint8))
    assert not is_blank(random.integers(0, 255, (50, 60, 3), np.uint8))


@pytest.mark.parametrize(
    "share, distance_px, error_px, turned",
    [
        (0.98, 0.2, 0.05, True),  # to the pixel
        (0.80, 0.8, 0.4, True),  # noisy, and no worse than noise
        (0.80, 0.8, 0.06, False),  # the bundle explains what the rotation does not
        (0.10, 20.0, 0.3, False),
    ],
)
def test_a_turn_explains_as_much_as_a_step(share, distance_px, error_px, turned):
    assert only_turned(share, distance_px / 512, error_px / 512) == turned


def test_places_of_weak_features_are_half_as_exact():
    share, distance, error = 0.8, 0.5 / 512, 0.05 / 512
    assert not only_turned(share, distance, error)
    assert only_turned(share, distance, error, weak=True)
