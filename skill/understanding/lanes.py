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


def as_numbers(rows: Sequence[bytes | memoryview]) -> list[int]:
    """Make each row of signed bytes a large number; numbers of rows as long can be added, and multiplied by a factor."""
    width = len(rows[0]) if rows else 0
    middle = _everywhere(0x80, width)
    return [number - middle for number in _unsigned(rows, width)]


def sum_of(rows: Sequence[bytes | memoryview]) -> int:
    """Add up rows of signed bytes, each as long, as `as_numbers` makes them. Nothing adds up to nothing."""
    width = len(rows[0]) if rows else 0
    return sum(_unsigned(rows, width)) - len(rows) * _everywhere(0x80, width)


def _unsigned(rows: Sequence[bytes | memoryview], width: int) -> list[int]:
    """Each row as a number with half a byte more in every place."""
    # All in one go: to spread a row's bytes out by itself takes five times as long.
    values = b"".join(rows).translate(_FROM_NOTHING)
    places = bytearray(SIZE * len(values))
    places[::SIZE] = values
    starts = range(0, len(places), SIZE * width or 1)
    return [int.from_bytes(places[start : start + SIZE * width], "little") for start in starts]


def places_of(number: int, width: int) -> list[int]:
    """The `width` places of a number that rows were added up to, each from -2^31 up to, and not including, 2^31."""
    # Half of a place more everywhere, and none borrows from its neighbour; then two's complement in each.
    half = _everywhere(0x8000_0000, width)
    return memoryview(((number + half) ^ half).to_bytes(SIZE * width, "little")).cast("i").tolist()


@lru_cache(maxsize=8)
def _everywhere(value: int, width: int) -> int:
    return int.from_bytes(value.to_bytes(SIZE, "little") * width, "little")
