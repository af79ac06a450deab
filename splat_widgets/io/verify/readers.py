"""The second readers, by name of the format; of others none is known.

Limits are what half a step of each encoding comes to, with some room.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from splat_widgets.conventions import SH_C0
from splat_widgets.io.verify.of_compressed_ply import rows_of_compressed_ply
from splat_widgets.io.verify.of_glb import columns_of_glb, rows_of_glb
from splat_widgets.io.verify.of_ply import columns_of_ply, rows_of_ply
from splat_widgets.io.verify.of_sog import limits_of_sog, rows_of_sog
from splat_widgets.io.verify.of_splat import rows_of_splat
from splat_widgets.io.verify.of_splatscene import columns_of_splatscene, rows_of_splatscene
from splat_widgets.io.verify.of_spz import rows_of_spz
from splat_widgets.io.verify.record import EXACT, Differences
from splat_widgets.io.verify.rows import Rows, SecondReader

_BYTE = 0.5 / 255 + 1e-6


def _splat(rows: Rows) -> Rows:
    """Colours within [0, 1]."""
    return replace(rows, sh=rows.sh.clip(-0.5 / SH_C0, 0.5 / SH_C0))


def _compressed(rows: Rows) -> Rows:
    """Harmonics within [-4, 4], logarithms of sizes within [-20, 20]."""
    sh = np.concatenate([rows.sh[:, :1], rows.sh[:, 1:].clip(-4, 4)], 1)
    return replace(rows, sh=sh, scales=rows.scales.clip(np.exp(-20), np.exp(20)))


def _spz(rows: Rows) -> Rows:
    """Bytes: 0.5 + 0.15 times the colour's coefficient, harmonics by 1/128, sizes by 1/16."""
    color = rows.sh[:, :1].clip(-0.5 / 0.15, 0.5 / 0.15)
    sh = np.concatenate([color, rows.sh[:, 1:].clip(-1, 1)], 1)
    return replace(rows, sh=sh, scales=rows.scales.clip(np.exp(-10), np.exp(255 / 16 - 10)))


READERS: dict[str, SecondReader] = {
    "ply": SecondReader(
        "plyfile",
        rows_of_ply,
        # Logarithms of sizes and logits in 32 bits; opacities keep away from 0 and 1 by 1e-6.
        Differences(position=1e-6, covariance=1e-4, opacity=1e-5, color=1e-5, sh=1e-5),
        own=columns_of_ply,
    ),
    "splatscene": SecondReader(
        "zipfile and NumPy",
        rows_of_splatscene,
        Differences(EXACT, EXACT, EXACT, EXACT, EXACT),
        own=columns_of_splatscene,
    ),
    "glb": SecondReader(
        "NumPy",
        rows_of_glb,  # floats of 32 bits, for what may have more
        Differences(position=1e-6, covariance=1e-6, opacity=1e-6, color=1e-6, sh=1e-6),
        own=columns_of_glb,
    ),
    "compressed-ply": SecondReader(
        "plyfile and NumPy",
        rows_of_compressed_ply,
        # A chunk may be as wide as the scene: 10 bits of twice its reach, of logarithms of sizes
        # from e^-20 to e^20, and a byte of all its colours.
        Differences(
            position=1 / 1023 + 1e-6, covariance=0.06, opacity=_BYTE, color=_BYTE, sh=1 / 64 + 1e-6
        ),
        kept=_compressed,
        spans_colors=True,
    ),
    "spz": SecondReader(
        "zlib or zstd and NumPy",
        rows_of_spz,
        # Logarithms of sizes in steps of 1/16: each variance is off by a factor of e^±(1/16).
        # Harmonics have steps of 1/128, and a byte for -1 but none for 1.
        Differences(position=1e-6, covariance=0.08, opacity=_BYTE, color=0.004, sh=1 / 128 + 1e-6),
        kept=_spz,
        least_reach=1.0,
    ),
    "sog": SecondReader("Pillow and NumPy", rows_of_sog, limits_of_sog, spans_colors=True),
    "splat": SecondReader(
        "NumPy",
        rows_of_splat,
        Differences(position=1e-6, covariance=0.05, opacity=_BYTE, color=_BYTE, sh=0),
        kept=_splat,
    ),
}
