"""Precedence, parsing and messages of the settings."""

import copy
import pickle
from pathlib import Path

import pytest

from splat_widgets.settings import Settings


def resolve(environ=None, **arguments):
    return Settings.resolve(environ=environ or {}, **arguments)


def test_defaults():
    settings = resolve()
    assert settings.device is None
    assert settings.model_path is None
    assert settings.output_dir == Path("outputs")
    assert settings.max_images == 10
    assert settings.image_size is None
    assert settings.max_file_size == 50_000_000
    assert set(settings.sources.values()) == {"default"}


@pytest.mark.parametrize(
    ("name", "low", "middle", "high"),
    [
        ("device", "cpu", "mps", "cuda"),
        ("output_dir", "a", "b", "c"),
        ("max_images", "3", "4", 5),
        ("image_size", "128", "256", 512),
    ],
)
def test_precedence_is_argument_then_prefixed_then_unprefixed(name, low, middle, high):
    unprefixed, prefixed = name.upper(), f"SPLAT_WIDGETS_{name.upper()}"
    steps = [
        ({unprefixed: low}, {}, low, unprefixed),
        ({unprefixed: low, prefixed: middle}, {}, middle, prefixed),
        ({unprefixed: low, prefixed: middle}, {name: high}, high, "argument"),
    ]
    for environ, arguments, expected, source in steps:
        settings = resolve(environ, **arguments)
        assert str(getattr(settings, name)) == str(expected)
        assert settings.sources[name] == source


def test_model_path_must_exist_and_names_its_variable(tmp_path):
    assert resolve({"MODEL_PATH": str(tmp_path)}).model_path == tmp_path
    with pytest.raises(ValueError, match=r"^SPLAT_WIDGETS_MODEL_PATH: .*nowhere\.ckpt"):
        resolve({"SPLAT_WIDGETS_MODEL_PATH": str(tmp_path / "nowhere.ckpt")})


@pytest.mark.parametrize("name", ["model_path", "output_dir"])
def test_a_home_folder_of_nobody(name):
    with pytest.raises(ValueError, match=rf"argument `{name}`: expected a path.*~nouser-at-all"):
        resolve(**{name: "~nouser-at-all/x"})


def test_unprefixed_max_file_size_does_not_count():
    assert resolve({"MAX_FILE_SIZE": "1MB"}).max_file_size == 50_000_000
    assert resolve({"SPLAT_WIDGETS_MAX_FILE_SIZE": "1MB"}).max_file_size == 1_000_000


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (1234, 1234),
        ("1234", 1234),
        ("50MiB", 50 * 2**20),
        ("20 MB", 20_000_000),
        ("1.5 GiB", 3 * 2**29),
        ("500kb", 500_000),
        ("7 b", 7),
    ],
)
def test_file_sizes(text, size):
    assert resolve(max_file_size=text).max_file_size == size


@pytest.mark.parametrize("bad", ["much", "5 XB", "-3", "", "1e9", "MB", 0, True, "9" * 400])
def test_bad_file_sizes(bad):
    with pytest.raises(ValueError, match="max_file_size"):
        resolve(max_file_size=bad)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("SPLAT_WIDGETS_DEVICE", "gpu", "expected a device out of cuda, mps, cpu"),
        ("SPLAT_WIDGETS_MAX_IMAGES", "1", "from 2 to 100, got 1"),
        ("SPLAT_WIDGETS_MAX_IMAGES", "many", "whole number"),
        ("SPLAT_WIDGETS_IMAGE_SIZE", "500", "multiple of 16 px, got 500; the nearest is 496"),
        ("SPLAT_WIDGETS_IMAGE_SIZE", "0", "got 0"),
    ],
)
def test_errors_name_variable_and_value(variable, value, message):
    with pytest.raises(ValueError, match=message) as caught:
        resolve({variable: value})
    assert str(caught.value).startswith(variable)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *(("DEVICE", "tpu"), ("MAX_IMAGES", "abc"), ("IMAGE_SIZE", "1024x768")),
        *(("MODEL_PATH", "/no/such/file"), ("OUTPUT_DIR", "~nouser-at-all/x")),
    ],
)
def test_an_unprefixed_variable_of_somebody_else_is_ignored(variable, value):
    with pytest.warns(UserWarning, match=rf"ignored {variable}: .*SPLAT_WIDGETS_{variable}"):
        settings = resolve({variable: value})
    assert settings == resolve()


def test_only_what_is_needed_is_resolved():
    environ = {"SPLAT_WIDGETS_IMAGE_SIZE": "1024x768", "SPLAT_WIDGETS_MAX_IMAGES": "4"}
    settings = Settings.resolve("max_images", environ=environ)
    assert (settings.max_images, settings.image_size) == (4, None)
    with pytest.raises(ValueError, match="SPLAT_WIDGETS_IMAGE_SIZE"):
        Settings.resolve("image_size", environ=environ)
    with pytest.raises(ValueError, match="argument `device`"):
        Settings.resolve("max_images", environ={}, device="toaster")
    with pytest.raises(TypeError, match="unknown setting 'max_image'"):
        Settings.resolve("max_image", environ={})


def test_settings_travel():
    settings = resolve({"MAX_IMAGES": "4"})
    for copied in (pickle.loads(pickle.dumps(settings)), copy.deepcopy(settings)):
        assert copied == settings
        assert hash(copied) == hash(settings)
        assert copied.sources["max_images"] == "MAX_IMAGES"


def test_output_dir_must_not_be_a_file(tmp_path):
    file = tmp_path / "taken"
    file.write_text("x")
    with pytest.raises(ValueError, match="argument `output_dir`: expected a folder"):
        resolve(output_dir=file)


def test_devices():
    assert resolve(device="CUDA:1").device == "cuda:1"
    assert resolve(device="auto").device is None


def test_unknown_arguments_are_refused_by_name():
    with pytest.raises(TypeError, match=r"unknown setting 'max_image'.*max_images"):
        resolve(max_image=3)


def test_empty_variable_counts_as_not_set():
    settings = resolve({"SPLAT_WIDGETS_MAX_IMAGES": " ", "MAX_IMAGES": "4"})
    assert settings.max_images == 4


def test_another_image_size_than_the_models_is_told():
    assert resolve().image_size_notice(512) is None
    assert resolve(image_size=512).image_size_notice(512) is None
    assert "trained at 512 px" in (resolve(image_size=256).image_size_notice(512) or "")


def test_repr_shows_values_with_their_sources():
    text = repr(resolve({"MAX_IMAGES": "4"}))
    assert "max_images" in text and "(MAX_IMAGES)" in text and "(default)" in text
