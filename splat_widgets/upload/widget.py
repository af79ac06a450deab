"""`UploadPanel`: photos from the browser, by drag and drop or a file chooser."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

from traitlets import Bool, Int, List, Unicode

from splat_widgets.jobs.worker import Worker
from splat_widgets.page.bundle import BundledWidget
from splat_widgets.page.messages import Buffer, Handler
from splat_widgets.photos.source import PhotoError, display_name
from splat_widgets.scene.refinement import Refinement
from splat_widgets.settings import Settings
from splat_widgets.upload.connections import Connections, connections
from splat_widgets.upload.crops import edges
from splat_widgets.upload.messages import (
    CropPhoto,
    DismissProblem,
    FileRefused,
    FoldPanel,
    MovePhoto,
    QueueLength,
    RemovePhoto,
    ResetPanel,
    ThumbnailsWanted,
    TogglePhoto,
    ToKernel,
    ToPage,
)
from splat_widgets.upload.photo import examine
from splat_widgets.upload.receiver import ReceivedFile, Receiver
from splat_widgets.upload.records import ItemError, PhotoItem, PhotoLink
from splat_widgets.upload.shelf import (
    MAX_CHOSEN,
    AddedPhoto,
    PhotoShelf,
    ShelfEntry,
    choice_sentence,
)

logger = logging.getLogger(__name__)

DEFAULT_IMAGE_SIZE = 512  # of the released model; the crop is nearly the same for every size
SILENCE_S = 15.0
_decoder = Worker("splat-photos")


class UploadPanel(PhotoShelf, BundledWidget):
    """A panel that takes photos into the kernel's memory; nothing is written to disk.

    `panel.photos` are the photos in order, `panel.selected_photos` those chosen for the scene, and
    `panel.errors` the files that were refused; all three can be observed. `panel.crops` are the
    squares that become splats; they are dragged on the cards, or set with `panel.crop`.
    """

    _entry = Unicode("upload").tag(sync=True)
    _to_kernel = ToKernel
    max_chosen = Int(MAX_CHOSEN, min=1, help="Photos the model takes for one scene at most.").tag(
        sync=True
    )
    max_images = Int(help="Photos the panel holds at most.").tag(sync=True)
    max_file_size = Int(help="Bytes of one file at most.").tag(sync=True)
    image_size = Int(help="Side of the square the network sees, px; for the drawn crop.").tag(
        sync=True
    )
    folded = Bool(False, help="Show the photos small, in one line.").tag(sync=True)
    uploading = Int(0, read_only=True, help="Files on their way from the browser.")
    _items = List(help="The photos, in order.").tag(sync=True, record=PhotoItem)
    _errors = List(help="Files that were refused.").tag(sync=True, record=ItemError)
    _sentence = Unicode(help="Says which photos will be used.").tag(sync=True)

    def __init__(
        self,
        *photos: AddedPhoto,
        max_images: int | None = None,
        max_file_size: int | str | None = None,
        image_size: int | None = None,
        **traits: Any,
    ) -> None:
        """A panel, with the given photos in it.

        Args:
            photos: as for `add`.
            max_images: photos at most; see `splat_widgets.settings` for the default.
            max_file_size: of one photo, in bytes or as "50 MB".
            image_size: side of the square the network sees, px; only the drawn crop depends on it.
            traits: `layout` and the like.
        """
        settings = Settings.resolve(
            "max_images",
            "max_file_size",
            "image_size",
            max_images=max_images,
            max_file_size=max_file_size,
            image_size=image_size,
        )
        self._receiver = Receiver(
            self.send, self._take, max_bytes=settings.max_file_size, admit=self._admit
        )
        self._last_message_s = 0.0
        self._connections = Connections()
        traits.setdefault("layout", {"width": "100%"})
        super().__init__(
            max_images=settings.max_images,
            max_file_size=settings.max_file_size,
            image_size=settings.image_size or DEFAULT_IMAGE_SIZE,
            **traits,
        )
        self.observe(self._on_settings, names=["max_file_size", "image_size"])
        self.add(*photos)

    @property
    def is_receiving(self) -> bool:
        """Whether files are arriving; a page that is silent for `SILENCE_S` does not count."""
        return self.uploading > 0 and time.monotonic() - self._last_message_s < SILENCE_S

    def reset(self) -> None:
        """Remove all photos and messages, and stop the transfers."""
        self._receiver.reset()
        super().reset()

    def show_verdict(
        self, refinement: Refinement | None, digests: Sequence[str | None] = ()
    ) -> None:
        """Draw on the cards what connects; None takes it away.

        Args:
            refinement: of the scene that the chosen photos made.
            digests: SHA-256 of the scene's photos, in their order.
        """
        with self._change():
            chosen = self._chosen_ids()
            entries = [entry for entry in self._entries if entry.id in chosen]
            self._connections = (
                Connections() if refinement is None else connections(entries, digests, refinement)
            )

    def _on_settings(self, _change: object) -> None:
        self._receiver.max_bytes = self.max_file_size
        self._republish()

    def _publish(self) -> None:
        super()._publish()
        chosen = self._chosen_ids()
        with self.hold_sync():
            self._items = [self._item(entry, chosen) for entry in self._entries]
            self._errors = [
                ItemError(id=problem_id, name=problem.name, reason=problem.reason)
                for problem_id, problem in self._problems
            ]
            self._sentence = choice_sentence(self.photos, self.selected_photos, self.max_chosen)
        self._kept.refresh()

    def _item(self, entry: ShelfEntry, chosen: tuple[str, ...]) -> PhotoItem:
        photo = entry.photo
        crop = self._crops.get(entry.id)

        def number_of(entry_id: str) -> int:
            return chosen.index(entry_id) + 1 if entry_id in chosen else 0

        links = [
            PhotoLink(number=number_of(other), matches=matches, connects=connects)
            for other, matches, connects in self._connections.of(entry.id)
            if number_of(other) and number_of(entry.id)
        ]
        return PhotoItem(
            id=entry.id,
            name=photo.name,
            size=photo.size,
            width=photo.width,
            height=photo.height,
            crop=edges(crop, photo.width, photo.height, self.image_size),
            is_cropped=crop is not None,
            number=number_of(entry.id),
            links=sorted(links, key=lambda link: -link["matches"]),
            left_out=entry.id in self._connections.left_out,
        )

    def send(self, content: ToPage, buffers: Sequence[Buffer] | None = None) -> None:
        """Send a message to every page that shows the panel.

        Args:
            content: one of `upload/messages.py`.
            buffers: bytes that go with it.
        """
        self._post(content, buffers)

    def _on_message(self, content: dict[str, Any], buffers: list[memoryview]) -> None:
        self._last_message_s = time.monotonic()
        super()._on_message(content, buffers)

    def _handlers(self) -> dict[str, Handler]:
        return {
            **super()._handlers(),
            **self._receiver.handlers(),
            "thumbnails": self._on_thumbnails,
            "move": self._on_move,
            "remove": self._on_remove,
            "toggle": self._on_toggle,
            "crop": self._on_crop,
            "reset": self._on_reset,
            "refused": self._on_refused,
            "dismiss": self._on_dismiss,
            "queue": self._on_queue,
            "fold": self._on_fold,
        }

    def _on_thumbnails(self, message: ThumbnailsWanted, _buffers: list[memoryview]) -> None:
        with self._shelf_lock:
            entries = [entry for entry in self._entries if entry.id in message["ids"]]
        for entry in entries:
            self.send({"kind": "thumbnail", "id": entry.id}, [entry.thumbnail])

    # Two pages may show the panel: a photo may be gone when a message about it comes.

    def _on_move(self, message: MovePhoto, _buffers: list[memoryview]) -> None:
        with self._change():
            self._move_id(message["id"], message["to"])

    def _on_remove(self, message: RemovePhoto, _buffers: list[memoryview]) -> None:
        with self._change():
            self._remove_ids({message["id"]})

    def _on_toggle(self, message: TogglePhoto, _buffers: list[memoryview]) -> None:
        with self._change():
            if any(entry.id == message["id"] for entry in self._entries):
                self._toggle_id(message["id"])

    def _on_crop(self, message: CropPhoto, _buffers: list[memoryview]) -> None:
        with self._change():
            for entry in self._entries:
                if entry.id == message["id"]:
                    self._crop_entry(entry, message["crop"])

    def _on_reset(self, _message: ResetPanel, _buffers: list[memoryview]) -> None:
        self.reset()

    def _on_refused(self, message: FileRefused, _buffers: list[memoryview]) -> None:
        self._report(message["id"][:64], display_name(message["name"]), message["reason"][:500])

    def _on_dismiss(self, message: DismissProblem, _buffers: list[memoryview]) -> None:
        with self._change():
            kept = [problem for problem in self._problems if problem[0] != message["id"]]
            self._problems = [] if message["id"] is None else kept

    def _on_queue(self, message: QueueLength, _buffers: list[memoryview]) -> None:
        self.set_trait("uploading", max(0, message["count"]))

    def _on_fold(self, message: FoldPanel, _buffers: list[memoryview]) -> None:
        self.folded = bool(message["folded"])

    def _admit(self, _name: str, pending: int) -> str | None:
        if len(self.photos) + pending < self.max_images:
            return None
        return f"the panel is full ({self.max_images} photos); remove one first"

    def _take(self, file: ReceivedFile) -> None:
        """Decode a file in the worker: a large photo takes a second."""
        _decoder.submit(lambda: self._decode(file))

    def _decode(self, file: ReceivedFile) -> None:
        try:
            photo, thumbnail = examine(file.name, file.data, max_bytes=self.max_file_size)
        except PhotoError as error:
            self._reject(file, error.reason)
            return
        except Exception:  # a fault of ours must not leave the file's card waiting
            logger.exception("checking an uploaded photo failed")
            self._reject(file, "could not be checked because of an internal error; see the log")
            return
        with self._change():
            if not self._receiver.is_wanted(file.id):
                return
            self._entries.append(ShelfEntry(file.id, photo, thumbnail))
        self._receiver.finish(file.id)

    def _reject(self, file: ReceivedFile, reason: str) -> None:
        if self._receiver.is_wanted(file.id):
            self._report(file.id, file.name, reason)
            self._receiver.fail(file.id, reason)
