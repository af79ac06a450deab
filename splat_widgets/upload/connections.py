"""What a run found out about the photos of a panel: which ones show the same place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from splat_widgets.scene.refinement import Refinement
from splat_widgets.upload.shelf import ShelfEntry


@dataclass(frozen=True)
class Connections:
    """By the ids of a panel's photos."""

    pairs: tuple[tuple[str, str, int, bool], ...] = ()  # two ids, inliers, whether it was solved
    left_out: frozenset[str] = frozenset()  # ids of photos that connect with no other

    def of(self, photo_id: str) -> list[tuple[str, int, bool]]:
        """The other photo, the matches and whether they connect, for each pair of a photo."""
        found = []
        for first, second, matches, solved in self.pairs:
            if photo_id in (first, second):
                found.append((second if photo_id == first else first, matches, solved))
        return found


def connections(
    entries: Sequence[ShelfEntry], digests: Sequence[str | None], refinement: Refinement
) -> Connections:
    """Find the photos of a verdict in a panel.

    Args:
        entries: the panel's chosen photos.
        digests: SHA-256 of the scene's photos, in their order; the panel's are known by it.
        refinement: the verdict on them.
    """
    by_digest = {entry.photo.sha256: entry.id for entry in reversed(entries)}
    ids = [by_digest.get(digest or "") for digest in digests]
    pairs = []
    for pair in refinement.pairs:
        first, second = (ids[k] if k < len(ids) else None for k in pair.photos)
        if first is not None and second is not None and first != second:
            pairs.append((first, second, pair.num_inliers, pair.reason == ""))
    names = set(refinement.left_out)
    alone = {entry.id for entry in entries if entry.photo.name in names}
    return Connections(tuple(pairs), frozenset(alone - {i for pair in pairs for i in pair[:2]}))
