"""SHA-256 of large files, remembered so that a second start need not read gigabytes.

A file counts as verified while its path, size and modification time are those of the time it was
hashed. That catches a replaced, edited or shortened file, not bits that rot on the disk without
the file system noticing; delete the memory (`memory_path()`) to have everything hashed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
from pathlib import Path

from huggingface_hub import constants

log = logging.getLogger(__name__)
_MAX_ENTRIES = 64


def memory_path() -> Path:
    """Where the hashes are remembered: beside the Hub's cache, `HF_HOME` respected."""
    return Path(constants.HF_HOME).expanduser() / "splat_widgets" / "verified.json"


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content as hex digits; from the memory if the file is unchanged."""
    path = path.resolve()
    status = path.stat()
    stamp = [status.st_size, status.st_mtime_ns]
    remembered = _read().get(str(path))
    if remembered is not None and remembered[:2] == stamp:
        return remembered[2]
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    remember(path, digest)
    return digest


def remember(path: Path, sha256: str) -> None:
    """Note the hash of a file just written or read; a memory that cannot be written is no error."""
    path = path.resolve()
    status = path.stat()
    entries = _read()
    entries.pop(str(path), None)
    entries[str(path)] = [status.st_size, status.st_mtime_ns, sha256]
    entries = dict(list(entries.items())[-_MAX_ENTRIES:])
    target = memory_path()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(entries, file, indent=1)
            Path(temporary).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        log.info("hashes are not remembered, %s: %s", target, error)


def _read() -> dict[str, list]:
    try:
        entries = json.loads(memory_path().read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(entries, dict):
        return {}
    return {k: v for k, v in entries.items() if isinstance(v, list) and len(v) == 3}
