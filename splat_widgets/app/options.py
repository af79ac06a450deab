"""What `splat-widgets app` is asked for."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

from splat_widgets.files import existing_file, local_path
from splat_widgets.service.service_settings import LEAST_TOKEN, is_loopback

DEFAULT_PORT = 8866  # Voila's own
_HIGHEST_PORT = 65_535
_TRIED = 20  # ports from the default on
_IDLE_MINUTES = 120
_MOST_MINUTES = 100_000
APP_TOKEN = "SPLAT_WIDGETS_APP_TOKEN"


@dataclass(frozen=True)
class AppOptions:
    """Where the app listens, who may open it, and what makes its scenes."""

    host: str
    port: int
    token: str = field(repr=False)  # in the address that opens the page
    model: str | None  # a source as in `load_model`; None: what `load_model()` chooses
    device: str | None
    service: str | None  # address of a service that makes the scenes instead
    service_token: str | None = field(repr=False)
    idle_s: int  # a session that nobody uses ends after it
    opens_browser: bool

    ARGUMENTS = (
        *("host", "port", "model", "device", "service", "token_file", "idle", "no_browser"),
    )

    @classmethod
    def resolve(
        cls,
        *,
        host: str | None = None,
        port: int | None = None,
        model: str | None = None,
        device: str | None = None,
        service: str | None = None,
        token_file: str | None = None,
        idle: float | None = None,
        no_browser: bool = False,
    ) -> AppOptions:
        """Options as the command line has them; None means not given.

        Args:
            host: address to listen at.
            port: to listen at; the first free one from 8866 on if not given.
            model: a source as in `load_model`.
            device: "cuda", "mps" or "cpu".
            service: address of a service.
            token_file: with the token that the service asks for.
            idle: minutes after which a session without use ends.
            no_browser: whether the address is only printed.

        Raises:
            ValueError: for values that are wrong or exclude each other.
            OSError: if the address or the file cannot be used.
        """
        if service and (model or device):
            raise ValueError("expected --service or a model of this machine, got both")
        if token_file and not service:
            raise ValueError("--token-file has the token of a service; name it with --service")
        if idle is not None and not 1 <= idle <= _MOST_MINUTES:
            raise ValueError(f"--idle: expected 1 to {_MOST_MINUTES} minutes, got {idle:g}")
        address = host or "127.0.0.1"
        return cls(
            host=address,
            port=free_port(address, port),
            token=token_of_app(os.environ.get(APP_TOKEN)),
            model=source_of_model(model),
            device=device,
            service=service,
            service_token=first_line(token_file) if token_file else None,
            idle_s=round(60 * (_IDLE_MINUTES if idle is None else idle)),
            opens_browser=not no_browser,
        )

    @property
    def address(self) -> str:
        """What to open in a browser, token included."""
        everywhere = self.host in ("0.0.0.0", "::")
        host = "127.0.0.1" if everywhere else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/?token={self.token}"

    @property
    def announcement(self) -> str:
        """What the command prints when the page is there."""
        told = f"The app is at {self.address}"
        if is_loopback(self.host):
            return told
        everywhere = self.host in ("0.0.0.0", "::")
        name = socket.gethostname() if everywhere else self.host
        return (
            f"{told}\nOther machines reach it as {name}, port {self.port}, with the same token. "
            "Nothing is encrypted on the way: keep it to a network that you trust, or put a proxy "
            "with TLS before it."
        )


def token_of_app(given: str | None) -> str:
    """The token of the page's address: the given one, or a new one.

    Raises:
        ValueError: for one that is short or does not fit into an address.
    """
    if not given:
        return secrets.token_urlsafe(24)
    if len(given) < LEAST_TOKEN or not all(c.isalnum() or c in "-_" for c in given):
        raise ValueError(
            f"{APP_TOKEN}: expected at least {LEAST_TOKEN} letters, digits, - and _, got "
            f"{len(given)} characters; `openssl rand -hex 24` makes a good one"
        )
    return given


def first_line(path: str | Path) -> str:
    """The token in a file.

    Raises:
        ValueError: if the file has none.
        OSError: if it cannot be read.
    """
    lines = existing_file(path).read_text(encoding="utf-8").split()
    if not lines:
        raise ValueError(f"{path}: expected a token in the file, got an empty file")
    return lines[0]


def source_of_model(model: str | None) -> str | None:
    """The model as sessions find it, which run in another folder."""
    if model is None or model in ("official", "embedded"):
        return model
    path = local_path(model)
    return os.fspath(path.resolve()) if path.exists() else model


def free_port(host: str, wanted: int | None) -> int:
    """The wanted port, or the first free one from 8866 on.

    Raises:
        ValueError: for a number that is no port.
        OSError: if the wanted port is taken, or the address is not ours.
    """
    if wanted is not None and not 0 <= wanted <= _HIGHEST_PORT:
        raise ValueError(f"--port: expected 0 to {_HIGHEST_PORT}, got {wanted}")
    candidates = range(DEFAULT_PORT, DEFAULT_PORT + _TRIED) if wanted is None else (wanted,)
    problem: OSError | None = None
    for port in candidates:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            with socket.create_server((host, port), family=family) as listener:
                return listener.getsockname()[1]
        except OSError as error:
            problem = error
    tried = f"{host}:{wanted}" if wanted is not None else f"{host}, port {DEFAULT_PORT} and above"
    reason = os.strerror(problem.errno) if problem and problem.errno else problem
    raise OSError(f"cannot listen at {tried} ({reason}); choose another --port") from problem
