"""Where jobs and files of the service are kept: two small protocols, and a folder that has both.

A cluster keeps them in object storage instead. A record has one writer at a time: who accepts the
job, then who runs it. The wish to stop is a mark beside it, so that nobody overwrites the other.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from filelock import FileLock, Timeout

from splat_widgets.files import make_folder
from splat_widgets.service.records import Job, is_id
from splat_widgets.service.turns import OwnTurns, Turns

KEY = re.compile(r"[a-z0-9]+(/[a-z0-9]+(\.[a-z0-9]+)?){1,3}")
"""What keys of files look like."""

_PARTIAL = ".new-"  # how records begin that are not whole yet


class JobStore(Protocol):
    """Records of jobs, by id."""

    def create(self, job: Job) -> bool:
        """Keep a new job; False if there is one with this id."""
        ...

    def get(self, id: str) -> Job | None:
        """The job; None if there is none."""
        ...

    def put(self, job: Job) -> bool:
        """Replace the record, whole; False if it does not count since the job has ended before."""
        ...

    def delete(self, id: str) -> None:
        """Forget a job and the wish to stop it."""
        ...

    def all(self) -> Iterator[Job]:
        """All jobs, in no order."""
        ...

    def unfinished(self, known: Collection[str] = ()) -> Iterator[Job]:
        """Those that have not ended, in no order, less those whose id is known."""
        ...

    def ask_to_stop(self, id: str) -> None:
        """Mark a job to be stopped."""
        ...

    def is_asked_to_stop(self, id: str) -> bool:
        """Whether it is marked; called several times a second."""
        ...


class ObjectStore(Protocol):
    """Files by key, such as `photos/<id>/0`; a key is made here, never from a user's text."""

    def put(self, key: str, source: Path) -> None:
        """Keep a local file, whole or not at all; the file may be moved away."""
        ...

    def size(self, key: str) -> int | None:
        """Bytes of a file; None if there is none."""
        ...

    def open(self, key: str) -> BinaryIO:
        """A file to read from, at any place of it.

        Raises:
            FileNotFoundError: if there is none.
        """
        ...

    def delete(self, prefix: str) -> None:
        """Delete all files below a prefix, such as `photos/<id>`."""
        ...

    def ids(self, kind: str) -> Iterator[str]:
        """Ids below a kind, such as `photos`."""
        ...


@dataclass(frozen=True)
class Store:
    """Both, and whose turn a job is."""

    jobs: JobStore
    objects: ObjectStore
    scratch: Path  # a local folder for files on their way
    turns: Turns
    look_s: float = 0.12  # between looks at a record that may have changed
    close: Callable[[], object] = lambda: None  # deletes a scratch folder of this process alone
    folder: Path | None = None  # that the files lie in, if that is one of this machine

    @classmethod
    def in_folder(cls, folder: str | os.PathLike[str]) -> Store:
        """Jobs and files in a local folder, which nobody else on the machine can look into."""
        root = make_folder(folder)
        with suppress(OSError):  # a share without modes
            root.chmod(0o700)
        shutil.rmtree(root / "scratch", ignore_errors=True)  # of a process that was killed
        jobs = FolderJobs(make_folder(root / "jobs"))
        jobs.clear()
        scratch = make_folder(root / "scratch")
        return cls(jobs, FolderObjects(root), scratch, OwnTurns(jobs))


def locked(folder: str | os.PathLike[str]) -> FileLock:
    """The lock of a service on its folder: it ends with `release`, or with the process.

    Raises:
        OSError: if another service keeps its jobs there.
    """
    root = make_folder(folder)
    lock = FileLock(root / "service.lock", thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise OSError(
            f"another service keeps its jobs in {root}; stop that one, or choose another folder "
            "with -o and another --port"
        ) from error
    return lock


class FolderJobs:
    """A `JobStore`: one JSON for each job."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def clear(self) -> None:
        """Delete halves of records that a killed process has left; nobody else may be writing."""
        for partial in self._folder.glob(f"{_PARTIAL}*"):
            partial.unlink()

    def create(self, job: Job) -> bool:
        """See `JobStore`."""
        partial = self._written(job)
        try:
            os.link(partial, self._path(job.id))  # whole, or not at all, and only once
        except FileExistsError:
            return False
        finally:
            partial.unlink()
        return True

    def get(self, id: str) -> Job | None:
        """See `JobStore`."""
        try:
            return Job.from_json(self._path(id).read_bytes())
        except FileNotFoundError:
            return None

    def put(self, job: Job) -> bool:
        """See `JobStore`."""
        self._written(job).replace(self._path(job.id))
        return True

    def delete(self, id: str) -> None:
        """See `JobStore`."""
        for path in (self._path(id), self._mark(id)):
            path.unlink(missing_ok=True)

    def all(self) -> Iterator[Job]:
        """See `JobStore`."""
        for path in self._folder.glob("*.json"):
            with suppress(ValueError):  # a file of somebody else
                job = self.get(path.stem)
                if job is not None:
                    yield job

    def unfinished(self, known: Collection[str] = ()) -> Iterator[Job]:
        """See `JobStore`."""
        return (job for job in self.all() if not job.is_over and job.id not in known)

    def ask_to_stop(self, id: str) -> None:
        """See `JobStore`."""
        self._mark(id).touch()

    def is_asked_to_stop(self, id: str) -> bool:
        """See `JobStore`."""
        return self._mark(id).exists()

    def _written(self, job: Job) -> Path:
        descriptor, partial = tempfile.mkstemp(dir=self._folder, prefix=_PARTIAL)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(job.to_json().encode())
        except BaseException:  # the disk is full
            Path(partial).unlink()
            raise
        return Path(partial)

    def _path(self, id: str) -> Path:
        return self._folder / f"{checked(id)}.json"

    def _mark(self, id: str) -> Path:
        return self._folder / f"{checked(id)}.stop"


class FolderObjects:
    """An `ObjectStore`: files below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, source: Path) -> None:
        """See `ObjectStore`."""
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)

    def size(self, key: str) -> int | None:
        """See `ObjectStore`."""
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError:
            return None

    def open(self, key: str) -> BinaryIO:
        """See `ObjectStore`."""
        return self._path(key).open("rb")

    def delete(self, prefix: str) -> None:
        """See `ObjectStore`."""
        shutil.rmtree(self._path(prefix), ignore_errors=True)

    def ids(self, kind: str) -> Iterator[str]:
        """See `ObjectStore`."""
        folder = self._folder / kind
        found = folder.iterdir() if folder.is_dir() else ()
        return (path.name for path in found if is_id(path.name))

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise ValueError(f"expected a key such as photos/0af3/0, got {key[:80]!r}")
        return self._folder / key


def checked(id: str) -> str:
    """The id, if it is one; no other text becomes part of a path.

    Raises:
        ValueError: if it is none.
    """
    if not is_id(id):
        raise ValueError(f"expected 32 hexadecimal digits, got {id[:80]!r}")
    return id
