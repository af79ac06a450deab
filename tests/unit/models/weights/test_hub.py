"""The download against a Hub on 127.0.0.1 that breaks off, lies, or is not there."""

import hashlib
import os
import subprocess
import sys

import pytest
import torch
from huggingface_hub import constants

from splat_widgets.models.splatt3r import Splatt3RConfig
from splat_widgets.models.weights import CheckpointError, hub, load_model

MICRO = Splatt3RConfig.micro()


@pytest.fixture
def lines() -> list[str]:
    return []


class TestDownload:
    def test_whole(self, server, lines, tiny_official):
        file = hub.fetch(announce=lines.append)
        assert file.path.read_bytes() == tiny_official.read_bytes()
        assert file.path.name == "epoch=19-step=1200.ckpt"
        assert file.path.is_relative_to(constants.HF_HUB_CACHE)
        assert file.sha256 == hashlib.sha256(tiny_official.read_bytes()).hexdigest()
        assert file.revision == server.commit
        assert lines == [
            "Downloading the released Splatt3R weights from brandonsmart/splatt3r_v1.0: "
            "5.7 MB, CC BY-NC 4.0 (non-commercial use only)"
        ]

    def test_the_line_comes_before_the_first_byte(self, server):
        seen = []
        hub.fetch(announce=lambda _line: seen.append(len(server.downloads)))
        assert seen == [0]

    def test_through_load_model(self, server, capsys):
        model = load_model("official", config=MICRO, device="cpu")
        assert model.provenance.source == "official"
        assert model.provenance.revision == server.commit
        assert model.provenance.sha256 == server.announced_sha256
        assert "CC BY-NC 4.0" in capsys.readouterr().err
        assert load_model(config=MICRO, device="cpu") is model  # now the default: it is cached
        assert len(server.downloads) == 1

    def test_cut_off_and_resumed_in_one_call(self, server, lines, tiny_official):
        half = len(server.content) // 2
        server.cut = lambda number: half if number == 1 else None
        file = hub.fetch(announce=lines.append)
        assert file.path.read_bytes() == tiny_official.read_bytes()
        ranges = [request.range for request in server.downloads]
        assert ranges[0] is None
        assert len(ranges) == 2 and int(ranges[1].removeprefix("bytes=").rstrip("-")) > 0

    def test_cut_off_again_and_again_but_never_without_progress(self, server, lines):
        server.cut = lambda number: 1_100_000 if number <= 4 else None
        file = hub.fetch(announce=lines.append)
        assert file.path.read_bytes() == server.content
        starts = [int((r.range or "bytes=0-")[6:-1]) for r in server.downloads]
        assert starts == sorted(set(starts)) and len(starts) == 5

    def test_cut_off_for_good_leaves_nothing_that_passes_for_the_file(self, server, lines):
        server.cut = lambda number: 3_000_000 if number == 1 else 0
        with pytest.raises(CheckpointError, match=r"download.*failed.*[Tt]ry again.*embedded"):
            hub.fetch(announce=lines.append)
        assert hub.cached() is None
        server.cut = lambda _number: None
        assert hub.fetch(announce=lines.append).path.read_bytes() == server.content

    def test_the_token_goes_to_the_hub(self, server, lines, monkeypatch):
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
        hub.fetch(announce=lines.append)
        asked = [r for r in server.requests if r.path == server.resolve]
        assert asked and all(r.authorization == "Bearer hf_secret" for r in asked)

    def test_a_pinned_revision(self, server, lines):
        server.resolve = server.resolve.replace("main", "v2")
        with pytest.raises(CheckpointError, match="cannot reach"):
            hub.fetch(announce=lines.append)
        assert hub.fetch("v2", announce=lines.append).revision == server.commit
        model = load_model("official@v2", config=MICRO, device="cpu")
        assert model.provenance.revision == server.commit


class TestRefused:
    @pytest.mark.parametrize("more", [-1000, 1000])
    def test_another_size_than_announced(self, server, lines, more):
        server.size = len(server.content) + more
        with pytest.raises(CheckpointError, match=r"size|bytes"):
            hub.fetch(announce=lines.append)
        assert hub.cached() is None

    def test_another_size_that_the_library_lets_pass(self, server, lines, monkeypatch):
        metadata = hub.get_hf_file_metadata

        def lying(url):
            import dataclasses

            return dataclasses.replace(metadata(url), size=17)

        monkeypatch.setattr(hub, "get_hf_file_metadata", lying)
        with pytest.raises(CheckpointError, match=r"announced 17 bytes.*deleted"):
            hub.fetch(announce=lines.append)
        assert hub.cached() is None

    def test_another_content_than_announced(self, server, lines, tiny_official):
        announced = server.announced_sha256
        content = bytearray(server.content)
        content[1000] ^= 1
        server.content, server.sha256 = bytes(content), announced
        with pytest.raises(CheckpointError, match=rf"SHA-256.*announced .*{announced}.*deleted"):
            load_model("official", config=MICRO)
        assert hub.cached() is None
        server.content = tiny_official.read_bytes()  # and after the Hub is mended it works
        assert hub.fetch(announce=lines.append).sha256 == announced

    @pytest.mark.parametrize("sha256", ["", "abc", "0" * 40])
    def test_no_hash_announced(self, server, lines, sha256):
        server.sha256 = sha256
        with pytest.raises(CheckpointError, match="could not be verified"):
            hub.fetch(announce=lines.append)
        assert not server.downloads and not lines

    @pytest.mark.parametrize("status", [401, 403, 404, 500])
    def test_a_hub_that_refuses(self, server, lines, status):
        server.status = status
        with pytest.raises(CheckpointError, match=r"cannot reach.*token.*embedded"):
            hub.fetch(announce=lines.append)


class TestOffline:
    def test_nothing_cached(self, monkeypatch, lines):
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        with pytest.raises(CheckpointError) as refusal:
            load_model("official")
        text = str(refusal.value)
        for advice in (
            "HF_HUB_OFFLINE",
            "hf download brandonsmart/splatt3r_v1.0 epoch=19-step=1200.ckpt",
            "SPLAT_WIDGETS_MODEL_PATH",
            'load_model("embedded")',
            constants.HF_HUB_CACHE,
        ):
            assert advice in text

    def test_cached(self, server, lines, monkeypatch):
        hub.fetch(announce=lines.append)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        before = len(server.requests)
        model = load_model("official", config=MICRO, device="cpu")
        assert model.provenance.revision == server.commit
        assert len(server.requests) == before

    def test_cached_needs_no_network_and_no_hash(self, server, lines, monkeypatch):
        file = hub.fetch(announce=lines.append)
        before = len(server.requests)

        def hashed(*_):
            raise AssertionError("hashed again")

        monkeypatch.setattr(hashlib, "file_digest", hashed)
        assert hub.fetch(announce=lines.append) == file
        assert (file.revision, file.sha256) == (server.commit, server.announced_sha256)
        assert len(server.requests) == before and len(lines) == 1

    def test_no_server(self, server, lines):
        server.__exit__()
        with pytest.raises(
            CheckpointError, match=rf"cannot reach.*127\.0\.0\.1:{server.port}.*network"
        ):
            hub.fetch(announce=lines.append)


def test_everything_by_environment_variables(running_hub, tmp_path):
    """A fresh process configured as a user would; then a second one without network."""
    program = (
        "import splat_widgets as sw; from splat_widgets.models.splatt3r import Splatt3RConfig\n"
        "m = sw.load_model('official', config=Splatt3RConfig.micro(), device='cpu')\n"
        "print(m.provenance.path, m.provenance.sha256, m.dtype)"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    environment |= {"HF_HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}

    def run(**variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program],
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=120,
        )

    first = run(HF_ENDPOINT=running_hub.url, HF_TOKEN="hf_secret")
    assert first.returncode == 0, first.stderr
    assert "CC BY-NC 4.0" in first.stderr
    asked = {r.authorization for r in running_hub.requests if r.path == running_hub.resolve}
    assert asked == {"Bearer hf_secret"}
    assert str(tmp_path) in first.stdout and str(torch.float32) in first.stdout
    second = run(HF_HUB_OFFLINE="1")
    assert second.returncode == 0, second.stderr
    assert second.stdout == first.stdout
    assert "Downloading" not in second.stderr
