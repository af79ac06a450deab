"""The selection as a plain model: no widget is made here."""

import threading
from itertools import pairwise

import numpy as np
import pytest

from splat_widgets.inspector.edits import kept
from splat_widgets.inspector.selection import DEPTH, Change, Selection
from splat_widgets.inspector.steps import Step, assigned

COUNT = 13


def rows(*indices: int, count: int = COUNT) -> np.ndarray:
    mask = np.zeros(count, bool)
    mask[list(indices)] = True
    return mask


def step(name: str) -> Step:
    return Step((name,))  # not fresh: every one stays in the steps


class Naive:
    """Every state there ever was, in a list, and a place in it."""

    def __init__(self, scene: object) -> None:
        self.states: list[list] = [[scene, np.zeros(COUNT, bool), -1, ()]]
        self.place = 0

    @property
    def now(self) -> list:
        return self.states[self.place]

    def add(self, *state) -> None:
        self.states = [*self.states[: self.place + 1], list(state)][-DEPTH - 1 :]
        self.place = len(self.states) - 1

    def move(self, by: int) -> bool:
        if not 0 <= self.place + by < len(self.states):
            return False
        self.place += by
        return True


def check(model: Selection, naive: Naive) -> None:
    scene, mask, picked, steps = naive.now
    now = model.now
    assert now.scene is scene and now.picked == picked and now.steps == steps
    assert np.array_equal(now.mask, mask) and now.mask.dtype == bool
    assert bool(model.undo_words) == (naive.place > 0)
    assert bool(model.redo_words) == (naive.place < len(naive.states) - 1)


@pytest.mark.parametrize("seed", range(12))
def test_any_sequence_leads_where_a_list_of_states_leads(seed) -> None:
    rng = np.random.default_rng(seed)
    first = object()
    model, naive = Selection(first, COUNT), Naive(first)
    # Long runs of one kind reach both ends of the history.
    kinds = ["select"] * 5 + ["edit", "pick", "undo", "redo"]
    for number in range(150):
        scene, mask, picked, steps = naive.now
        kind = rng.choice(kinds)
        if kind == "select":
            for _ in range(rng.integers(1, 30)):
                one = step(f"{number}")
                new = rng.random(len(mask)) < rng.choice([0.0, 0.5])
                changes = not np.array_equal(new, naive.now[1])
                assert model.select(new, one) == changes
                if changes:
                    naive.add(scene, new, picked, (*naive.now[3], one))
        elif kind == "edit":
            one, part = step(f"edit {number}"), object()
            left = rng.random(len(mask)) < 0.9
            old_rows = np.flatnonzero(left).tolist()
            there = old_rows.index(picked) if picked in old_rows else -1
            model.edit(part, left, one)
            naive.add(part, np.zeros(len(old_rows), bool), there, (*steps, one))
        elif kind == "pick":
            index = int(rng.integers(-1, len(mask)))
            assert model.pick(index) == (index != picked)
            naive.now[2] = index
        else:
            for _ in range(rng.integers(1, 70)):
                move, by = (model.undo, -1) if kind == "undo" else (model.redo, 1)
                assert move() == naive.move(by)
        check(model, naive)


def test_as_many_as_fifty_changes_can_be_undone() -> None:
    model = Selection(object(), COUNT)
    for number in range(60):
        model.select(rows(number % COUNT), step(""))
    undone = 0
    while model.undo():
        undone += 1
    assert undone == 50
    assert np.flatnonzero(model.now.mask).tolist() == [9 % COUNT]
    redone = 0
    while model.redo():
        redone += 1
    assert redone == 50 and model.now.mask[59 % COUNT]


def test_masks_are_ones_own_and_read_only() -> None:
    model = Selection(object(), COUNT)
    mask = rows(2)
    model.select(mask, step(""))
    mask[:] = True
    assert np.flatnonzero(model.now.mask).tolist() == [2]
    model.undo()
    model.redo()
    assert np.flatnonzero(model.now.mask).tolist() == [2]
    with pytest.raises(ValueError, match="read-only"):
        model.now.mask[0] = True


def test_what_is_refused_changes_nothing() -> None:
    model = Selection(object(), COUNT)
    changes: list[Change] = []
    model.listen(changes.append)
    for call in (
        lambda: model.select(np.ones(3, bool), step("")),
        lambda: model.select(np.ones((COUNT, 1), bool), step("")),
        lambda: model.edit(object(), np.ones(COUNT + 1, bool), step("")),
        lambda: model.pick(COUNT),
        lambda: model.pick(-2),
        lambda: model.follow(_of(Selection(object(), 3), 1), "select"),
    ):
        with pytest.raises(ValueError, match="expected"):
            call()
    assert not model.undo() and not model.redo() and not model.now.steps and changes == []


def _of(model: Selection, index: int) -> Selection:
    model.select(rows(index, count=len(model.now.mask)), step(""))
    return model


def test_listeners_hear_of_real_changes_until_they_stop() -> None:
    model = Selection("scene", COUNT)
    changes: list[Change] = []
    stop = model.listen(changes.append)
    model.select(rows(1), step(""), view="a")
    model.select(rows(1), step(""), view="b")
    model.pick(4)
    model.pick(4)
    model.edit("part", rows(1, 4), kept(True))
    model.undo()
    model.redo()
    model.redo()
    model.reset("other", 3)
    assert [(c.cause, c.view) for c in changes] == [
        ("select", "a"),
        ("pick", None),
        ("edit", None),
        ("undo", None),
        ("redo", None),
        ("reset", None),
    ]
    assert [c.now.scene for c in changes] == ["scene", "scene", "part", "scene", "part", "other"]
    assert changes[2].before.picked == 4 and changes[2].now.picked == 1
    for before, after in pairwise(changes):
        assert after.before is before.now
    stop()
    model.pick(0)
    assert len(changes) == 6 and not model.undo_words and model.now.steps == ()


def test_what_was_undone_in_another_scene_cannot_be_redone() -> None:
    model = Selection(object(), COUNT)
    model.select(rows(1), step(""))
    assert model.undo() and model.redo_words
    model.reset(object(), COUNT)
    assert not model.redo_words and not model.redo()


def test_a_listener_may_select_in_turn() -> None:
    model = Selection(object(), COUNT)
    even = np.arange(COUNT) % 2 == 0

    def only_even(change: Change) -> None:
        model.select(change.now.mask & even, step("even"))

    stop = model.listen(only_even)
    model.select(np.ones(COUNT, bool), step("all"))
    assert np.array_equal(model.now.mask, even)
    assert [one.lines for one in model.now.steps] == [("all",), ("even",)]
    stop()
    model.undo()
    assert model.now.mask.all()
    model.undo()
    assert not model.now.mask.any()


def test_a_fresh_step_makes_those_before_it_pointless_until_it_is_undone() -> None:
    model = Selection(object(), COUNT)
    model.select(rows(1, 2), assigned(rows(1, 2)))
    model.select(rows(2), step("refined"))
    model.select(rows(3), assigned(rows(3)))
    assert len(model.now.steps) == 1
    model.undo()
    assert len(model.now.steps) == 2


def test_a_linked_model_undoes_what_leads_to_the_same_and_selects_the_rest() -> None:
    scene = object()
    one, other = Selection(scene, COUNT), Selection(scene, COUNT)
    for model, follower in ((one, other), (other, one)):
        model.listen(lambda change, m=model, f=follower: f.follow(m, change.cause))
    one.select(rows(1), step(""))
    other.select(rows(2), step(""))
    for model in (one, other):
        assert model.undo()
        assert one.now.mask[1] == other.now.mask[1] == (model is one)
    assert not one.undo_words and not other.undo_words
    assert other.redo() and one.redo()
    assert one.now.mask[2] and other.now.mask[2] and not one.redo_words and not other.redo_words
    part = object()
    other.edit(part, np.ones(COUNT, bool), kept(True))
    assert not one.now.mask.any(), "nothing is selected there any more, so nothing here"
    assert one.undo() and one.now.mask[2] and other.now.mask[2]
    assert other.now.scene is part, "the selection came back there without the edit's undo"


def test_threads_do_not_lose_changes() -> None:
    model = Selection(object(), 64)
    barrier = threading.Barrier(4)

    def work(number: int) -> None:
        barrier.wait()
        for index in range(16 * number, 16 * number + 12):
            model.select(rows(index, count=64), step(str(index)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(model.now.steps) == 48
    seen = {int(np.flatnonzero(model.now.mask)[0])}
    while model.undo():
        seen |= set(np.flatnonzero(model.now.mask).tolist())
    assert len(seen) == 48
