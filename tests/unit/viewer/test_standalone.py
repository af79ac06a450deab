import base64
import json
import re

import builders
import pytest
import torch

from splat_widgets.page import bundle
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.viewer.standalone import write_page
from splat_widgets.viewer.wire import encode


@pytest.fixture
def fake_bundle(tmp_path, monkeypatch):
    path = tmp_path / "bundle" / "widgets.js"
    path.parent.mkdir()
    path.write_text('const text = "</script>"; // built')
    monkeypatch.setattr(bundle, "BUNDLE_PATH", path)
    return path


def scene() -> Gaussians:
    return builders.make_balls(torch.rand(3000, 3))


def test_page_carries_everything_and_refers_to_nothing(tmp_path, fake_bundle) -> None:
    gaussians = scene()
    path = write_page(tmp_path / "a.html", gaussians, title="<b>")
    text = path.read_text()
    encoded = encode(gaussians)
    header = re.search(r'id="splat-widgets-header">(.*?)</script>', text, re.S)
    assert header and json.loads(header[1])["scene"] == encoded.header["scene"]
    chunks = re.findall(r'data-first="(\d+)" data-splats="(\d+)">(.*?)</script>', text, re.S)
    assert b"".join(base64.b64decode(data) for _, _, data in chunks) == b"".join(
        data for _, _, data in encoded.chunks
    )
    assert "http" not in text
    assert "<title>&lt;b&gt;</title>" in text
    # Neither the bundle's own text nor anything else may end the script early.
    assert text.count("</script>") == 2 + len(chunks)


def test_without_a_scene_or_a_bundle(tmp_path, monkeypatch) -> None:
    with pytest.raises(TypeError, match="None"):
        write_page(tmp_path / "a.html", None)
    monkeypatch.setattr(bundle, "BUNDLE_PATH", tmp_path / "missing.js")
    with pytest.raises(bundle.BundleError, match="npm run build"):
        write_page(tmp_path / "a.html", scene())


def test_a_scene_is_not_written_over_by_a_page(tmp_path):
    with pytest.raises(ValueError, match=r"end it in \.html"):
        write_page(tmp_path / "scene.ply", builders.make_gaussians(3))
