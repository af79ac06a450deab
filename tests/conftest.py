"""What holds for every test."""

from __future__ import annotations


def pytest_make_parametrize_id(config, val, argname: str) -> str | None:
    """Names bytes by their argument: packed bytes may differ between processes that share tests.

    Gzip writes the time into its head, and pytest-xdist refuses to start where two processes
    find tests of different names.
    """
    return argname if isinstance(val, bytes | bytearray) else None
