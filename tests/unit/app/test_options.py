"""Where the app listens and who may open it; what is wrong is told before anything starts."""

import socket

import pytest

from splat_widgets.app.options import APP_TOKEN, DEFAULT_PORT, AppOptions


@pytest.fixture(autouse=True)
def _no_token(monkeypatch):
    monkeypatch.delenv(APP_TOKEN, raising=False)


def test_defaults_are_this_machine_and_a_token_of_each_start():
    first, second = AppOptions.resolve(), AppOptions.resolve()
    assert first.host == "127.0.0.1" and first.port >= DEFAULT_PORT
    assert first.token != second.token and len(first.token) >= 32
    assert first.address == f"http://127.0.0.1:{first.port}/?token={first.token}"
    assert first.token not in repr(first)


def test_a_taken_port_is_told_or_passed_over():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"127\.0\.0\.1:{port} .*choose another --port"):
            AppOptions.resolve(port=port)
    assert AppOptions.resolve(port=port).port == port
    assert AppOptions.resolve(port=0).port > 0
    with pytest.raises(ValueError, match="expected 0 to 65535, got 70000"):
        AppOptions.resolve(port=70_000)


def test_the_address_of_all_interfaces_opens_here():
    options = AppOptions.resolve(host="0.0.0.0")
    assert options.address.startswith("http://127.0.0.1:")
    assert "encrypted" in options.announcement and socket.gethostname() in options.announcement
    assert AppOptions.resolve().announcement.count("\n") == 0


def test_tokens_come_from_the_environment_and_a_file(tmp_path, monkeypatch):
    file = tmp_path / "token"
    file.write_text("  the-token-of-a-service\n")
    monkeypatch.setenv(APP_TOKEN, "a-token-for-a-class-room")
    options = AppOptions.resolve(service="http://gpu-box:8000", token_file=str(file))
    assert options.service_token == "the-token-of-a-service"
    assert options.token == "a-token-for-a-class-room"
    file.write_text("\n")
    with pytest.raises(ValueError, match="empty file"):
        AppOptions.resolve(service="http://gpu-box:8000", token_file=str(file))
    monkeypatch.setenv(APP_TOKEN, "short")
    with pytest.raises(ValueError, match="at least 16"):
        AppOptions.resolve()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"service": "http://gpu-box:8000", "model": "embedded"}, "got both"),
        ({"token_file": "token"}, "name it with --service"),
        ({"idle": 0}, "expected 1 to"),
        ({"idle": float("nan")}, "expected 1 to"),
    ],
)
def test_what_does_not_fit_together_is_refused(given, told):
    with pytest.raises(ValueError, match=told):
        AppOptions.resolve(**given)


def test_sessions_find_a_model_that_lies_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.ckpt").write_bytes(b"")
    (tmp_path / "official").mkdir()
    assert AppOptions.resolve(model="mine.ckpt").model == str(tmp_path / "mine.ckpt")
    assert AppOptions.resolve(model="official").model == "official"
