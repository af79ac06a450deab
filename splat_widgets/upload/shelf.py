"""The ordered list of photos behind a panel, without any front end."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

from traitlets import HasTraits, Int, Tuple

from splat_widgets.photos.opening import display_name, read_photo_file
from splat_widgets.upload.photo import PhotoFile, PhotoProblem, examine

PAIR = 2  # photos that make one scene
_MAX_PROBLEMS = 50

AddedPhoto = str | PathLike | bytes | PhotoFile


@dataclass(frozen=True)
class ShelfEntry:
    """A photo with what the panel needs to show it."""

    id: str
    photo: PhotoFile
    thumbnail: bytes = field(repr=False, compare=False)  # JPEG, upright


class PhotoShelf(HasTraits):
    """Photos in order, which two of them make the scene, and what could not be taken.

    A mix-in for widgets. All methods may be called from any thread; observers run in the thread
    that made the change.
    """

    photos = Tuple(read_only=True, help="The photos, a tuple of `PhotoFile`, in the panel's order.")
    selected_pair = Tuple(
        read_only=True, help="The photos a scene is made of: two, one, or none, in their order."
    )
    errors = Tuple(read_only=True, help="Files that were not taken, a tuple of `PhotoProblem`.")

    max_images = Int(help="Photos the panel holds at most.")
    max_file_size = Int(help="Bytes of one photo at most.")

    def __init__(self, **traits: Any) -> None:
        """Traits as keywords; `max_images` and `max_file_size` must be among them."""
        self._shelf_lock = threading.RLock()
        self._entries: list[ShelfEntry] = []
        self._chosen: tuple[str, ...] = ()  # ids; empty: the first and the next different one
        self._problems: list[tuple[str, PhotoProblem]] = []
        super().__init__(**traits)

    def add(self, *photos: AddedPhoto, name: str | None = None) -> None:
        """Add photos from Python: paths, bytes, or `PhotoFile` records. All of them, or none.

        Args:
            photos: what to add, in order.
            name: what to call bytes.

        Raises:
            PhotoError: if one cannot be used; it names the file and the reason.
            ValueError: if there is no room for all of them.
        """
        entries = []
        for number, photo in enumerate(photos, start=1):
            file_name, data = _read(photo, name or f"photo {number}", self.max_file_size)
            taken, thumbnail = examine(file_name, data, max_bytes=self.max_file_size)
            entries.append(ShelfEntry(uuid.uuid4().hex, taken, thumbnail))
        with self._change():
            if len(self._entries) + len(entries) > self.max_images:
                raise ValueError(
                    f"expected at most {self.max_images} photos, got {len(self._entries)} in the "
                    f"panel and {len(entries)} more; remove some, or raise max_images"
                )
            self._entries += entries

    def remove(self, which: int | PhotoFile | str) -> None:
        """Remove a photo: by its position, the record itself, or its name."""
        with self._change():
            self._remove_ids({self._find(which).id})

    def move(self, which: int | PhotoFile | str, position: int) -> None:
        """Move a photo to another position of the list."""
        with self._change():
            self._move_id(self._find(which).id, position)

    def select(self, *which: int | PhotoFile | str) -> None:
        """Choose the photos that make the scene (two, or one to be used twice); none: the first."""
        with self._change():
            ids = {self._find(one).id for one in which}
            if len(ids) > PAIR:
                raise ValueError(f"expected at most {PAIR} photos, got {len(ids)}")
            self._chosen = tuple(e.id for e in self._entries if e.id in ids)

    def reset(self) -> None:
        """Remove all photos and messages."""
        with self._change():
            self._entries, self._chosen, self._problems = [], (), []

    def clear_errors(self) -> None:
        """Forget the files that were not taken."""
        with self._change():
            self._problems = []

    def _pair_ids(self) -> tuple[str, ...]:
        if self._chosen or not self._entries:
            return self._chosen
        first, *others = self._entries
        # The same photo again, under another name perhaps, shows nothing from aside.
        different = [e for e in others if e.photo.sha256 != first.photo.sha256]
        return tuple(entry.id for entry in (first, *(different or others)[: PAIR - 1]))

    def _find(self, which: int | PhotoFile | str) -> ShelfEntry:
        if isinstance(which, int):
            if not -len(self._entries) <= which < len(self._entries):
                raise IndexError(
                    f"expected a position below {len(self._entries)} (photos are counted from 0), "
                    f"got {which}"
                )
            return self._entries[which]
        for entry in self._entries:
            if entry.photo is which or which in (entry.photo.name, entry.photo):
                return entry
        there = ", ".join(entry.photo.name for entry in self._entries) or "none"
        raise ValueError(f"there is no photo {which!r} in the panel; there are: {there}")

    def _remove_ids(self, ids: set[str]) -> None:
        self._entries = [entry for entry in self._entries if entry.id not in ids]
        if ids & set(self._chosen):  # half a choice is none: the first two count again
            self._chosen = ()

    def _move_id(self, entry_id: str, position: int) -> None:
        moved = next((e for e in self._entries if e.id == entry_id), None)
        if moved is None:
            return
        self._entries.remove(moved)
        self._entries.insert(max(0, position), moved)
        self._chosen = tuple(e.id for e in self._entries if e.id in self._chosen)

    def _toggle_id(self, entry_id: str) -> None:
        """A click on a photo's number: into the pair (the earlier choice stays), or out of it."""
        chosen = [i for i in self._pair_ids() if i != entry_id]
        if entry_id not in self._pair_ids():
            chosen = [*chosen[-(PAIR - 1) :], entry_id]
        order = [entry.id for entry in self._entries]
        self._chosen = tuple(i for i in order if i in chosen)

    def _report(self, problem_id: str, name: str, reason: str) -> None:
        with self._change():  # page and kernel may both report a file
            others = [problem for problem in self._problems if problem[0] != problem_id]
            problem = (problem_id, PhotoProblem(name, reason))
            self._problems = [*others, problem][-_MAX_PROBLEMS:]

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        with self._shelf_lock:
            yield
            self._publish()

    def _publish(self) -> None:
        """Set the traits from the list; widgets add what their front end shows."""
        by_id = {entry.id: entry.photo for entry in self._entries}
        pair = tuple(by_id[i] for i in self._pair_ids())
        with self.hold_trait_notifications():
            self.set_trait("photos", tuple(by_id.values()))
            self.set_trait("selected_pair", pair)
            self.set_trait("errors", tuple(problem for _, problem in self._problems))


def _read(photo: AddedPhoto, name: str, max_bytes: int) -> tuple[str, bytes]:
    if isinstance(photo, PhotoFile):
        return photo.name, photo.data
    if isinstance(photo, bytes | bytearray | memoryview):
        return display_name(name), bytes(photo)
    if not isinstance(photo, str | PathLike):
        raise TypeError(
            f"expected a photo as path, bytes or PhotoFile, got {type(photo).__name__}; "
            "several photos are given one by one: add(*photos)"
        )
    return read_photo_file(photo, max_bytes=max_bytes)


def pair_sentence(photos: Sequence[PhotoFile], pair: Sequence[PhotoFile]) -> str:
    """What the panel says about the photos a scene will be made of."""
    if not photos:
        return "Two photos of the same place, taken about a step apart, make a scene."
    if len(pair) == 1:
        return (
            f"One photo, {pair[0].name}, is used for both views: depth then rests on what the "
            "model has learned alone. A second one from a step aside gives a better scene."
        )
    first, second = (photo.name for photo in pair)
    if pair[0].sha256 == pair[1].sha256:
        return (
            f"{first} and {second} are the same photo: depth then rests on what the model has "
            "learned alone. Another one from a step aside gives a better scene."
        )
    if len(photos) > PAIR:
        return f"Two photos make a scene. In use: {first} and {second}. Click a number to change."
    return f"{first} and {second} make the scene, seen from where {first} was taken."
