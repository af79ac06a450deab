"""Damaged and hostile checkpoints: the model or a clear reason; nothing in them is executed.

`python tests/benchmarks/hostile.py checkpoints` tries all of them, with memory and time.
"""

import os
import pickle
from collections import Counter

from hostile import checkpoints, pickles
from hostile.trial import tried


def test_every_checkpoint_ends_as_a_model_or_with_a_reason(tmp_path):
    outcomes, wrong = Counter(), []
    for number, case in enumerate(checkpoints.cases()):
        if case.is_slow:
            continue
        outcome = tried(case, tmp_path / f"{number}{case.suffix}", checkpoints.opens)
        outcomes[outcome.ending] += 1
        if outcome.ending == "wrong":
            wrong.append(f"{case.group}, {case.name}: {outcome.told}")
    assert not wrong
    assert outcomes["right"] and outcomes["refused"] > 40, outcomes


def test_the_attacks_would_run_in_an_unpickler(monkeypatch):
    """So that passing means something: a plain unpickler does what they ask."""
    monkeypatch.setenv(pickles.SENTINEL, "")  # what follows is taken back
    pickle.loads(pickle.dumps(pickles.ATTACKS["exec"]()))
    assert os.environ[pickles.SENTINEL] == "ran"
