"""Damaged and hostile photos: the right picture or a clear reason, nothing else.

`python tests/benchmarks/hostile.py photos` tries all of them, with memory and time.
"""

from collections import Counter
from itertools import islice

from hostile import photos
from hostile.trial import tried


def test_every_photo_ends_as_the_right_picture_or_with_a_reason(tmp_path):
    outcomes, wrong = Counter(), []
    for number, case in enumerate(photos.cases()):
        if case.is_slow:
            continue
        outcome = tried(case, tmp_path / f"{number}{case.suffix}", photos.opens)
        outcomes[outcome.ending] += 1
        if outcome.ending == "wrong":
            wrong.append(f"{case.group}, {case.name}: {outcome.told}")
        assert len(outcome.told) < 500 and "Traceback" not in outcome.told
    assert not wrong
    assert outcomes["right"] > 150 and outcomes["refused"] > 150, outcomes


def test_a_seed_makes_the_same_files():
    one, other, third = (
        [(case.name, case.make()) for case in islice(photos.cases(seed), 15)] for seed in (0, 0, 1)
    )
    assert one == other != third
