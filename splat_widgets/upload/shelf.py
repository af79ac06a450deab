"""The ordered list of photos behind a panel, without its page."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

from traitlets import HasTraits, Int, Tuple

from splat_widgets.photos.photo import Crop
from splat_widgets.photos.source import display_name, read_photo_file
from splat_widgets.upload.crops import whole_pixels
from splat_widgets.upload.photo import PhotoFile, PhotoProblem, examine

MAX_CHOSEN = 10
_MAX_PROBLEMS = 50
_MAX_NAMED = 4  # photos in a sentence

AddedPhoto = str | PathLike | bytes | PhotoFile


@dataclass(frozen=True)
class ShelfEntry:
    """A photo with what the panel needs to show it."""

    id: str
    photo: PhotoFile
    thumbnail: bytes = field(repr=False, compare=False)  # JPEG, upright


class PhotoShelf(HasTraits):
    """Photos in order, those chosen for the scene, and the files that were refused.

    A mix-in for widgets. All methods may be called from any thread; observers run in the thread
    that made the change.
    """

    photos = Tuple(read_only=True, help="The photos, a tuple of `PhotoFile`, in the panel's order.")
    selected_photos = Tuple(
        read_only=True, help="The photos chosen for the scene, in the panel's order."
    )
    crops = Tuple(
        read_only=True,
        help="(x, y, side) for each of `photos`, in pixels of the upright photo; None: centred.",
    )
    errors = Tuple(read_only=True, help="Files that were refused, a tuple of `PhotoProblem`.")

    max_chosen = Int(MAX_CHOSEN, min=1, help="Photos the model takes for one scene at most.")
    max_images = Int(help="Photos the panel holds at most.")
    max_file_size = Int(help="Bytes of one photo at most.")

    def __init__(self, **traits: Any) -> None:
        """Takes traits as keywords; `max_images` and `max_file_size` are required."""
        self._shelf_lock = threading.RLock()
        self._entries: list[ShelfEntry] = []
        self._crops: dict[str, Crop] = {}  # by id
        self._chosen: tuple[str, ...] = ()  # ids; empty: the first ones that differ
        self._problems: list[tuple[str, PhotoProblem]] = []
        super().__init__(**traits)
        self.observe(self._republish, names=["max_chosen"])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.photos)} photos)"

    def add(self, *photos: AddedPhoto, name: str | None = None) -> None:
        """Add photos from Python: paths, bytes, or `PhotoFile` records. All are added, or none.

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
        """Remove a photo.

        Args:
            which: its position from 0, the record itself, or its name.
        """
        with self._change():
            self._remove_ids({self._find(which).id})

    def move(self, which: int | PhotoFile | str, position: int) -> None:
        """Move a photo to another position of the list.

        Args:
            which: its position from 0, the record itself, or its name.
            position: where to, from 0.
        """
        with self._change():
            self._move_id(self._find(which).id, position)

    def select(self, *which: int | PhotoFile | str) -> None:
        """Choose the photos that make the scene.

        Args:
            which: positions from 0, records or names; without any, the first photos that differ.

        Raises:
            ValueError: for more than `max_chosen` photos, or one that is not there.
        """
        with self._change():
            ids = {self._find(one).id for one in which}
            if len(ids) > self.max_chosen:
                raise ValueError(f"expected at most {self.max_chosen} photos, got {len(ids)}")
            self._chosen = tuple(e.id for e in self._entries if e.id in ids)

    def crop(self, which: int | PhotoFile | str, crop: Sequence[float] | None) -> None:
        """Set the square of a photo that becomes splats.

        Args:
            which: its position, the record itself, or its name.
            crop: (x, y, side) in pixels of the upright photo; None for the centred square.

        Raises:
            ValueError: if it does not lie in the photo.
        """
        with self._change():
            self._crop_entry(self._find(which), crop)

    @property
    def selected_crops(self) -> tuple[Crop | None, ...]:
        """The crops of `selected_photos`."""
        with self._shelf_lock:
            return tuple(self._crops.get(entry_id) for entry_id in self._chosen_ids())

    def reset(self) -> None:
        """Remove all photos and messages."""
        with self._change():
            self._entries, self._chosen, self._problems = [], (), []
            self._crops = {}

    def _crop_entry(self, entry: ShelfEntry, crop: Sequence[float] | None) -> None:
        if crop is None:
            self._crops.pop(entry.id, None)
        else:
            photo = entry.photo
            self._crops[entry.id] = whole_pixels(crop, photo.width, photo.height, photo.name)

    def _chosen_ids(self) -> tuple[str, ...]:
        if self._chosen:
            return self._chosen[: self.max_chosen]
        # A copy of a photo, perhaps under another name, adds no second viewpoint.
        by_content: dict[str, ShelfEntry] = {}
        for entry in self._entries:
            by_content.setdefault(entry.photo.sha256, entry)
        different = list(by_content.values()) if len(by_content) > 1 else self._entries
        return tuple(entry.id for entry in different[: self.max_chosen])

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
        self._crops = {i: crop for i, crop in self._crops.items() if i not in ids}
        if ids & set(self._chosen):  # an incomplete choice falls back to the default
            self._chosen = ()

    def _move_id(self, entry_id: str, position: int) -> None:
        moved = next((e for e in self._entries if e.id == entry_id), None)
        if moved is None:
            return
        self._entries.remove(moved)
        self._entries.insert(max(0, position), moved)
        self._chosen = tuple(e.id for e in self._entries if e.id in self._chosen)

    def _toggle_id(self, entry_id: str) -> None:
        """Add a photo to the choice or remove it; a full choice drops its first photo."""
        chosen = [i for i in self._chosen_ids() if i != entry_id]
        if entry_id not in self._chosen_ids():
            chosen = [*chosen, entry_id][-self.max_chosen :]
        order = [entry.id for entry in self._entries]
        self._chosen = tuple(i for i in order if i in chosen)

    def _report(self, problem_id: str, name: str, reason: str) -> None:
        with self._change():  # page and kernel may both report one file
            others = [problem for problem in self._problems if problem[0] != problem_id]
            problem = (problem_id, PhotoProblem(name, reason))
            self._problems = [*others, problem][-_MAX_PROBLEMS:]

    def _republish(self, _change: object = None) -> None:
        with self._change():
            pass

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        with self._shelf_lock:
            yield
            self._publish()

    def _publish(self) -> None:
        """Set the traits from the list. Widgets add what their page shows."""
        by_id = {entry.id: entry.photo for entry in self._entries}
        chosen = tuple(by_id[i] for i in self._chosen_ids())
        with self.hold_trait_notifications():
            self.set_trait("photos", tuple(by_id.values()))
            self.set_trait("selected_photos", chosen)
            self.set_trait("crops", tuple(self._crops.get(entry_id) for entry_id in by_id))
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


def choice_sentence(photos: Sequence[PhotoFile], chosen: Sequence[PhotoFile], limit: int) -> str:
    """The panel's sentence about the choice; `limit` is the largest number of chosen photos."""
    if not photos:
        count = "Two" if limit <= 2 else f"Two to {limit}"
        return f"{count} photos of the same place, taken about a step apart, make a scene."
    names = [photo.name for photo in chosen]
    if len(names) > _MAX_NAMED:
        names = [f"{len(names)} photos"]
    listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    alone = "depth then rests on what the model has learned alone. Another one from a step aside"
    if len(chosen) == 1:
        return f"One photo, {listed}, makes the scene: {alone} gives a better scene."
    if len({photo.sha256 for photo in chosen}) == 1:
        return f"{listed} are the same photo: {alone} gives a better scene."
    if len(photos) > len(chosen):
        full = f" The model takes {limit} at most." if len(chosen) == limit else ""
        return (
            f"{len(chosen)} of {len(photos)} photos make the scene"
            f"{f': {listed}' if len(chosen) <= _MAX_NAMED else ''}.{full} "
            "Click a number to change."
        )
    return f"{listed} make the scene, seen from where {chosen[0].name} was taken."
