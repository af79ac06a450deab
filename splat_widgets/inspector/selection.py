"""A plain model of the selection: which Gaussians are selected and picked, with undo and redo.

It knows neither widgets nor traits. `Inspector` owns one. Selections, edits, undo and changes of a
linked inspector come in by methods of their own, so nothing has to guess whose change it was.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from splat_widgets.attributes.store import read_only
from splat_widgets.inspector.steps import Step, appended, assigned

DEPTH = 50  # each may hold a scene alive
Cause = Literal["select", "pick", "edit", "undo", "redo", "reset"]


@dataclass(frozen=True, eq=False)
class State:
    """All that undo and redo exchange."""

    scene: Any = None  # the model only tells scenes apart
    mask: np.ndarray = field(default_factory=lambda: _nothing(0))  # (N,) bool, read-only
    picked: int = -1  # row in the scene; -1 for none
    steps: tuple[Step, ...] = ()  # what the script repeats
    # Of a scene that is a part of the one before the latest edit: bits, which of that one's
    # Gaussians it has.
    rows: np.ndarray | None = None

    @property
    def words(self) -> str:
        """How it was made, for the user."""
        return _words(self.steps)


@dataclass(frozen=True, eq=False)
class Moment:
    """A state in the history: its mask takes one bit a Gaussian."""

    scene: Any  # None where `way` leads to it
    bits: np.ndarray  # of the mask
    count: int  # of its scene's Gaussians
    picked: int
    steps: tuple[Step, ...]
    rows: np.ndarray | None = None  # as in `State`
    # To its scene from that of the moment beside it, towards the present; of a scene in a file.
    way: Callable[[Any], Any] | None = None

    @classmethod
    def of(cls, state: State) -> Moment:
        """That of a state."""
        bits = np.packbits(state.mask)
        return cls(state.scene, bits, len(state.mask), state.picked, state.steps, state.rows)

    def beside(self, scene: Any) -> State:
        """The state, from that of the scene beside it."""
        own = self.scene if self.way is None else self.way(scene)
        mask = np.unpackbits(self.bits, count=self.count).view(bool)
        return State(own, read_only(mask), self.picked, self.steps, self.rows)


@dataclass(frozen=True, eq=False)
class Change:
    """What a listener gets."""

    cause: Cause
    before: State
    now: State
    view: str | None  # of the page that selected or picked, and shows the result already


class Selection:
    """The selection of one inspector and its history.

    Any thread may call any method. A listener is called after a change, in the thread that made it,
    and may change the selection in turn. By then the model may be newer than the change.
    """

    def __init__(self, scene: Any = None, count: int = 0) -> None:
        self._lock = threading.Lock()
        self._now = State(scene, _nothing(count))
        self._past: deque[Moment] = deque(maxlen=DEPTH)
        self._future: list[Moment] = []
        self._listeners: tuple[Callable[[Change], object], ...] = ()

    @property
    def now(self) -> State:
        """Scene, selection, pick and steps that belong together."""
        return self._now

    @property
    def timeline(self) -> tuple[State, tuple[Moment, ...], tuple[Moment, ...]]:
        """The present; the past, the latest first; the future, the next first."""
        with self._lock:
            return self._now, tuple(reversed(self._past)), tuple(reversed(self._future))

    @property
    def undo_words(self) -> str:
        """What `undo` takes back; empty for nothing."""
        with self._lock:
            return self._now.words if self._past else ""

    @property
    def redo_words(self) -> str:
        """What `redo` repeats; empty for nothing."""
        with self._lock:
            return _words(self._future[-1].steps) if self._future else ""

    def listen(self, listener: Callable[[Change], object]) -> Callable[[], None]:
        """Call a function with every change; the returned function ends that."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def stop() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return stop

    def select(self, mask: np.ndarray, step: Step, view: str | None = None) -> bool:
        """Select these Gaussians; False if they are selected already.

        Args:
            mask: (N,) bool.
            step: how the script repeats it.
            view: of the page that selected.

        Raises:
            ValueError: for a mask of another length.
        """

        def make(now: State) -> State | None:
            if np.array_equal(self._checked(mask), now.mask):
                return None
            chosen = read_only(np.array(mask, bool))
            return replace(now, mask=chosen, steps=appended(now.steps, step))

        return self._change("select", make, view=view)

    def pick(self, index: int, view: str | None = None) -> bool:
        """Pick a Gaussian by its row, or -1 for none; False if it is picked already.

        A pick is not a step of the history, which restores it along with a selection.

        Args:
            index: row in the scene.
            view: of the page that picked.

        Raises:
            ValueError: for a row that the scene does not have.
        """

        def make(now: State) -> State | None:
            count = len(now.mask)
            if not -1 <= index < count:
                raise ValueError(
                    f"expected picked from 0 to {count - 1}, or -1 for none, got {index}"
                )
            return None if index == now.picked else replace(now, picked=index)

        return self._change("pick", make, history="keep", view=view)

    def edit(self, scene: Any, kept: np.ndarray, step: Step) -> None:
        """Exchange the scene for a part of it, without a selection.

        Args:
            scene: the part.
            kept: (N,) bool, which Gaussians of the present scene the part has.
            step: how the script repeats it.

        Raises:
            ValueError: for a mask of another length.
        """

        def make(now: State) -> State:
            rows = self._checked(kept)
            picked = now.picked
            if picked >= 0:
                picked = int(np.count_nonzero(rows[:picked])) if rows[picked] else -1
            nothing = _nothing(int(np.count_nonzero(rows)))
            return State(scene, nothing, picked, appended(now.steps, step), np.packbits(rows))

        self._change("edit", make)

    def exchange(self, scene: Any, mask: np.ndarray, step: Step) -> None:
        """Exchange the scene for one whose first rows are its own; the pick stays.

        Args:
            scene: the new one.
            mask: (M,) bool, what is selected in it.
            step: how the script repeats it.
        """

        def make(now: State) -> State:
            chosen = read_only(np.array(mask, bool))
            return State(scene, chosen, now.picked, appended(now.steps, step))

        self._change("edit", make)

    def undo(self) -> bool:
        """Take back the latest selection or edit; False if there is none."""
        return self._move("undo", self._past, self._future)

    def redo(self) -> bool:
        """Repeat what was undone last; False if there is nothing."""
        return self._move("redo", self._future, self._past)

    def follow(self, other: Selection, cause: Cause) -> None:
        """Take the selection of a linked model, after a change there.

        An undo or redo there is one here, too, if it leads to the same selection.

        Raises:
            ValueError: for a model of another number of Gaussians.
        """
        mask, now = other.now.mask, self._now
        if np.array_equal(mask, now.mask):
            return
        with self._lock:
            stack = {"undo": self._past, "redo": self._future}.get(cause)
            there = stack[-1] if stack else None
            there = None if there is None or there.way is not None else there.beside(now.scene)
        if there is None or there.scene is not now.scene or not np.array_equal(there.mask, mask):
            self.select(mask, assigned(mask))
        elif cause == "undo":
            self.undo()
        else:
            self.redo()

    def reset(self, scene: Any, count: int) -> None:
        """Start over with another scene and an empty history."""
        self._change("reset", lambda _: State(scene, _nothing(count)), history="forget")

    def resume(
        self,
        mask: np.ndarray,
        picked: int,
        steps: tuple[Step, ...],
        rows: np.ndarray | None = None,
        past: Sequence[Moment] = (),
        future: Sequence[Moment] = (),
    ) -> None:
        """Take the selection, the steps and the history that a file kept of this scene.

        Args:
            mask: (N,) bool.
            picked: row of the picked Gaussian; -1 for none.
            steps: what led here.
            rows: as in `State`.
            past: the latest first.
            future: the next first.

        Raises:
            ValueError: for a mask of another length.
        """

        def make(now: State) -> State:
            state = State(now.scene, read_only(self._checked(mask)), picked, steps, rows)
            self._past.clear()
            self._past.extend(reversed(past))
            self._future = list(reversed(future))
            return state

        self._change("select", make, history="keep")

    def forget_history(self) -> None:
        """Start the history with the present state."""
        with self._lock:
            self._past.clear()
            self._future.clear()

    def _checked(self, mask: np.ndarray) -> np.ndarray:
        expected = self._now.mask.shape
        if np.shape(mask) != expected:
            raise ValueError(f"expected a mask of shape {expected}, got {np.shape(mask)}")
        return np.asarray(mask, bool)

    def _change(
        self,
        cause: Cause,
        make: Callable[[State], State | None],
        *,
        history: Literal["add", "keep", "forget"] = "add",
        view: str | None = None,
    ) -> bool:
        with self._lock:
            before = self._now
            now = make(before)
            if now is None:
                return False
            if history == "add":
                self._past.append(Moment.of(before))
            elif history == "forget":
                self._past.clear()
            if history != "keep":
                self._future.clear()
            self._now = now
        self._tell(Change(cause, before, now, view))
        return True

    def _move(self, cause: Cause, source: Any, target: Any) -> bool:
        with self._lock:
            if not source:
                return False
            before = self._now
            now = source[-1].beside(before.scene)  # which may fail: before anything is changed
            source.pop()
            target.append(Moment.of(before))
            self._now = now
        self._tell(Change(cause, before, now, None))
        return True

    def _tell(self, change: Change) -> None:
        for listener in self._listeners:
            listener(change)


def _words(steps: tuple[Step, ...]) -> str:
    return steps[-1].words if steps else ""


def _nothing(count: int) -> np.ndarray:
    return read_only(np.zeros(count, bool))
