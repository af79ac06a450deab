"""The report on the machine."""

from types import SimpleNamespace

import torch

from splat_widgets.health import health
from splat_widgets.settings import Settings


def model(**known):
    return SimpleNamespace(device=torch.device("cpu"), dtype=torch.float32, **known)


def test_a_loaded_model_is_described():
    provenance = SimpleNamespace(source="embedded", license="Apache-2.0")
    network = model(provenance=provenance, image_size=128)
    report = health(Settings.resolve(), network)
    assert report.model == "embedded, 128 px, cpu, float32, licence: Apache-2.0"
    assert report.device.startswith("cpu")
    assert "available" in report.memory and "free for" in report.disk


def test_before_a_model_is_loaded(monkeypatch):
    assert health(source="embedded").model == "none loaded; the first run loads embedded"
    monkeypatch.setenv("MAX_IMAGES", "7")
    text = repr(health())
    assert "none loaded" in text and "(MAX_IMAGES)" in text and "torch" in text
