"""Writing rendered pairs as folders of posed photos."""

import pytest

from splat_widgets.training.posed.writing import write_transforms
from splat_widgets.training.procedural.scenes import render_pairs


def test_writing_keeps_what_is_there(tmp_path):
    pairs = render_pairs([3], 16)
    (folder,) = write_transforms(pairs, tmp_path)
    before = (folder / "transforms.json").read_bytes()
    with pytest.raises(FileExistsError, match="choose another folder"):
        write_transforms(pairs, tmp_path)
    assert (folder / "transforms.json").read_bytes() == before


def test_depth_beyond_16_bits_of_millimetres(tmp_path):
    pairs = render_pairs([3], 16)
    pairs.points[:] *= 100
    with pytest.raises(ValueError, match="depth='npy'"):
        write_transforms(pairs, tmp_path / "png")
    assert not list(tmp_path.glob("png/*/transforms.json"))
    write_transforms(pairs, tmp_path / "npy", depth="npy")
