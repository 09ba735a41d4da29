"""Scores what an utterance may mean with learned weights, straight from the mapped files: nothing is unpacked at start.

Each label's score is the sum of three linear models, one that tells topics apart (a subject, an emergency, a command, or
none), one the aspects, one the whole answers: so a treatment question teaches every subject what treatment sounds like.
The models see an utterance's features, in a sparse table, and the mean of what its words mean, a short vector.
"""

import math
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from heapq import nlargest
from itertools import pairwise, repeat
from operator import add, mul
from typing import Literal, NamedTuple
from zlib import crc32

from skill.understanding.lanes import add_bytes, add_products
from skill.understanding.vectors import DIMENSIONS, WordVectors

TOPICS_LOOKED_AT = 32
"""Where there are more topics, the labels of so many of the likeliest are scored."""

HEAD_BITS = 15
"""A feature is looked for among those whose keys begin with the same bits: five or so, for the skill's own knowledge."""

ZERO = 128
"""The number that stands for nothing in a label's vector."""

RARITY_STEP = 0.0625

FINENESS = 1 << 15
"""Steps of a vector's numbers, which lie between -1 and 1."""


def _sumprod(some: Iterable[int], others: Iterable[int]) -> int:
    return sum(map(mul, some, others))


# In C, and several times as fast, from Python 3.12 on.
sumprod: Callable[[Iterable[int], Iterable[int]], int] = getattr(math, "sumprod", _sumprod)


def feature_key(feature: str) -> int:
    """A feature's key in the table; two features of one key share its weights, about one in a million do."""
    return crc32(feature.encode())


class Weights(NamedTuple):
    """What was learned. Row r of the table belongs to `keys[r]` and is `table[starts[r]:starts[r + 1]]`.

    A row says what its feature, seen once, adds to each column, in steps of `scale[column]`: a signed byte for each column,
    or, as most speak for a few columns alone, those columns and then their bytes. Columns begin with the topics.
    Labels are sorted by topic: those of topic t are `topic_starts[t]` up to, and not including, `topic_starts[t + 1]`.
    """

    heads: Sequence[int]
    """the first row whose key begins with these bits, or with more; and, last, how many rows there are"""
    keys: Sequence[int]
    """sorted"""
    rarity: Sequence[int]
    """inverse document frequency in steps of `RARITY_STEP`, by row; and, last, that of a feature never seen"""
    starts: Sequence[int]
    table: memoryview
    scale: Sequence[float]
    topic_bias: Sequence[float]
    topic_starts: Sequence[int]
    label_columns: memoryview
    """for each label three: of its topic, its aspect and its own"""
    label_bias: Sequence[float]
    label_vectors: memoryview
    """For the labels of a block one after the other, `DIMENSIONS` rows of a number for each, in steps of `vector_scale`
    from `ZERO` on. A block is what is scored together: all labels, or those of one topic where there are many topics."""
    vector_scale: Sequence[float]
    """one number"""


class Evidence(NamedTuple):
    """What an utterance shows."""

    rows: Sequence[tuple[str, int, float]]
    """the features that the table knows: (feature, row, how often it was seen, sublinear)"""
    length: float
    """of all rows together, each as often and as rare as it is"""
    vector: Sequence[int]
    """in steps of one by `FINENESS`"""


class _Block(NamedTuple):
    """What tells labels apart that are scored together; a number, or a column's, for each."""

    bias: list[float]
    topic: list[int]
    aspect: list[int]
    own: list[int]
    vectors: list[int]
    """for each dimension the numbers of all labels, four bytes each, as one large number"""


class Scorer:
    """Scores labels, which are sorted by topic."""

    def __init__(self, weights: Weights, vectors: WordVectors, labels: Sequence[str]) -> None:
        self._weights, self._vectors, self._labels = weights, vectors, labels
        starts = list(weights.topic_starts)
        self._blocks = [(0, starts[-1])] if len(starts) - 1 <= TOPICS_LOOKED_AT else list(pairwise(starts))
        # Where there is one block, every question needs it.
        self._block = lru_cache(maxsize=1)(self._read_block)

    def gather(self, words: Sequence[str], features: Sequence[str]) -> Evidence:
        """Weigh `features` by tf-idf with sublinear counts and unit length, and the vectors of `words` by rarity."""
        rarity = self._weights.rarity
        rows: list[tuple[str, int, float]] = []
        square = 0.0
        for feature, count in Counter(features).items():
            if (row := self._row(feature)) >= 0:
                share = 1 + math.log(count)
                rows.append((feature, row, share))
                square += (share * rarity[row]) ** 2
        known = [(steps, rarity[self._row(f"word {word}")]) for word in words if (steps := self._vectors.of(word)) is not None]
        rarities = [each for _, each in known]
        mean = [sumprod(place, rarities) for place in zip(*(steps for steps, _ in known), strict=True)] or [0] * DIMENSIONS
        size = math.hypot(*mean) or 1.0
        return Evidence(rows, math.sqrt(square) * RARITY_STEP or 1.0, [round(FINENESS * total / size) for total in mean])

    def scores(self, evidence: Evidence) -> dict[str, float]:
        """The score of each label; only of the likeliest topics where there are many. Zero is undecided.

        Labels that trail far behind are scored too: small shares of many emergencies add up to an alarm.
        """
        sums, scale, length = self._sums(evidence), self._weights.scale, evidence.length
        found: dict[str, float] = {}
        for first, last in self._likely_blocks(sums, length):
            block = self._block(first, last)
            scores = [
                bias + (sums[topic] * scale[topic] + sums[aspect] * scale[aspect] + sums[own] * scale[own]) / length + meaning
                for bias, topic, aspect, own, meaning in zip(*block[:4], self._meanings(evidence, block), strict=True)
            ]
            found |= zip(self._labels[first:last], scores, strict=True)
        return found

    def shares(self, evidence: Evidence, label: str) -> dict[str, float]:
        """What each feature adds to the score of one label, for explaining; "meaning" is the share of the vector."""
        at = self._labels.index(label)
        wanted = self._weights.label_columns[3 * at : 3 * at + 3].tolist()
        added = {}
        for feature, row, share in evidence.rows:
            one = self._sums(evidence._replace(rows=[(feature, row, share)]))
            added[feature] = sum(one[column] * self._weights.scale[column] for column in wanted) / evidence.length
        first, last = next(block for block in self._blocks if block[0] <= at < block[1])
        return {**added, "meaning": self._meanings(evidence, self._block(first, last))[at - first]}

    def _row(self, feature: str) -> int:
        """The feature's row, or -1."""
        keys, heads = self._weights.keys, self._weights.heads
        key = feature_key(feature)
        head = key >> 32 - HEAD_BITS
        end = heads[head + 1]
        row = bisect_left(keys, key, heads[head], end)
        return row if row < end and keys[row] == key else -1

    def _sums(self, evidence: Evidence) -> list[float]:
        """What the features add to each column, in steps of the column's scale."""
        table, starts, width = self._weights.table, self._weights.starts, len(self._weights.scale)
        kind = column_type(width)
        pair = 1 + array(kind).itemsize
        sums = [0.0] * width
        whole: defaultdict[float, list[memoryview]] = defaultdict(list)
        for _, row, share in evidence.rows:
            part = table[starts[row] : starts[row + 1]]
            if len(part) == width:
                whole[share].append(part)
            else:
                middle = len(part) // pair * (pair - 1)
                for column, value in zip(part[:middle].cast(kind).tolist(), part[middle:].tolist(), strict=True):
                    sums[column] += share * value
        for share, rows in whole.items():
            sums = [total + share * value for total, value in zip(sums, add_bytes(rows), strict=True)]
        return sums

    def _likely_blocks(self, sums: Sequence[float], length: float) -> Sequence[tuple[int, int]]:
        topics = len(self._blocks)
        if topics == 1:
            return self._blocks
        # Of ten thousand topics, in C as far as it goes; each score as often as `length` is long.
        raised = map(mul, sums, self._weights.scale[:topics])
        scores = list(map(add, map(mul, self._weights.topic_bias, repeat(length)), raised))
        lowest = nlargest(TOPICS_LOOKED_AT, scores)[-1]
        return [self._blocks[topic] for topic, score in enumerate(scores) if score >= lowest][:TOPICS_LOOKED_AT]

    def _read_block(self, first: int, last: int) -> _Block:
        columns = self._weights.label_columns[3 * first : 3 * last].tolist()
        numbers = bytes(self._weights.label_vectors[DIMENSIONS * first : DIMENSIONS * last])
        size = 4 * (last - first)
        rows = [int.from_bytes(numbers[at : at + size], "little") for at in range(0, len(numbers), size)]
        return _Block(list(self._weights.label_bias[first:last]), columns[::3], columns[1::3], columns[2::3], rows)

    def _meanings(self, evidence: Evidence, block: _Block) -> list[float]:
        """What the vector adds to each label of a block."""
        nothing = ZERO * sum(evidence.vector)
        scale = self._weights.vector_scale[0] / FINENESS
        return [(total - nothing) * scale for total in add_products(evidence.vector, block.vectors, len(block.bias))]


def column_type(width: int) -> Literal["B", "H", "I"]:
    """The `array` type that holds a column's number where there are `width` columns."""
    return "B" if width <= 1 << 8 else "H" if width <= 1 << 16 else "I"


def softmax(scores: Mapping[str, float], sharpness: float) -> dict[str, float]:
    """Turn scores into confidences that add up to one; `sharpness` is learned from held-out questions."""
    top = max(scores.values())
    grown = {label: math.exp(sharpness * (score - top)) for label, score in scores.items()}
    total = sum(grown.values())
    return {label: value / total for label, value in grown.items()}
