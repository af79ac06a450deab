"""How Ray is started and reached, with a stand-in for it; a real one: `nox -s cluster`."""

import os
import sys
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from splat_widgets.service import which_ray
from splat_widgets.service.which_ray import own_ray, ray_at


class Node:
    """As Ray has it: whoever starts a raylet waits for what it was not told."""

    def __init__(self, folder):
        self._session_dir, self._node_id = folder, "07"
        self._ray_params = SimpleNamespace(runtime_env_agent_port=0)
        self.killed = False

    def start_raylet(self, store):
        self.known = (store, self._ray_params.runtime_env_agent_port)

    def kill_all_processes(self, **how):
        self.killed = True


@pytest.fixture
def ray(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "environ", {"RAY_ADDRESS": "10.0.0.9:6379"})
    told = {}
    internals = MagicMock(DASHBOARD_AGENT_LISTEN_PORT_NAME="listen")
    internals.persist_port = lambda folder, node, name, port: told.update({(node, name): port})
    ray = MagicMock(nodes=[], told=told, _raylet=internals)

    def init(**how):
        ray.nodes.append(Node(tmp_path))
        ray.nodes[-1].start_raylet("store")

    class AuthenticationError(Exception):
        """As Ray has it: no RuntimeError."""

    ray.init.side_effect = init
    ray.is_initialized.return_value = False
    ray.exceptions.AuthenticationError = AuthenticationError
    for name, module in {
        "ray": ray,
        "ray.exceptions": ray.exceptions,
        "ray._raylet": internals,
        "ray._private.node": SimpleNamespace(Node=Node),
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    return ray


def test_another_version_of_ray_starts_as_it_can(ray):
    def other(node):
        raise AssertionError("its calls take other arguments")

    ray._raylet.persist_port = other
    del ray._raylet.Config
    with own_ray(7):
        assert ray.nodes[0].known == ("store", 0)


def test_it_is_one_of_this_machine_whatever_else_runs(ray):
    with own_ray(7, num_cpus=2):
        assert ray.init.call_args.kwargs["address"] == "local"
        assert ray.init.call_args.kwargs["log_to_driver"] is False
        assert ray.init.call_args.kwargs["object_store_memory"] == 7
        assert os.environ["RAY_AUTH_MODE"] == "token"
        assert not ray.shutdown.called
    ray.shutdown.assert_called_once_with()


def test_its_raylet_is_told_the_ports_of_agents_before_they_are_there(ray):
    start_raylet = Node.start_raylet
    with own_ray(7):
        [node] = ray.nodes
        params = vars(node._ray_params)
        assert node.known == ("store", params["runtime_env_agent_port"])
        assert ray.told == {("07", "listen"): params["dashboard_agent_listen_port"]}
        ports = [params[name] for name in which_ray._AGENT_PORTS]
        assert len(set(ports)) == 4 and min(ports) > 1023
    assert Node.start_raylet is start_raylet


def test_what_did_not_start_is_started_again_and_then_given_up(ray):
    init, said = ray.init.side_effect, []

    def fails(**how):
        init(**how)
        if len(ray.nodes) < 3:
            raise Exception("timed out during startup.\nmore")

    ray.init.side_effect = fails
    with own_ray(7, said.append):
        assert [node.killed for node in ray.nodes] == [True, True, False]
        assert said == ["tries again to start Ray (timed out during startup.)"] * 2
    ray.nodes.clear()
    ray.init.side_effect = Exception("the disk is full")
    with pytest.raises(RuntimeError, match=r"did not start .*disk is full.* less busy"), own_ray(7):
        pass


def test_a_ray_without_those_parts_is_started_as_it_is(ray, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray._private.node", SimpleNamespace())
    with own_ray(7):
        assert ray.nodes[0].known == ("store", 0)


def test_an_address_where_there_is_none(ray):
    ray.init.side_effect = ConnectionError("nobody listens\nthere")
    with pytest.raises(ConnectionError, match=r"10\.0\.0\.9:6379 \(nobody listens\); expected"):
        with ray_at(None):
            pass
    assert not ray.shutdown.called


def test_a_cluster_that_wants_another_token(ray):
    ray.init.side_effect = ray.exceptions.AuthenticationError("the token is missing\nmore")
    with pytest.raises(ConnectionError, match=r"head:6379 expected .*missing\); put its token"):
        with ray_at("head:6379"):
            pass
    assert not ray.shutdown.called


def test_the_ray_that_a_process_has_stays_as_it_is(ray):
    ray.is_initialized.return_value = True
    with pytest.raises(RuntimeError, match="connected to a Ray already; name its address"):
        with own_ray(7):
            pass
    assert not ray.init.called and not ray.shutdown.called
