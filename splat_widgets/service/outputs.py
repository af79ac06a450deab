"""Results as files: which formats there are, and the ones that are made when asked for."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from splat_widgets import io
from splat_widgets.page.bundle import BundleError
from splat_widgets.service.problems import refuse
from splat_widgets.service.records import Job
from splat_widgets.service.stores import Store

READY = ("splatscene", "ply")
"""Formats that lie ready when a job is done."""

MEDIA_TYPES = {
    "ply": "application/octet-stream",
    "splatscene": "application/zip",
    "spz": "application/octet-stream",
    "glb": "model/gltf-binary",
    "html": "text/html; charset=utf-8",
}
"""All formats; `html` is the self-contained page."""

_making = threading.Lock()  # one at a time: a scene takes memory


def key_of(job: Job, form: str) -> str:
    """Where a result lies: each run has a folder, and the end of the job names the one to see."""
    return "/".join(filter(None, ("outputs", job.id, job.files, f"scene.{form}")))


def ensure(store: Store, job: Job, form: str) -> int:
    """Size of a result in bytes; it is made if it is not there yet.

    Raises:
        Refused: if this service cannot make it, or the scene is gone.
    """
    key = key_of(job, form)
    size = store.objects.size(key)
    if size is not None:
        return size
    with _making:
        size = store.objects.size(key)
        return _made(store, job, form) if size is None else size


def _made(store: Store, job: Job, form: str) -> int:
    folder = Path(tempfile.mkdtemp(dir=store.scratch))
    try:
        source = folder / "scene.splatscene"
        try:
            with store.objects.open(key_of(job, "splatscene")) as there, source.open("xb") as here:
                shutil.copyfileobj(there, here, 2**20)
        except FileNotFoundError:
            raise refuse("expired", "The files of this job are gone") from None
        path = _written(source, folder / f"made.{form}", form)
        size = path.stat().st_size
        store.objects.put(key_of(job, form), path)
        return size
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _written(source: Path, target: Path, form: str) -> Path:
    scene = io.read(source)
    try:
        if form == "html":
            from splat_widgets.viewer.standalone import write_page

            return write_page(target, scene, title="Scene")
        return io.write(target, scene)
    except BundleError as error:
        raise refuse("not_found", "This service was built without its page") from error
    except (ValueError, ImportError) as error:
        ready = ", ".join(READY)
        raise refuse(
            "not_found", f"This service cannot write .{form} files; ask for one of {ready}"
        ) from error


def pieces(file: BinaryIO, first: int, count: int, size: int = 2**18) -> Iterator[bytes]:
    """`count` bytes of a file from byte `first` on, in pieces of `size` bytes."""
    file.seek(first)
    while count > 0 and (piece := file.read(min(size, count))):
        count -= len(piece)
        yield piece
