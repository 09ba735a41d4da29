"""Adds up rows of small numbers side by side, as digits of one large number: Python works on those in C.

A loop over the same numbers takes five to ten times as long, and a library that adds arrays would outweigh all else that
the skill deploys.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

SIZE = 4
"""Bytes of a place."""

_FROM_NOTHING = bytes(value ^ 0x80 for value in range(256))
"""Makes a signed byte an unsigned one, with zero in the middle."""


def as_number(row: bytes | memoryview) -> int:
    """Make a row of signed bytes one large number; numbers of rows as long can be added, and multiplied by a factor."""
    return sum_of([row])


def sum_of(rows: Sequence[bytes | memoryview]) -> int:
    """Add up rows of signed bytes, each as long, as `as_number` makes them. Nothing adds up to nothing."""
    # All in one go: to spread the bytes out takes longer than to add them.
    values = b"".join(rows).translate(_FROM_NOTHING)
    places = bytearray(SIZE * len(values))
    places[::SIZE] = values
    width = len(values) // (len(rows) or 1)
    starts = range(0, len(places), SIZE * width or 1)
    total = sum([int.from_bytes(places[start : start + SIZE * width], "little") for start in starts])
    return total - len(rows) * _everywhere(0x80, width)


def places_of(number: int, width: int) -> list[int]:
    """The `width` places of a number that rows were added up to, each from -2^31 up to, and not including, 2^31."""
    # Half of a place more everywhere, and none borrows from its neighbour; then two's complement in each.
    half = _everywhere(0x8000_0000, width)
    return memoryview(((number + half) ^ half).to_bytes(SIZE * width, "little")).cast("i").tolist()


@lru_cache(maxsize=8)
def _everywhere(value: int, width: int) -> int:
    return int.from_bytes(value.to_bytes(SIZE, "little") * width, "little")
