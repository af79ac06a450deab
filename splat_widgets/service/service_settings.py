"""Settings of the service: those of a kernel, and what only a server has."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from types import MappingProxyType

from splat_widgets.files import open_file
from splat_widgets.settings import (
    Reader,
    Settings,
    read_path,
    read_whole_number,
    resolved,
)
from splat_widgets.sizes import read_size

LEAST_TOKEN = 16  # characters
_SECONDS = {"": 1, "s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400}
_RATE = re.compile(r"([1-9]\d{0,8}) ?(?:/|per) ?(second|minute|hour|day)", re.IGNORECASE)


@dataclass(frozen=True)
class ServiceSettings:
    """All settings of a service, resolved; make one with `ServiceSettings.resolve`."""

    kernel: Settings  # device, model, folder, photos
    model: str | None  # a source as in `load_model`; None: the kernel's `model_path`
    host: str  # address to listen on
    backend_port: int
    tokens: tuple[str, ...] = field(repr=False)  # any of them opens the service; none: no lock
    origins: tuple[str, ...]  # web pages that may call it: "https://example.org"
    hosts: tuple[str, ...]  # further names that it is called by
    queue_limit: int  # jobs that wait
    workers: int  # jobs that go on at once
    batch: int | None  # photos that the device encodes at once; None: 8 on a GPU, 1 on a CPU
    rate_limit: str  # requests of one token: "240/minute"
    max_upload_size: int  # of one request, bytes
    upload_timeout: int  # for the whole of one request, s
    job_ttl: int  # a job that has not ended by then is given up, and its photos with it, s
    output_ttl: int  # results are kept for, s
    lease_ttl: int  # where a storage is shared, a silent worker has lost its job after so long, s
    shutdown_timeout: int  # running jobs are waited for, s; then they begin anew with the service
    sources: Mapping[str, str] = field(hash=False)  # as in `Settings`

    @classmethod
    def resolve(
        cls, *, environ: Mapping[str, str] | None = None, **arguments: object
    ) -> ServiceSettings:
        """Settings from arguments, then the environment, then the defaults.

        Args:
            environ: the environment variables; `os.environ` if not given.
            arguments: any setting of a kernel or of a service; None means not given.

        Raises:
            TypeError: for an argument that is not a setting.
            ValueError: for a wrong value, or an open address without a token.
        """
        of_kernel = {name: arguments.pop(name, None) for name in Settings.names()}
        kernel = Settings.resolve(environ=environ, **of_kernel)
        values, sources = resolved(_READERS, (), environ, arguments)
        in_file = values.pop("token_file")
        values["tokens"] = tuple(dict.fromkeys((*values["tokens"], *in_file)))
        sources.pop("token_file")
        made = cls(kernel=kernel, **values, sources={**kernel.sources, **sources})
        made._check()
        return made

    @property
    def is_local(self) -> bool:
        """Whether only programs of this machine reach the address."""
        return is_loopback(self.host)

    def _check(self) -> None:
        if not self.is_local and not self.tokens:
            raise ValueError(
                f"expected a token for the address {self.host}, which other machines reach; put "
                "one into a file, for example with `openssl rand -hex 24`, and name the file with "
                "--token-file or SPLAT_WIDGETS_TOKEN_FILE"
            )

    def __repr__(self) -> str:
        lines = [
            f"  {f.name:<16} = {getattr(self, f.name)!s:<22} ({self.sources[f.name]})"
            for f in fields(self)
            if f.name in self.sources and f.repr
        ]
        lines.append(f"  tokens           = {len(self.tokens)} ({self.sources['tokens']})")
        return "\n".join([repr(self.kernel), *lines])


def is_loopback(host: str) -> bool:
    """Whether an address or a name is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:  # a name: other machines may know it
        return False


def _read_host(value: object, label: str) -> str:
    text = str(value).strip()
    if not re.fullmatch(r"[A-Za-z0-9.:_\-\[\]]{1,253}", text):
        raise ValueError(f"{label}: expected an address such as 127.0.0.1, got {text!r}")
    return text.strip("[]")


def _read_list(value: object, label: str) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else re.split(r"[\s,]+", str(value))
    return tuple(str(item) for item in items if item)


def _read_origins(value: object, label: str) -> tuple[str, ...]:
    origins = _read_list(value, label)
    for origin in origins:
        if not re.fullmatch(r"https?://[A-Za-z0-9.\-]+(:\d{1,5})?", origin):
            raise ValueError(
                f"{label}: expected origins such as https://example.org, got {origin!r}; a path "
                "or * is no origin"
            )
    return origins


def _read_tokens(value: object, label: str) -> tuple[str, ...]:
    tokens = _read_list(value, label)
    for token in tokens:
        if len(token) < LEAST_TOKEN or not token.isascii() or not token.isprintable():
            raise ValueError(
                f"{label}: expected tokens of at least {LEAST_TOKEN} printable ASCII characters, "
                f"got one of {len(token)}; `openssl rand -hex 24` makes a good one"
            )
    return tokens


def _read_token_file(value: object, label: str) -> tuple[str, ...]:
    path = read_path(value, label)
    with open_file(path) as file:
        lines = file.read(65536).decode("utf-8", "replace").splitlines()
    given = [line.strip() for line in lines]
    tokens = _read_tokens([line for line in given if line and line[0] != "#"], str(path))
    if not tokens:
        raise ValueError(f"{label}: expected a token on a line of its own, found none in {path}")
    return tokens


def _read_rate(value: object, label: str) -> str:
    found = _RATE.fullmatch(str(value).strip())
    if found is None:
        raise ValueError(f"{label}: expected a rate such as 240/minute, got {value!r}")
    return f"{found[1]}/{found[2].lower()}"


def _read_seconds(value: object, label: str) -> int:
    found = re.fullmatch(r"(\d{1,9}) ?([a-z]*)", str(value).strip().lower())
    if found is None or found[2] not in _SECONDS or int(found[1]) == 0:
        raise ValueError(f"{label}: expected a time such as 3600, 90s or 24h, got {value!r}")
    return int(found[1]) * _SECONDS[found[2]]


_READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "model": (lambda value, _: str(value), None, False),
        "host": (_read_host, "127.0.0.1", False),
        "backend_port": (partial(read_whole_number, low=0, high=65535), 8000, True),
        "tokens": (_read_tokens, (), False),
        "token_file": (_read_token_file, (), False),
        "origins": (_read_origins, (), False),
        "hosts": (_read_list, (), False),
        "queue_limit": (partial(read_whole_number, low=1, high=100_000), 32, False),
        "workers": (partial(read_whole_number, low=1, high=64), 1, False),
        "batch": (partial(read_whole_number, low=1, high=256), None, False),
        "rate_limit": (_read_rate, "600/minute", False),
        "max_upload_size": (read_size, 256 * 10**6, False),
        "upload_timeout": (_read_seconds, 300, False),
        "job_ttl": (_read_seconds, 3600, True),
        "output_ttl": (_read_seconds, 86400, True),
        "lease_ttl": (_read_seconds, 15, False),
        "shutdown_timeout": (_read_seconds, 30, False),
    }
)
