"""What words mean, as numbers: words of like meaning point the same way. Made by `distill`, shipped beside this module."""

from __future__ import annotations

import mmap
import os
from bisect import bisect_left
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from pathlib import Path

DIMENSIONS = 64

VECTORS = os.path.join(os.path.dirname(__file__), "vectors.bin")
"""The keys of all words, sorted (four bytes each, little end first), then their vectors in the same order, a byte a number."""


class WordVectors:
    """The table, mapped into memory: only the words that are looked up are read."""

    def __init__(self, path: str | Path = VECTORS) -> None:
        with open(path, "rb") as file:
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        words = len(view) // (4 + DIMENSIONS)
        self._keys = view[: 4 * words].cast("I")
        self._steps = view[4 * words :].cast("b")

    def of(self, word: str) -> memoryview | None:
        """The vector of a normalised word, -127 to 127 in each dimension, or nothing for a word that is not listed."""
        key = crc32(word.encode())
        row = bisect_left(self._keys, key)
        if row == len(self._keys) or self._keys[row] != key:
            return None
        return self._steps[row * DIMENSIONS : (row + 1) * DIMENSIONS]
