"""A picture that arrives once, late, or never."""

import asyncio

import pytest

from splat_widgets.page.snapshot import Snapshot, SnapshotError


def test_a_picture_is_written_and_returned(tmp_path):
    snapshot = Snapshot(tmp_path / "a.png", 1.0)
    assert "waiting" in repr(snapshot)
    snapshot.deliver(b"first")
    assert snapshot.result(0) == (tmp_path / "a.png").read_bytes() == b"first"
    assert repr(snapshot) == "<Snapshot: PNG, 5 bytes>"


def test_only_the_first_answer_counts(tmp_path):
    """Two pages may answer: the second one changes neither the picture nor the file."""
    snapshot = Snapshot(tmp_path / "a.png", 1.0)
    snapshot.deliver(b"first")
    snapshot.deliver(b"second")
    snapshot.fail("too late")
    assert snapshot.result(0) == (tmp_path / "a.png").read_bytes() == b"first"


@pytest.mark.parametrize("end", [lambda s: s.fail("no picture"), lambda s: s.cancel()])
def test_a_picture_after_the_end_writes_no_file(tmp_path, end):
    snapshot = Snapshot(tmp_path / "a.png", 1.0)
    end(snapshot)
    snapshot.deliver(b"late")
    assert not (tmp_path / "a.png").exists()


def test_a_file_that_cannot_be_written_is_the_result(tmp_path):
    snapshot = Snapshot(tmp_path, 1.0)
    snapshot.deliver(b"picture")
    with pytest.raises(IsADirectoryError):
        snapshot.result(0)


def test_waiting_ends(tmp_path):
    async def wait() -> None:
        await Snapshot(None, 0.01)

    with pytest.raises(SnapshotError, match=r"no picture after 0\.01 s"):
        asyncio.run(wait())
