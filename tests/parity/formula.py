"""Weights and pictures by formula: the inputs from which the goldens were computed.

Values depend on the official key and the flat index only, so both sides can make them without
sharing a file.
"""

from __future__ import annotations

import re
import zlib

import numpy as np

# (gain, bias) of the last convolution of each DPT, per output channel
FINAL_POINTS = [(0.30, 0.2), (0.30, -0.2), (0.25, 1.2), (0.5, 0.0)]  # x y z confidence
FINAL_GAUSSIANS = [
    *[(0.7, 0.5), (0.7, -0.5), (0.7, 1.0)],  # offset
    *[(0.5, -5.5)] * 3,  # scale
    *[(0.8, 0.0)] * 4,  # rotation
    *[(0.6, 0.0)] * 3,  # sh
    (0.8, 0.0),  # opacity
]
GAINS = [
    (r"\.patch_embed\.proj\.", 1.0),
    (r"\.decoder_embed\.", 2.0),
    (r"\.(qkv|projq|projk|projv)\.", 1.5),
    (r"\.attn\.proj\.|\.cross_attn\.proj\.", 0.4),
    (r"\.mlp\.fc2\.", 0.6),
    (r"\.resConfUnit[12]\.conv2\.", 0.5),
]
NORM = r"\.(norm1|norm2|norm3|norm_y|enc_norm|dec_norm)\."


def noise(key: str, count: int) -> np.ndarray:
    """`count` float64 numbers in (-1, 1) from an integer hash of key and index."""
    start = np.uint32(zlib.crc32(key.encode()))
    x = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B1) + start  # mod 2^32
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return (x.astype(np.float64) + 0.5) / 2.0**31 - 1.0


def weight(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """float32 values of the official key (with its `encoder.` prefix)."""
    key = re.sub(
        r"\.scratch\.layer_rn\.(\d)\.", lambda m: f".scratch.layer{int(m[1]) + 1}_rn.", key
    )
    v = noise(key, int(np.prod(shape))).reshape(shape)
    if re.search(NORM + "weight$", key):
        v = 1 + 0.2 * v
    elif re.search(NORM + "bias$", key):
        v = 0.05 * v
    elif key.endswith("mask_token"):
        v = 0.02 * v
    elif ".dpt.head.4." in key:
        final = np.array(FINAL_GAUSSIANS if ".gaussian_dpt." in key else FINAL_POINTS)
        if key.endswith("bias"):
            v = final[:, 1]
        else:
            v = v * np.sqrt(3.0 / shape[1]) * final[:, 0].reshape(-1, 1, 1, 1)
    elif key.endswith(".bias"):
        v = 0.05 * v
    else:
        transposed = re.search(r"act_postprocess\.[01]\.1\.weight$", key)
        fan_in = shape[0] if transposed else int(np.prod(shape[1:]))
        gain = next((g for pattern, g in GAINS if re.search(pattern, key)), 1.0)
        v = gain * np.sqrt(3.0 / fan_in) * v
    return v.astype(np.float32)


def image(number: int, height: int, width: int) -> np.ndarray:
    """(H, W, 3) uint8 test picture, upright."""
    y, x, c = np.meshgrid(
        np.arange(height, dtype=float), np.arange(width, dtype=float), np.arange(3.0), indexing="ij"
    )
    k = number
    v = (
        0.5
        + 0.22 * np.sin(0.11 * x + 0.07 * y + 1.3 * k + 2.1 * c)
        + 0.14 * np.sin(0.05 * (k + 1) * x - 0.23 * y + 0.9 * c * c)
        + 0.12 * np.sin(0.61 * x + 0.37 * (c + 1) * y + 0.7 * k)
    )
    return np.rint(255.0 * np.clip(v, 0.0, 1.0)).astype(np.uint8)
