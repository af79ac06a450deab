"""Read a PyTorch checkpoint without executing anything in it.

A checkpoint is a zip archive with one pickle (`data.pkl`) and one raw file per storage. A pickle
is a program for a small stack machine; the usual unpickler imports what it names and calls it.
This reader walks the same program and resolves nothing: a global is only ever its name. The few
names that build tensors and plain containers are understood. Every other name becomes a
placeholder, and one log line lists them. A placeholder inside a tensor is an error.

It differs from `torch.load(weights_only=True)`, which calls real constructors and `__setstate__`
methods from a process-wide list, and which refuses the names that a training run leaves in its
checkpoint (omegaconf, lightning) unless their packages are installed. Tensors are on the CPU
whatever device they were saved from; those of a large file are memory-mapped views of it.
"""

from __future__ import annotations

import logging
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from splat_widgets.files import existing_file
from splat_widgets.models.weights.archive import Archive
from splat_widgets.models.weights.errors import CheckpointError, first_few

log = logging.getLogger(__name__)

# Storage types, as pickles name them.
_DTYPES = {
    "torch.DoubleStorage": torch.float64,
    "torch.FloatStorage": torch.float32,
    "torch.HalfStorage": torch.float16,
    "torch.BFloat16Storage": torch.bfloat16,
    "torch.LongStorage": torch.int64,
    "torch.IntStorage": torch.int32,
    "torch.ShortStorage": torch.int16,
    "torch.CharStorage": torch.int8,
    "torch.ByteStorage": torch.uint8,
    "torch.BoolStorage": torch.bool,
}


@dataclass(frozen=True)
class Inert:
    """A name in the pickle, or what the file builds with it; neither imported nor called."""

    name: str  # as the file writes it, e.g. "omegaconf.dictconfig.DictConfig"


@dataclass(frozen=True)
class _Storage:
    elements: Tensor  # flat view of the file


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """The plain content of a checkpoint.

    Args:
        path: a file written by `torch.save` (torch 1.6 or newer), such as Lightning's `.ckpt`.

    Returns:
        The top-level dictionary. Tensors of a file of 256 MB or more are views of it; do not
        overwrite such a file in place while they live. Containers are plain dicts and lists;
        objects of other types are `Inert`.

    Raises:
        CheckpointError: if the file is missing, damaged, not such an archive, or builds a tensor
            from something other than a storage. Nothing in the file is ever executed.
    """
    try:
        path = existing_file(path)
        with Archive(path) as archive:
            content = _Machine(archive).run()
    except OSError as error:
        raise CheckpointError(f"cannot read the checkpoint {path}: {error}") from error
    if not isinstance(content, dict):
        raise CheckpointError(
            f"expected {path.name} to hold a dictionary, got {type(content).__name__}"
        )
    return content


_MARK = object()
_MALFORMED = (
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
)
_CONSTANTS = frozenset(
    "NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT BINUNICODE SHORT_BINUNICODE "
    "BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 SHORT_BINSTRING".split()
)
_CONSTANT_VALUES = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_SET": lambda: Inert("builtins.set"),
}
_ENCODE = "_codecs.encode"  # protocol 2 writes bytes as a call of it
# Far beyond honest files. A short program could otherwise join one long text to itself for ever.
_MAX_NAME, _MAX_NAMES, _MAX_BITS = 1000, 10_000, 4096
_SCALARS = (str, int, float, bytes, type(None))


class _Machine:
    """The pickle's stack machine over plain data."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.storages: dict[str, _Storage] = {}
        self.encoded: dict[str, bytes] = {}  # one copy of each, however often the file asks
        self.names: dict[str, Inert] = {}  # one of each, in order

    def run(self) -> Any:
        try:
            for opcode, argument, _ in pickletools.genops(self.archive.pickle()):
                if opcode.name == "STOP":
                    self._report()
                    return self.stack.pop()
                self._step(opcode.name, argument)
        except CheckpointError:
            raise
        # A malformed program meets an empty stack, a missing memo or a wrong type.
        except _MALFORMED as error:
            raise CheckpointError(
                f"{self._here} is malformed ({type(error).__name__}: {error}); nothing of it was "
                "executed"
            ) from error
        raise CheckpointError(f"the pickle in {self.archive.name} has no end")

    def _step(self, name: str, argument: Any) -> None:
        stack = self.stack
        if name in _CONSTANTS:
            if isinstance(argument, int) and argument.bit_length() > _MAX_BITS:
                raise CheckpointError(f"{self._here} has a number of more than {_MAX_BITS} bits")
            stack.append(_CONSTANT_VALUES.get(name, argument))
        elif name in _EMPTY:
            stack.append(_EMPTY[name]())
        elif name in ("BINPUT", "LONG_BINPUT"):
            self.memo[argument] = stack[-1]
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(self.memo[argument])
        elif name == "MARK":
            stack.append(_MARK)
        elif name == "TUPLE":
            stack.append(tuple(self._to_mark()))
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            stack.append(tuple(self._pop(int(name[-1]))))
        elif name == "FROZENSET":
            self._to_mark()
            stack.append(Inert("builtins.frozenset"))
        elif name == "GLOBAL":
            stack.append(self._global(*argument.split(" ", 1)))
        elif name == "STACK_GLOBAL":
            stack.append(self._global(*self._pop(2)))
        elif name == "BINPERSID":
            stack.append(self._storage(stack.pop()))
        elif name in ("REDUCE", "NEWOBJ"):
            stack.append(self._construct(*self._pop(2)))
        elif name == "NEWOBJ_EX":  # with keyword arguments, which no constructor below takes
            stack.append(self._construct(*self._pop(3)[:2]))
        elif name == "BUILD":
            target, _state = stack[-2], stack.pop()
            # Attributes of an OrderedDict or of a placeholder; neither keeps any.
            if not isinstance(target, dict | Inert):
                raise CheckpointError(f"{self._here} gives attributes to a {type(target).__name__}")
        elif name == "SETITEM":
            self._set_items(self._pop(2))
        elif name == "SETITEMS":
            self._set_items(self._to_mark())
        elif name == "APPEND":
            self._extend(self._pop(1))
        elif name in ("APPENDS", "ADDITEMS"):
            self._extend(self._to_mark())
        elif name not in ("PROTO", "FRAME"):
            raise CheckpointError(
                f"{self._here} uses the pickle instruction {name}, which torch.save never writes"
            )

    @property
    def _here(self) -> str:
        return f"the pickle in {self.archive.name}"

    def _pop(self, count: int) -> list[Any]:
        if len(self.stack) < count or any(item is _MARK for item in self.stack[-count:]):
            raise IndexError("stack underflow")
        items = self.stack[-count:]
        del self.stack[-count:]
        return items

    def _to_mark(self) -> list[Any]:
        items: list[Any] = []
        while (item := self.stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def _global(self, module: Any, attribute: Any) -> Inert:
        # Anything but text could be nested so deeply that writing it down takes for ever.
        if not isinstance(module, str) or not isinstance(attribute, str):
            raise CheckpointError(f"{self._here} names something that is not text")
        if len(module) + len(attribute) > _MAX_NAME:
            raise CheckpointError(f"{self._here} has a name of more than {_MAX_NAME} characters")
        name = f"{module}.{attribute}"
        if name not in self.names and len(self.names) == _MAX_NAMES:
            raise CheckpointError(f"{self._here} names more than {_MAX_NAMES:,} objects")
        return self.names.setdefault(name, Inert(name))

    def _report(self) -> None:
        known = (*_DTYPES, *_CONSTRUCTORS, _ENCODE)
        unknown = [repr(name[:100]) for name in self.names if name not in known]
        if unknown:
            log.info(
                "%s names objects that this package does not know: %s. They stay placeholders; "
                "nothing of them was imported or called",
                self.archive.name,
                first_few(unknown),
            )

    def _storage(self, identity: Any) -> _Storage:
        match identity:
            case ("storage", Inert(name), str(key), str(), int(count)) if (
                name in _DTYPES and len(key) < _MAX_NAME
            ):
                unique = f"{key}:{name}:{count}"
                if unique not in self.storages:
                    self.storages[unique] = _Storage(
                        self.archive.storage(key, _DTYPES[name], count)
                    )
                return self.storages[unique]
        raise CheckpointError(f"{self._here} refers to something that is not a tensor storage")

    def _construct(self, what: Any, arguments: Any) -> Any:
        if not isinstance(what, Inert) or not isinstance(arguments, tuple):
            raise CheckpointError(f"{self._here} calls something that is not a plain name")
        if what.name == _ENCODE:
            text = arguments[0]
            if not isinstance(text, str):
                raise CheckpointError(f"{self._here} encodes something that is not text")
            if text not in self.encoded:
                self.encoded[text] = text.encode("latin1")
            return self.encoded[text]
        constructor = _CONSTRUCTORS.get(what.name)
        return constructor(*arguments) if constructor else what

    def _set_items(self, flat: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Inert):
            return
        if type(target) is not dict or len(flat) % 2:
            raise CheckpointError(f"{self._here} sets items of a {type(target).__name__}")
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            # Nested tuples as keys could take exponential time to hash.
            if not isinstance(key, (*_SCALARS, Inert)):
                raise CheckpointError(f"{self._here} uses a {type(key).__name__} as a key")
            target[key] = value

    def _extend(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Inert):
            return
        if type(target) is not list:
            raise CheckpointError(f"{self._here} appends to a {type(target).__name__}")
        target.extend(items)


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any, *_unused: Any) -> Tensor:
    """A view of a storage with checked bounds; hooks and `requires_grad` are dropped."""
    sizes_are_tuples = isinstance(shape, tuple) and isinstance(stride, tuple)
    if not isinstance(storage, _Storage) or not sizes_are_tuples or len(shape) != len(stride):
        raise CheckpointError("a tensor of the checkpoint has no storage or no proper shape")
    numbers = (offset, *shape, *stride)
    if len(shape) > 16 or any(type(n) is not int or not 0 <= n < 2**48 for n in numbers):
        raise CheckpointError("a tensor of the checkpoint has impossible sizes or strides")
    last = offset + sum((n - 1) * s for n, s in zip(shape, stride, strict=True))
    if 0 not in shape and last >= len(storage.elements):
        raise CheckpointError(
            f"a tensor of shape {shape} reaches beyond its storage of {len(storage.elements)}"
        )
    base = storage.elements.storage_offset()
    return storage.elements.as_strided(shape, stride, base + offset)


def _mapping(*arguments: Any) -> dict[Any, Any]:
    """Counter of a dict, defaultdict with its factory (dropped)."""
    # The argument itself: copies of one large dict could fill the memory.
    return arguments[0] if arguments and type(arguments[0]) is dict else {}


def _ordered(*arguments: Any) -> dict[Any, Any]:
    if arguments and arguments != ([],):
        raise CheckpointError("an OrderedDict of the checkpoint is built from something unexpected")
    return {}


def _size(sizes: Any = ()) -> tuple[Any, ...]:
    if not isinstance(sizes, tuple):  # a tensor may have 2**48 elements in no memory at all
        raise CheckpointError(f"a size in the checkpoint is made of a {type(sizes).__name__}")
    return sizes


_CONSTRUCTORS: dict[str, Callable[..., Any]] = {
    "collections.Counter": _mapping,
    "collections.OrderedDict": _ordered,
    "collections.defaultdict": _mapping,
    "torch.Size": _size,
    "torch._utils._rebuild_parameter": lambda data, *_unused: data,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
}
