"""What Serve's proxy says by itself, as problems."""

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from splat_widgets.service.cluster.proxy import middlewares

ANSWERS = {
    "/dead": PlainTextResponse("Unexpected error, traceback: secret", 500),
    "/early": PlainTextResponse("Path '/early' not found.", 404),
    "/-/healthz": PlainTextResponse("no", 503),
    "/metrics": PlainTextResponse("splat_jobs 1"),
    "/loading": JSONResponse({"status": "loading"}, 503),
}


@pytest.fixture(scope="module")
def client():
    routes = [Route(path, lambda request: ANSWERS[request.url.path]) for path in ANSWERS]
    return TestClient(Starlette(routes=routes, middleware=middlewares()))


@pytest.mark.parametrize("path", ["/dead", "/early"])
def test_a_door_that_is_away_is_a_problem_to_come_again_for(client, path):
    answer = client.get(path, headers={"X-Request-Id": "of-mine"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    told = answer.json()
    assert told["type"].endswith(":not_ready") and told["request_id"] == "of-mine"
    assert "send it again" in told["detail"] and "secret" not in answer.text


@pytest.mark.parametrize("path", ["/-/healthz", "/metrics", "/loading"])
def test_everything_else_is_passed_on(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.content) == (ANSWERS[path].status_code, ANSWERS[path].body)
