"""What who watches a cluster sees: lines of JSON from all processes, health that is true."""

import json
import logging
import shutil
from collections import namedtuple

import builders
import pytest
from starlette.testclient import TestClient

from splat_widgets.service.cluster.door import Watcher, door_app
from splat_widgets.service.cluster.line import Line, News
from splat_widgets.service.cluster.lines import gathered, log_lines
from splat_widgets.service.cluster.plan import ClusterPlan
from splat_widgets.service.logs import log_job, logger

from .conftest import BEARER, TOKEN, settings
from .test_cluster_line import NearLine, Replicas, wait_until
from .test_lifecycle import a_job


@pytest.fixture
def own_handlers(monkeypatch):
    """No handler that another test left, whose stream may be closed, and none left to others."""
    monkeypatch.setattr(logger, "handlers", [])
    before = logger.propagate, logger.level
    yield
    for handler in logger.handlers:
        handler.close()
    logger.propagate = before[0]
    logger.setLevel(before[1])


def test_lines_of_all_processes_come_out_as_json_alone(capfd, own_handlers):
    with gathered() as pipe:
        log_lines(pipe)
        for digit in "123":  # they differ in digits alone
            log_job(a_job(digit * 32))
        logging.getLogger("splat_widgets.service.cluster.door").warning("the line is away: x")
        try:
            raise OSError("the disk\nis full")
        except OSError:
            logger.exception("a sweep failed")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["job"] * 3 + ["log"] * 2
    assert [line["job"][0] for line in lines[:3]] == ["1", "2", "3"]
    assert lines[3]["message"] == "the line is away: x" and lines[3]["level"] == "warning"
    assert "OSError: the disk\nis full" in lines[4]["traceback"]


def test_a_process_that_serves_twice_tells_each_line_once(capfd, own_handlers):
    for _ in range(2):
        log_lines("")
    logger.warning("the line is away")
    [line] = capfd.readouterr().err.splitlines()
    assert json.loads(line)["message"] == "the line is away"


def test_without_replicas_or_disk_a_door_is_not_ready(tmp_path, monkeypatch):
    plan = ClusterPlan(settings(tmp_path, tokens=TOKEN), f"file://{tmp_path}/shared")
    line = NearLine(plan, builders.KnownPredictor())
    has_replicas, news = True, line.news
    monkeypatch.setattr(line, "news", lambda: News(model=news().model, has_replicas=has_replicas))
    with TestClient(door_app(plan, line, "door-1"), headers=BEARER) as client:
        told = lambda: client.get("/health")  # noqa: E731
        wait_until(told, lambda answer: answer.status_code == 200)
        has_replicas = False
        wait_until(told, lambda answer: answer.status_code == 503)
        has_replicas = True
        wait_until(told, lambda answer: answer.status_code == 200)
        usage = namedtuple("usage", "free")
        is_shared = lambda folder: str(folder).endswith("shared")  # noqa: E731
        few = lambda folder: usage(0 if is_shared(folder) else 10**12)  # noqa: E731
        monkeypatch.setattr(shutil, "disk_usage", few)
        assert told().json()["status"] == "disk full"


def test_a_line_that_hears_of_no_replica_says_so(tmp_path, monkeypatch):
    replicas = Replicas()
    line = Line(builders, 1, replicas.hand_out, replicas.describe)  # no storage is touched
    assert line.news().has_replicas
    monkeypatch.setattr("splat_widgets.service.cluster.line._SILENT_S", 0.0)
    assert not line.news().has_replicas
    monkeypatch.setattr("splat_widgets.service.cluster.line._SILENT_S", 600.0)
    line.heard()
    assert line.news().has_replicas


def test_requests_do_not_wait_for_a_line_that_is_away():
    class Away:
        calls = 0

        def news(self):
            raise TimeoutError

        def submit(self, id, again):
            self.calls += 1
            raise TimeoutError

        def remove(self, id):
            return self.submit(id, False)

    away = Away()
    watcher = Watcher(away, 9)
    assert watcher.submit("1" * 32) and not watcher.remove("1" * 32) and away.calls == 2
    watcher.look()
    assert watcher.submit("1" * 32) and not watcher.remove("1" * 32) and away.calls == 2


def test_metrics_are_of_the_door_while_the_line_is_away(tmp_path):
    plan = ClusterPlan(settings(tmp_path, tokens=TOKEN), f"file://{tmp_path}/shared")
    line = NearLine(plan, builders.KnownPredictor())
    with TestClient(door_app(plan, line, "door-1"), headers=BEARER) as client:
        line.is_away = True
        answer = client.get("/metrics")
        assert answer.status_code == 200 and "splat_" in answer.text
