"""Numbers of one's own: given back as they were given, or told or refused."""

import numpy as np
import pytest
import torch

from splat_widgets.attributes import exact_values, register, values
from splat_widgets.attributes.given import is_held

TIMES = 1.7e18 + np.arange(800) * 7919  # as floats; below in whole nanoseconds
NS = TIMES.astype(np.int64) + np.arange(800)
RANDOM = np.random.default_rng(0).integers(-(2**63), 2**63, 800)


@pytest.mark.parametrize("own", [NS, RANDOM, RANDOM.view(np.uint64), np.sin(TIMES)])
def test_they_follow_the_pixels_as_they_are(scene, own):
    register("mine", own, scene=scene)
    for which in (np.arange(800), np.array([700, 3, 399]), np.arange(800) > 100):
        found = exact_values(scene.select(which), "mine")
        assert found.dtype == own.dtype and np.array_equal(found, own[which])


def test_those_of_a_selection_are_its_own(scene, capsys):
    half = scene.select(np.arange(0, 800, 2))
    ids = np.arange(400) + 2**60 + 1
    register("ids", ids, scene=half)
    assert np.array_equal(exact_values(half, "ids"), ids)
    assert "'ids' has no value" not in capsys.readouterr().out
    for _ in range(2):
        beside = exact_values(scene, "ids")
        assert np.isnan(beside[1::2]).all() and np.array_equal(beside[::2], ids.astype(float))
    told = capsys.readouterr().out
    assert told.count("'ids' has no value for some of these Gaussians") == 1


def test_masked_ones_have_no_value(scene, gaussians):
    flags = np.ma.array(np.arange(800) % 3 == 0, mask=np.arange(800) > 500)
    register("flag", flags, scene=scene)
    found = exact_values(scene, "flag")
    assert np.array_equal(found[:501], flags.data[:501]) and np.isnan(found[501:]).all()
    assert exact_values(scene.select(range(500)), "flag").dtype == bool
    register("flag", flags[:200], scene=gaussians)
    assert exact_values(gaussians, "flag").dtype == bool


def test_the_values_of_other_photos_are_not_nought(scene):
    """A scene that was merged has pixels of photos that nobody registered anything for."""
    register("ids", np.arange(800) + 5, scene=scene)
    both = type(scene)(**{**vars(scene), "view": scene.view * 2, "maps": scene.maps + scene.maps})
    assert np.isnan(exact_values(both, "ids")[400:]).all()


def test_rounding_to_32_bits_is_told_once(gaussians, capsys):
    own = {
        "seconds": 1.7e9 + np.arange(200) * 1e-3,
        "vast": np.full(200, 1e300),
        "large": np.arange(200) + 2**24,
    }
    with np.errstate(all="raise"):
        for name, array in own.items():
            register(name, array, scene=gaussians)
            assert values(gaussians, name).dtype == np.float32
            assert np.array_equal(exact_values(gaussians, name), array)
            values(gaussians, name)
    told = capsys.readouterr().out
    for name in own:
        assert told.count(f"{name!r} has numbers that 32 bits round") == 1
    register("fine", np.linspace(-1, 1, 200), scene=gaussians)
    register("also_fine", np.array([np.nan, np.inf, *range(198)]), scene=gaussians)
    values(gaussians, "fine"), values(gaussians, "also_fine")
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "way"),
    [
        (np.ones(200) + 1j, r"got complex128; register its `\.real`"),
        (np.zeros(200, "datetime64[ns]"), r"got datetime64\[ns\]; `\.astype\('int64'\)`"),
        (["a"] * 200, "got <U1; `np.asarray"),
        ([2**70] * 200, "got object"),
    ],
)
def test_other_kinds_are_refused(gaussians, given, way):
    with pytest.raises(ValueError, match=f"expected 'mine' to be flags, whole numbers.*{way}"):
        register("mine", given, scene=gaussians)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.float64, torch.int64])
def test_tensors_of_any_type_are_taken(gaussians, kind):
    given = torch.arange(200).to(kind)
    register("mine", given, scene=gaussians)
    register("function", lambda _: given, scene=gaussians)
    for name in ("mine", "function"):
        assert np.array_equal(exact_values(gaussians, name), given.double().numpy())


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_whole_numbers_are_compared_as_such(kind):
    digits = np.finfo(kind).nmant + 1
    for held, number in [(True, 2**digits), (False, 2**digits + 1), (True, 2**62), (False, 2**63)]:
        unsigned = np.array([number - (number == 2**63)], np.uint64)
        assert is_held(unsigned, kind) == held
    assert is_held(np.array([-(2**63)]), kind) and not is_held(np.array([2**63 - 1]), kind)
    assert is_held(np.array([2**63], np.uint64), kind)
