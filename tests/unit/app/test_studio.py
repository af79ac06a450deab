"""The app's Studio writes nothing here, and its sentences fit its readers."""

from splat_widgets.app.studio import AppStudio


def test_a_page_cannot_ask_for_the_folder(tmp_path):
    (tmp_path / "others.ply").write_bytes(b"ply\n")
    studio = AppStudio(model="embedded", output_dir=str(tmp_path))
    assert not studio.strip.saves and studio.strip.saved_files == []
    kinds = set(studio.strip._handlers())
    assert kinds.isdisjoint({"save", "keep", "open_saved"}) and "download" in kinds


def test_its_model_is_a_name(monkeypatch):
    studio = AppStudio(model="embedded")
    line = "embedded, 128 px, cpu, float32 at http://10.0.0.7:8000"
    monkeypatch.setattr(type(studio._network), "description", line)
    studio._show_model()
    assert studio.strip.model_line == "embedded"


def test_its_notice_names_the_command():
    studio = AppStudio(model="embedded")
    assert "splat-widgets app --model official" in studio.strip.notice
    assert "(" not in studio.strip.notice.partition("released weights")[2]
