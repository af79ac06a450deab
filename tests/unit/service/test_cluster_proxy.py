"""What Serve's proxy says by itself, as problems."""

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from splat_widgets.service.cluster.proxy import ProxyProblems, middlewares

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


async def _dies_before(scope, receive, send):
    raise RuntimeError("secret of an actor")


async def _says_nothing(scope, receive, send):
    return


@pytest.mark.parametrize("app", [_dies_before, _says_nothing])
def test_a_door_that_dies_before_it_answers_is_one_too(app):
    answer = TestClient(ProxyProblems(app)).get("/dead")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["type"].endswith(":not_ready") and "secret" not in answer.text


def test_an_answer_that_breaks_off_is_not_followed_by_another():
    async def breaks_off(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("the line is cut")

    with pytest.raises(RuntimeError, match="cut"):
        TestClient(ProxyProblems(breaks_off)).get("/scene")


@pytest.mark.parametrize("path", ["/-/healthz", "/metrics", "/loading"])
def test_everything_else_is_passed_on(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.content) == (ANSWERS[path].status_code, ANSWERS[path].body)
