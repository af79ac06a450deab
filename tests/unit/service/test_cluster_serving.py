"""The command that puts a service on Ray and takes it away, with stand-ins for Ray."""

import signal
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from splat_widgets.service.cluster import serving
from splat_widgets.service.cluster.plan import APP, ClusterPlan

from .conftest import TOKEN, settings


@pytest.fixture
def plan(tmp_path):
    known = settings(tmp_path, host="0.0.0.0", tokens=TOKEN, backend_port=8123)
    return ClusterPlan(known, f"file://{tmp_path}/shared", (1, 4), owner="us")


@pytest.fixture
def serve():
    serve = MagicMock()
    serve.context._get_global_client.return_value.http_config.port = 8123
    serve.status.return_value.applications = {}
    return serve


def line_of(monkeypatch, **answers):
    line = MagicMock(**{f"{name}.return_value": told for name, told in answers.items()})
    monkeypatch.setattr(serving, "LineByHandle", lambda handle: line)
    return line


def test_a_port_that_serve_does_not_have_is_refused(serve, plan, monkeypatch):
    monkeypatch.setattr(serving, "application", lambda plan: "the application")
    serving._deploy(serve, plan, is_ours=False)
    serve.run.assert_called_once_with("the application", name=APP, route_prefix="/")
    serve.context._get_global_client.return_value.http_config.port = 8000
    with pytest.raises(ValueError, match="--port 8000"):
        serving._deploy(serve, plan, is_ours=False)


def test_addresses_are_of_the_machines_with_a_proxy(plan, capsys):
    nodes = [{"NodeManagerAddress": f"10.0.0.{n}", "Alive": n != 2} for n in (1, 2, 3)]
    ray = SimpleNamespace(nodes=lambda: nodes)
    serving._tell(ray, plan, is_ours=False)
    assert "serves http://10.0.0.1:8123 http://10.0.0.3:8123 (1 tokens)" in capsys.readouterr().out
    serving._tell(ray, plan, is_ours=True)
    assert "serves http://0.0.0.0:8123 (" in capsys.readouterr().out


def test_who_was_replaced_leaves_the_service_alone(serve, plan, monkeypatch):
    line = line_of(monkeypatch, owner="another", leave=True)
    serving._leave(serve, plan, is_ours=False)
    assert not serve.delete.called and not line.leave.called
    line = line_of(monkeypatch, owner="us", leave=True)
    serving._leave(serve, plan, is_ours=False)
    line.leave.assert_called_once_with(plan.settings.shutdown_timeout)
    serve.delete.assert_called_once_with(APP, _blocking=True)
    line_of(monkeypatch, owner="us", leave=False)  # a job that hangs: the cluster goes on waiting
    serving._leave(serve, plan, is_ours=False)
    serve.delete.assert_called_with(APP, _blocking=False)


def test_the_second_signal_ends_at_once():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        stop = serving._signalled()
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
