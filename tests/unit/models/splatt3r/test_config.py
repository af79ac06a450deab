import pytest
import torch

from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig


def test_the_full_model_has_the_published_number_of_parameters():
    with torch.device("meta"):
        model = Splatt3R(Splatt3RConfig.full())
    # 729,044,772 in the released state, of which mask_token (768) and the four unused units of
    # refinenet4 (4 x 1,180,160) are never run and not built.
    assert sum(p.numel() for p in model.parameters()) == 729_044_772 - 768 - 4 * 1_180_160


def test_json_round_trip_is_strict():
    config = Splatt3RConfig.micro()
    values = config.to_json()
    assert Splatt3RConfig.from_json(values) == config
    with pytest.raises(ValueError, match=r"unknown: \['wings'\]"):
        Splatt3RConfig.from_json({**values, "wings": 2})
    del values["encoder_dim"]
    with pytest.raises(ValueError, match=r"missing: \['encoder_dim'\]"):
        Splatt3RConfig.from_json(values)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"image_size": 500}, "multiple of 16"),
        ({"encoder_heads": 5}, "multiple of 4"),
        ({"dpt_layer_dims": (1, 2, 3)}, "4 DPT layer sizes"),
        ({"dpt_layer_dims": 4}, "4 DPT layer sizes"),
        ({"dpt_layer_dims": "abcd"}, "4 DPT layer sizes"),
        ({"dpt_layer_dims": (1, 2, 3, 4.0)}, "dpt_layer_dims"),
        ({"sh_degree": 4}, "sh_degree .* from 0 to 3"),
        ({"encoder_heads": 0}, "encoder_heads .* from 1"),
        ({"encoder_heads": -16}, "encoder_heads"),
        ({"encoder_heads": 16.0}, "encoder_heads"),
        ({"encoder_dim": "a"}, "encoder_dim"),
        ({"encoder_depth": True}, "encoder_depth"),
        ({"encoder_depth": 300_000}, "encoder_depth .* from 1 to 100, got 300000"),
        ({"decoder_dim": 2**40}, "decoder_dim"),
        ({"image_size": 2**20}, "image_size"),
        ({"descriptor_dim": -1}, "descriptor_dim"),
        ({"descriptor_dim": None}, "descriptor_dim"),
    ],
)
def test_impossible_sizes_are_refused(kwargs: dict, message: str):
    with pytest.raises(ValueError, match=message):
        Splatt3RConfig(**kwargs)


@pytest.mark.parametrize(
    "kwargs",
    [
        {"encoder_depth": 1, "decoder_depth": 1},
        {"dpt_features": 2, "dpt_last": 1, "dpt_layer_dims": (1, 1, 1, 1), "descriptor_dim": 1},
        {"dpt_features": 17, "dpt_last": 3, "dpt_layer_dims": [1, 2, 3, 5], "sh_degree": 3},
    ],
)
def test_the_smallest_and_oddest_sizes_allowed_make_a_network(kwargs: dict):
    with torch.device("meta"):
        Splatt3R(Splatt3RConfig(**kwargs))


def test_hooks_of_the_full_model():
    assert Splatt3RConfig.full().dpt_hooks == (0, 6, 9, 12)
    assert Splatt3RConfig.micro().dpt_hooks == (0, 5, 7, 10)


def test_a_size_nested_without_end_is_refused_at_once():
    """Written out, it would have 2**60 brackets, or more levels than Python prints."""
    wide: list = []
    deep: list = []
    for _ in range(60):
        wide = [wide, wide]
    for _ in range(100_000):
        deep = [deep]
    for nested in (wide, deep):
        with pytest.raises(ValueError, match=r"image_size .* got \[\["):
            Splatt3RConfig(image_size=nested)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"4 DPT layer sizes, got \[\["):
            Splatt3RConfig(dpt_layer_dims=[nested])  # type: ignore[arg-type]
