"""How much memory is free: of the machine, or of the container if that has less."""

from types import SimpleNamespace

import pytest

from splat_widgets import memory


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """One with 1,000 bytes, and 500 to swap out to."""
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=1000))
    monkeypatch.setattr(memory.psutil, "swap_memory", lambda: SimpleNamespace(free=500))
    monkeypatch.setattr(memory, "_LIMITS", ())


@pytest.mark.parametrize(
    ("limit", "used", "free"), [("800", "300", 500), ("9000", "300", 1500), ("max", "300", 1500)]
)
def test_a_container_may_have_less_than_the_machine(tmp_path, monkeypatch, limit, used, free):
    files = tmp_path / "limit", tmp_path / "used"
    for file, text in zip(files, (limit, used), strict=True):
        file.write_text(text + "\n")
    monkeypatch.setattr(memory, "_LIMITS", [files, (tmp_path / "none", tmp_path / "none")])
    assert memory.free_bytes() == free


def test_without_containers_the_machine_counts():
    assert memory.free_bytes() == 1500
