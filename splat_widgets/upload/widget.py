"""`UploadPanel`: photos from the browser, by drag and drop or a file chooser.

Messages of the front end beside those of the receiver: `thumbnails` (ids) asks for pictures it does
not have itself, answered by one `thumbnail` (id, one JPEG buffer) each; `move` (id, to), `remove`,
`toggle` (id), `reset`; `refused` (id, name, reason) reports a file the browser did not send, and
`dismiss` (id, or none for all) takes such a report off the list; `queue` (count) says how many
files are still to come.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from traitlets import Int, List, Unicode

from splat_widgets.jobs.worker import Worker
from splat_widgets.page.bundle import BundledWidget
from splat_widgets.photos.opening import PhotoError, display_name
from splat_widgets.photos.photo import square_crop
from splat_widgets.settings import Settings
from splat_widgets.upload.photo import examine
from splat_widgets.upload.receiver import ReceivedFile, Receiver
from splat_widgets.upload.records import ItemError, PhotoItem
from splat_widgets.upload.shelf import AddedPhoto, PhotoShelf, ShelfEntry, pair_sentence

logger = logging.getLogger(__name__)

DEFAULT_IMAGE_SIZE = 512  # of the released model; the crop is nearly the same for every size
SILENCE_S = 15.0
_decoder = Worker("splat-photos")


class UploadPanel(PhotoShelf, BundledWidget):
    """A panel to drop photos on; they stay in the kernel's memory.

    `panel.photos` are the photos in order, `panel.selected_pair` the two that make the scene, and
    `panel.errors` the files that could not be taken; all three can be observed.
    """

    _entry = Unicode("upload").tag(sync=True)
    max_images = Int(help="Photos the panel holds at most.").tag(sync=True)
    max_file_size = Int(help="Bytes of one file at most.").tag(sync=True)
    image_size = Int(help="Side of the square the network sees, px; for the drawn crop.").tag(
        sync=True
    )
    uploading = Int(0, read_only=True, help="Files on their way from the browser.")
    _items = List(help="The photos, in order.").tag(sync=True, record=PhotoItem)
    _errors = List(help="Files that were not taken.").tag(sync=True, record=ItemError)
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
            max_file_size: of one photo, in bytes or as "50MiB".
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
        self._heard_s = 0.0
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
        """Whether files are coming in; a page that went silent in the middle does not count."""
        return self.uploading > 0 and time.monotonic() - self._heard_s < SILENCE_S

    def reset(self) -> None:
        """Remove all photos and messages, and stop what is on the way."""
        self._receiver.reset()
        super().reset()

    def _on_settings(self, _change: object) -> None:
        self._receiver.max_bytes = self.max_file_size
        with self._change():
            pass

    def _publish(self) -> None:
        super()._publish()
        pair = self._pair_ids()
        with self.hold_sync():
            self._items = [self._item(entry, pair) for entry in self._entries]
            self._errors = [
                ItemError(id=problem_id, name=problem.name, reason=problem.reason)
                for problem_id, problem in self._problems
            ]
            self._sentence = pair_sentence(self.photos, self.selected_pair)

    def _item(self, entry: ShelfEntry, pair: tuple[str, ...]) -> PhotoItem:
        photo = entry.photo
        (width, height), (left, top, right, bottom) = square_crop(
            photo.width, photo.height, self.image_size
        )
        return PhotoItem(
            id=entry.id,
            name=photo.name,
            size=photo.size,
            width=photo.width,
            height=photo.height,
            crop=(left / width, top / height, right / width, bottom / height),
            pair=pair.index(entry.id) + 1 if entry.id in pair else 0,
        )

    def _on_message(self, content: dict[str, Any], buffers: list[memoryview]) -> None:
        self._heard_s = time.monotonic()
        if self._receiver.handle(content, buffers):
            return
        kind, entry_id = content.get("kind"), str(content.get("id"))
        if kind == "thumbnails":
            self._send_thumbnails(content.get("ids"))
        elif kind == "reset":
            self.reset()
        elif kind == "refused":
            name, reason = display_name(content.get("name")), str(content.get("reason"))[:500]
            self._report(entry_id[:64], name, reason)
        elif kind == "queue" and isinstance(content.get("count"), int):
            self.set_trait("uploading", max(0, content["count"]))
        elif kind in ("move", "remove", "toggle", "dismiss"):
            with self._change():
                self._edit(kind, entry_id, content)
        else:
            logger.warning("ignored an unknown message of the upload panel: %r", kind)

    def _edit(self, kind: str, entry_id: str, content: dict[str, Any]) -> None:
        known = any(entry.id == entry_id for entry in self._entries)
        if kind == "dismiss":
            all_of_them = content.get("id") is None
            self._problems = [p for p in self._problems if not all_of_them and p[0] != entry_id]
        elif not known:  # two pages show the panel, and the other one was faster
            return
        elif kind == "remove":
            self._remove_ids({entry_id})
        elif kind == "toggle":
            self._toggle_id(entry_id)
        elif isinstance(content.get("to"), int):
            self._move_id(entry_id, content["to"])

    def _send_thumbnails(self, ids: object) -> None:
        wanted = set(ids) if isinstance(ids, list) else set()
        with self._shelf_lock:
            entries = [entry for entry in self._entries if entry.id in wanted]
        for entry in entries:
            self.send({"kind": "thumbnail", "id": entry.id}, buffers=[entry.thumbnail])

    def _admit(self, _name: str, pending: int) -> str | None:
        if len(self.photos) + pending < self.max_images:
            return None
        return f"the panel is full ({self.max_images} photos); remove one first"

    def _take(self, file: ReceivedFile) -> None:
        """Decode an arrived file elsewhere: a large photo takes a second."""
        _decoder.submit(lambda: self._decode(file))

    def _decode(self, file: ReceivedFile) -> None:
        try:
            photo, thumbnail = examine(file.name, file.data, max_bytes=self.max_file_size)
        except PhotoError as error:
            self._reject(file, error.reason)
            return
        except Exception:  # a fault of ours: the file's card must not hang
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
