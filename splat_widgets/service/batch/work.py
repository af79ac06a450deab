"""One item: photos to a scene and its files, in whatever process."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from splat_widgets import events, io, notices
from splat_widgets.jobs.explain import explain
from splat_widgets.models.predictor import Predictor
from splat_widgets.photos.source import PhotoError
from splat_widgets.reconstruction import reconstruct
from splat_widgets.service import traces
from splat_widgets.service.batch import parts
from splat_widgets.service.batch.items import LEAST, MOST, Item
from splat_widgets.service.batch.parts import Part
from splat_widgets.service.places import Place

logger = logging.getLogger(__name__)
FORMS = ("ply", "splatscene")


@dataclass(frozen=True)
class _Bytes:
    name: str
    data: bytes


@dataclass(frozen=True)
class Work:
    """How items are made; can be sent to other processes."""

    output: Place
    model: str | None  # a source as in `load_model`
    device: str | None
    image_size: int | None  # px
    max_file_size: int  # of a photo, bytes
    threads: int | None = None  # of torch
    request_id: str = ""  # of the batch, in every log line of it
    trace: str = ""  # W3C `traceparent` of the batch

    def begin(self) -> Callable[[Item], Part]:
        """Load the model; returns what does an item and never raises for a bad one."""
        import torch

        from splat_widgets.models.splatt3r import PairPredictor
        from splat_widgets.models.weights import load_model

        if self.threads is not None:
            torch.set_num_threads(self.threads)
        with notices.quiet():  # the command has said it
            predictor = PairPredictor(load_model(self.model, device=self.device))
        return lambda item: self.do(item, predictor)

    def do(self, item: Item, predictor: Predictor) -> Part:
        """Make the files of an item; its record is the last of them."""
        began, clock = time.time(), time.perf_counter()
        with traces.span("splat item", self.trace, request_id=self.request_id):
            made = self._done(item, predictor, began)
        seconds = round(time.perf_counter() - clock, 3)
        told = {"request_id": self.request_id, "process": os.getpid()}
        part = Part(**{**made, **told, "started": began, "seconds": seconds})
        parts.write(self.output, part)
        return part

    def failed(self, item: Item, sentence: str) -> Part:
        """The record of an item that could not be made; it is kept."""
        part = Part(
            item.name,
            "failed",
            photos=_names(item),
            error=sentence,
            request_id=self.request_id,
        )
        parts.write(self.output, part)
        return part

    def fingerprint(self, item: Item) -> str:
        """Of photos and options: an item whose photos were changed is not finished.

        Raises:
            FileNotFoundError: if a photo is gone.
        """
        told: list[object] = [self.model, self.image_size]
        for photo in item.photos:
            known = photo.files.info(photo.path)
            changed = known.get("ETag") or known.get("etag") or known.get("mtime")
            told.append([photo.path, known.get("size"), str(changed)])
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]

    def is_finished(self, item: Item, part: Part | None) -> bool:
        """Whether an item needs not be made again; one that has failed or lost a file is."""
        if part is None or part.state != "done":
            return False
        try:
            is_same = part.fingerprint == self.fingerprint(item)
        except OSError:
            return False
        return is_same and all(self.output.at(f"{item.name}.{form}").exists() for form in FORMS)

    def _done(self, item: Item, predictor: Predictor, began: float) -> dict:
        told = {"name": item.name, "photos": _names(item)}
        try:
            if not LEAST <= len(item.photos) <= MOST:
                count = len(item.photos)
                raise ValueError(f"expected {LEAST} to {MOST} photos of one scene, found {count}")
            fingerprint = self.fingerprint(item)
            with events.telling("run", request_id=self.request_id):
                scene = reconstruct(
                    [self._read(photo) for photo in item.photos],
                    model=predictor,
                    image_size=self.image_size,
                    max_file_size=self.max_file_size,
                    progress=False,
                )
            self._write(item.name, scene)
        except Exception as error:  # one bad item does not stop the rest
            if not isinstance(error, ValueError | OSError):
                logger.exception("an item has failed")
            return {**told, "state": "failed", "error": _sentence(error)}
        found = scene.refinement
        return {
            **told,
            "state": "done",
            "fingerprint": fingerprint,
            "verdict": found.sentence if found else "",
            "answered": found.answered if found else None,
            "applied": found.applied if found else None,
            "notices": tuple(scene.notices),
            "num_gaussians": len(scene),
            "stages": {name: round(seconds, 4) for name, seconds in scene.timings.stages},
        }

    def _read(self, photo: Place) -> _Bytes:
        name = photo.path.rpartition("/")[2]
        try:  # one byte more than allowed: the photo's boundary says that it is too large
            return _Bytes(name, photo.read(self.max_file_size + 1))
        except FileNotFoundError:
            raise PhotoError(name, f"is not there; expected it at {photo.url}") from None

    def _write(self, name: str, scene) -> None:
        folder = Path(tempfile.mkdtemp(prefix="splat-batch-"))
        try:
            for form in FORMS:
                path = folder / f"scene.{form}"
                io.write(path, scene)
                self.output.at(f"{name}.{form}").put(path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _names(item: Item) -> tuple[str, ...]:
    return tuple(photo.url for photo in item.photos)


def _sentence(error: Exception) -> str:
    if isinstance(error, PhotoError):  # a name is written as the user has it
        return f"{str(error).rstrip('.')}."
    return explain(error)
