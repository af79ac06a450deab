"""What an inspector draws."""

import numpy as np
import pytest
import torch

from splat_widgets import attributes, regions


def test_shown_is_what_passes_everything(scene) -> None:
    scene.gaussians.sh[11, 0, 0] = torch.nan
    among = np.arange(800) % 2 == 1
    mask = regions.shown(scene, {"opacity": (0.2, None)}, [1], among)
    opacity = scene.gaussians.opacities.numpy()
    expected = (opacity >= np.float32(0.2)) & (scene.view.numpy() == 1) & among
    assert np.array_equal(mask, expected)
    both = regions.shown(scene, shown_photos=[1, 0])
    assert np.array_equal(both, regions.shown(scene))
    with pytest.raises(ValueError, match="from 0 to 1, got photo 2"):
        regions.shown(scene, shown_photos=[2])
    with pytest.raises(ValueError, match="a scene with photos"):
        regions.shown(scene.gaussians, shown_photos=[0])
    with pytest.raises(TypeError, match="the index of a photo, such as 0, got 'f'"):
        regions.shown(scene, shown_photos="first")
    with pytest.raises(ValueError, match=r"a mask of shape \(800,\), got \(3,\)"):
        regions.shown(scene, among=np.ones(3, bool))
    assert not regions.shown(scene)[11] and regions.shown(scene).sum() == 799
    assert regions.shown(scene.select([])).shape == (0,)


def test_unknown_overrides_are_refused(scene) -> None:
    for wrong in (["opaqe"], "opaque"):
        with pytest.raises(ValueError, match=r"expected overrides out of \['opaque', "):
            regions.drawn(scene, wrong)


def test_gaussians_as_drawn(scene) -> None:
    drawn = regions.drawn(scene, ["no_offset", "isotropic", "opaque"], 0.5, 2.0)
    torch.testing.assert_close(drawn.means, scene.points)
    volume = scene.gaussians.scales.prod(-1)
    torch.testing.assert_close(drawn.scales.prod(-1), 8 * volume)
    assert (drawn.scales == drawn.scales[:, :1]).all()
    assert (drawn.opacities == 0.5).all()
    coloured = regions.drawn(scene, ["photo_colour"], 3.0)
    assert (coloured.opacities <= 1).all() and torch.equal(coloured.means, scene.gaussians.means)
    grey = attributes.values(scene, "residual")
    same = attributes.values(type(scene)(**{**scene.__dict__, "gaussians": coloured}), "residual")
    assert same.max() == 0 and grey.max() > 0
