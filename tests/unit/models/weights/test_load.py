"""load_model: what it loads, that it loads once, what it says."""

import gc
import json
import re
import threading
import warnings
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch

from splat_widgets import notices
from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights import (
    CheckpointError,
    hub,
    load,
    load_model,
    save_folder,
    unload,
)
from splat_widgets.models.weights.source import default_source, is_embedded

MICRO = Splatt3RConfig.micro()
GOLDEN = Path(__file__).parents[3] / "data" / "parity" / "micro_m_48x48.npz"


def same_weights(a: Splatt3R, b: Splatt3R) -> bool:
    one, other = a.state_dict(), b.state_dict()
    return list(one) == list(other) and all(torch.equal(one[k], other[k]) for k in one)


class TestOfficialLayout:
    def test_reproduces_the_released_network(self, tiny_official):
        """Lightning checkpoint in, golden maps out; limits as in the parity tests."""
        model = load_model(tiny_official, config=MICRO, device="cpu")
        with np.load(GOLDEN) as archive:
            golden = dict(archive)
        pictures = [
            torch.from_numpy(golden[f"view{v}.u8"]).permute(0, 3, 1, 2).float() / 255
            for v in (1, 2)
        ]
        with torch.inference_mode():
            maps = model(*pictures, descriptors=True)
        for view, ours in ((1, maps.first), (2, maps.second)):
            suffix = "" if view == 1 else "_in_other_view"
            named = {
                f"pts3d{suffix}": (ours.points, 2e-4, 2e-5),
                f"means{suffix}": (ours.means, 2e-4, 2e-5),
                "conf": (ours.confidence, 2e-4, 2e-5),
                "desc": (ours.descriptors, 2e-4, 2e-5),
                "desc_conf": (ours.descriptor_confidence, 2e-4, 2e-5),
                "opacities": (ours.opacities[..., None], 2e-4, 2e-5),
                "sh": (ours.sh.mT, 2e-4, 2e-5),
                "scales": (ours.scales, 5e-4, 3e-5),
                "rotations": (ours.quaternions.roll(-1, -1), 2e-3, 5e-5),
            }
            for name, (value, largest, typical) in named.items():
                expected = golden[f"pred{view}.{name}"]
                assert value is not None and value.shape == expected.shape, name
                difference = np.abs(value.numpy() - expected).astype(np.float64)
                rms = np.sqrt((expected.astype(np.float64) ** 2).mean())
                assert difference.max() / rms <= largest, name
                assert np.sqrt((difference**2).mean()) / rms <= typical, name

    def test_is_ready_for_inference_and_traceable(self, tiny_official):
        model = load_model(str(tiny_official), config=MICRO)
        assert not model.training
        assert not any(p.requires_grad for p in model.parameters())
        assert {p.dtype for p in model.parameters()} == {torch.float32}
        assert not any(p.is_meta for p in [*model.parameters(), *model.buffers()])
        assert model.provenance is not None
        assert model.provenance.source == str(tiny_official)
        assert model.provenance.path == tiny_official
        assert model.provenance.notice is None
        assert "CC BY-NC" in model.provenance.license

    def test_stride_0_tensors_get_memory_of_their_own(self, tmp_path):
        state = {
            f"model.{k}": torch.tensor(0.5).expand(v.shape)
            for k, v in Splatt3R(MICRO).state_dict().items()
        }
        torch.save({"state_dict": state}, tmp_path / "own.ckpt")
        model = load_model(tmp_path / "own.ckpt", config=MICRO, device="cpu")
        weight = model.encoder.patch_embed.weight.detach()
        weight[0, 0, 0, 0] = 7
        assert weight.flatten()[1] == 0.5

    def test_other_sizes_are_refused_with_advice(self, tiny_official):
        with pytest.raises(CheckpointError) as refusal:
            load_model(tiny_official)
        text = str(refusal.value)
        assert "config=Splatt3RConfig(encoder_dim=12, encoder_depth=" in text

    def test_own_checkpoints_know_their_sizes(self, own_checkpoint):
        loaded = load_model(own_checkpoint, device="cpu")
        assert same_weights(loaded, load_model(own_checkpoint, config=MICRO, device="cpu"))
        content = torch.load(own_checkpoint, weights_only=True)
        content["hyper_parameters"]["network"].pop("encoder_heads")
        torch.save(content, own_checkpoint)
        with pytest.raises(CheckpointError, match="encoder_heads"):
            load_model(own_checkpoint)


class TestOneModelPerKernel:
    def test_the_same_arguments_give_the_same_object(self, tiny_official, micro_folder):
        model = load_model(tiny_official, config=MICRO, device="cpu")
        assert load_model(str(tiny_official), config=Splatt3RConfig.micro(), device="cpu") is model
        assert load_model(tiny_official, config=MICRO, device=torch.device("cpu")) is model
        assert load_model(tiny_official, config=MICRO, dtype=torch.float32, device="cpu") is model
        assert load_model(tiny_official, config=MICRO, dtype=torch.bfloat16) is not model
        assert load_model(micro_folder) is not model

    def test_every_spelling_gives_the_same_object(self, micro_folder, tmp_path, monkeypatch):
        model = load_model(micro_folder, device="cpu")
        monkeypatch.chdir(tmp_path)
        assert load_model(f"{micro_folder}/", device="cpu") is model
        assert load_model(micro_folder.name, device="cpu") is model
        assert load_model(micro_folder, device="cpu:0") is model
        assert load_model(micro_folder, device="cpu", config=MICRO) is model

    def test_sizes_given_and_stated_are_one_model(self, own_checkpoint):
        model = load_model(own_checkpoint, config=MICRO, device="cpu")
        assert load_model(own_checkpoint, device="cpu") is model
        unload(model)
        assert not load._LOADED

    def test_unload_and_other_sources_do_not_wait_for_a_load(
        self, tiny_official, micro_folder, monkeypatch
    ):
        started, go_on = threading.Event(), threading.Event()
        original = load.read_weights

        def held(path):
            started.set()
            assert go_on.wait(30)
            return original(path)

        monkeypatch.setattr(load, "read_weights", held)
        slow = threading.Thread(target=load_model, args=(tiny_official,), kwargs={"config": MICRO})
        slow.start()
        assert started.wait(30)
        others = threading.Thread(target=lambda: unload(load_model(micro_folder)))
        others.start()
        others.join(20)
        waited = others.is_alive()
        go_on.set()
        slow.join()
        others.join()
        assert not waited

    @pytest.mark.parametrize("what", ["embedded", Path("x"), 3])
    def test_unload_takes_models_only(self, what):
        with pytest.raises(TypeError, match="expected a model from `load_model`"):
            unload(what)

    def test_two_threads_load_once(self, tiny_official, monkeypatch):
        reads, models = [], []
        original = load.read_weights

        def slow(path):
            reads.append(path)
            threading.Event().wait(0.2)
            return original(path)

        monkeypatch.setattr(load, "read_weights", slow)
        threads = [
            threading.Thread(
                target=lambda: models.append(load_model(tiny_official, config=MICRO, device="cpu"))
            )
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(reads) == 1
        assert len(models) == 4 and len({id(m) for m in models}) == 1

    def test_unload_frees(self, tiny_official, micro_folder):
        model, other = load_model(tiny_official, config=MICRO), load_model(micro_folder)
        gone, kept = weakref.ref(model), weakref.ref(other)
        unload(model)
        del model
        assert gone() is None and kept() is other
        assert load_model(micro_folder) is other
        del other
        unload()
        gc.collect()
        assert kept() is None

    def test_a_replaced_file_is_loaded_anew(self, micro_folder, tmp_path):
        before = load_model(micro_folder)
        save_folder(Splatt3R(MICRO), micro_folder, source="new", license="x")
        after = load_model(micro_folder)
        assert after is not before and not same_weights(before, after)

    def test_a_failed_load_leaves_nothing(self, tiny_official):
        with pytest.raises(CheckpointError):
            load_model(tiny_official)
        assert not load._LOADED


class TestChoosing:
    @pytest.fixture(autouse=True)
    def _nothing_told(self, monkeypatch):
        monkeypatch.setattr(notices, "_told", [])

    def test_without_a_source_the_embedded_model_and_a_line_once(
        self, embedded_folder, capsys, recwarn
    ):
        assert is_embedded(None, "cpu") and not capsys.readouterr().out
        model = load_model(device="cpu")
        assert model.provenance.source == "embedded"
        assert load_model(device="cpu") is model
        said = capsys.readouterr()
        expected = r"The embedded .* weights are not on this machine\. Small, for tests\.\n"
        assert re.fullmatch(expected, said.out), "once, and not in the pink of stderr"
        assert not said.err and not recwarn.list

    def test_a_model_without_a_notice(self, embedded_folder, capsys):
        description = embedded_folder / "config.json"
        description.write_text(json.dumps(json.loads(description.read_text()) | {"notice": None}))
        assert load_model(device="cpu").provenance.notice is None
        assert capsys.readouterr().out.endswith("not on this machine.\n")

    def test_the_shipped_model_points_to_the_released_weights(self):
        assert 'load_model("official")' in (load.embedded_notice() or "")

    def test_embedded_by_name_is_not_a_warning_but_says_so(self, embedded_folder):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = load_model("embedded", device="cpu")
        assert not caught
        assert model.provenance.notice == load.embedded_notice() == "Small, for tests."
        assert model.provenance.license == "Apache-2.0"

    def test_half_precision_on_disk_is_float32_on_a_cpu(self, embedded_folder):
        model = load_model("embedded", device="cpu")
        assert {p.dtype for p in model.parameters()} == {torch.float32}
        size = (embedded_folder / "model.safetensors").stat().st_size
        assert size < 2.2 * sum(p.numel() for p in model.parameters()) + 100_000

    @pytest.mark.parametrize("prefix", ["SPLAT_WIDGETS_", ""])
    @pytest.mark.parametrize("kind", ["own_checkpoint", "micro_folder"])
    def test_the_setting_counts_when_no_source_is_given(self, kind, prefix, request, setting):
        path = request.getfixturevalue(kind)
        setting(prefix, MODEL_PATH=path)
        assert load_model().provenance.path == path

    def test_an_argument_wins_over_the_setting(self, micro_folder, embedded_folder, setting):
        setting(MODEL_PATH=micro_folder)
        assert load_model("embedded").provenance.source == "embedded"

    def test_cached_official_weights_come_before_the_embedded(self, server, embedded_folder):
        file = hub.fetch(announce=print)
        model = load_model(config=MICRO, device="cpu")
        assert model.provenance.source == "official"
        assert (model.provenance.revision, model.provenance.sha256) == (file.revision, file.sha256)
        assert model.provenance.notice is None
        assert model.provenance.license == hub.LICENSE
        assert load_model("official", config=MICRO, device="cpu") is model

    def test_embedded_as_a_path_is_the_same(self, embedded_folder):
        assert load_model(Path("embedded")) is load_model("embedded")

    def test_a_setting_names_a_file_even_if_it_is_called_embedded(
        self, micro_folder, embedded_folder, tmp_path, monkeypatch, setting
    ):
        (tmp_path / "here").mkdir()
        (tmp_path / "here" / "embedded").symlink_to(micro_folder)
        monkeypatch.chdir(tmp_path / "here")
        setting(MODEL_PATH="embedded")
        assert load_model().provenance.path == micro_folder

    def test_settings_that_are_not_needed_stop_nobody(self, micro_folder, setting):
        setting(IMAGE_SIZE="1024x768", MODEL_PATH="/no/such/file")
        load_model(micro_folder)
        with pytest.raises(ValueError, match=r"SPLAT_WIDGETS_MODEL_PATH.*/no/such/file"):
            load_model()

    @pytest.mark.parametrize(
        "source",
        ["embeded", "no/such.ckpt", "brandonsmart/x", "~nouser-at-all/x", "https://a.org/b.ckpt"],
    )
    def test_other_sources_are_refused(self, source):
        with pytest.raises(CheckpointError, match=r'"official", "embedded", or an existing'):
            load_model(source)

    def test_a_cuda_device_makes_the_default_download(
        self, server, embedded_folder, monkeypatch, capsys
    ):
        with monkeypatch.context() as patch:
            patch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
            assert default_source(torch.device("cuda", 0)).kind == "embedded"
        assert default_source(torch.device("cpu")).kind == "embedded"
        assert not server.downloads
        source = default_source(torch.device("cuda", 0))
        assert (source.kind, source.sha256) == ("official", server.announced_sha256)
        assert "MB, CC BY-NC" in capsys.readouterr().err


class TestPlace:
    def test_device_setting_and_argument(self, micro_folder, setting):
        setting(DEVICE="cpu")
        assert load_model(micro_folder).device.type == "cpu"
        setting(DEVICE="toaster")
        with pytest.raises(ValueError, match="SPLAT_WIDGETS_DEVICE"):
            load_model(micro_folder)

    @pytest.mark.parametrize("device", ["toaster", "meta", "cuda:99"])
    def test_devices_that_are_not_there(self, micro_folder, device):
        with pytest.raises(ValueError, match=rf"^expected .* got '{device}'"):
            load_model(micro_folder, device=device)

    def test_types(self, micro_folder):
        with pytest.raises(ValueError, match="float64"):
            load_model(micro_folder, dtype=torch.float64)

    def test_heads_stay_in_float32(self, micro_folder):
        model = load_model(micro_folder, device="cpu", dtype=torch.bfloat16)
        for name, parameter in model.named_parameters():
            trunk = name.startswith(("encoder.", "decoder."))
            assert parameter.dtype == (torch.bfloat16 if trunk else torch.float32), name

    @pytest.mark.gpu
    @pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
    def test_on_a_gpu(self, micro_folder):
        model = load_model(micro_folder, device="cuda")
        assert model.device.type == "cuda"
        assert model.dtype in (torch.float16, torch.bfloat16)
        assert model.first_head.points.conv1.weight.dtype == torch.float32
        before = torch.cuda.memory_allocated()
        unload(model)
        del model
        gc.collect()
        assert torch.cuda.memory_allocated() < before
