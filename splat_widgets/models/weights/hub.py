"""The released weights on the Hugging Face Hub: cached, downloaded, verified.

The settings of `huggingface_hub` count (`HF_HOME`, `HF_ENDPOINT`, `HF_HUB_OFFLINE`, the token, its
progress bar). It resumes a download whose connection breaks; whether a partial file outlives the
call depends on its version (2.4 drops it). We add one check: a downloaded file must have the size
and the SHA-256 that the Hub announces.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import (
    constants,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
)

from splat_widgets.models.weights.errors import CheckpointError
from splat_widgets.models.weights.folder import file_sha256
from splat_widgets.sizes import format_bytes

REPOSITORY = "brandonsmart/splatt3r_v1.0"
FILENAME = "epoch=19-step=1200.ckpt"
ABOUT_BYTES = 3.2e9  # of that file, to be said before anybody asks the Hub
LICENSE = "CC BY-NC 4.0 (non-commercial use only)"
DEFAULT_REVISION = "main"  # a commit can be pinned: load_model("official@<commit>")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_OTHER_WAYS = (
    'pass a local copy, load_model("path/to/file.ckpt"), name it in SPLAT_WIDGETS_MODEL_PATH, '
    'or use the small embedded model, load_model("embedded")'
)


@dataclass(frozen=True)
class HubFile:
    """A file in the Hub's cache."""

    path: Path
    sha256: str | None  # as the cache names its content; None where it keeps no links to it
    revision: str  # commit


def is_offline() -> bool:
    """Whether the user has forbidden network access to the Hub."""
    return bool(constants.HF_HUB_OFFLINE)


def cached(revision: str = DEFAULT_REVISION) -> HubFile | None:
    """The weights if they are in the cache, without any network.

    Their hash is checked on download only, because it takes longer than loading them.
    """
    found = try_to_load_from_cache(REPOSITORY, FILENAME, revision=revision)
    return _described(Path(found)) if isinstance(found, str) else None


def fetch(revision: str = DEFAULT_REVISION, *, announce: Callable[[str], None]) -> HubFile:
    """The weights from the cache, else from the Hub.

    Args:
        revision: branch, tag or commit on the Hub.
        announce: called with one line (size, licence) before a download starts.

    Raises:
        CheckpointError: without network, if the Hub refuses, or if the file is not what the Hub
            announces; the message says what to do.
    """
    file = cached(revision)
    if file is not None:
        return file
    if is_offline():
        raise CheckpointError(
            f"the released weights are not in the Hub's cache ({constants.HF_HUB_CACHE}) and "
            "HF_HUB_OFFLINE forbids downloading them. Unset it, or on a connected machine run "
            f"`hf download {REPOSITORY} {FILENAME}` and copy its cache here; or {_OTHER_WAYS}"
        )
    try:
        announced = get_hf_file_metadata(hf_hub_url(REPOSITORY, FILENAME, revision=revision))
    except Exception as error:  # of requests or httpx, depending on huggingface_hub's version
        raise CheckpointError(
            f"cannot reach the released weights ({REPOSITORY} at {constants.ENDPOINT}): "
            f"{_first_line(error)}. Check the network, HF_ENDPOINT and the token; or {_OTHER_WAYS}"
        ) from error
    sha256 = announced.etag or ""
    if announced.size is None or not _SHA256.fullmatch(sha256):
        raise CheckpointError(
            f"{constants.ENDPOINT} announces no size and SHA-256 for {FILENAME}, so a download "
            f"could not be verified; use another endpoint, or {_OTHER_WAYS}"
        )
    announce(
        f"Downloading the released Splatt3R weights from {REPOSITORY}: "
        f"{format_bytes(announced.size)}, {LICENSE}"
    )
    try:
        path = Path(hf_hub_download(REPOSITORY, FILENAME, revision=revision))
    except Exception as error:
        raise CheckpointError(
            f"the download of {FILENAME} failed, after several attempts to resume it: "
            f"{_first_line(error)}. Try again with a better connection; or {_OTHER_WAYS}"
        ) from error
    size, actual = path.stat().st_size, file_sha256(path)
    if (size, actual) != (announced.size, sha256):
        for file in (path.resolve(), path):
            file.unlink(missing_ok=True)
        raise CheckpointError(
            f"{FILENAME} came with {size:,} bytes and SHA-256 {actual}, but the Hub announced "
            f"{announced.size:,} bytes and {sha256}: it was damaged or changed on the way. The "
            "file was deleted and nothing of it was loaded; try again"
        )
    return _described(path)


def _described(path: Path) -> HubFile:
    blob = path.resolve().name  # the cache stores large content under its hash, and links to it
    return HubFile(path, blob if _SHA256.fullmatch(blob) else None, path.parent.name)


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
