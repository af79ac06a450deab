"""The Ray that a command works on: one at an address, or one of this machine alone.

On a busy machine `ray.init` gives up: the raylet ends itself if an agent, a Python program that it
starts, has not told a port after 15 s (ray-project/ray#65983), and the caller waits for 30 s more.
Here ports are chosen and told before, so that nothing waits for agents; other limits are longer.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, cast

_STARTS, _LINE = 3, "\n"
_CLOSED = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # its ports at 127.0.0.1, on Linux too
}
_PATIENT = {
    "RAY_gcs_server_port_wait_time_s": "120",
    "RAY_raylet_start_wait_time_s": "120",
    "RAY_DASHBOARD_STARTUP_TIMEOUT_S": "120",  # of a part of it that starts without a dashboard
    "RAY_agent_register_timeout_ms": "300000",
    "RAY_worker_register_timeout_seconds": "300",
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",  # else begun anew before its imports are done
}
_LISTEN_PORT = "dashboard_agent_listen_port"
_AGENT_PORTS = (
    "metrics_agent_port",
    "metrics_export_port",
    "runtime_env_agent_port",
    _LISTEN_PORT,
)


@contextmanager
def own_ray(
    object_store: int, say: Callable[[str], object] = lambda _: None, num_cpus: int | None = None
) -> Iterator[None]:
    """A Ray for a `with`, which this process is connected to; it ends with the block, or with us.

    Args:
        object_store: bytes of shared memory.
        say: told what goes on if it does not start at once.
        num_cpus: that it has; None: as many as Ray finds.

    Raises:
        ImportError: if Ray is not installed.
        RuntimeError: if it does not start, or this process is connected to another one.
    """
    os.environ.update(_CLOSED)
    for name, value in _PATIENT.items():
        os.environ.setdefault(name, value)
    import ray  # pyright: ignore[reportMissingImports]

    if ray.is_initialized():  # whose jobs would end with ours
        raise RuntimeError(
            "this process is connected to a Ray already; name its address, or call ray.shutdown()"
        )
    try:
        _start(ray, say, dict(num_cpus=num_cpus, object_store_memory=object_store))
        yield
    finally:
        ray.shutdown()


@contextmanager
def ray_at(address: str | None) -> Iterator[None]:
    """Connected to a running cluster for a `with`.

    Args:
        address: of it; None: RAY_ADDRESS.

    Raises:
        ConnectionError: if there is none, or it does not let us in.
    """
    import ray  # pyright: ignore[reportMissingImports]
    from ray.exceptions import AuthenticationError  # pyright: ignore[reportMissingImports]

    try:
        ray.init(address=address, logging_level=logging.WARNING, log_to_driver=False)
    except AuthenticationError as error:
        raise ConnectionError(
            f"the Ray cluster at {address or os.environ.get('RAY_ADDRESS')} expected another token "
            f"({str(error).partition(_LINE)[0]}); put its token into RAY_AUTH_TOKEN, with "
            "RAY_AUTH_MODE=token"
        ) from error
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ConnectionError(
            f"found no Ray cluster at {address or os.environ.get('RAY_ADDRESS')} "
            f"({str(error).partition(_LINE)[0]}); expected an address such as ray://head:10001, "
            "head:6379 or auto"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _start(ray: Any, say: Callable[[str], object], size: dict[str, int | None]) -> None:
    for left in reversed(range(_STARTS)):
        with _agents_not_waited_for() as nodes:
            try:
                ray.init(
                    address="local",  # whatever else runs here, or RAY_ADDRESS names
                    include_dashboard=False,
                    logging_level=logging.WARNING,
                    log_to_driver=False,
                    **size,
                )
                return
            except Exception as error:  # a plain one if its processes are slow
                ray.shutdown()
                for node in nodes:  # which Ray leaves to itself
                    node.kill_all_processes(check_alive=False, allow_graceful=False)
                reason = str(error).partition(_LINE)[0]
                if not left:
                    raise RuntimeError(
                        f"Ray did not start on this machine ({reason}); try again once it is "
                        "less busy, or name a running cluster with its address"
                    ) from error
                say(f"tries again to start Ray ({reason})")


@contextmanager
def _agents_not_waited_for() -> Iterator[list[Any]]:
    """Nodes tell their raylet the ports of agents before those are there; yields these nodes."""
    nodes: list[Any] = []
    try:
        from ray import _raylet  # pyright: ignore[reportMissingImports]
        from ray._private.node import Node  # pyright: ignore[reportMissingImports]

        known, kind = cast(Any, _raylet), cast(Any, Node)
        start_raylet, persist_port = kind.start_raylet, known.persist_port
        listen_port = known.DASHBOARD_AGENT_LISTEN_PORT_NAME
        known.Config.initialize("")  # somebody may have imported Ray before this
    except (ImportError, AttributeError, TypeError):  # of another version, which starts as it can
        yield nodes
        return

    def started(node: Any, *args: Any, **named: Any) -> Any:
        nodes.append(node)
        ports = dict(zip(_AGENT_PORTS, _free_ports(len(_AGENT_PORTS)), strict=True))
        with suppress(AttributeError, TypeError):  # of another version, which is told nothing
            # No argument tells this one.
            persist_port(node._session_dir, node._node_id, listen_port, ports[_LISTEN_PORT])
            vars(node._ray_params).update(ports)
        return start_raylet(node, *args, **named)

    kind.start_raylet = started
    try:
        yield nodes
    finally:
        kind.start_raylet = start_raylet


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        listeners = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)
        ]
        return [listener.getsockname()[1] for listener in listeners]
