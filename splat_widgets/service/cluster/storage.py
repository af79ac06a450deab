"""Jobs and files of the service below one address: who serves next finds all of them.

One service does the jobs of an address at a time: it takes those of its predecessor that had not
ended.
The end of a job is a record of its own that is made once and never replaced: a replica that was
thought dead and still writes cannot take a result back, nor show a second one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from splat_widgets.files import make_folder
from splat_widgets.service.places import Place
from splat_widgets.service.records import Job, is_id
from splat_widgets.service.stores import KEY, Store, checked

LIVE, ENDED, STOPS = "jobs", "ended", "stops"


def store_at(url: str) -> Store:
    """The store of an address; other replicas may use the same.

    Raises:
        ValueError: if no package is known or installed for such an address.
        OSError: if it cannot be written.
    """
    place = Place.of(url)
    place.check_writable()
    scratch = make_folder(tempfile.mkdtemp(prefix="splat-service-"))
    return Store(PlaceJobs(place), PlaceObjects(place), scratch)


class PlaceJobs:
    """A `JobStore`."""

    def __init__(self, place: Place) -> None:
        self.place = place

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

    def put(self, job: Job) -> None:
        """See `JobStore`; of two ends of a job the first one stays."""
        data = job.to_json().encode()
        if not job.is_over:
            self._live(job.id).write(data)
        elif self._ended(job.id).create(data):
            self._live(job.id).delete()
            self._mark(job.id).delete()

    def delete(self, id: str) -> None:
        """See `JobStore`."""
        for place in (self._ended(id), self._live(id), self._mark(id)):
            place.delete()

    def all(self) -> Iterator[Job]:
        """See `JobStore`."""
        for id in self.ids():
            with suppress(ValueError):  # a file of somebody else
                job = self.get(id)
                if job is not None:
                    yield job

    def ids(self, *kinds: str) -> set[str]:
        """Ids of jobs of these kinds: LIVE, ENDED; of both if none is given."""
        found = (e["name"] for kind in kinds or (LIVE, ENDED) for e in self.place.at(kind).listed())
        return {id for name in found if is_id(id := Path(name).stem)}

    def ask_to_stop(self, id: str) -> None:
        """See `JobStore`."""
        self._mark(id).write(b"")

    def is_asked_to_stop(self, id: str) -> bool:
        """See `JobStore`."""
        return self._mark(id).exists()

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
