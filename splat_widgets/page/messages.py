"""Messages that every widget exchanges with its page, and the check of what a page sends.

A message is a TypedDict whose `kind` is a literal. The `messages.py` of a widget's folder joins
them into two unions: `ToPage` is what the kernel sends, `ToKernel` what it takes. In `send` a type
checker refuses an unknown kind or field. `client/generate_state.py` writes the unions as
TypeScript, where `tsc` does the same. Bytes travel beside a message, in its buffers.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Sequence
from functools import cache
from typing import (
    Any,
    Literal,
    TypedDict,
    Union,
    get_args,
    get_origin,
    is_typeddict,
)

Buffer = bytes | memoryview
Handler = Callable[[Any, list[memoryview]], None]


class BundleRequest(TypedDict):
    """The loader asks for the front end."""

    kind: Literal["bundle"]
    hash: str


class BundleAnswer(TypedDict):
    """The front end, as the one buffer."""

    kind: Literal["bundle"]
    hash: str
    problem: str  # why there is no buffer; else empty


class Chunk(TypedDict):
    """A part of a transfer, as the one buffer; travels in both directions."""

    kind: Literal["chunk"]
    transfer: str
    number: int


class ChunksArrived(TypedDict):
    """The page has every chunk below `next`."""

    kind: Literal["chunks_arrived"]
    transfer: str
    next: int
    resend: bool  # later ones that were sent before are lost


class ChunksQuestion(TypedDict):
    """The page has heard nothing for a while. It counts its questions from 1."""

    kind: Literal["chunks_question"]
    transfer: str
    question: int


class ChunksState(TypedDict):
    """The kernel acknowledges a chunk, or answers a question."""

    kind: Literal["chunks_state"]
    transfer: str
    next: int  # every chunk below has arrived; -1 for a transfer that the kernel does not know
    question: int  # the one that is answered; 0 for none


class TraitsChanged(TypedDict):
    """A view changed synced traits; `page/traits.py` says why this is a message."""

    kind: Literal["traits"]
    view: str
    values: dict[str, Any]  # by name


@cache
def by_kind(union: Any) -> dict[str, Any]:
    """The TypedDicts of a union of messages, by `kind`.

    Raises:
        TypeError: if two messages share a kind.
    """
    found: dict[str, Any] = {}
    for message in get_args(union) or (union,):
        for kind in get_args(_fields(message)["kind"]):
            if kind in found:
                raise TypeError(f"the kind {kind!r} is that of two messages")
            found[kind] = message
    return found


@cache
def _fields(message: Any) -> dict[str, Any]:
    """Types of a TypedDict's fields; reading them from its text takes longer than a check."""
    return typing.get_type_hints(message)


def fits(annotation: Any, value: Any) -> bool:
    """Whether a message has the fields that its TypedDict declares, with values of their types.

    Records inside a message are only known to be dictionaries; who reads them checks their fields.
    """
    if is_typeddict(annotation):
        return isinstance(value, dict) and all(
            name in value and _is(hint, value[name]) for name, hint in _fields(annotation).items()
        )
    return _is(annotation, value)


def _is(annotation: Any, value: Any) -> bool:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return value in arguments
    if origin in (Union, types.UnionType):
        return any(_is(part, value) for part in arguments)
    if origin is list:
        return isinstance(value, Sequence) and all(_is(arguments[0], item) for item in value)
    if origin is tuple:
        return isinstance(value, Sequence) and len(value) == len(arguments)
    if is_typeddict(annotation) or origin is dict:
        return isinstance(value, dict)
    if annotation is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return value is None if annotation is type(None) else isinstance(value, annotation)
