"""`FileUploadPanel`: the photo list on plain ipywidgets, for hosts without custom widgets.

`ipywidgets.FileUpload` sends its files in one message. Above about 10 MB in sum an ordinary Jupyter
server closes the connection and nothing arrives. `UploadPanel` has no such limit; prefer it.
"""

from __future__ import annotations

import html
import uuid
from typing import Any

import ipywidgets

from splat_widgets import events
from splat_widgets.photos.given import uploads
from splat_widgets.photos.source import PhotoError, display_name
from splat_widgets.settings import Settings
from splat_widgets.sizes import format_bytes
from splat_widgets.upload.photo import examine
from splat_widgets.upload.shelf import AddedPhoto, PhotoShelf, ShelfEntry, choice_sentence

ACCEPT = ".jpg,.jpeg,.png,.webp,.heic,.heif"
SUM_LIMIT_HINT = "Small files only: with more than 9 MB in one go, nothing arrives."


class FileUploadPanel(PhotoShelf, ipywidgets.VBox):
    """Photos by `ipywidgets.FileUpload`; the same `photos`, `selected_photos` and `errors`."""

    def __init__(
        self,
        *photos: AddedPhoto,
        max_images: int | None = None,
        max_file_size: int | str | None = None,
        **traits: Any,
    ) -> None:
        """Takes the arguments of `UploadPanel`, without `image_size`."""
        settings = Settings.resolve(
            "max_images", "max_file_size", max_images=max_images, max_file_size=max_file_size
        )
        self._button = ipywidgets.FileUpload(
            accept=ACCEPT, multiple=True, description="Add photos", tooltip=SUM_LIMIT_HINT
        )
        self._clear = ipywidgets.Button(description="Remove all", tooltip="Remove all photos")
        self._list = ipywidgets.HTML()
        super().__init__(
            max_images=settings.max_images,
            max_file_size=settings.max_file_size,
            children=[ipywidgets.HBox([self._button, self._clear]), self._list],
            **traits,
        )
        self._button.observe(self._on_upload, names="value")
        self._clear.on_click(lambda _button: self.reset())
        self.add(*photos)

    def _on_upload(self, change: Any) -> None:
        for file in uploads(change["new"]):
            self._take(display_name(file.name), file.data)

    def _take(self, name: str, data: bytes) -> None:
        try:
            if len(self.photos) >= self.max_images:
                raise PhotoError(name, f"the panel is full ({self.max_images} photos)")
            photo, thumbnail = examine(name, data, max_bytes=self.max_file_size)
        except PhotoError as error:
            events.tell("upload", "refused", name=events.hashed(name), bytes=len(data))
            self._report(uuid.uuid4().hex, error.name, error.reason)
            return
        events.tell("upload", name=events.hashed(name), bytes=len(data))
        with self._change():
            self._entries.append(ShelfEntry(uuid.uuid4().hex, photo, thumbnail))

    def _publish(self) -> None:
        super()._publish()
        rows = [
            f"<li>{html.escape(photo.name)} ({photo.width} x {photo.height} px, "
            f"{format_bytes(photo.size)})</li>"
            for photo in self.photos
        ]
        rows += [f"<li><b>{html.escape(str(problem))}</b></li>" for problem in self.errors]
        sentence = html.escape(choice_sentence(self.photos, self.selected_photos, self.max_chosen))
        self._list.value = f"<p>{sentence} {SUM_LIMIT_HINT}</p><ol>{''.join(rows)}</ol>"
