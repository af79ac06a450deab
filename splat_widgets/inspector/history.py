"""Undo and redo of an inspector, for a scene file and back.

A file keeps selections, and edits that keep, delete or crop, with what these removed; the history
that it keeps ends at an edit that puts the scene elsewhere or merges another, and at one after
which an own attribute was changed or removed. Nothing is run: a file's steps are lines that the
script repeats, and its moments are bits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch

from splat_widgets import notices
from splat_widgets.inspector.removed import Way, keeps_attributes, removed_from, unpacked
from splat_widgets.inspector.selection import Moment, Selection, State
from splat_widgets.inspector.steps import Step, assigned
from splat_widgets.io.scenefile import own_names
from splat_widgets.io.scenefile.layout import MAX_JSON_BYTES
from splat_widgets.scene.inspection import Inspection, KeptMoment, KeptPart, KeptStep
from splat_widgets.scene.scene import Scene
from splat_widgets.sizes import format_bytes

_MOST_BYTES = 64 * 10**6
_MOST_LINES = MAX_JSON_BYTES // 4  # bytes of the lines of `told`
_MOST_STEPS = MAX_JSON_BYTES // 2  # and of those of the script
_PER_LINE = 12  # bytes around each in the file: indented, with a comma
_PER_VALUE = 9  # of an attribute of the user's own, and whether it is known
_PER_PIXEL = 64  # bytes of photo, pixel, confidence and evidence


def kept_step(step: Step) -> KeptStep:
    """A step as a file keeps it."""
    return KeptStep(
        tuple(step.code()), step.is_fresh, step.is_edit, step.names, step.words, step.keeps_rows
    )


def step_of(kept: KeptStep) -> Step:
    """A step of a file."""
    return Step(kept.lines, kept.is_fresh, kept.is_edit, kept.keeps_rows, kept.names, kept.words)


def kept_steps(now: State) -> tuple[KeptStep, ...]:
    """The steps of the script as a file keeps them; of a script that is too long the selection."""
    steps = now.steps
    if num_bytes(steps) > _MOST_STEPS:
        steps = (assigned(now.mask),)
        notices.tell(
            f"The script of this inspector has more than {format_bytes(_MOST_STEPS)}: the file "
            "keeps its selection alone."
        )
    return tuple(map(kept_step, steps))


def num_bytes(steps: Iterable[Step]) -> int:
    """What the lines of steps take in a file."""
    return sum(len(json.dumps(line)) + _PER_LINE for step in steps for line in step.code())


class History:
    """What a file keeps of undo and redo, the nearest first, as much as `_MOST_BYTES` hold."""

    def __init__(self, now: State, past: Sequence[Moment], future: Sequence[Moment]) -> None:
        self.told: list[KeptStep] = []
        self._places: dict[int, int] = {}  # in `told`, by identity of the step
        self._left, self._lines_left = _MOST_BYTES, _MOST_LINES
        self.future = tuple(self._forward(Moment.of(now), future))
        self.past = tuple(self._back(Moment.of(now), past))
        if min(self._left, self._lines_left) < 0:
            notices.tell(
                f"The file keeps the nearest {len(self.past)} of {len(past)} steps of undo and "
                f"{len(self.future)} of {len(future)} of redo: the others would take more than "
                f"{format_bytes(_MOST_BYTES)}, or {format_bytes(_MOST_LINES)} of lines."
            )

    def _forward(self, before: Moment, future: Sequence[Moment]) -> Iterator[KeptMoment]:
        for moment in future:
            rows = None
            if isinstance(moment.way, Way):
                rows = moment.way.rows
            elif moment.scene is not before.scene:
                if moment.rows is None:
                    return
                rows = moment.rows
            if not self._has_room(moment):
                return
            yield self._kept(moment, rows, None)
            before = moment

    def _back(self, after: Moment, past: Sequence[Moment]) -> Iterator[KeptMoment]:
        for moment in past:
            rows, removed = None, None
            is_cut = moment.way is None and moment.scene is not after.scene
            if is_cut and after.rows is None:
                return
            if not self._has_room(moment, moment.count - after.count):
                return
            if isinstance(moment.way, Way):
                rows, removed = moment.way.rows, moment.way.removed
            elif is_cut and after.rows is not None:
                rows = after.rows
                left = unpacked(rows, moment.count)
                if not keeps_attributes(moment.scene, left, after.scene):
                    return
                removed = removed_from(moment.scene, left)
            yield self._kept(moment, rows, removed)
            after = moment

    def _has_room(self, moment: Moment, num_removed: int = 0) -> bool:
        """Whether a moment may be kept; what it takes is taken off."""
        new = [step for step in moment.steps if id(step) not in self._places]
        lines = num_bytes(new)
        scene: Scene | None = moment.scene
        coefficients = 16 if scene is None else scene.sh.shape[1]
        per_row = 4 * (11 + 3 * coefficients) + _PER_PIXEL + _PER_VALUE * _num_own(moment)
        self._left -= 2 * len(moment.bits) + lines + max(0, num_removed) * per_row
        self._lines_left -= lines
        return min(self._left, self._lines_left) >= 0

    def _kept(
        self, moment: Moment, rows: np.ndarray | None, removed: KeptPart | None
    ) -> KeptMoment:
        for step in moment.steps:
            if id(step) not in self._places:
                self._places[id(step)] = len(self.told)
                self.told.append(kept_step(step))
        return KeptMoment(
            selection=torch.tensor(moment.bits),
            picked=moment.picked,
            steps=tuple(self._places[id(step)] for step in moment.steps),
            rows=None if rows is None else torch.tensor(rows),
            removed=removed,
        )


def _num_own(moment: Moment) -> int:
    """How many attributes of the user's own the scene of a moment has."""
    if isinstance(moment.way, Way):
        return 0 if moment.way.removed is None else len(moment.way.removed.values)
    return len(own_names(moment.scene))


def resume_history(
    selection: Selection, found: Inspection, mask: np.ndarray, picked: int, steps: tuple[Step, ...]
) -> None:
    """Go on with a file's selection and history.

    Args:
        selection: the model.
        found: what the file kept, checked when it was read.
        mask: (N,) bool, what is selected.
        picked: row of the picked Gaussian; -1 for none.
        steps: what led to it.
    """
    told = tuple(map(step_of, found.told))
    past = _moments(found.past, told, len(mask))
    # Which rows of the scene before the latest edit a moment has, an older moment knows.
    rows: np.ndarray | None = None
    for number in reversed(range(len(past))):
        past[number] = replace(past[number], rows=rows)
        way = past[number].way
        if isinstance(way, Way) and way.rows is not None:
            rows = way.rows
    now_rows, future = rows, _moments(found.future, told, len(mask))
    for number, moment in enumerate(future):
        if isinstance(moment.way, Way) and moment.way.rows is not None:
            rows = moment.way.rows
        future[number] = replace(moment, rows=rows)
    selection.resume(mask, picked, steps, now_rows, past, future)


def _moments(kept: Sequence[KeptMoment], told: tuple[Step, ...], count: int) -> list[Moment]:
    """Moments whose scenes are made when they are gone to."""
    found = []
    for one in kept:
        rows = None if one.rows is None else one.rows.numpy()
        if one.removed is not None:
            count += len(one.removed.gaussians)
        elif rows is not None:
            count = int(np.count_nonzero(unpacked(rows, count)))
        steps = tuple(told[place] for place in one.steps)
        way = Way(rows, one.removed)
        found.append(Moment(None, one.selection.numpy(), count, one.picked, steps, way=way))
    return found
