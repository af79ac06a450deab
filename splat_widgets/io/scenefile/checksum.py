"""CRC-32 of bytes that several threads read, put together from the sums of their runs.

A sum is a polynomial over bits, modulo that of CRC-32; bytes that follow it multiply it by x⁸ each.
Here the coefficient of x⁰ is the highest of 32 bits, as in the sums themselves.
"""

from __future__ import annotations

from functools import lru_cache

_MODULUS = 0xEDB88320
_ONE, _X = 1 << 31, 1 << 30


def joined(first: int, second: int, length: int) -> int:
    """The sum of bytes that begin with those of one sum and end with those of another.

    Args:
        first: `zlib.crc32` of the beginning.
        second: that of the end.
        length: of the end, in bytes.
    """
    return _product(first, _power_of_x(8 * length)) ^ second


@lru_cache(64)
def _power_of_x(exponent: int) -> int:
    found, square = _ONE, _X
    while exponent:
        if exponent & 1:
            found = _product(found, square)
        square = _product(square, square)
        exponent >>= 1
    return found


def _product(a: int, b: int) -> int:
    found = 0
    for place in range(31, -1, -1):
        if a >> place & 1:
            found ^= b
        b = b >> 1 ^ (_MODULUS if b & 1 else 0)
    return found
