"""Floating-point operations of the network by part, counted without weights or a GPU.

    python tests/benchmarks/flops.py [--size 512] [--share 0.4]

Prints what a pair takes, and the time of that on GPUs whose makers state so much dense half
precision, if a given share of it is reached. Nothing is timed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode

from splat_widgets.models.splatt3r.config import Splatt3RConfig
from splat_widgets.models.splatt3r.network import Splatt3R, token_grid

GPUS = {"T4": 65, "L4": 121, "A10G": 70, "A100": 312, "H100": 989}
"""TFLOP/s of dense half precision, as NVIDIA states them."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=512, help="of the photos, px")
    parser.add_argument("--share", type=float, default=0.4, help="of the stated speed")
    options = parser.parse_args()
    with FakeTensorMode(), torch.no_grad():  # shapes alone
        network = Splatt3R(Splatt3RConfig()).eval()
        images = torch.zeros(1, 3, options.size, options.size)
        tokens = network.encode(images)
        grids = (token_grid(images), token_grid(images))
        layers = network.decode(tokens, tokens, grids)
        parts = {
            "encode, one photo": _counted(lambda: network.encode(images)),
            "decode, one pair": _counted(lambda: network.decode(tokens, tokens, grids)),
            "heads, one pair": _counted(lambda: network.predict(layers, (images, images))),
        }
    encode, decode, heads = parts.values()
    parts["two photos"] = 2 * encode + decode + heads
    for name, count in parts.items():
        print(f"{name:<18} {count / 1e12:6.2f} TFLOP")
    print(f"\nseconds of two photos at {options.share:.0%} of the stated speed")
    for name, speed in GPUS.items():
        print(f"{name:<18} {parts['two photos'] / (speed * 1e12 * options.share):6.3f}")


def _counted(run: Callable[[], object]) -> int:
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


if __name__ == "__main__":
    main()
