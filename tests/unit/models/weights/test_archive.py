"""The zip container: what is read from it and when it is refused."""

import io
import pickle
import zipfile

import pytest
import torch

from splat_widgets.models.weights import CheckpointError, read_checkpoint
from splat_widgets.models.weights import archive as archive_module
from splat_widgets.models.weights.archive import Archive


@pytest.mark.parametrize("is_mapped", [False, True])
def test_writes_stay_in_memory(tmp_path, monkeypatch, is_mapped):
    if is_mapped:
        monkeypatch.setattr(archive_module, "IN_MEMORY_BYTES", 0)
    path = tmp_path / "a.pt"
    torch.save({"a": torch.zeros(1000), "b": torch.ones(3)}, path)
    before = path.read_bytes()
    content = read_checkpoint(path)
    content["a"] += 1
    assert path.read_bytes() == before
    assert content["b"].untyped_storage().nbytes() == 12  # a storage of its own
    assert torch.equal(read_checkpoint(path)["a"], torch.zeros(1000))


def test_a_small_file_may_be_rewritten_or_cut_short_under_its_tensors(tmp_path):
    path = tmp_path / "a.pt"
    torch.save({"a": torch.ones(1000)}, path)
    content = read_checkpoint(path)
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
    assert torch.equal(content["a"], torch.ones(1000))
    path.write_bytes(b"")  # a mapped tensor would now end the process
    assert torch.equal(content["a"], torch.ones(1000))


def test_unaligned_storages(tmp_path, archive):
    program = io.BytesIO()
    torch.save({"a": torch.arange(5.0)}, program)
    with zipfile.ZipFile(program) as source:
        root = source.namelist()[0].split("/")[0]
        pickled, numbers = source.read(f"{root}/data.pkl"), source.read(f"{root}/data/0")
    for padding in range(4):
        path = archive(pickled, **{"x" * (padding + 1): b"1", "data__0": numbers})
        tensor = read_checkpoint(path)["a"]
        assert tensor.tolist() == [0, 1, 2, 3, 4]
        assert tensor.data_ptr() % 4 == 0


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\3\4" + bytes(100)])
def test_other_files(tmp_path, content):
    (tmp_path / "a.ckpt").write_bytes(content)
    with pytest.raises(CheckpointError, match="not a checkpoint in PyTorch's zip format"):
        read_checkpoint(tmp_path / "a.ckpt")


def test_the_format_before_zip(tmp_path):
    torch.save({"a": torch.ones(2)}, tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(CheckpointError, match=r"before torch 1\.6"):
        read_checkpoint(tmp_path / "a.pt")


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_cut_short(tiny_official, tmp_path, share):
    content = tiny_official.read_bytes()
    (tmp_path / "a.ckpt").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CheckpointError, match="cut short"):
        read_checkpoint(tmp_path / "a.ckpt")


def test_a_compressed_byte_order_is_not_unpacked(archive):
    path = archive(pickle.dumps({}, 2))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/byteorder", b"little" * 1000)
    with pytest.raises(CheckpointError, match=r"byteorder of made\.ckpt is compressed"):
        read_checkpoint(path)


def test_compressed(archive):
    with pytest.raises(CheckpointError, match="compressed"):
        read_checkpoint(archive(pickle.dumps({}, 2), compress=True))


def test_a_zip_of_something_else(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.ckpt", "w") as file:
        file.writestr("readme.txt", "hello")
    with pytest.raises(CheckpointError, match=r"expected one data\.pkl"):
        read_checkpoint(tmp_path / "a.ckpt")


def test_other_byte_order(archive):
    with pytest.raises(CheckpointError, match="byte order"):
        read_checkpoint(archive(pickle.dumps({}, 2), byteorder=b"big"))


@pytest.mark.parametrize("members", [{}, {"data__0": bytes(12)}, {"data__0": bytes(20)}])
def test_lacking_or_wrong_storage(archive, members):
    buffer = io.BytesIO()
    torch.save({"a": torch.zeros(4)}, buffer)
    with zipfile.ZipFile(buffer) as source:
        program = source.read("archive/data.pkl")
    with pytest.raises(CheckpointError, match="damaged"):
        read_checkpoint(archive(program, **members))


def test_storages_cannot_be_claimed_twice(archive):
    with Archive(archive(b"", data__0=bytes(100_000))) as opened:
        assert opened.storage("0", torch.float32, 25_000).shape == (25_000,)
        with pytest.raises(CheckpointError, match=r"storages of made\.ckpt overlap"):
            opened.storage("0", torch.int32, 25_000)
