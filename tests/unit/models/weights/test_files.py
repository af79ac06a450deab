"""The weights' file in a download, and files that hold none."""

import json
import shutil

import pytest
import torch
from safetensors.torch import save_file

from splat_widgets.models.splatt3r import Splatt3RConfig
from splat_widgets.models.weights import CheckpointError, hub, load_model, read_checkpoint
from splat_widgets.models.weights.errors import WeightsNotice
from splat_widgets.models.weights.files import read_weights

MICRO = Splatt3RConfig.micro()


def load(path):
    return load_model(path, config=MICRO, device="cpu")


@pytest.fixture
def expected(tiny_official):
    return load(tiny_official).state_dict()


def same(model, expected) -> bool:
    state = model.state_dict()
    return all(torch.equal(value, expected[name]) for name, value in state.items())


@pytest.mark.parametrize("name", [hub.FILENAME, "mine.ckpt", "mine.pth", "mine.pt"])
def test_a_folder_with_one_checkpoint(name, tiny_official, expected, tmp_path):
    folder = tmp_path / "download"
    folder.mkdir()
    shutil.copy(tiny_official, folder / name)
    (folder / "README.md").write_text("# Weights")
    (folder / "config.json").write_text('{"architectures": ["Splatt3R"]}')
    model = load(folder)
    assert same(model, expected) and model is load(folder / name)
    assert model.provenance.source == str(folder)


def test_of_several_the_released_one_else_none(tiny_official, expected, tmp_path):
    for name in ("a.ckpt", "b.ckpt"):
        shutil.copy(tiny_official, tmp_path / name)
    with pytest.raises(CheckpointError, match=r"several checkpoints \(a\.ckpt, b\.ckpt\); name"):
        load(tmp_path)
    shutil.copy(tiny_official, tmp_path / hub.FILENAME)
    assert same(load(tmp_path), expected)


def test_the_folder_of_a_repository_in_the_hubs_cache(tiny_official, expected, tmp_path):
    for commit in ("aaa", "bbb"):
        (tmp_path / "snapshots" / commit).mkdir(parents=True)
    shutil.copy(tiny_official, tmp_path / "blob")
    (tmp_path / "snapshots" / "bbb" / hub.FILENAME).symlink_to(tmp_path / "blob")
    (tmp_path / "snapshots" / "aaa" / "x.ckpt").write_bytes(b"not this one")
    (tmp_path / "refs").mkdir()
    (tmp_path / "refs" / "main").write_text("bbb\n")
    assert same(load(tmp_path), expected)


def test_a_safetensors_file_itself(tiny_official, expected, micro_folder, tmp_path):
    state = {k: v.clone() for k, v in read_checkpoint(tiny_official)["state_dict"].items()}
    save_file(state, tmp_path / "official.safetensors")
    assert same(load(tmp_path / "official.safetensors"), expected)
    # Of a model folder: its description counts.
    model = load_model(micro_folder / "model.safetensors", device="cpu")
    assert model is load_model(micro_folder, device="cpu")
    (tmp_path / "alone").mkdir()
    shutil.copy(micro_folder / "model.safetensors", tmp_path / "alone")
    assert same(load(tmp_path / "alone"), expected)


@pytest.fixture
def sharded(tiny_official, tmp_path):
    state = {k: v.clone() for k, v in read_checkpoint(tiny_official)["state_dict"].items()}
    names = sorted(state)
    places = {n: f"model-{1 + k % 2:05}-of-00002.safetensors" for k, n in enumerate(names)}
    folder = tmp_path / "sharded"
    folder.mkdir()
    for file in set(places.values()):
        save_file({n: state[n] for n in names if places[n] == file}, folder / file)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": places}))
    return folder


def test_a_sharded_folder(sharded, expected):
    assert same(load(sharded), expected)
    assert load(sharded / "model.safetensors.index.json") is load(sharded)


def test_a_sharded_folder_that_is_not_whole(sharded):
    index = sharded / "model.safetensors.index.json"
    content = json.loads(index.read_text())
    content["weight_map"]["encoder.extra"] = "model-00001-of-00002.safetensors"
    index.write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=r"1 tensors.*none of its files \(encoder\.extra"):
        load(sharded)
    (sharded / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"lacks 1 of the 2 files.*00002-of.*download"):
        load(sharded)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"weight_map": []}', '{"weight_map": {"a": 3}}', "[" * 100_000]
)
def test_an_index_that_is_none(sharded, text):
    (sharded / "model.safetensors.index.json").write_text(text)
    with pytest.raises(CheckpointError, match="'weight_map'"):
        load(sharded)


def test_an_index_reaches_no_other_folder(sharded):
    text = json.dumps({"weight_map": {"a": "../../secret.safetensors"}})
    (sharded / "model.safetensors.index.json").write_text(text)
    with pytest.raises(CheckpointError, match="outside of its folder"):
        load(sharded)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (b"<!DOCTYPE html><html>Sign in", "web page"),
        (b"ply\nformat binary_little_endian 1.0\n", r"\.ply scene"),
        (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02", "torch before 1.6"),
        (b"GGUF\3\0\0\0", "language model"),
        (b"\x10\0\0\0\0\0\0\0{not json at all}", "cannot read"),
        (b"\xff\xff\xff\xff\xff\xff\xff\x7f{}", "cannot read"),
        (b"hello", "not a checkpoint in PyTorch's zip format"),
    ],
)
def test_files_that_are_no_weights_are_called_what_they_are(content, said, tmp_path):
    path = tmp_path / "weights.ckpt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=said):
        read_weights(path)


@pytest.mark.parametrize(
    "name",
    [
        "splatt3r",
        "Splatt3R",
        "brandonsmart/splatt3r_v1.0",
        "splatt3r_v1.0",
        "epoch=19-step=1200.ckpt",
        "https://huggingface.co/brandonsmart/splatt3r_v1.0/",
        "splatt3r@main",
    ],
)
def test_names_of_the_released_weights(name, server, tmp_path, monkeypatch, expected):
    monkeypatch.chdir(tmp_path)
    hub.fetch(announce=lambda _: None)
    model = load(name)
    assert model.provenance.source == "official" and model is load("official")
    assert same(model, expected)


def test_a_file_of_that_name_comes_first(tiny_official, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(tiny_official, tmp_path / "splatt3r")
    assert load("splatt3r").provenance.path == tmp_path / "splatt3r"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_said_with_counts(value, tiny_official, tmp_path):
    content = read_checkpoint(tiny_official)
    content["state_dict"]["encoder.enc_norm.weight"][3:5] = value
    torch.save({"state_dict": content["state_dict"]}, tmp_path / "broken.ckpt")
    said = rf"1 tensors.*encoder\.norm\.weight: 2 of {MICRO.encoder_dim}\).*damaged.*diverged"
    with pytest.raises(CheckpointError, match=said):
        load(tmp_path / "broken.ckpt")


def test_weights_too_large_for_float16_make_the_trunk_float32(tiny_official, tmp_path):
    content = read_checkpoint(tiny_official)
    content["state_dict"]["encoder.enc_norm.weight"][3] = 1e6
    torch.save({"state_dict": content["state_dict"]}, tmp_path / "large.ckpt")
    path = tmp_path / "large.ckpt"
    with pytest.warns(WeightsNotice, match=r"do not fit into torch\.float16 \(encoder\.norm"):
        model = load_model(path, config=MICRO, device="cpu", dtype=torch.float16)
    assert model.dtype == torch.float32
    assert load_model(path, config=MICRO, device="cpu", dtype=torch.bfloat16).dtype.itemsize == 2
