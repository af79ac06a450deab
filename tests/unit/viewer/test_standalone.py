import base64
import json
import re

import builders
import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets.attributes.registry import AttributeLookupError
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
    assert text.count("</script>") == 3 + len(chunks)


def test_without_a_scene_or_a_bundle(tmp_path, monkeypatch) -> None:
    with pytest.raises(TypeError, match="None"):
        write_page(tmp_path / "a.html", None)
    monkeypatch.setattr(bundle, "BUNDLE_PATH", tmp_path / "missing.js")
    with pytest.raises(bundle.BundleError, match="npm run build"):
        write_page(tmp_path / "a.html", scene())


def test_a_scene_is_not_written_over_by_a_page(tmp_path):
    with pytest.raises(ValueError, match=r"end it in \.html"):
        write_page(tmp_path / "scene.ply", builders.make_gaussians(3))


def parts(path) -> tuple[dict, dict]:
    """Header of a written page, and what stands beside its splats."""
    text = path.read_text()
    return tuple(
        json.loads(re.search(rf'id="splat-widgets-{name}">(.*?)</script>', text, re.S)[1])
        for name in ("header", "shared")
    )


def test_photos_travel_only_on_request(tmp_path, fake_bundle, known) -> None:
    private, _ = parts(write_page(tmp_path / "a.html", known))
    assert len(private["cameras"]) == len(private["photos"]) == 2
    assert [photo["jpeg"] + photo["name"] for photo in private["photos"]] == ["", ""]
    assert known.photos[0].name not in (tmp_path / "a.html").read_text()
    shared, _ = parts(write_page(tmp_path / "a.html", known, photos=True))
    assert all(photo["jpeg"] and photo["name"] for photo in shared["photos"])


def test_attribute_and_selection_travel_in_the_order_of_the_splats(
    tmp_path, fake_bundle, known
) -> None:
    rows = [5, 17, 200]
    path = write_page(tmp_path / "a.html", known, attribute="opacity", selection=rows)
    _, beside = parts(path)
    order = encode(known.gaussians, known.known_cameras).order
    values = np.frombuffer(base64.b64decode(beside["colour"]["values"]), "<f4")
    np.testing.assert_array_equal(values, known.opacities.numpy()[order])
    assert (beside["colour"]["low"], beside["colour"]["high"]) == (0, 1)
    bits = np.frombuffer(base64.b64decode(beside["selection"]), np.uint8)
    found = np.unpackbits(bits, count=len(order), bitorder="little").astype(bool)
    assert sorted(order[found].tolist()) == rows
    _, plain = parts(write_page(tmp_path / "a.html", known))
    assert plain == {"colour": None, "selection": ""}


def test_a_page_of_an_inspector_shows_what_it_shows(tmp_path, fake_bundle, known) -> None:
    inspector = sw.inspect(known, color_by="confidence", color_range=[1, 2], colormap="magma")
    inspector.selection = [3, 4]
    inspector.camera = {**inspector.camera, "fov_deg": 33.0}
    header, beside = parts(write_page(tmp_path / "a.html", inspector))
    assert header["camera"]["fov_deg"] == 33
    colour = {k: beside["colour"][k] for k in ("label", "colormap", "low", "high", "log")}
    assert list(colour.values()) == ["Confidence", "magma", 1, 2, False]
    assert beside["selection"]
    _, other = parts(write_page(tmp_path / "a.html", inspector, attribute="depth", selection=[]))
    assert other["colour"]["label"] == "Depth" and other["selection"] == ""


def test_what_the_scene_lacks_is_refused(tmp_path, fake_bundle) -> None:
    with pytest.raises(AttributeLookupError, match="wings"):
        write_page(tmp_path / "a.html", scene(), attribute="wings")
    with pytest.raises(ValueError, match="mask"):
        write_page(tmp_path / "a.html", scene(), selection=np.ones(7, bool))
    assert not (tmp_path / "a.html").exists()
