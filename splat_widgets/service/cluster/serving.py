"""`splat-widgets serve --cluster`: puts the service on a Ray cluster, and takes it away again."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import threading
from contextlib import ExitStack, suppress
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from splat_widgets.service.cluster.deploying import QUIET, LineByHandle, application
from splat_widgets.service.cluster.lines import gathered
from splat_widgets.service.cluster.plan import APP, LINE, ClusterPlan
from splat_widgets.service.cluster.proxy import PROXY
from splat_widgets.service.places import Place
from splat_widgets.service.server import listen
from splat_widgets.service.service_settings import ServiceSettings
from splat_widgets.service.which_ray import own_ray, ray_at
from splat_widgets.version import __version__

logger = logging.getLogger(__name__)
_OBJECT_STORE = 100 * 2**20  # bytes; files go by the storage
_KEEP_ALIVE_S = 5  # as the single service


def serve_cluster(plan: ClusterPlan, address: str | None) -> None:
    """Serve until a signal comes; jobs that go on are waited for, the others stay in the storage.

    Args:
        plan: of the cluster; without `gpus`, a replica gets a GPU where the cluster has some.
        address: of a Ray cluster; None: a Ray of this machine alone, which ends with this process.

    Raises:
        ValueError: if Ray is not installed, or machines do not see the storage.
        OSError: if there is no cluster at the address, or nothing can listen at ours.
        RuntimeError: if the service does not start there.
    """
    if find_spec("ray") is None:
        raise ValueError("--cluster needs Ray; pip install 'splat-widgets[serve,cluster]'")
    is_ours = address is None
    if is_ours:
        os.environ.setdefault(*PROXY)
    settings = _with_port(plan.settings) if is_ours else plan.settings
    with ExitStack() as stack:
        lines = stack.enter_context(gathered()) if is_ours else ""
        _say("starts a Ray of this machine" if is_ours else f"looks for Ray at {address}")
        stack.enter_context(own_ray(_OBJECT_STORE, _say) if is_ours else ray_at(address))
        import ray  # pyright: ignore[reportMissingImports]
        from ray import serve  # pyright: ignore[reportMissingImports]

        _say(f"tries the storage {plan.storage}")
        _check_storage(ray, plan.storage)
        owner = secrets.token_hex(8)
        plan = replace(plan, settings=settings, gpus=_gpus(ray, plan), lines=lines, owner=owner)
        stop = _signalled()
        _deploy(serve, plan, is_ours=is_ours)
        _tell(ray, plan, is_ours=is_ours)
        stop.wait()
        _leave(serve, plan, is_ours=is_ours)


def _signalled() -> threading.Event:
    """Set by the first signal to end; the second one ends the process at once."""
    stop = threading.Event()

    def end(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.default_int_handler)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return stop


def _deploy(serve: Any, plan: ClusterPlan, *, is_ours: bool) -> None:
    """Put the service on the cluster; one that this package has put there gives way.

    Raises:
        ValueError: if the cluster's Serve listens at another port.
        RuntimeError: if the service does not start.
    """
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    settings = plan.settings
    serve.start(
        proxy_location="HeadOnly" if is_ours else "EveryNode",
        http_options={
            "host": settings.host,
            "port": settings.backend_port,
            "keep_alive_timeout_s": _KEEP_ALIVE_S,
        },
        logging_config=QUIET,
    )
    port = serve.context._get_global_client().http_config.port  # of an earlier start, if any
    if port != settings.backend_port:
        raise ValueError(
            f"Serve of this cluster listens at port {port} already, expected "
            f"{settings.backend_port}; add --port {port}"
        )
    if APP in serve.status().applications:
        _say("takes the place of a service that runs there")
    _say(f"loads the model in {plan.replicas[0]} replicas")
    serve.run(application(plan), name=APP, route_prefix="/")


def _tell(ray: Any, plan: ClusterPlan, *, is_ours: bool) -> None:
    settings = plan.settings
    hosts = [settings.host]
    if not is_ours and not settings.is_local:  # a proxy on every machine
        hosts = [node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]]
    lock = f"{len(settings.tokens)} tokens" if settings.tokens else "no token needed"
    least, most = plan.replicas
    urls = [f"http://{f'[{h}]' if ':' in h else h}:{settings.backend_port}" for h in hosts]
    more = f" and {len(urls) - 3} more" if len(urls) > 3 else ""
    print(
        f"splat-widgets {__version__} serves {' '.join(urls[:3])}{more} ({lock}), "
        f"{least} to {most} replicas with {plan.gpus or 'no'} GPU each",
        flush=True,
    )


def _say(what: str) -> None:
    print(f"splat-widgets {what} ...", flush=True)


def _leave(serve: Any, plan: ClusterPlan, *, is_ours: bool) -> None:
    """Doors take nothing more, jobs that go on end or are given back, then the service goes."""
    is_free = False
    with suppress(Exception):  # a line that is away has nothing that the storage has not
        line = LineByHandle(serve.get_deployment_handle(LINE, app_name=APP))
        if line.owner() != plan.owner:
            _say("leaves the service, which another command has replaced")
            return
        is_free = line.leave(plan.settings.shutdown_timeout)
    if not is_ours:
        serve.delete(APP, _blocking=is_free)
    elif is_free:
        serve.shutdown()


def _with_port(settings: ServiceSettings) -> ServiceSettings:
    """The settings with an address that is free: Ray would say less of one that is not."""
    with listen(settings) as listener:
        return replace(settings, backend_port=listener.getsockname()[1])


def _gpus(ray: Any, plan: ClusterPlan) -> int:
    if plan.gpus or plan.settings.kernel.device not in (None, "cuda"):
        return plan.gpus
    return 1 if ray.cluster_resources().get("GPU", 0) >= 1 else 0


def _check_storage(ray: Any, storage: str) -> None:
    """Write a small file on one machine, and look for it on all.

    Raises:
        ValueError: if some do not see it.
    """
    from ray.util.scheduling_strategies import (  # pyright: ignore[reportMissingImports]
        NodeAffinitySchedulingStrategy,
    )

    if storage.startswith("memory://"):
        raise ValueError(
            f"expected a storage that all processes see, got {storage}; take s3://, gs:// or a "
            "folder that all machines share"
        )
    probe = Place.of(storage).at(f"probes/{secrets.token_hex(8)}")
    ray.get(ray.remote(num_cpus=0)(_write).remote(storage, probe.url))
    nodes = [node for node in ray.nodes() if node["Alive"]]
    looks = [
        ray.remote(num_cpus=0)(_sees)
        .options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False))
        .remote(probe.url)
        for node in nodes
    ]
    blind = [
        node["NodeManagerAddress"]
        for node, sees in zip(nodes, ray.get(looks), strict=True)
        if not sees
    ]
    ray.get(ray.remote(num_cpus=0)(_delete).remote(probe.url))
    if blind:
        raise ValueError(
            f"expected a storage that all {len(nodes)} machines of the cluster see, but "
            f"{', '.join(blind[:5])} did not see what another wrote to {storage}; take s3:// or "
            "gs://, or a folder that all share"
        )


def _write(storage: str, probe: str) -> None:
    Place.of(storage).check_writable()
    Place.of(probe).write(b"")


def _sees(probe: str) -> bool:
    return Place.of(probe).exists()


def _delete(probe: str) -> None:
    Place.of(probe).delete()
