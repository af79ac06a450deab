"""The encoder: patches in raster order, blocks with a step before each, a norm at the end."""

import torch

from splat_widgets.models.splatt3r.encoder import Encoder
from splat_widgets.models.splatt3r.rope import Rotary


@torch.no_grad()
def test_patches_are_embedded_one_by_one():
    torch.manual_seed(0)
    encoder, image, steps = Encoder(8, 3, 1), torch.randn(1, 3, 32, 48), []
    weight, bias = encoder.patch_embed.weight.flatten(1), encoder.patch_embed.bias
    patches = [image[0, :, r : r + 16, c : c + 16] for r in (0, 16) for c in (0, 16, 32)]
    x = torch.stack([weight @ patch.flatten() + bias for patch in patches])[None]
    rotary = Rotary.of_grid(2, 3, 8, device=x.device, dtype=x.dtype)
    for block in encoder.blocks:
        x = block(x, rotary)
    found = encoder(image, lambda: steps.append(1))
    torch.testing.assert_close(found, encoder.norm(x), atol=1e-5, rtol=1e-5)
    assert len(steps) == 3
