"""How much memory is free: of the machine, or of the process if that may have less."""

from types import SimpleNamespace

import pytest

from splat_widgets import memory

SECOND = ("memory.max", "memory.current", "inactive_file")
FIRST = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """One with 1,000 bytes, and 500 to swap out to; its groups are in an empty folder."""
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=1000))
    monkeypatch.setattr(memory.psutil, "swap_memory", lambda: SimpleNamespace(free=500))
    monkeypatch.setattr(memory, "_GROUPS", tmp_path / "groups")
    monkeypatch.setattr(memory, "_OWN_GROUPS", tmp_path / "own")
    monkeypatch.setattr(memory, "_address_space", lambda otherwise: otherwise)


def make_group(folder, names, limit, used, dropped=None):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    if dropped is not None:
        (folder / "memory.stat").write_text(f"anon 5\n{names[2]}_x 7\n{names[2]} {dropped}\n")


@pytest.mark.parametrize(
    ("limit", "used", "free"),
    [(800, 300, 500), (9000, 300, 1500), ("max", 300, 1500), (200, 300, 0)],
)
def test_a_container_may_have_less_than_the_machine(tmp_path, limit, used, free):
    (tmp_path / "own").write_text("0::/\n")
    make_group(tmp_path / "groups", SECOND, limit, used)
    assert memory.free_bytes() == free


@pytest.mark.parametrize("names", [FIRST, SECOND])
def test_copies_of_files_count_as_free(tmp_path, names):
    (tmp_path / "own").write_text("9:cpu:/\n8:memory,hugetlb:/\n" if names is FIRST else "0::/\n")
    root = tmp_path / "groups" / ("memory" if names is FIRST else "")
    make_group(root, names, 800, 700, dropped=600)
    assert memory.free_bytes() == 700


@pytest.mark.parametrize(
    ("own", "around", "free"), [(800, 1400, 500), (1400, 800, 500), ("max", 700, 400)]
)
def test_the_tightest_of_the_groups_around_the_process_counts(tmp_path, own, around, free):
    (tmp_path / "own").write_text("0::/slurm/job_7/step_0\n")
    job = tmp_path / "groups" / "slurm" / "job_7"
    make_group(job, SECOND, around, 300)
    make_group(job / "step_0", SECOND, own, 300)
    assert memory.free_bytes() == free


def test_a_group_that_a_container_does_not_see_is_not_looked_for_elsewhere(tmp_path):
    (tmp_path / "own").write_text("0::/../beside\n")
    make_group(tmp_path / "beside", SECOND, 800, 700)
    make_group(tmp_path / "groups", SECOND, 900, 500)
    assert memory.free_bytes() == 400


def test_without_groups_the_machine_counts():
    assert memory.free_bytes() == 1500


def test_a_limit_of_addresses_counts(monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.undo()
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (10_000, 10_000))
    info = SimpleNamespace(memory_info=lambda: SimpleNamespace(vms=9_900))
    monkeypatch.setattr(memory.psutil, "Process", lambda: info)
    assert memory.free_bytes() == 100
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (resource.RLIM_INFINITY,) * 2)
    assert memory.free_bytes() > 2**20
