"""Settings by argument or environment variable, checked.

Precedence: argument, ``SPLAT_WIDGETS_<NAME>``, the unprefixed ``<NAME>`` of most settings, default.
Every value remembers its source, so that an error or a health report can name the place to change.
An empty variable counts as not set. An unprefixed name may be meant for another program, so a wrong
value of it is ignored with a warning; any other wrong value is an error.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from splat_widgets.conventions import PATCH_SIZE
from splat_widgets.files import local_path
from splat_widgets.sizes import read_size

PREFIX = "SPLAT_WIDGETS_"
DEVICES = ("cuda", "mps", "cpu")

Reader = tuple[Callable[[object, str], Any], Any, bool]
"""What reads a setting's raw value, its default, and whether the unprefixed variable counts too."""


@dataclass(frozen=True)
class Settings:
    """All settings, resolved; make one with `Settings.resolve`."""

    device: str | None  # "cuda", "cuda:1", "mps" or "cpu"; None: the best one present
    model_path: Path | None  # checkpoint file or folder; None: see `weights.load_model`
    output_dir: Path  # where scenes are saved; made with the first scene
    max_images: int  # most photos that a panel holds
    image_size: int | None  # side of the square that the network sees, px; None: the model's own
    max_file_size: int  # of one uploaded photo, bytes
    # field -> "argument", "default" or the environment variable's name
    sources: Mapping[str, str] = field(hash=False)

    @classmethod
    def resolve(
        cls, *needed: str, environ: Mapping[str, str] | None = None, **arguments: object
    ) -> Settings:
        """Settings from arguments, then the environment, then the defaults.

        Args:
            needed: names of the settings that will be used; all if not given. The others keep their
                defaults, so that a wrong value of an unused setting does no harm.
            environ: the environment variables; `os.environ` if not given.
            arguments: any of `Settings.names()`; None means not given.

        Raises:
            TypeError: for an argument that is not a setting.
            ValueError: for a wrong value; it names the variable or argument.
        """
        values, sources = resolved(_READERS, needed, environ, arguments)
        return cls(**values, sources=sources)

    @staticmethod
    def names() -> tuple[str, ...]:
        """Names of the settings as arguments; variables are upper case with the prefix."""
        return tuple(_READERS)

    def image_size_notice(self, model_size: int) -> str | None:
        """One line for the user if the set image size differs from the model's, else None."""
        if self.image_size in (None, model_size):
            return None
        return (
            f"image_size is {self.image_size} px (from {self.sources['image_size']}), but the "
            f"model was trained at {model_size} px: expect worse geometry at another size"
        )

    def __repr__(self) -> str:
        lines = (
            f"  {f.name:<13} = {getattr(self, f.name)!s:<24} ({self.sources[f.name]})"
            for f in fields(self)
            if f.name != "sources"
        )
        return "Settings\n" + "\n".join(lines)


def resolved(
    readers: Mapping[str, Reader],
    needed: Collection[str],
    environ: Mapping[str, str] | None,
    arguments: Mapping[str, object],
) -> tuple[dict[str, Any], dict[str, str]]:
    """Values of settings and their sources, by name.

    Args:
        readers: of all settings, by name.
        needed: those that will be used; all if empty.
        environ: the environment variables; `os.environ` if not given.
        arguments: any of the settings; None means not given.

    Raises:
        TypeError: for an argument that is not a setting.
        ValueError: for a wrong value; it names the variable or argument.
    """
    environ = os.environ if environ is None else environ
    unknown = [name for name in (*needed, *arguments) if name not in readers]
    if unknown:
        raise TypeError(
            f"unknown setting {', '.join(map(repr, unknown))}; there are {', '.join(readers)}"
        )
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name, (read, default, unprefixed) in readers.items():
        values[name], sources[name] = default, "default"
        if needed and name not in needed and arguments.get(name) is None:
            continue
        source, given = _find(name, arguments.get(name), environ, unprefixed)
        if given is None:
            continue
        try:
            values[name] = read(given, f"argument `{name}`" if source == "argument" else source)
        except ValueError as error:
            if source != name.upper():
                raise
            warnings.warn(
                f"ignored {error}. If it is meant for splat_widgets, set {PREFIX}{source}",
                stacklevel=3,
            )
        else:
            sources[name] = source
    return values, sources


def _find(
    name: str, argument: object, environ: Mapping[str, str], unprefixed: bool
) -> tuple[str, object]:
    """Source of a setting, and its raw value (None: the default)."""
    if argument is not None:
        return "argument", argument
    variables = (PREFIX + name.upper(), name.upper())[: 1 + unprefixed]
    for variable in variables:
        if environ.get(variable, "").strip():
            return variable, environ[variable].strip()
    return "default", None


def _read_device(value: object, label: str) -> str | None:
    text = str(value).strip().lower()
    if text == "auto":
        return None
    if not re.fullmatch(r"cuda(:\d+)?|mps|cpu", text):
        raise ValueError(
            f"{label}: expected a device out of {', '.join(DEVICES)} (or 'auto'), got {value!r}"
        )
    return text


def read_path(value: object, label: str) -> Path:
    """A path on this machine; `label` names where the value comes from."""
    try:
        return local_path(str(value))
    except ValueError as error:
        raise ValueError(f"{label}: {error}") from error


def _read_model_path(value: object, label: str) -> Path:
    path = read_path(value, label)
    if not path.exists():
        raise ValueError(
            f"{label}: expected an existing checkpoint file or folder, got {str(value)!r}; "
            "check the path, or leave the setting out to use the default model"
        )
    return path


def _read_output_dir(value: object, label: str) -> Path:
    path = read_path(value, label)
    if path.exists() and not path.is_dir():
        raise ValueError(
            f"{label}: expected a folder, got the file {str(value)!r}; name another place"
        )
    return path


def read_whole_number(value: object, label: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`."""
    try:
        if isinstance(value, bool | float):
            raise ValueError
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        raise ValueError(
            f"{label}: expected a whole number from {low} to {high}, got {value!r}"
        ) from None
    if not low <= number <= high:
        raise ValueError(f"{label}: expected a number from {low} to {high}, got {number}")
    return number


def _read_image_size(value: object, label: str) -> int:
    size = read_whole_number(value, label, PATCH_SIZE, 4096)
    if size % PATCH_SIZE:
        near = round(size / PATCH_SIZE) * PATCH_SIZE
        raise ValueError(
            f"{label}: expected a multiple of {PATCH_SIZE} px, got {size}; the nearest is {near}"
        )
    return size


_READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "device": (_read_device, None, True),
        "model_path": (_read_model_path, None, True),
        "output_dir": (_read_output_dir, Path("outputs"), True),
        "max_images": (partial(read_whole_number, low=2, high=100), 10, True),
        "image_size": (_read_image_size, None, True),
        "max_file_size": (read_size, 50 * 10**6, False),
    }
)
