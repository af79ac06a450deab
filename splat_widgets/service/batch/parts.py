"""Records of items, one file each, and the manifest that is made of all of them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Literal

from splat_widgets.service.places import Place

FOLDER, MANIFEST = "parts", "manifest.parquet"


@dataclass(frozen=True)
class Part:
    """What became of one item. Times are seconds."""

    name: str
    state: Literal["done", "failed"]
    fingerprint: str = ""  # of its photos and of how it was made
    photos: tuple[str, ...] = ()
    verdict: str = ""
    answered: bool | None = None  # whether the photos determine cameras and depth
    applied: bool | None = None  # whether the scene is refined
    error: str = ""  # the sentence that a panel would show
    notices: tuple[str, ...] = ()
    num_gaussians: int | None = None
    request_id: str = ""  # of the batch that made it, in every log line of it
    process: int | None = None  # that made it
    started: float | None = None  # since 1970
    seconds: float | None = None
    stages: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> str:
        """The whole record."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Part:
        """The record of `to_json`; fields of newer versions are left out.

        Raises:
            ValueError: for anything else.
        """
        try:
            known = {f.name for f in fields(cls)}
            values = {key: value for key, value in json.loads(text).items() if key in known}
            for name in ("photos", "notices"):
                values[name] = tuple(values[name])
            return cls(**values)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(
                f"expected the record of an item, got another JSON ({error})"
            ) from error


def write(output: Place, part: Part) -> None:
    """Keep a record."""
    _place(output, part.name).write(part.to_json().encode())


def read(output: Place, name: str) -> Part | None:
    """The record of an item; None if there is none that can be read."""
    try:
        return Part.from_json(_place(output, name).read())
    except (FileNotFoundError, ValueError):
        return None


def write_manifest(output: Place, parts: Iterable[Part]) -> Place:
    """Write all records as one table, a row an item; stages are a column each."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = sorted(parts, key=lambda part: part.name)
    names = list(dict.fromkeys(stage for part in rows for stage in part.stages))
    texts = pa.list_(pa.string())
    columns = {
        "name": pa.string(),
        "state": pa.string(),
        "verdict": pa.string(),
        "answered": pa.bool_(),
        "applied": pa.bool_(),
        "error": pa.string(),
        "notices": texts,
        "photos": texts,
        "num_gaussians": pa.int64(),
        "started": pa.float64(),
        "seconds": pa.float64(),
        "fingerprint": pa.string(),
        "request_id": pa.string(),
        "process": pa.int64(),
    }
    values = {c: pa.array([getattr(p, c) for p in rows], kind) for c, kind in columns.items()}
    for stage in names:
        values[f"{stage}_seconds"] = pa.array([p.stages.get(stage) for p in rows], pa.float64())
    file = io.BytesIO()
    pq.write_table(pa.table(values), file)
    place = output.at(MANIFEST)
    place.write(file.getvalue())
    return place


def _place(output: Place, name: str) -> Place:
    return output.at(FOLDER).at(f"{name}.json")
