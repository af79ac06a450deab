"""Which Gaussians of two scenes belong to the same place of the same photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from splat_widgets.photos.same import is_same_photo
from splat_widgets.scene.scene import Scene


@dataclass(frozen=True, eq=False)
class PixelMatch:
    """Two scenes by their photos' pixels; -1 where the other has no Gaussian.

    Grids of other sizes, or of other crops, agree through the upright original photo: a Gaussian is
    compared with the one whose pixel covers the middle of its own.
    """

    rows: np.ndarray  # (N of the second,) int64, rows of the first scene
    back: np.ndarray  # (N of the first,) int64, rows of the second scene
    views: tuple[int | None, ...]  # of each photo of the second: its number in the first
    problem: str = ""  # why no pixel agrees; else empty

    @property
    def num_matched(self) -> int:
        """Gaussians of the second scene that the first has, too."""
        return int(np.count_nonzero(self.rows >= 0))

    @property
    def is_row_by_row(self) -> bool:
        """Whether the scenes have the same pixels in the same order."""
        here = np.arange(len(self.rows))
        return len(self.rows) == len(self.back) and np.array_equal(self.rows, here)

    @property
    def turned(self) -> PixelMatch:
        """The same, seen from the second scene."""
        forth = {view: number for number, view in enumerate(self.views) if view is not None}
        count = max(forth, default=-1) + 1
        views = tuple(forth.get(number) for number in range(count))
        return PixelMatch(self.back, self.rows, views, self.problem)

    def carried(self, mask: np.ndarray) -> np.ndarray:
        """A selection of the first scene in the second one.

        A pixel is selected if a selected one of the other grid covers it, or lies in it.

        Args:
            mask: (N of the first,) bool.

        Returns:
            (N of the second,) bool.
        """
        found = (self.rows >= 0) & mask[self.rows]
        found[self.back[mask & (self.back >= 0)]] = True
        return found


def match(first: Scene, second: Scene) -> PixelMatch:
    """The pixels that two scenes share."""
    nothing = (np.full(len(second), -1), np.full(len(first), -1), ())
    if not (first.has("photos") and second.has("photos")):
        lack = "neither scene has" if not second.has("photos") else "one of the scenes lacks"
        lack = "one of the scenes lacks" if first.has("photos") != second.has("photos") else lack
        return PixelMatch(*nothing, f"{lack} photos, so nobody knows which Gaussians correspond")
    views = shared_views(first, second)
    if not any(view is not None for view in views):
        return PixelMatch(*nothing, "the scenes share no photo")
    numbered = {view: number for number, view in enumerate(views) if view is not None}
    back = [numbered.get(number) for number in range(len(first.photos))]
    return PixelMatch(_rows(first, second, views), _rows(second, first, back), views)


def shared_views(first: Scene, second: Scene) -> tuple[int | None, ...]:
    """For each photo of the second scene, its number in the first; None if it is not there.

    A photo that a scene has twice takes two of the other, where that has two.
    """
    free = list(range(len(first.photos)))
    found: list[int | None] = []
    for photo in second.photos:
        same = [n for n, other in enumerate(first.photos) if is_same_photo(photo, other)]
        chosen = next((n for n in same if n in free), same[0] if same else None)
        if chosen in free:
            free.remove(chosen)
        found.append(chosen)
    return tuple(found)


def grid(scene: Scene, view: int) -> np.ndarray:
    """(H, W) int64 row of the Gaussian of each pixel of a photo's crop; -1 where there is none."""
    height, width = scene.maps[view].confidence.shape
    rows = np.full((height, width), -1)
    here = np.flatnonzero(scene.view.cpu().numpy() == view)
    rows[scene.row.cpu().numpy()[here], scene.col.cpu().numpy()[here]] = here
    return rows


def _rows(first: Scene, second: Scene, views: tuple[int | None, ...] | list) -> np.ndarray:
    """(N of the second,) rows of the first scene at the same places of the photos."""
    found = np.full(len(second), -1)
    of, row, col = (index.cpu().numpy() for index in (second.view, second.row, second.col))
    for number, view in enumerate(views):
        if view is None:
            continue
        rows, here = grid(first, view), np.flatnonzero(of == number)
        place = second.photos[number].to_original(row[here], col[here])
        at = [np.rint(axis).astype(int) for axis in first.photos[view].from_original(*place)]
        inside = (at[0] >= 0) & (at[0] < rows.shape[0]) & (at[1] >= 0) & (at[1] < rows.shape[1])
        found[here[inside]] = rows[at[0][inside], at[1][inside]]
    return found
