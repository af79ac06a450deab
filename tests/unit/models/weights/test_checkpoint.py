"""The reader: as faithful as torch.load on honest files, inert on hostile ones."""

import ast
import builtins
import codecs
import collections
import datetime
import io
import logging
import os
import pathlib
import pickle
import random
import subprocess
import tracemalloc
import typing
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import splat_widgets
from splat_widgets.models.splatt3r import Splatt3RConfig
from splat_widgets.models.weights import CheckpointError, read_checkpoint
from splat_widgets.models.weights.checkpoint import Inert
from splat_widgets.models.weights.keys import our_tensors


def omegaconf_globals():
    from omegaconf import base, dictconfig, listconfig, nodes

    return [
        *(dictconfig.DictConfig, listconfig.ListConfig, nodes.AnyNode),
        *(base.ContainerMetadata, base.Metadata),
        *(dict, list, int, collections.defaultdict, collections.Counter, typing.Any),
    ]


def tensors_in(value) -> dict[str, torch.Tensor]:
    found = {}

    def visit(path, item):
        if isinstance(item, torch.Tensor):
            found[path] = item
        elif isinstance(item, dict):
            for key, child in item.items():
                visit(f"{path}/{key}", child)
        elif isinstance(item, list | tuple):
            for index, child in enumerate(item):
                visit(f"{path}/{index}", child)

    visit("", value)
    return found


class TestHonestFiles:
    def test_equals_torch_with_everything_it_needs_installed(self, tiny_official):
        ours = read_checkpoint(tiny_official)
        with torch.serialization.safe_globals(omegaconf_globals()):
            theirs = torch.load(tiny_official, map_location="cpu", weights_only=True, mmap=True)
        assert list(ours) == list(theirs)
        mine, others = tensors_in(ours), tensors_in(theirs)
        assert list(mine) == list(others)
        assert len(mine) >= 1175
        for key, tensor in mine.items():
            other = others[key]
            assert tensor.device.type == "cpu"
            assert (tensor.dtype, tensor.stride()) == (other.dtype, other.stride())
            assert torch.equal(tensor, other), key
        for key in ("epoch", "global_step", "pytorch-lightning_version", "loops", "callbacks"):
            assert ours[key] == theirs[key]

    def test_configuration_stays_a_placeholder(self, tiny_official):
        config = read_checkpoint(tiny_official)["hyper_parameters"]["config"]
        assert config == Inert("omegaconf.dictconfig.DictConfig")

    @pytest.mark.parametrize("protocol", [2, 3, 4, 5])
    def test_every_protocol_that_torch_can_write(self, tmp_path, protocol):
        content = {
            "numbers": [1, -1, 255, 65536, 2**40, -(2**80), 1.5, True, False, None],
            "text": "Σ" * 300,
            "bytes": b"\x00\xff",
            "nested": ({"a": (1, 2, 3, 4)}, [[], (), {}]),
            "counter": collections.Counter("abca"),
            "default": collections.defaultdict(list, a=[1]),
            "ordered": collections.OrderedDict(a=1, b=2),
            "size": torch.Size([2, 3]),
            "parameter": nn.Parameter(torch.arange(3.0)),
            "transposed": torch.arange(6).reshape(2, 3).mT,
            "scalar": torch.tensor(2.5, dtype=torch.float64),
            "half": torch.ones(2, dtype=torch.float16),
            "brain": torch.ones(2, dtype=torch.bfloat16),
            "flags": torch.tensor([True, False]),
            "none": torch.zeros(0, 4),
        }
        torch.save(content, tmp_path / "a.pt", pickle_protocol=protocol)
        read = read_checkpoint(tmp_path / "a.pt")
        for key, value in content.items():
            if isinstance(value, torch.Tensor):
                assert torch.equal(read[key], value.detach()), key
                assert read[key].dtype == value.dtype
            else:
                assert read[key] == value, key

    @pytest.mark.parametrize("protocol", [2, 5])
    def test_the_usual_extras_of_training_are_placeholders(self, tmp_path, protocol):
        content = {
            "numpy": np.float64(1.5),
            "array": np.arange(3),
            "path": pathlib.PurePosixPath("/a/b"),
            "time": datetime.timedelta(1),
            "device": torch.device("cpu"),
            "dtype": torch.float32,
            "set": {1, 2},
            "frozen": frozenset({1}),
            "buffer": bytearray(b"abc"),
        }
        torch.save(content, tmp_path / "a.pt", pickle_protocol=protocol)
        assert list(read_checkpoint(tmp_path / "a.pt")) == list(content)

    def test_views_of_one_storage_stay_views(self, tmp_path):
        base = torch.arange(12.0)
        torch.save({"base": base, "part": base[4:8].view(2, 2)}, tmp_path / "a.pt")
        content = read_checkpoint(tmp_path / "a.pt")
        content["base"][4] = -1
        assert content["part"].tolist() == [[-1, 5], [6, 7]]


class Reduce:
    """Pickles as a call of anything."""

    def __init__(self, function, *arguments, state=None):
        self.reduced = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self):
        return self.reduced


class Stored:
    """Pickles as the identity of a storage."""

    def __init__(self, *identity):
        self.identity = identity


class StoragePickler(pickle.Pickler):
    def persistent_id(self, item):
        return item.identity if isinstance(item, Stored) else None


def peak_bytes(path: Path) -> int:
    """Memory that reading a checkpoint takes at most."""
    tracemalloc.start()
    try:
        read_checkpoint(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class LoudTensor(torch.Tensor):
    """A subclass whose unpickling would run our code."""

    def __setstate__(self, state):
        os.system(state["command"])


def hostile_content(kind: str, command: str, sentinel: Path):
    """Something that runs `command`, or creates the sentinel, if it is unpickled as usual."""
    touch = Reduce(os.system, command)
    source = f"open({str(sentinel)!r}, 'w').close()"
    weights = {"state_dict": {"a": torch.zeros(2)}}
    loud = torch.zeros(2).as_subclass(LoudTensor)
    loud.command = command
    chain = Reduce(getattr, Reduce(__import__, "os"), "system")
    return {
        "os.system": lambda: weights | {"x": touch},
        "eval": lambda: weights | {"x": Reduce(eval, source)},
        "exec": lambda: weights | {"x": Reduce(exec, source)},
        "popen": lambda: weights | {"x": Reduce(subprocess.check_call, ["touch", str(sentinel)])},
        "nested getattr": lambda: weights | {"x": Reduce(CallOf, chain, command)},
        "in the weights": lambda: {"state_dict": {"a": touch}},
        "as an argument": lambda: weights | {"x": Reduce(collections.OrderedDict, [touch])},
        "as state": lambda: (
            weights | {"x": Reduce(collections.OrderedDict, state={"__class__": touch})}
        ),
        "as a key": lambda: {touch: weights},
        "tensor subclass": lambda: {"state_dict": {"a": loud}},
        "odd rebuild": lambda: (
            weights
            | {
                "x": Reduce(
                    torch._utils._rebuild_device_tensor_from_numpy,
                    touch,
                    torch.float32,
                    "cpu",
                    False,
                )
            }
        ),
        "rebuild of a call": lambda: (
            weights
            | {"x": Reduce(torch._utils._rebuild_tensor_v2, touch, 0, (1,), (1,), False, {})}
        ),
        "file": lambda: weights | {"x": Reduce(builtins.open, str(sentinel), "w")},
        "path": lambda: weights | {"x": Reduce(pathlib.Path.touch, sentinel)},
    }[kind]()


def CallOf(function, *arguments):
    return function(*arguments)


# Outside the tensors, and a name that the log line must hold.
OUTSIDE = {
    "os.system": ".system'", "eval": ".eval'", "exec": ".exec'", "popen": ".check_call",
    "nested getattr": ".getattr'", "as state": ".system'", "as a key": ".system'",
    "odd rebuild": "_rebuild_device_tensor_from_numpy", "file": ".open'", "path": "'pathlib",
}  # fmt: skip
# Inside them, and what the error says.
INSIDE = {
    "in the weights": r"expected a tensor as 'a', got \w+\.system",
    "as an argument": "an OrderedDict.*something unexpected",
    "tensor subclass": r"expected a tensor as 'a', got torch\._tensor\._rebuild_from_type_v2",
    "rebuild of a call": "has no storage",
}


class TestHostileFiles:
    @pytest.mark.parametrize("protocol", [2, 4])
    @pytest.mark.parametrize("kind", OUTSIDE)
    def test_outside_the_tensors_nothing_runs_and_one_line_says_so(
        self, tmp_path, caplog, kind, protocol
    ):
        sentinel, path = tmp_path / "ran", tmp_path / "hostile.ckpt"
        torch.save(
            hostile_content(kind, f"touch {sentinel}", sentinel), path, pickle_protocol=protocol
        )
        with caplog.at_level(logging.INFO):
            content = read_checkpoint(path)
        assert not sentinel.exists()
        (line,) = caplog.messages
        assert line.startswith("hostile.ckpt names") and OUTSIDE[kind] in line
        if kind == "as a key":
            (place, content), *_ = content.items()
            assert isinstance(place, Inert)
        elif kind == "as state":
            assert content["x"] == {}
        else:
            assert isinstance(content["x"], Inert)
        assert torch.equal(content["state_dict"]["a"], torch.zeros(2))

    @pytest.mark.parametrize("protocol", [2, 4])
    @pytest.mark.parametrize("kind", INSIDE)
    def test_inside_the_tensors_it_is_an_error(self, tmp_path, kind, protocol):
        sentinel, path = tmp_path / "ran", tmp_path / "hostile.ckpt"
        torch.save(
            hostile_content(kind, f"touch {sentinel}", sentinel), path, pickle_protocol=protocol
        )
        with pytest.raises(CheckpointError, match=INSIDE[kind]):
            our_tensors(read_checkpoint(path), Splatt3RConfig.micro())
        assert not sentinel.exists()

    @pytest.mark.parametrize("kind", ["os.system", "eval", "popen", "tensor subclass", "path"])
    def test_the_same_files_do_run_elsewhere(self, tmp_path, kind):
        """Else the test above proves nothing."""
        sentinel = tmp_path / "ran"
        content = hostile_content(kind, f"touch {sentinel}", sentinel)
        torch.save(content, tmp_path / "hostile.ckpt")
        try:
            torch.load(tmp_path / "hostile.ckpt", weights_only=False)
        except TypeError:  # what the call returns may not suit its place
            pass
        assert sentinel.exists()

    @pytest.mark.parametrize(
        "name",
        [
            "posix system", "sys exit", "builtins getattr", "builtins __import__", "torch load",
            "importlib import_module", "webbrowser open", "torch._tensor _rebuild_from_type_v2",
            "torch._utils _rebuild_wrapper_subclass", "torch._utils _rebuild_qtensor",
            "torch.nn.modules.linear Linear", "functools partial", "codecs decode", "pickle loads",
            "omegaconf.base Container", "omegaconf.base Container.method", "pathlib Path.touch",
            "pytorch_lightning.cli LightningCLI", "typing Any", "copy_reg _reconstructor",
            "__builtin__ dict", "numpy.core.multiarray _reconstruct", "no_such_module x", " ",
        ],
    )  # fmt: skip
    def test_placeholders_are_neither_imported_nor_called(self, archive, monkeypatch, caplog, name):
        """Constructed, given state and items that look like an attack, and still only a name."""

        codecs.lookup("cp437")  # zipfile imports it at its first name

        def no_import(*arguments, **_options):
            raise AssertionError(f"imported {arguments[0]}")

        module, attribute = name.split(" ")
        # {"x": name("evil") with state {"__class__": ...}, with items set, with appends}
        program = (
            b"\x80\x02}U\x01x" + f"c{module}\n{attribute}\n".encode() + b"U\x04evil\x85R"
            b"}U\x09__class__U\x04evilsb" b"U\x01aU\x01bs" b"U\x01ca" b"s."
        )  # fmt: skip
        path = archive(program)
        caplog.set_level(logging.INFO)
        monkeypatch.setattr(builtins, "__import__", no_import)
        try:
            content = read_checkpoint(path)
        finally:
            monkeypatch.undo()
        assert content == {"x": Inert(f"{module}.{attribute}")}
        (line,) = caplog.messages
        assert line.startswith("made.ckpt names objects") and repr(content["x"].name) in line

    def test_the_log_line_stays_short_and_on_one_line(self, archive, caplog):
        names = [b"a" * 900, b"b\nc", *(b"n%d" % i for i in range(500))]
        parts = (b"(X%sX\x01\0\0\0x\x93t" % (len(n).to_bytes(4, "little") + n) for n in names)
        with caplog.at_level(logging.INFO):
            read_checkpoint(archive(b"\x80\x04}\x8c\x01x]" + b"a".join([*parts, b"s."])))
        (line,) = caplog.messages
        assert len(line) < 500 and "\n" not in line and "and 492 more" in line

    @pytest.mark.parametrize("protocol", [2, 4])
    def test_a_large_buffer_is_not_made(self, tmp_path, protocol):
        path = tmp_path / "large.ckpt"
        torch.save({"x": Reduce(bytearray, 10**9)}, path, pickle_protocol=protocol)
        assert peak_bytes(path) < 10**7

    def test_copies_of_one_object_take_no_memory(self, archive):
        text = b"X" + (100_000).to_bytes(4, "little") + b"a" * 100_000 + b"q\1"
        encoded = b"c_codecs\nencode\nh\1\x85Ra" * 2000
        assert peak_bytes(archive(b"\x80\x02}" + text + b"]" + encoded + b"s.")) < 10**7
        items = b"".join(b"J%sK\1" % i.to_bytes(4, "little") for i in range(10_000))
        table = b"U\1d}q\1(" + items + b"us"
        counted = b"ccollections\nCounter\nh\1\x85Ra" * 500
        assert peak_bytes(archive(b"\x80\x02}" + table + b"U\1l]" + counted + b"s.")) < 10**7

    def test_joined_names_take_no_memory(self, archive):
        """A text of 100 kB, used again and again as the name of a placeholder."""
        text = b"X" + (100_000).to_bytes(4, "little") + b"a" * 100_000 + b"q\1"
        with pytest.raises(CheckpointError, match="a name of more than 1000 characters"):
            read_checkpoint(archive(b"\x80\x04" + text + b"h\1h\1\x93" * 2000 + b"."))
        names = b"".join(b"cm\nn%d\n" % i for i in range(10_001))
        with pytest.raises(CheckpointError, match="names more than 10,000 objects"):
            read_checkpoint(archive(b"\x80\x04" + names + b"."))

    def test_a_number_too_long_to_print(self, archive):
        number = b"\x8b" + (8000).to_bytes(4, "little") + b"\x7f" * 8000
        with pytest.raises(CheckpointError, match="a number of more than 4096 bits"):
            read_checkpoint(archive(b"\x80\x02}" + number + b"K\1s."))

    def test_a_size_made_of_a_tensor(self, archive):
        buffer = io.BytesIO()
        torch.save({"a": Reduce(torch.Size, torch.zeros(1).expand(2**20))}, buffer)
        with zipfile.ZipFile(buffer) as source:
            program, numbers = (source.read(f"archive/{m}") for m in ("data.pkl", "data/0"))
        with pytest.raises(CheckpointError, match="a size in the checkpoint is made of a Tensor"):
            read_checkpoint(archive(program, data__0=numbers))

    def test_a_placeholder_does_not_pass_for_a_weight(self, archive):
        program = b"\x80\x02}U\x0astate_dict}U\x01acomegaconf.base\nNode\n)Rss."
        with pytest.raises(CheckpointError, match=r"expected a tensor.*'a'.*omegaconf\.base\.Node"):
            our_tensors(read_checkpoint(archive(program)), Splatt3RConfig.micro())

    @pytest.mark.parametrize(
        ("program", "reason"),
        [
            (b"\x80\x02U\x01a)R.", "not a plain name"),  # call of a string
            (b"\x80\x02ccollections\nOrderedDict\n)R)R.", "not a plain name"),  # of a result
            (b"\x80\x02U\x01a}b.", "attributes"),
            (b"\x80\x02]U\x01aU\x01bs.", "sets items"),
            (b"\x80\x02}U\x01aa.", "appends"),
            (b"\x80\x02}))s.", "as a key"),
            (b"\x80\x02(ios\nsystem\n.", "instruction INST"),
            (b"\x80\x02(cos\nsystem\no.", "instruction OBJ"),
            (b"\x80\x02cos\nsystem\n.", "hold a dictionary, got Inert"),
            (b"\x80\x02]U\x01a\x93.", "names something that is not text"),
            (b"\x80\x02c_codecs\nencode\n]\x85R.", "encodes something that is not text"),
            (b"\x80\x02\x82\x01.", "instruction EXT1"),
            (b"\x80\x02Pabc\n.", "instruction PERSID"),
            (b"\x80\x02U\x01aQ.", "not a tensor storage"),
            (b"\x80\x02K\x01.", "hold a dictionary"),
            (b"\x80\x02h\x05.", "malformed"),  # memo that was never put
            (b"\x80\x02s.", "malformed"),  # empty stack
            (b"\x80\x02}", "malformed|no end"),
            (b"", "malformed|no end"),
            (b"\xff\xff", "malformed"),
            (b"\x80\x02\x8b\xff\xff\xff\x7f.", "malformed"),  # a number of 2 GB
        ],
    )
    def test_malformed_programs(self, archive, program, reason):
        with pytest.raises(CheckpointError, match=reason):
            read_checkpoint(archive(program))

    @pytest.mark.parametrize(
        ("offset", "shape", "stride"),
        [
            (0, (5,), (1,)), (1, (4,), (1,)), (0, (2,), (4,)), (-1, (1,), (1,)), (0, (2,), (-1,)),
            (0, (-1,), (1,)), (0, (2**50,), (0,)), (0, (2, 2), (1,)), (0, ("a",), (1,)), (0, 4, 1),
            (0, (1,) * 20, (1,) * 20),
        ],
    )  # fmt: skip
    def test_tensors_cannot_reach_beyond_their_storage(self, archive, offset, shape, stride):
        buffer = io.BytesIO()
        storage = Stored("storage", torch.FloatStorage, "0", "cpu", 4)
        tensor = Reduce(torch._utils._rebuild_tensor_v2, storage, offset, shape, stride, False, {})
        StoragePickler(buffer, 2).dump({"a": tensor})
        with pytest.raises(CheckpointError, match="a tensor of"):
            read_checkpoint(archive(buffer.getvalue(), data__0=bytes(16)))

    def test_nesting_costs_no_time(self, archive):
        """A pickle of 400 bytes whose value would take 2**60 steps to hash, print or compare."""
        bomb = b"\x80\x02)" + b"".join(b"q%c%b\x86" % (i, b"h%c" % i) for i in range(60))
        with pytest.raises(CheckpointError, match="hold a dictionary"):
            read_checkpoint(archive(bomb + b"."))
        with pytest.raises(CheckpointError, match="as a key"):
            read_checkpoint(archive(b"\x80\x02}" + bomb[2:] + b"Ns."))
        with pytest.raises(CheckpointError, match="not text"):
            read_checkpoint(archive(bomb + b"U\x01a\x93."))

    def test_damage_anywhere_in_the_pickle_is_an_error_or_harmless(self, tiny_official, archive):
        with zipfile.ZipFile(tiny_official) as source:
            program = source.read("tiny_official_layout/data.pkl")[:6000] + b"."
        generator = random.Random(0)
        for _ in range(300):
            damaged = bytearray(program)
            for _ in range(generator.randint(1, 5)):
                damaged[generator.randrange(len(damaged))] = generator.randrange(256)
            with pytest.raises(CheckpointError):  # never another error: there are no storages
                read_checkpoint(archive(bytes(damaged)))


class TestContainers:
    def test_missing_file(self, tmp_path):
        with pytest.raises(CheckpointError, match="cannot read"):
            read_checkpoint(tmp_path / "none.ckpt")

    def test_damage_anywhere_in_the_file_is_an_error_or_harmless(self, tmp_path):
        content = {"state_dict": {"a": torch.zeros(8)}, "sizes": torch.Size([1, 2]), "n": 3}
        torch.save(content, tmp_path / "whole.ckpt")
        whole = (tmp_path / "whole.ckpt").read_bytes()
        generator, refused = random.Random(0), 0
        for _ in range(600):
            damaged = bytearray(whole)
            for _ in range(generator.randint(1, 3)):
                damaged[generator.randrange(len(damaged))] = generator.randrange(256)
            (tmp_path / "a.ckpt").write_bytes(damaged)
            try:
                read_checkpoint(tmp_path / "a.ckpt")
            except CheckpointError:  # never another error
                refused += 1
        assert refused > 100


def test_no_unpickler_anywhere_in_the_package():
    """No pickle.load, and no torch.load without the safe flag, in any module of ours."""
    calls = []
    for path in Path(splat_widgets.__file__).parent.rglob("*.py"):
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            flags = {k.arg: ast.unparse(k.value) for k in node.keywords}
            is_torch = name.endswith("torch.load") and flags.get("weights_only") != "True"
            if is_torch or name in (
                "pickle.load",
                "pickle.loads",
                "pickle.Unpickler",
                "joblib.load",
            ):
                calls.append(f"{path.name}:{node.lineno} {name}")
            assert flags.get("allow_pickle") != "True", path
    assert not calls
