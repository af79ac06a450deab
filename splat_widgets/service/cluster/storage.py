"""Jobs and files of the service below one address: who serves next finds all of them.

Services and replicas share an address: who has the lease (`leases.py`) does a job, and all answer
for it. The end of a job is a record of its own that is made once and never replaced: a replica that
was thought dead and still writes cannot take a result back, nor show a second one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from splat_widgets.service.cluster.leases import LEASE_TTL, LEASES, Leases
from splat_widgets.service.places import Place
from splat_widgets.service.records import Job, is_id
from splat_widgets.service.scratch import Scratch
from splat_widgets.service.stores import KEY, Store, checked

LIVE, ENDED, STOPS = "jobs", "ended", "stops"


def store_at(url: str, lease_ttl: float = LEASE_TTL) -> Store:
    """The store of an address; other services and replicas may use the same.

    Args:
        url: as `Place.of` takes it.
        lease_ttl: a worker that is silent for so long has lost its job, s.

    Raises:
        ValueError: if no package is known or installed for such an address.
        OSError: if it cannot be written.
    """
    place = Place.of(url)
    place.check_writable()
    _close_to_others(place)
    scratch = Scratch()
    jobs = PlaceJobs(place)
    look_s = 0.12 if place.is_local else 0.5
    turns = Leases(place, jobs, lease_ttl)
    folder = Path(place.path) if place.is_local else None
    objects = PlaceObjects(place)
    return Store(jobs, objects, scratch.path, turns, look_s, scratch.close, folder)


def _close_to_others(place: Place) -> None:
    """Photos, results and records in a folder are no business of other users of the machine.

    What is made is its user's alone; who wants to share it with a group opens it to that.
    """
    if not place.is_local:
        return
    for kind in (LIVE, ENDED, STOPS, LEASES, "photos", "outputs"):
        folder = Path(place.path) / kind
        with suppress(OSError):  # a share without modes, or the folder of another machine's user
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                folder.chmod(folder.stat().st_mode & 0o770)


class PlaceJobs:
    """A `JobStore`."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._seen: dict[str, Job] = {}  # ends

    def create(self, job: Job) -> bool:
        """See `JobStore`."""
        if self._ended(job.id).exists():
            return False
        return self._live(job.id).create(job.to_json().encode())

    def get(self, id: str) -> Job | None:
        """See `JobStore`; the end counts, whatever a slow replica writes later."""
        for place in (self._ended(id), self._live(id)):
            with suppress(FileNotFoundError):
                return Job.from_json(place.read())
        return None

    def put(self, job: Job) -> bool:
        """See `JobStore`; of two ends of a job the first one stays."""
        data = job.to_json().encode()
        if not job.is_over:
            self._live(job.id).write(data)
            return True
        if not self._ended(job.id).create(data):
            return False
        self._live(job.id).delete()  # the wish to stop stays, for who may still be at it
        return True

    def delete(self, id: str) -> None:
        """See `JobStore`."""
        for place in (self._ended(id), self._live(id), self._mark(id)):
            place.delete()

    def all(self) -> Iterator[Job]:
        """See `JobStore`; an end is read once, since it never changes."""
        ended = self.ids(ENDED)
        self._seen = {id: job for id, job in self._seen.items() if id in ended}
        for id in ended | self.ids(LIVE):
            job = self._seen.get(id) or self._read(id)
            if job is not None:
                if job.is_over:
                    self._seen[id] = job
                yield job

    def unfinished(self, known: Collection[str] = ()) -> Iterator[Job]:
        """See `JobStore`; what a late worker has left of a job that had ended is cleared away."""
        for id in self.ids(LIVE).difference(known):
            job = self._read(id)
            if job is not None and job.is_over:
                self._live(id).delete()
            elif job is not None:
                yield job

    def ids(self, kind: str) -> set[str]:
        """Ids of jobs of a kind: LIVE or ENDED."""
        names = (entry["name"] for entry in self.place.at(kind).listed())
        return {id for name in names if is_id(id := Path(name).stem)}

    def _read(self, id: str) -> Job | None:
        with suppress(ValueError):  # a file of somebody else
            return self.get(id)
        return None

    def ask_to_stop(self, id: str) -> None:
        """See `JobStore`."""
        self._mark(id).write(b"stop")

    def is_asked_to_stop(self, id: str) -> bool:
        """See `JobStore`; it is read, which takes one request where a look takes two."""
        try:
            self._mark(id).read()
        except FileNotFoundError:
            return False
        return True

    def _live(self, id: str) -> Place:
        return self.place.at(f"{LIVE}/{checked(id)}.json")

    def _ended(self, id: str) -> Place:
        return self.place.at(f"{ENDED}/{checked(id)}.json")

    def _mark(self, id: str) -> Place:
        return self.place.at(f"{STOPS}/{checked(id)}.stop")


class PlaceObjects:
    """An `ObjectStore`."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def put(self, key: str, source: Path) -> None:
        """See `ObjectStore`."""
        self._at(key).put(source)

    def size(self, key: str) -> int | None:
        """See `ObjectStore`."""
        return self._at(key).size()

    def open(self, key: str) -> BinaryIO:
        """See `ObjectStore`."""
        return self._at(key).open()

    def delete(self, prefix: str) -> None:
        """See `ObjectStore`."""
        self._at(prefix).delete()

    def ids(self, kind: str) -> Iterator[str]:
        """See `ObjectStore`."""
        names = (Path(entry["name"].rstrip("/")).name for entry in self._place.at(kind).listed())
        return (name for name in names if is_id(name))

    def _at(self, key: str) -> Place:
        if not KEY.fullmatch(key):
            raise ValueError(f"expected a key such as photos/0af3/0, got {key[:80]!r}")
        return self._place.at(key)
