"""When the photos give no answer: the rules, and what is said of it."""

from __future__ import annotations

import numpy as np

from splat_widgets.refinement.records import Matches
from splat_widgets.scene.refinement import Reason

MIN_INLIERS = 20
MIN_INLIER_SHARE = 0.12
"""Of the matches; a wrong pose explains 3 to 8 % of the chance matches of unrelated photos."""
TURNED_SHARE = 0.97
"""Of the inliers that a rotation explains: from here on the camera only turned."""
TURNED_ERRORS = 3.0
"""Median distance under a rotation over the bundle's median error; below it, it only turned too.
Where matches are noisy few are explained to the pixel, and free depths explain away half of it."""
_LEAST_ERROR, _LEAST_ERROR_OF_WEAK = 0.1 / 512, 0.2 / 512
"""Sides, of the bundle, without matches of weak features and with them: those slide along edges."""
SAME_SHARE, SAME_DISTANCE = 0.9, 0.75 / 512
"""Share of matches at the same place, to within sides, from which on two photos are one."""
STILL_DISTANCE = 2 / 512
"""Median distance in sides between the places of an inlier of a photo that was saved twice."""
WIDE_DEG = 45.0
"""Median parallax above which no sweep over depths compares the photos."""
REFUSED_SHARE, DOUBTFUL_SHARE = 0.10, 0.20
"""Checked share of a photo's pixels: below the first no answer, below the second a word."""
MIN_CONTRAST = 2.0
"""Standard deviation of grey levels of a picture that shows something."""

_SENTENCES: dict[Reason, str] = {
    "": "The photos determine cameras and depth.",
    "one_photo": (
        "One photo alone says nothing about depth: cameras and depth are the network's guess. "
        "A second photo from about a step aside gives a better scene."
    ),
    "same_photo": (
        "These photos are taken from the same place in the same direction, so they say nothing "
        "about depth: it is the network's guess. Take the second photo from about a step aside."
    ),
    "few_matches": (
        "These photos do not seem to show the same place: they could not be matched, and the "
        "scene is the network's guess. Photos match best when taken about a step apart, of the "
        "same things."
    ),
    "rotation_only": (
        "The camera only turned between these photos; depth is the network's guess. "
        "Take the second photo from about a step aside."
    ),
    "small_share": (
        "The photos match in a few places only: too little of them agrees on depth, so the "
        "scene is the network's guess."
    ),
    "focal_at_bound": (
        "No ordinary lens explains how these photos match (have they been cropped, stretched or "
        "corrected?); cameras and depth are the network's guess."
    ),
    "mirrored": (
        "One of these photos is mirrored, so they do not fit together; the scene is the network's "
        "guess. Flip it back (selfie cameras often mirror)."
    ),
    "blank": (
        "One of these photos shows nothing to match (it is nearly one colour); the scene is the "
        "network's guess."
    ),
    "too_wide": (
        "These photos are taken from too far apart to compare their pixels; the scene is the "
        "network's guess. A photo from between them would help."
    ),
    "bad_cameras": (
        "The given cameras do not fit these photos: their matches contradict them. Cameras and "
        "depth are the network's guess."
    ),
}


def sentence(reason: Reason, photos: tuple[str, ...] = ()) -> str:
    """The verdict in plain English.

    Args:
        reason: "" if the photos answered.
        photos: names of the photos that it is about, where there are more than those.
    """
    said = _SENTENCES[reason]
    return f"{' and '.join(photos)}: {said}" if photos else said


DOUBTFUL_SENTENCE = (
    "Only a small part of the photos agrees on depth ({percent} %); the rest follows the network."
)
FOCAL_SENTENCE = (
    "The focal length that was given does not fit how these photos match; it was estimated instead."
)
COPIES_SENTENCE = (
    "{names} are one photo, or were taken from the same place in the same direction: of these only "
    "{used} is used."
)
REPEATED_SENTENCE = "{used} was given {count} times: it is used once."
ZOOMED_SENTENCE = (
    "These photos were zoomed differently, or some are crops: compared with {widest}, {zooms}. "
    "Each has a focal length of its own, which matches tell less well than one of all photos."
)
ZOOM_DOUBT_SENTENCE = (
    "Whether one of these photos was zoomed in, or taken from nearer, their matches do not tell: "
    "they are taken to have one focal length. focal_px gives both where they are known."
)
WRONG_CAMERA_SENTENCE = (
    "Left out: {names}. What the given cameras say of {them} contradicts how the photos match."
)


def share_verdict(checked_shares: tuple[float, ...]) -> tuple[Reason, str]:
    """What follows from the share of pixels that two photos agree on, after the sweep.

    Args:
        checked_shares: of each photo's pixels, in [0, 1].

    Returns:
        The reason for no answer and its sentence; ("", a word of caution) for a doubtful share;
        ("", "") where all is well.

    Raises:
        ValueError: for no photos.
    """
    if not checked_shares:
        raise ValueError("expected the checked share of at least one photo, got none")
    share = float(np.mean(checked_shares))
    if not share >= REFUSED_SHARE:  # NaN is refused too
        return "small_share", sentence("small_share")
    if share < DOUBTFUL_SHARE:
        return "", DOUBTFUL_SENTENCE.format(percent=round(100 * share))
    return "", ""


def is_same_photo(matches: Matches) -> bool:
    """Whether matches lie at the same place in both photos."""
    moved = np.linalg.norm(matches.first - matches.second, axis=1)
    return bool((moved < SAME_DISTANCE).mean() > SAME_SHARE) if len(matches) else False


def is_still(inliers: Matches) -> bool:
    """Whether a camera that did not move did not turn either: one photo, saved twice."""
    moved = np.linalg.norm(inliers.first - inliers.second, axis=1)
    return bool(np.median(moved) < STILL_DISTANCE)


def only_turned(share: float, distance: float, error: float, *, weak: bool = False) -> bool:
    """Whether a rotation explains the inliers as well as a step aside does.

    Args:
        share: of the inliers that it explains.
        distance: their median distance under it, sides.
        error: their median error under the bundle, sides.
        weak: whether matches of weak features may be among them.
    """
    least = _LEAST_ERROR_OF_WEAK if weak else _LEAST_ERROR
    return share > TURNED_SHARE or distance < TURNED_ERRORS * max(error, least)


def is_blank(picture: np.ndarray) -> bool:
    """Whether a picture (H, W, 3) uint8 is nearly one colour."""
    return bool(picture.astype(np.float32).mean(-1).std() < MIN_CONTRAST)


def too_few(num_inliers: int, num_matches: int) -> bool:
    """Whether inliers may be chance."""
    return num_inliers < max(MIN_INLIERS, MIN_INLIER_SHARE * num_matches)
