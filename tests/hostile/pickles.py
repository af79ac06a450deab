"""Checkpoints whose pickle attacks, or is no program."""

from __future__ import annotations

import os
import pickle
import struct
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from hostile.case import Case
from hostile.weights import (
    KEY,
    archive,
    case,
    saved,
    state,
    with_state,
)

SENTINEL = "SPLAT_WIDGETS_HOSTILE"  # an environment variable that an attack would set


class Attack:
    """Sets an environment variable when it is unpickled."""

    def __init__(self, call: Callable[..., Any], *arguments: Any) -> None:
        self.made = (call, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.made


ATTACKS: dict[str, Callable[[], object]] = {
    "os.putenv": lambda: Attack(os.putenv, SENTINEL, "ran"),
    "exec": lambda: Attack(exec, f"import os; os.environ['{SENTINEL}'] = 'ran'"),
    "eval": lambda: Attack(eval, f"__import__('os').putenv('{SENTINEL}', 'ran')"),
    "import": lambda: Attack(__import__, "this"),
    "partial": lambda: Attack(partial, os.putenv, SENTINEL, "ran"),
}


def attacks() -> Iterator[Case]:
    for name, make in ATTACKS.items():
        yield case(
            "pickle: attack",
            f"{name} in the weights",
            lambda m=make: with_state(**{KEY: m()}),
            "refused",
        )
        yield case(
            "pickle: attack",
            f"{name} beside them",
            lambda m=make: saved({"state_dict": state(), "epoch": m()}),
            "right",
            is_slow=name != "exec",
        )
    yield case(
        "pickle: attack", "alone", lambda: archive(pickle.dumps(ATTACKS["exec"]())), "refused"
    )
    yield case("pickle: attack", "plain pickle", lambda: pickle.dumps(ATTACKS["exec"]()), "refused")


def programs() -> Iterator[Case]:
    for name, program in {
        "empty": b"",
        "no end": b"\x80\x02}",
        "empty stack": b"\x80\x02.",
        "unknown instruction": b"\x80\x02\xff.",
        "noise": bytes(range(256)) * 9,
        "a number": b"\x80\x02K\x05.",
        "a list": b"\x80\x02].",
        "instruction of old": b"(S'x'\nios\nsystem\n.",
        "extension": b"\x80\x02\x82\x01.",
        "memo that is not there": b"\x80\x02h\x09.",
        "deep nesting": b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".",
        "deep tuples": b"\x80\x02)" + b"\x85" * 200_000 + b".",
        "deep tuple as a key": b"\x80\x02})" + b"\x85" * 200_000 + b"Ns.",
        "doubling list": b"\x80\x02]q\0" + b"h\0h\0\x86q\0" * 5000 + b".",
        "long number": b"\x80\x02\x8b" + struct.pack("<i", 500_000) + b"\x7f" * 500_000 + b".",
        "text that says it is long": b"\x80\x02X\xff\xff\xff\x7fabc.",
        "itself in itself": b"\x80\x02}q\0U\x0astate_dicth\0s.",
        "state that is a list": b"\x80\x02}X\x0a\0\0\0state_dict]s.",
        "state of numbers": b"\x80\x02}X\x0a\0\0\0state_dict}K\x01K\x02ss.",
        "17 MB": b"\x80\x02" + b"N0" * 9_000_000 + b".",
    }.items():
        yield case(
            "pickle: program",
            name,
            lambda p=program: archive(p),
            "refused",
            max_mib=120,
            is_slow="deep" in name or "17" in name,
        )
