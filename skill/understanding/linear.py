"""Scores what an utterance may mean with learned weights, straight from the mapped files: nothing is unpacked at start.

Each label's score is the sum of three linear models, one that tells topics apart (a subject, an emergency, a command, or
none), one the aspects, one the whole answers: so a treatment question teaches every subject what treatment sounds like.
The models see an utterance's features, in a sparse table, and the mean of what its words mean, a short vector.
"""

import math
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from heapq import nlargest
from itertools import pairwise, repeat
from operator import add, mul
from typing import Literal, NamedTuple
from zlib import crc32

from skill.understanding.lanes import SIZE, as_number, places_of
from skill.understanding.vectors import DIMENSIONS, WordVectors

TOPICS_LOOKED_AT = 32
"""Where there are more topics, the labels of so many of the likeliest are scored."""

HEAD_BITS = 15
"""A feature is looked for among those whose keys begin with the same bits: five or so, for the skill's own knowledge."""

RARITY_STEP = 0.0625

FINENESS = 1 << 15
"""Steps of a vector's numbers, which lie between -1 and 1."""

SHARE_FINENESS = 1 << 8
"""Steps of what a feature counts: it counts one when it is seen once."""


def feature_key(feature: str) -> int:
    """A feature's key in the table; two features of one key share its weights, about one in a million do."""
    return crc32(feature.encode())


def _share(count: int) -> int:
    """What a feature counts that was seen so often: sublinear, in steps of one by `SHARE_FINENESS`."""
    return round((1 + math.log(count)) * SHARE_FINENESS)


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
    """inverse document frequency in steps of `RARITY_STEP`, by row"""
    starts: Sequence[int]
    table: memoryview
    scale: Sequence[float]
    topic_bias: Sequence[float]
    topic_starts: Sequence[int]
    label_columns: memoryview
    """for each label three: of its topic, its aspect and its own"""
    label_bias: Sequence[float]
    label_vectors: memoryview
    """For the labels of a block `DIMENSIONS` rows of a number for each, in steps of `vector_scale`, as `lanes.as_number` makes
    them. A block is what is scored together: all labels, or those of one topic where there are many topics."""
    vector_scale: Sequence[float]
    """one number"""


class Evidence(NamedTuple):
    """What an utterance shows."""

    rows: Mapping[int, Sequence[int]]
    """of the features that the table knows, by how often each was seen"""
    length: float
    """of all rows together, each as often (in steps by `SHARE_FINENESS`) and as rare as it is"""
    vector: Sequence[int]
    """in steps of one by `FINENESS`"""


class _Block(NamedTuple):
    """What tells labels apart that are scored together; a number for each."""

    bias: list[float]
    columns: Sequence[list[int]]
    """of the topic, the aspect and the own column; so are the scales"""
    scales: Sequence[list[float]]
    vectors: list[int]
    """for each dimension the numbers of all labels, as one large number"""


class Scorer:
    """Scores labels, which are sorted by topic."""

    def __init__(self, weights: Weights, vectors: WordVectors, labels: Sequence[str]) -> None:
        self._weights, self._vectors, self._labels = weights, vectors, labels
        starts = list(weights.topic_starts)
        self._blocks = [(0, starts[-1])] if len(starts) - 1 <= TOPICS_LOOKED_AT else list(pairwise(starts))
        # Where there is one block, every question needs it.
        self._block = lru_cache(maxsize=1)(self._read_block)
        # Of what most questions have in common alone: nothing else that was said is kept.
        self._whole_rows: dict[int, int] = {}
        """by key"""
        self._numbers: dict[int, int] = {}
        """of whole rows, by row"""

    def gather(self, words: Sequence[str], features: Sequence[str]) -> Evidence:
        """Weigh `features` by tf-idf with sublinear counts and unit length; the vectors of `words` hold their weight."""
        rarity, counts = self._weights.rarity, Counter(features)
        rows: defaultdict[int, list[int]] = defaultdict(list)
        for count, row in zip(counts.values(), self._rows(counts), strict=True):
            if row >= 0:
                rows[count].append(row)
        lengths = [_share(count) * math.hypot(*[rarity[row] for row in some]) for count, some in rows.items()]
        total = places_of(sum(as_number(steps) for steps in map(self._vectors.of, words) if steps is not None), DIMENSIONS)
        fine = FINENESS / (math.hypot(*total) or 1.0)
        vector = list(map(round, map(mul, total, repeat(fine))))
        return Evidence(rows, math.hypot(*lengths) * RARITY_STEP or 1.0, vector)

    def scores(self, evidence: Evidence) -> dict[str, float]:
        """The score of each label; only of the likeliest topics where there are many. Zero is undecided.

        Labels that trail far behind are scored too: small shares of many emergencies add up to an alarm.
        """
        sums, length = self._sums(evidence.rows), evidence.length
        found: dict[str, float] = {}
        for first, last in self._likely_blocks(sums, length):
            block = self._block(first, last)
            topics, aspects, own = (
                map(mul, map(sums.__getitem__, columns), scales)
                for columns, scales in zip(block.columns, block.scales, strict=True)
            )
            scores = [
                bias + raised / length + meaning
                for bias, raised, meaning in zip(
                    block.bias, map(add, map(add, topics, aspects), own), self._meanings(evidence, block), strict=True
                )
            ]
            found |= zip(self._labels[first:last], scores, strict=True)
        return found

    def shares(self, evidence: Evidence, features: Sequence[str], label: str) -> dict[str, float]:
        """What each of the gathered `features` adds to a label's score, for explaining; "meaning" is what the vector adds."""
        at = self._labels.index(label)
        wanted = self._weights.label_columns[3 * at : 3 * at + 3].tolist()
        added = {}
        for feature, count in Counter(features).items():
            one = self._sums({count: [row for row in self._rows([feature]) if row >= 0]})
            added[feature] = sum(one[column] * self._weights.scale[column] for column in wanted) / evidence.length
        first, last = next(block for block in self._blocks if block[0] <= at < block[1])
        return {**added, "meaning": self._meanings(evidence, self._block(first, last))[at - first]}

    def _rows(self, features: Iterable[str]) -> Iterator[int]:
        """The row of each feature, or -1."""
        keys, heads, starts, width = self._weights.keys, self._weights.heads, self._weights.starts, len(self._weights.scale)
        # In one go, and in C: a question has a hundred.
        for key in map(crc32, map(str.encode, features)):
            row = self._whole_rows.get(key)
            if row is None:
                head = key >> 32 - HEAD_BITS
                end = heads[head + 1]
                row = bisect_left(keys, key, heads[head], end)
                if row == end or keys[row] != key:
                    row = -1
                elif starts[row + 1] - starts[row] == width:
                    self._whole_rows[key] = row
            yield row

    def _sums(self, rows: Mapping[int, Sequence[int]]) -> list[int]:
        """What the rows of an evidence add to each column, in steps of the column's scale by `SHARE_FINENESS`."""
        table, starts, width = self._weights.table, self._weights.starts, len(self._weights.scale)
        kind = column_type(width)
        size = array(kind).itemsize
        sums, total = [0] * width, 0
        for count, some in rows.items():
            share, numbers = _share(count), list[int]()
            columns, values = list[memoryview](), list[memoryview]()
            for row in some:
                number = self._numbers.get(row)
                if number is None:
                    start, end = starts[row], starts[row + 1]
                    if end - start != width:
                        middle = start + (end - start) // (1 + size) * size
                        columns.append(table[start:middle])
                        values.append(table[middle:end])
                        continue
                    number = self._numbers[row] = as_number(table[start:end])
                numbers.append(number)
            total += share * sum(numbers)
            pairs = zip(memoryview(b"".join(columns)).cast(kind), memoryview(b"".join(values)).cast("b"), strict=True)
            for column, value in pairs:
                sums[column] += share * value
        return list(map(add, sums, places_of(total, width))) if total else sums

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
        of_labels = self._weights.label_columns[3 * first : 3 * last].tolist()
        columns = (of_labels[::3], of_labels[1::3], of_labels[2::3])
        scales = [[self._weights.scale[column] for column in each] for each in columns]
        numbers = bytes(self._weights.label_vectors[DIMENSIONS * first : DIMENSIONS * last])
        size = SIZE * (last - first)
        rows = [int.from_bytes(numbers[at : at + size], "little", signed=True) for at in range(0, len(numbers), size)]
        return _Block(list(self._weights.label_bias[first:last]), columns, scales, rows)

    def _meanings(self, evidence: Evidence, block: _Block) -> list[float]:
        """What the vector adds to each label of a block."""
        scale = self._weights.vector_scale[0] / FINENESS
        return [total * scale for total in places_of(sum(map(mul, evidence.vector, block.vectors)), len(block.bias))]


def column_type(width: int) -> Literal["B", "H", "I"]:
    """The `array` type that holds a column's number where there are `width` columns."""
    return "B" if width <= 1 << 8 else "H" if width <= 1 << 16 else "I"


def softmax(scores: Mapping[str, float], sharpness: float) -> dict[str, float]:
    """Turn scores into confidences that add up to one; `sharpness` is learned from held-out questions."""
    top = max(scores.values())
    grown = [math.exp(sharpness * (score - top)) for score in scores.values()]
    total = sum(grown)
    return dict(zip(scores, [value / total for value in grown], strict=True))
