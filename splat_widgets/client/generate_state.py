"""Writes `src/page/state.gen.ts`: traits, records, messages and constants as TypeScript.

    python splat_widgets/client/generate_state.py

Python declares, TypeScript follows; `tests/unit/test_state_gen.py` fails when the file is stale.
"""

from __future__ import annotations

import json
import types
import typing
from base64 import b64encode
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import traitlets

from splat_widgets.attributes.colormaps import COLORMAPS, colormap
from splat_widgets.page.bundle import BundledWidget

# Every widget of the bundle: module, class. A test finds subclasses that are missing here.
WIDGETS = (
    ("splat_widgets.viewer.widget", "SplatViewer"),
    ("splat_widgets.inspector.widget", "Inspector"),
    ("splat_widgets.upload.widget", "UploadPanel"),
    ("splat_widgets.comparison.widget", "Comparison"),
    ("splat_widgets.studio.strip", "RunStrip"),
    ("splat_widgets.studio.widget", "Studio"),
)
# Records, and unions of records, that travel in messages rather than in traits.
MESSAGE_RECORDS = (
    ("splat_widgets.viewer.records", "Display"),
    ("splat_widgets.viewer.sharing", "Shared"),
    ("splat_widgets.attributes.colormaps", "Colormap"),
    ("splat_widgets.regions.drawing", "Override"),
    ("splat_widgets.inspector.records", "Mode"),
    ("splat_widgets.inspector.records", "SelectHow"),
    ("splat_widgets.inspector.records", "ActionName"),
    ("splat_widgets.inspector.records", "PickedAnswer"),
    ("splat_widgets.studio.records", "RefineChoice"),
)
# Every module that declares messages, by the prefix of its unions in TypeScript.
MESSAGES = {
    "Viewer": "splat_widgets.viewer.messages",
    "Inspector": "splat_widgets.inspector.messages",
    "Upload": "splat_widgets.upload.messages",
    "Comparison": "splat_widgets.comparison.messages",
    "Strip": "splat_widgets.studio.messages",
}
# Plain values that both sides must agree on.
CONSTANTS = (
    ("splat_widgets.photos.photo", "MIN_CROP_PX"),
    ("splat_widgets.photos.formats", "HEAD_BYTES"),
    ("splat_widgets.photos.formats", "SIGNATURES"),
    ("splat_widgets.photos.formats", "TEXTS"),
    ("splat_widgets.photos.formats", "HEIF_BRANDS"),
    ("splat_widgets.photos.formats", "AVIF_BRANDS"),
    ("splat_widgets.photos.formats", "CONTAINER_BRANDS"),
    ("splat_widgets.photos.formats", "AVIF"),
    ("splat_widgets.photos.formats", "VIDEO"),
    ("splat_widgets.photos.formats", "FRAME"),
    ("splat_widgets.photos.formats", "EMPTY"),
    ("splat_widgets.photos.formats", "ZEROS"),
    ("splat_widgets.photos.formats", "UNKNOWN"),
    ("splat_widgets.io.formats", "SCENE_SUFFIXES"),
    ("splat_widgets.io.formats", "SCENE_STARTS"),
    ("splat_widgets.io.formats", "UNMARKED_SUFFIXES"),
    ("splat_widgets.io.formats", "SCENE_FORMATS"),
    ("splat_widgets.rendering.projection", "NEAR_PLANE"),
    ("splat_widgets.rendering.projection", "LOW_PASS_PX2"),
    ("splat_widgets.rendering.projection", "MIN_ALPHA"),
    ("splat_widgets.rendering.projection", "FIELD_OF_VIEW_MARGIN"),
    ("splat_widgets.rendering.splatting", "MAX_ALPHA"),
    ("splat_widgets.rendering.splatting", "SATURATED"),
    ("splat_widgets.regions.visibility", "SAME_SURFACE"),
    ("splat_widgets.regions.visibility", "MIN_TRANSMITTANCE"),
    ("splat_widgets.attributes.colormaps", "COLORMAPS"),
    ("splat_widgets.inspector.state", "SETTINGS"),
)

OUTPUT = Path(__file__).parent / "src" / "page" / "state.gen.ts"
COMMAND = "python splat_widgets/client/generate_state.py"
HEADER = f"// Generated from the Python traits by `{COMMAND}`; do not edit.\n"


def widget_classes() -> list[type[BundledWidget]]:
    """The classes of `WIDGETS`."""
    return [getattr(import_module(module), name) for module, name in WIDGETS]


def generate() -> str:
    """Text of `state.gen.ts`."""
    records: dict[str, str] = {}
    states = [_state(widget, records) for widget in widget_classes()]
    for module, name in MESSAGE_RECORDS:
        record = getattr(import_module(module), name)
        found = _type(record, records)
        if not is_typeddict(record):
            records[name] = _alias(name, found)
    for prefix, module in MESSAGES.items():
        for name in ("ToPage", "ToKernel"):
            found = _type(getattr(import_module(module), name), records)
            records[prefix + name] = _alias(prefix + name, found)
    constants = [*map(_constant, CONSTANTS), _colours()]
    return "\n".join([HEADER, *records.values(), *states, *constants])


def _colours() -> str:
    lines = ""
    for name in COLORMAPS:
        gap = " " if len(name) < 5 else "\n    "  # as biome breaks it
        lines += f'  {name}:{gap}"{b64encode(colormap(name)).decode()}",\n'
    return (
        "/** 256 RGB colours of each map, base64. */\n"
        f"export const COLOURS: Readonly<Record<Colormap, string>> = {{\n{lines}}};\n"
    )


def _constant(place: tuple[str, str]) -> str:
    module, name = place
    value = getattr(import_module(module), name)
    head = f"/** `{module}.{name}`. */\nexport const {name} ="
    if isinstance(value, str):
        line = f"export const {name} = {json.dumps(value)};"
        gap = " " if len(line) <= 100 else "\n  "  # as biome breaks it
        return f"{head}{gap}{json.dumps(value)};\n"
    if isinstance(value, tuple) and isinstance(value[0], tuple):
        return f"{head} [\n{''.join(map(_row, value))}] as const;\n"
    if isinstance(value, tuple):
        line = f"export const {name} = [{', '.join(f'{item!r}' for item in value)}] as const;"
        if len(line) <= 100:  # as biome breaks it
            return f"/** `{module}.{name}`. */\n{line}\n".replace("'", '"')
        lines = "".join(f'  "{item}",\n' for item in value)
        return f"{head} [\n{lines}] as const;\n"
    return f"{head} {value};\n"


def _row(cells: tuple[object, ...]) -> str:
    line = f"  [{', '.join(map(json.dumps, cells))}],\n"
    if len(line) <= 101:  # as biome breaks it
        return line
    return "".join(["  [\n", *(f"    {json.dumps(cell)},\n" for cell in cells), "  ],\n"])


def _alias(name: str, found: str) -> str:
    line = f"export type {name} = {found};"
    if len(line) > 100:  # as biome breaks it
        line = "\n  | ".join([f"export type {name} =", *found.split(" | ")]) + ";"
    return f"{line}\n"


def _state(widget: type[BundledWidget], records: dict[str, str]) -> str:
    inherited = set(BundledWidget.class_trait_names())
    lines = [
        f"/** Synced traits of {widget.__name__}. */",
        f"export type {widget.__name__}State = {{",
    ]
    for name, trait in sorted(widget.class_traits(sync=True).items()):
        if name in inherited:
            continue
        if trait.help:
            lines.append(f"  /** {trait.help} */")
        lines.append(_field(name, _trait_type(trait, records)))
    return "\n".join([*lines, "};", ""])


def _field(name: str, found: str) -> str:
    line = f"  {name}: {found};"
    if len(line) > 100 and " | " in found and found[-1] != "]":  # as biome breaks it
        line = "\n    | ".join([f"  {name}:", *found.split(" | ")]) + ";"
    return line


def _trait_type(trait: traitlets.TraitType, records: dict[str, str]) -> str:
    if trait.metadata.get("ts"):
        found = trait.metadata["ts"]
    elif trait.metadata.get("record"):
        found = _type(trait.metadata["record"], records)
        if isinstance(trait, traitlets.List | traitlets.Tuple):
            found = f"({found})[]" if " | " in found else f"{found}[]"
    elif isinstance(trait, traitlets.Enum):
        found = " | ".join(f'"{value}"' for value in trait.values or ())
    elif isinstance(trait, traitlets.Bool):
        found = "boolean"
    elif isinstance(trait, traitlets.Int | traitlets.Float):
        found = "number"
    elif isinstance(trait, traitlets.Unicode):
        found = "string"
    elif isinstance(trait, traitlets.Bytes):
        found = "DataView"
    else:
        raise TypeError(
            f"no TypeScript type for {type(trait).__name__} {trait.name!r}; "
            'tag it with record=<a TypedDict> or ts="..."'
        )
    return f"{found} | null" if trait.allow_none else found


def _type(annotation: Any, records: dict[str, str]) -> str:
    plain = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}
    if annotation is Any:
        return "unknown"
    if annotation in plain:
        return plain[annotation]
    if is_typeddict(annotation):
        return _record(annotation, records)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in arguments)
    if origin in (Union, types.UnionType):
        return " | ".join(_type(part, records) for part in arguments)
    if origin is list:
        item = _type(arguments[0], records)
        return f"({item})[]" if " | " in item else f"{item}[]"
    if origin is dict:
        return f"{{ [key: string]: {_type(arguments[1], records)} }}"
    if origin is tuple:
        return f"[{', '.join(_type(part, records) for part in arguments)}]"
    raise TypeError(f"no TypeScript type for {annotation!r}")


def _record(record: Any, records: dict[str, str]) -> str:
    name = record.__name__
    if name not in records:
        records[name] = ""  # holds the place while nested records are written
        hints = get_type_hints(record)
        fields = [_field(key, _type(hint, records)) for key, hint in hints.items()]
        about = (typing.cast(str, record.__doc__) or "").splitlines()[0]
        records.pop(name)
        records[name] = "\n".join(
            [f"/** {about} */", f"export type {name} = {{", *fields, "};", ""]
        )
    return name


if __name__ == "__main__":
    OUTPUT.write_text(generate(), encoding="utf-8")
