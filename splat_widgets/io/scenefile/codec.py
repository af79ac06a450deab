"""Records as JSON, with their tensors and pictures apart.

A record becomes an object with its class in `"$record"`, a tuple a list, a mapping an object in
`"$map"`. Tensors and pictures are named by the way to them ("reconstruction.maps.0.points") and
stand in the JSON as `"$tensor"` and `"$picture"`. What occurs twice is written once; the second
place says `"$same"` and the way to the first.

Decoding makes the records of `contents.RECORDS` alone, and only with values of their fields' types.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from splat_widgets.io.scenefile.contents import RECORDS, Contents
from splat_widgets.io.scenefile.errors import SceneFileError

_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


@dataclass
class Encoded:
    """A scene's contents, taken apart."""

    tree: Any = None  # what goes into the JSON
    tensors: dict[str, Tensor] = field(default_factory=dict)
    pictures: dict[str, np.ndarray] = field(default_factory=dict)  # (H, W, 3) uint8


def encode(contents: Contents) -> Encoded:
    """Take contents apart; tensors and pictures are those given, not copies."""
    encoded, seen = Encoded(), {}

    def tree(value: Any, way: str) -> Any:
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else {"$float": str(value)}
        if isinstance(value, Path):
            return {"$path": value.name}
        if isinstance(value, Mapping):
            return {"$map": {str(k): tree(v, f"{way}.{k}") for k, v in value.items()}}
        if isinstance(value, tuple | list):
            return [tree(item, f"{way}.{number}") for number, item in enumerate(value)]
        if id(value) in seen:
            return {"$same": seen[id(value)]}
        seen[id(value)] = way
        if isinstance(value, Tensor):
            encoded.tensors[way] = value
            return {"$tensor": way}
        if isinstance(value, np.ndarray):
            encoded.pictures[way] = value
            return {"$picture": way}
        if type(value) in RECORDS.values():
            entries = {f.name: getattr(value, f.name) for f in fields(value)}
            own = {name: tree(one, f"{way}.{name}".lstrip(".")) for name, one in entries.items()}
            return {"$record": type(value).__name__, **own}
        raise SceneFileError(
            f"expected numbers, texts, tensors and records, got {type(value).__name__} at {way!r}; "
            "a scene file cannot keep it"
        )

    encoded.tree = tree(contents, "")
    return encoded


def decode(
    tree: Any, tensors: Mapping[str, Tensor], pictures: Mapping[str, np.ndarray]
) -> Contents:
    """Put contents together again.

    Raises:
        SceneFileError: for a record that is not known, lacks a field or has a value of another
            type, and for names of tensors and pictures that are not there.
    """
    made: dict[str, Any] = {}
    stores: dict[str, Mapping[str, Any]] = {
        "$tensor": tensors,
        "$picture": pictures,
        "$same": made,
        "$float": _FLOATS,
    }

    def value(tree: Any, way: str) -> Any:
        if isinstance(tree, list):
            return tuple(value(item, f"{way}.{number}") for number, item in enumerate(tree))
        if not isinstance(tree, dict):
            return tree
        if "$record" in tree:
            made[way] = record(tree, way)
            return made[way]
        if len(tree) == 1:
            ((key, name),) = tree.items()
            if key == "$map" and isinstance(name, dict):
                return {k: value(v, f"{way}.{k}") for k, v in name.items()}
            if key == "$path" and isinstance(name, str):
                return Path(Path(name).name)
            if key in stores and isinstance(name, str) and name in stores[key]:
                found = stores[key][name]
                if key in ("$tensor", "$picture"):
                    made[way] = found
                return found
        raise SceneFileError(f"expected a value at {way!r}, got {str(tree)[:80]}")

    def record(tree: dict[str, Any], way: str) -> Any:
        kind = RECORDS.get(str(tree["$record"]))
        if kind is None:
            raise SceneFileError(f"expected a known record, got {str(tree['$record'])[:80]!r}")
        known = {f.name: f for f in fields(kind)}
        strange = [name for name in tree if name not in known and name != "$record"]
        if strange:
            raise SceneFileError(f"{kind.__name__} has no field {strange[0][:80]!r}")
        given = {}
        for name, one in known.items():
            if name in tree:
                given[name] = value(tree[name], f"{way}.{name}".lstrip("."))
                if not _fits(given[name], _hints(kind)[name]):
                    raise SceneFileError(
                        f"expected another type of {kind.__name__}.{name}, got "
                        f"{type(given[name]).__name__}"
                    )
            elif one.default is MISSING and one.default_factory is MISSING:
                raise SceneFileError(f"{kind.__name__} lacks its field {name!r}")
        try:
            return kind(**given)
        except (TypeError, ValueError) as error:  # what the record itself checks
            raise SceneFileError(f"{kind.__name__} does not fit together: {error}") from error

    contents = value(tree, "")
    if not isinstance(contents, Contents):
        raise SceneFileError(f"expected the contents of a scene, got {type(contents).__name__}")
    return contents


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a decoded value has a declared type."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is typing.Literal:
        return value in parts
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if len(parts) == 2 and parts[1] is Ellipsis:
            return all(_fits(item, parts[0]) for item in value)
        return len(value) == len(parts) and all(map(_fits, value, parts))
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(_fits(v, parts[1]) for v in value.values())
    if hint is float:
        return isinstance(value, float | int) and not isinstance(value, bool)
    if hint in (int, str, bool, Path) or hint is type(None) or hint in (Tensor, np.ndarray):
        return isinstance(value, hint) and (hint is not int or not isinstance(value, bool))
    return is_dataclass(hint) and type(value) is hint
