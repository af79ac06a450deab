"""The folder format: readable by the safetensors library, checked, replaced without a gap."""

import hashlib
import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights import (
    CheckpointError,
    convert,
    folder,
    load_model,
    save_folder,
)

MICRO = Splatt3RConfig.micro()
TERMS = {"source": "a test", "license": "Apache-2.0"}


@pytest.fixture
def model() -> Splatt3R:
    torch.manual_seed(1)
    return Splatt3R(MICRO)


@pytest.fixture
def written(model, tmp_path) -> Path:
    return save_folder(model, tmp_path / "model", **TERMS, card="# Card\n")


def edit(path: Path, **changes) -> None:
    values = json.loads((path / "config.json").read_text()) | changes
    (path / "config.json").write_text(json.dumps(values))


class TestStoredTypes:
    @pytest.mark.parametrize("dtype", [None, torch.float16, torch.bfloat16])
    def test_the_file_holds_every_parameter_in_the_type(self, model, tmp_path, dtype):
        path = save_folder(model, tmp_path / "model", **TERMS, dtype=dtype) / "model.safetensors"
        read, state = load_file(path), model.state_dict()
        assert set(read) == set(state)
        for name, value in state.items():
            assert torch.equal(read[name], value if dtype is None else value.to(dtype)), name

    def test_other_types_are_refused_and_leave_nothing(self, model, tmp_path):
        with pytest.raises(CheckpointError, match="float64"):
            save_folder(model.double(), tmp_path / "model", **TERMS)
        assert not list((tmp_path / "model").iterdir())


class TestRoundTrip:
    def test_weights_sizes_and_words(self, model, written):
        loaded = load_model(written, device="cpu")
        for (name, one), other in zip(
            model.state_dict().items(), loaded.state_dict().values(), strict=True
        ):
            assert torch.equal(one, other), name
        assert loaded.config == MICRO
        assert loaded.provenance.license == "Apache-2.0"
        assert (written / "model_card.md").read_text() == "# Card\n"
        content = (written / "model.safetensors").read_bytes()
        assert loaded.provenance.sha256 == hashlib.sha256(content).hexdigest()

    def test_convert_keeps_every_number(self, tiny_official, tmp_path):
        path = convert(tiny_official, tmp_path / "a" / "b", config=MICRO)
        one = load_model(tiny_official, config=MICRO, device="cpu").state_dict()
        other = load_model(path, device="cpu").state_dict()
        assert one.keys() == other.keys()
        assert all(torch.equal(one[k], other[k]) for k in one)
        assert sorted(p.name for p in path.iterdir()) == ["config.json", "model.safetensors"]
        again = convert(path, tmp_path / "c")
        for name in ("config.json", "model.safetensors"):
            first, second = (p / name for p in (path, again))
            assert first.read_bytes().replace(b"tiny_official_layout.ckpt", b"b") == (
                second.read_bytes()
            )

    def test_convert_refuses_before_it_writes(self, tiny_official, tmp_path):
        with pytest.raises(CheckpointError, match="state no sizes"):
            convert(tiny_official, tmp_path / "a")
        assert not (tmp_path / "a").exists()

    def test_files_are_named_by_role(self, written):
        names = sorted(p.name for p in written.iterdir())
        assert names == ["config.json", "model.safetensors", "model_card.md"]

    @pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
    def test_every_file_has_the_permissions_of_a_new_file(self, model, tmp_path):
        before = os.umask(0o027)
        try:
            folder = save_folder(model, tmp_path / "model", **TERMS, card="# Card")
        finally:
            os.umask(before)
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o640}


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"format_version": 2}, r"format version 2.*reads 1; update splat_widgets"),
            ({"format_version": None}, "format version None"),
            ({"format": "other"}, "splat-widgets convert"),
            ({"network": {}}, "missing"),
            ({"network": {**MICRO.to_json(), "wings": 2}}, "wings"),
            ({"network": {**MICRO.to_json(), "image_size": 50}}, "multiple of 16"),
            ({"network": 3}, "damaged"),
            ({"weights": {}}, "damaged"),
            ({"weights": {"sha256": "0" * 64, "size": "many"}}, "damaged"),
            ({"weights": {"sha256": "0" * 64, "size": float("inf")}}, "damaged"),
            ({"network": {**MICRO.to_json(), "encoder_heads": 0}}, "encoder_heads"),
            ({"network": {**MICRO.to_json(), "encoder_depth": 300_000}}, "from 1 to 100"),
            ({"notice": 5}, "notice, got 5"),
            ({"notice": ["a"]}, "notice"),
            ({"surprise": 1}, "surprise"),
        ],
    )
    def test_descriptions(self, written, change, reason):
        edit(written, **change)
        with pytest.raises(CheckpointError, match=reason):
            load_model(written)

    @pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000])
    def test_descriptions_that_are_none(self, written, text):
        (written / "config.json").write_text(text)
        with pytest.raises(CheckpointError, match=r"JSON|describe"):
            load_model(written)

    def test_other_folders(self, tmp_path):
        with pytest.raises(CheckpointError, match=r"not a model folder.*config\.json"):
            load_model(tmp_path)

    def test_one_changed_bit(self, written):
        path = written / "model.safetensors"
        content = bytearray(path.read_bytes())
        content[-5] ^= 1
        path.write_bytes(content)
        with pytest.raises(
            CheckpointError, match=r"was changed: expected SHA-256 [0-9a-f]{64}, got"
        ):
            load_model(written)

    def test_a_large_file_is_mapped_and_not_hashed(self, written, monkeypatch):
        monkeypatch.setattr(folder, "IN_MEMORY_BYTES", 0)
        description = folder.read_description(written)
        expected = load_file(written / "model.safetensors")
        monkeypatch.setattr(folder.hashlib, "sha256", None)
        monkeypatch.setattr(folder.hashlib, "file_digest", None)
        read = folder.read_tensors(written, description)
        assert all(torch.equal(read[name], value) for name, value in expected.items())

    def test_cut_short(self, written):
        path = written / "model.safetensors"
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(CheckpointError, match="bytes, got"):
            load_model(written)

    def test_weights_gone(self, written):
        (written / "model.safetensors").unlink()
        with pytest.raises(CheckpointError, match="cannot read"):
            load_model(written)

    def test_other_sizes_than_it_states(self, written):
        edit(written, network={**MICRO.to_json(), "encoder_depth": 3})
        with pytest.raises(CheckpointError, match=r"12 missing.*encoder\.blocks\.2\.norm1\.weight"):
            load_model(written)

    def test_sizes_given_beside_its_own(self, written):
        assert load_model(written, config=MICRO) is not None
        with pytest.raises(CheckpointError, match="states its own sizes"):
            load_model(written, config=Splatt3RConfig.tiny())

    def test_not_safetensors_although_the_hash_is_right(self, written):
        path = written / "model.safetensors"
        path.write_bytes(b"\xff" * 100)
        edit(written, weights={"sha256": hashlib.sha256(b"\xff" * 100).hexdigest(), "size": 100})
        with pytest.raises(CheckpointError, match="cannot read"):
            load_model(written)


class TestReplacing:
    def test_a_crash_while_writing_leaves_the_old_model(self, written, monkeypatch):
        before = {p.name: p.read_bytes() for p in written.iterdir()}
        torch.manual_seed(2)
        calls = []

        def full_disk(*_):
            calls.append(1)
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full_disk)
        with pytest.raises(OSError, match="the disk is full"):
            save_folder(Splatt3R(MICRO), written, **TERMS)
        assert calls
        assert {p.name: p.read_bytes() for p in written.iterdir()} == before

    def test_replaced_as_a_whole_and_other_files_stay(self, written):
        (written / "notes.txt").write_text("mine")
        torch.manual_seed(2)
        newer = Splatt3R(MICRO)
        save_folder(newer, written, **TERMS)
        assert sorted(p.name for p in written.iterdir()) == [
            *("config.json", "model.safetensors", "notes.txt"),  # and the old card is gone
        ]
        loaded = load_model(written, device="cpu")
        assert torch.equal(loaded.encoder.norm.weight, newer.encoder.norm.weight)

    def test_a_loaded_model_survives_its_replacement(self, written):
        loaded = load_model(written, device="cpu")
        before = {k: v.clone() for k, v in loaded.state_dict().items()}
        save_folder(Splatt3R(MICRO), written, **TERMS)
        assert all(torch.equal(v, before[k]) for k, v in loaded.state_dict().items())

    def test_a_loaded_model_survives_writing_into_its_file(self, written):
        loaded = load_model(written, device="cpu")
        before = {k: v.clone() for k, v in loaded.state_dict().items()}
        path = written / "model.safetensors"
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
        assert all(torch.equal(v, before[k]) for k, v in loaded.state_dict().items())

    def test_not_into_the_home_of_nobody(self, model):
        with pytest.raises(ValueError, match="~nouser-at-all"):
            save_folder(model, "~nouser-at-all/x", **TERMS)

    def test_not_over_a_file(self, model, tmp_path):
        (tmp_path / "file").write_text("mine")
        with pytest.raises(NotADirectoryError, match="found a file at"):
            save_folder(model, tmp_path / "file", **TERMS)
