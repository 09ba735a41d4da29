"""Adds up rows of small numbers side by side, as digits of one large number: Python works on those in C.

A loop over the same numbers takes five to ten times as long, and a library that adds arrays would outweigh all else that
the skill deploys.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import add, mul

MOST_ROWS = 257
"""So many bytes add up to no more than two bytes hold."""


class ByteLanes:
    """Rows of `width` signed bytes, each as one large number that can be kept and added up again and again."""

    def __init__(self, width: int) -> None:
        self._width = width
        # Counted from -128 on, so that no place falls below zero and borrows from its neighbour.
        self._signs = int.from_bytes(b"\x80" * width, "little")
        self._every_other = int.from_bytes(b"\xff\0" * (width // 2 + 1), "little")

    def number(self, row: bytes | bytearray | memoryview) -> int:
        return int.from_bytes(row, "little") ^ self._signs

    def add(self, numbers: Sequence[int]) -> list[int]:
        """Add up rows, place by place."""
        sums = [-128 * len(numbers)] * self._width
        for at in range(0, len(numbers), MOST_ROWS):
            some = numbers[at : at + MOST_ROWS]
            even = sum(map(self._every_other.__and__, some))
            odd = sum(some) - even >> 8
            for first, number in enumerate((even, odd)):
                added = memoryview(number.to_bytes(self._width + self._width % 2, "little")).cast("H")
                sums[first::2] = map(add, sums[first::2], added)
        return sums


def add_products(factors: Sequence[int], rows: Sequence[int], width: int) -> list[int]:
    """Multiply each row by its factor, and add up place by place: -2^31 up to 2^31 - 1.

    A row is one large number, of `width` numbers of four bytes, little end first.
    """
    # From the middle on, so that no place falls below zero.
    total = int.from_bytes(b"\0\0\0\x80" * width, "little") + sum(map(mul, factors, rows))
    places = memoryview(total.to_bytes(4 * width, "little")).cast("I")
    return [place - 0x8000_0000 for place in places]
