"""Parts are read whole by any number of threads, and a wrong checksum is found wherever it is."""

from __future__ import annotations

import random
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from splat_widgets.io.scenefile import SceneFileError, archive, tensors
from splat_widgets.io.scenefile.checksum import joined
from splat_widgets.io.scenefile.layout import JSON, TENSORS

DATA = random.Random(0).randbytes(100_003)


@pytest.mark.parametrize("length", [0, 1, 7, 4096, 50_001, len(DATA)])
def test_sums_of_both_ends_are_that_of_the_whole(length):
    first, second = DATA[: len(DATA) - length], DATA[len(DATA) - length :]
    assert joined(zlib.crc32(first), zlib.crc32(second), length) == zlib.crc32(DATA)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A file of many runs, each of many pieces."""
    monkeypatch.setattr(archive, "_RUN_BYTES", 3000)
    monkeypatch.setattr(archive, "_PIECE_BYTES", 700)
    found = tmp_path / "a.splatscene"
    with zipfile.ZipFile(found, "w") as file:
        file.writestr(JSON, b"{}")
        file.writestr(TENSORS, DATA)
    return found


def filled(path, lengths, threads=3):
    """What memories of these lengths get."""
    memories = [bytearray(length) for length in lengths]
    with path.open("rb") as file, ThreadPoolExecutor(threads) as pool:
        whole = archive.Archive(file)
        whole.fill(whole[TENSORS], [*map(memoryview, memories)], pool)
    return b"".join(memories)


@pytest.mark.parametrize(
    "lengths", [[len(DATA)], [8, 0, 2992, 3000, 1, len(DATA) - 6001], [1] * 9000 + [91_003]]
)
def test_memory_of_any_lengths_is_filled(path, lengths):
    assert filled(path, lengths) == DATA


@pytest.mark.parametrize("room", [1, 64, 10**6])
def test_tensors_in_one_piece_of_memory_do_not_touch(room, tmp_path, monkeypatch):
    """Flags of any number stand before numbers that have to begin on whole words."""
    monkeypatch.setattr(tensors, "_ROOM_BYTES", room)
    kinds = (torch.bool, torch.float64, torch.bfloat16, torch.int64, torch.uint8, torch.float32)
    shapes = [(3,), (2, 5), (7,), (0, 3), (), (1, 1), (1000,)]
    given = {
        f"{kind}{shape}": (torch.rand(shape) * 100).to(kind) for kind in kinds for shape in shapes
    }
    path = tmp_path / "a.splatscene"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(JSON, b"{}")
        with file.open(TENSORS, "w") as part:
            tensors.write(part, given)
    with path.open("rb") as file, ThreadPoolExecutor(2) as pool:
        whole = archive.Archive(file)
        found = tensors.read(whole, whole[TENSORS], pool)
    for name, one in given.items():
        assert found[name].dtype == one.dtype and torch.equal(found[name], one)
        assert found[name].untyped_storage().nbytes() == one.numel() * one.element_size()
        assert found[name].data_ptr() % one.element_size() == 0
        found[name].zero_()
        assert all(torch.equal(found[n], given[n]) for n in [*given][[*given].index(name) + 1 :])


def test_every_flipped_bit_of_a_part_is_found(path):
    whole = path.read_bytes()
    first = whole.index(DATA)
    for place in [0, len(DATA) - 1, *random.Random(1).sample(range(len(DATA)), 50)]:
        broken = bytearray(whole)
        broken[first + place] ^= 1 << place % 8
        path.write_bytes(broken)
        with pytest.raises(SceneFileError, match=f"the checksum of its part '{TENSORS}' is wrong"):
            filled(path, [len(DATA)])


def test_parts_beyond_the_end_or_of_other_names_are_refused(path):
    whole = path.read_bytes()
    last = whole.rindex(TENSORS.encode())  # in the directory, 46 bytes of numbers before it
    directory = bytearray(whole)
    directory[last - 46 + 20 : last - 46 + 28] = (len(DATA) + 200).to_bytes(4, "little") * 2
    path.write_bytes(directory)
    with pytest.raises(SceneFileError, match="does not fit into the file"):
        filled(path, [len(DATA)])
    own = bytearray(whole)
    own[own.index(TENSORS.encode())] ^= 1
    path.write_bytes(own)
    with pytest.raises(zipfile.BadZipFile, match="differ"):
        filled(path, [len(DATA)])


def test_a_file_that_is_cut_while_it_is_read(path):
    with path.open("r+b") as file:
        whole = archive.Archive(file)
        file.truncate(whole[TENSORS].first + 5000)
        with pytest.raises(SceneFileError, match="cut off"):
            whole.content(whole[TENSORS], len(DATA))
