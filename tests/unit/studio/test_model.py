"""The studio's model: before and after it is loaded."""

from splat_widgets.models.weights import load_model
from splat_widgets.settings import Settings
from splat_widgets.studio.model import StudioModel


def test_a_loaded_model(model):
    known = StudioModel(model, Settings.resolve())
    assert known.notice == "A small model." and known.image_size == 128
    assert known.description == "embedded, 128 px, cpu, float32"
    other = StudioModel(model, Settings.resolve(image_size=256))
    assert "trained at 128 px" in other.notice and "A small model." in other.notice
    assert other.image_size == 256


def test_a_source_that_is_not_loaded_yet(monkeypatch, tmp_path):
    provenance = load_model("embedded").provenance
    assert provenance is not None
    known = StudioModel("embedded", Settings.resolve())
    assert known.notices == (provenance.notice,)
    assert known.notice == provenance.notice
    assert known.loaded is None and known.image_size is None and known.description == ""
    monkeypatch.setattr("splat_widgets.embedded.CHECKPOINT", tmp_path)
    assert known.notice == ""  # the error of loading says more


def test_stages_and_most_photos(model):
    known = StudioModel(model, Settings.resolve())
    names = [stage.name for stage in known.stages]
    assert names[:2] == ["model", "load"] and names[-1] == "assemble"
    assert known.max_photos == 10
