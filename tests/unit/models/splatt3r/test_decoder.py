"""Two decoders in lockstep."""

import torch

from splat_widgets.models.splatt3r.decoder import Decoder


@torch.no_grad()
def test_exchanged_photos_and_stacks_give_exchanged_layers():
    """Neither photo sees a newer state of the other than the other sees of it."""
    torch.manual_seed(0)
    decoder, steps = Decoder(6, 8, 3, 2), []
    first, second = torch.randn(1, 6, 6), torch.randn(1, 4, 6)
    grids = ((2, 3), (4, 1))
    one, other = decoder(first, second, grids, lambda: steps.append(1))
    assert len(one) == len(other) == 4 and one[0] is first and len(steps) == 6
    torch.testing.assert_close(one[-1].mean(-1), torch.zeros(1, 6), atol=1e-5, rtol=0)
    decoder.first_blocks, decoder.second_blocks = decoder.second_blocks, decoder.first_blocks
    swapped = decoder(second, first, grids[::-1], lambda: None)
    for found, expected in zip((*swapped[1], *swapped[0]), (*one, *other), strict=True):
        torch.testing.assert_close(found, expected)
