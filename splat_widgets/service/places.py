"""A folder by its address: on this machine, in S3, in Google's storage, wherever fsspec reaches."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem
from fsspec.registry import known_implementations

from splat_widgets.files import local_path, make_folder, replacing

_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs"}
_PROBE = ".splat-widgets-can-write"


@dataclass(frozen=True)
class Place:
    """A folder. Can be sent to other processes; nothing needs to exist there."""

    url: str  # for messages
    files: AbstractFileSystem
    path: str  # as `files` names it

    @classmethod
    def of(cls, url: str | os.PathLike[str]) -> Place:
        """The place of an address such as `s3://bucket/photos`, or of a plain folder.

        Raises:
            ValueError: if no package is known or installed for such an address.
        """
        text = os.fspath(url)
        if "://" not in text:
            return cls(text, LocalFileSystem(), str(local_path(text).absolute()))
        kind = text.partition("://")[0]
        if kind not in known_implementations and kind not in ("file", "local", "memory"):
            raise ValueError(
                f"expected an address such as s3://, gs:// or file://, or a folder, got {text!r}"
            )
        try:
            files, path = url_to_fs(text)
        except ImportError as error:
            package = _PACKAGES.get(kind)
            how = f"pip install {package}" if package else known_implementations[kind].get("err")
            if package == "s3fs":
                how = "pip install 'splat-widgets[cluster]', or s3fs alone"
            raise ValueError(f"{kind}:// needs a package that is not installed; {how}") from error
        return cls(text, files, path)

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine."""
        return isinstance(self.files, LocalFileSystem)

    def at(self, name: str) -> Place:
        """A folder or file below it."""
        return Place(f"{self.url.rstrip('/')}/{name}", self.files, f"{self.path}/{name}")

    def is_in(self, folder: Place) -> bool:
        """Whether it is a folder, or lies below it."""
        if type(self.files) is not type(folder.files):
            return False
        path, above = self.path.rstrip("/"), folder.path.rstrip("/")
        if self.is_local:
            path, above = os.path.realpath(path), os.path.realpath(above)
            return Path(path).is_relative_to(above)
        return path == above or path.startswith(f"{above}/")

    def parent(self) -> Place:
        """The folder that it lies in."""
        return Place(
            self.url.rstrip("/").rpartition("/")[0], self.files, self.path.rpartition("/")[0]
        )

    def listed(self) -> list[dict[str, Any]]:
        """What lies in it, by name, as fsspec tells it; nothing if it is not there."""
        self.files.invalidate_cache(self.path)
        try:
            found = self.files.ls(self.path, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        found = [entry for entry in found if entry["name"].rstrip("/") != self.path.rstrip("/")]
        return sorted(found, key=lambda entry: entry["name"])

    def read(self, most: int | None = None) -> bytes:
        """The bytes of a file, no more than `most`.

        Raises:
            FileNotFoundError: if there is none.
        """
        if most is None:  # in one request: a record may be replaced between two
            try:  # without a range, s3fs asks for the size first
                return cast(bytes, self.files.cat_file(self.path, start=0))
            except FileNotFoundError:
                raise
            except OSError:  # an empty file has no such range
                return cast(bytes, self.files.cat_file(self.path))
        with self.open() as file:
            return file.read(most)

    def open(self) -> BinaryIO:
        """A file to read from, at any place of it."""
        return cast(BinaryIO, self.files.open(self.path, "rb"))

    def put(self, source: Path) -> None:
        """Keep a local file here, whole or not at all."""
        if self.is_local:
            with replacing(self.path) as partial:
                shutil.copyfile(source, partial)
        else:
            self.files.put_file(str(source), self.path)

    def write(self, data: bytes) -> None:
        """Keep bytes here, whole or not at all."""
        if self.is_local:
            with replacing(self.path) as partial:
                partial.write_bytes(data)
        else:
            self.files.pipe_file(self.path, data)

    def create(self, data: bytes) -> bool:
        """Keep bytes here if there is nothing yet, whole or not at all; False if there is."""
        try:
            if self.is_local:
                _link(Path(self.path), data)
            else:
                self.files.pipe_file(self.path, data, mode="create")
        except FileExistsError:
            return False
        return True

    def exists(self) -> bool:
        """Whether there is a file."""
        return self.size() is not None

    def size(self) -> int | None:
        """Bytes of a file; None if there is none."""
        self.files.invalidate_cache(self.path)
        try:
            return self.files.info(self.path)["size"]
        except FileNotFoundError:
            return None

    def delete(self) -> None:
        """Delete a file, or a folder with all that is in it; nothing happens if there is none."""
        try:
            self.files.rm(self.path, recursive=True)
        except FileNotFoundError:
            return
        finally:
            self.files.invalidate_cache()

    def check_writable(self) -> None:
        """Write and delete a small file, so that a bad address fails before a long run.

        Raises:
            OSError: if that is not possible.
        """
        with _said(self):
            if self.is_local:
                make_folder(self.path)
            probe = self.at(_PROBE)
            probe.write(b"")
            probe.delete()


def _link(path: Path, data: bytes) -> None:
    make_folder(path.parent)
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.link(partial, path)  # once only, also for other machines that share the folder
    finally:
        Path(partial).unlink()


@contextmanager
def _said(place: Place) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # drivers raise errors of their own
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise OSError(
            f"cannot write to {place.url} ({reason}); check the address and your rights there"
        ) from error
