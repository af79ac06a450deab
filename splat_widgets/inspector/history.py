"""What `Inspector.undo` goes back to."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from splat_widgets.inspector.script import Step
from splat_widgets.scene.scene import Scene

DEPTH = 50  # each may hold a scene alive


@dataclass(frozen=True, eq=False)
class Moment:
    """Scene, selection and how they came about, before something was done."""

    scene: Scene | None
    packed: np.ndarray  # selection as bits
    count: int  # of Gaussians
    picked: int
    steps: tuple[Step, ...]

    @property
    def selection(self) -> np.ndarray:
        """(count,) bool."""
        return np.unpackbits(self.packed, count=self.count).view(bool)


class History:
    """The last moments, the newest first to be taken back."""

    def __init__(self) -> None:
        self._moments: deque[Moment] = deque(maxlen=DEPTH)

    def __len__(self) -> int:
        return len(self._moments)

    @property
    def latest(self) -> Moment | None:
        """The moment that would be taken back."""
        return self._moments[-1] if self._moments else None

    def push(self, moment: Moment) -> None:
        """Remember a moment; the oldest is forgotten."""
        self._moments.append(moment)

    def pop(self) -> Moment:
        """The last moment, which is forgotten."""
        return self._moments.pop()

    def clear(self) -> None:
        """Forget everything."""
        self._moments.clear()
