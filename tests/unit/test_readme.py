"""What the README tells a user to type runs as it stands."""

import re
import shutil
from pathlib import Path

import pytest

from splat_widgets.embedded import CHECKPOINT, demo_pair

README = (Path(__file__).parents[2] / "README.md").read_text()


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Two photos called as in the README, and a model that needs no network."""
    for source, name in zip(demo_pair(), ("a.jpg", "b.jpg"), strict=True):
        shutil.copyfile(source, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPLAT_WIDGETS_MODEL_PATH", str(CHECKPOINT))
    return tmp_path


def test_the_python_blocks_run(folder: Path):
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.S)
    assert len(blocks) == 3 and blocks[0].count("\n") == 5
    scope: dict = {}
    for block in blocks:
        exec(block, scope)
    assert (folder / "scene.ply").stat().st_size > 1000
    assert len(scope["clean"]) < len(scope["scene"])
    assert len(scope["inspector"].scene) < len(scope["scene"])


def test_the_commands_are_sessions_of_the_task_runner():
    sessions = re.findall(r"nox -s (\w+)", README)
    defined = re.findall(
        r"^def (\w+)\(session", (Path(__file__).parents[2] / "noxfile.py").read_text(), flags=re.M
    )
    assert sessions and set(sessions) <= set(defined)


def test_every_file_it_links_to_exists():
    root = Path(__file__).parents[2]
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (root / target).exists(), target
    for target in re.findall(r"`(?:python )?(tests/[\w/]+\.py)`", README):
        assert (root / target).exists(), target


def test_every_sentence_on_security_names_a_test_that_exists():
    root = Path(__file__).parents[2]
    section = README.split("## Security")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 8
    for row in rows:
        (file, test), *others = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert others == [], row
        assert f"def {test}(" in (root / file).read_text(), row


def test_it_names_every_file_that_uses_plyfile_whose_licence_is_the_gpl():
    package = Path(__file__).parents[2] / "splat_widgets"
    users = {
        file.relative_to(package / "io").as_posix()
        for file in package.rglob("*.py")
        if re.search(r"^\s*(import|from) plyfile", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    said = README.split("is **GPLv3+**", 1)[1].split("alone.", 1)[0]
    assert set(re.findall(r"`([a-z_/]+\.py)`", said)) == users
