"""Scores what an utterance may mean with learned weights, straight from the mapped files: nothing is unpacked at start.

Each label's score is the sum of three linear models, one that tells topics apart (a subject, an emergency, a command, or
none), one the aspects, one the whole answers: so a treatment question teaches every subject what treatment sounds like.
The models see an utterance's features, in a sparse table, and the mean of what its words mean, a short vector.
"""

import math
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise, repeat
from operator import add, itemgetter, mul
from typing import Literal, NamedTuple
from zlib import crc32

from skill.understanding.lanes import SIZE, as_numbers, places_of, sum_of
from skill.understanding.vectors import DIMENSIONS, WordVectors

TOPICS_LOOKED_AT = 32
"""Where there are more topics, the labels of so many of the likeliest are scored."""

HEAD_BITS = 15
"""A feature is looked for among those whose keys begin with the same bits: five or so, for the skill's own knowledge."""

RARITY_STEP = 0.0625

SHARE_FINENESS = 1 << 8
"""Steps of what a feature counts: it counts one when it is seen once."""

LONGEST = 1 << 15
"""A vector is made no longer than this, so that its products stay in their places."""


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
    """For the labels of a block `DIMENSIONS` rows of a number for each, in steps of `vector_scale`, as `lanes.as_numbers` makes
    them. A block is what is scored together: all labels, or those of one topic where there are many topics."""
    vector_scale: Sequence[float]
    """one number"""
    run_on: Sequence[int]
    """one number: whether letter runs go on from one word to the next"""


class Evidence(NamedTuple):
    """What an utterance shows."""

    sums: Sequence[float]
    """what its features add to each column, in steps of the column's scale"""
    length: float
    """of its features together, each as often and as rare as it is"""
    vector: Sequence[int]
    """the sum of its words' vectors"""
    vector_length: float


class _Block(NamedTuple):
    """What tells labels apart that are scored together; a number for each."""

    bias: list[float]
    columns: Callable[[Sequence[float]], Sequence[float]]
    """takes from the sums those of the labels' topics, then of their aspects, then of their own columns"""
    scales: list[float]
    """of those columns"""
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
        self._whole_rows: dict[int, tuple[int, int]] = {}
        """by key: the row as a large number, and its rarity"""

    def gather(self, words: Sequence[str], features: Sequence[str]) -> Evidence:
        """Weigh `features` by tf-idf with sublinear counts and unit length; the vectors of `words` hold their weight."""
        sums, length = self._add_up(_keys(features))
        vectors = [steps for steps in map(self._vectors.of, words) if steps is not None]
        vector = places_of(sum_of(vectors), DIMENSIONS)
        vector_length = math.hypot(*vector)
        if vector_length > LONGEST:
            vector = [round(value / vector_length * LONGEST) for value in vector]
            vector_length = LONGEST
        return Evidence(sums, length or 1.0, vector, vector_length or 1.0)

    def scores(self, evidence: Evidence) -> dict[str, float]:
        """The score of each label; only of the likeliest topics where there are many. Zero is undecided.

        Labels that trail far behind are scored too: small shares of many emergencies add up to an alarm.
        """
        # What each step counts: of a sum, and of a product with the vector.
        step, vector_step = 1 / evidence.length, self._vector_step(evidence)
        found: dict[str, float] = {}
        for first, last in self._likely_blocks(evidence):
            block, size = self._block(first, last), last - first
            raised = list(map(mul, block.columns(evidence.sums), block.scales))
            parts = zip(block.bias, raised[:size], raised[size : 2 * size], raised[2 * size :], strict=True)
            scores = [
                bias + (topic + aspect + own) * step + meant * vector_step
                for (bias, topic, aspect, own), meant in zip(parts, _meanings(evidence, block), strict=True)
            ]
            found |= zip(self._labels[first:last], scores, strict=True)
        return found

    def shares(self, evidence: Evidence, features: Sequence[str], label: str) -> dict[str, float]:
        """What each of the gathered `features` adds to a label's score, for explaining; "meaning" is what the vector adds."""
        at = self._labels.index(label)
        wanted = self._weights.label_columns[3 * at : 3 * at + 3].tolist()
        added = {}
        for feature, count in Counter(features).items():
            one, _ = self._add_up(_keys([feature] * count))
            added[feature] = sum(one[column] * self._weights.scale[column] for column in wanted) / evidence.length
        first, last = next(block for block in self._blocks if block[0] <= at < block[1])
        meant = _meanings(evidence, self._block(first, last))[at - first]
        return {**added, "meaning": meant * self._vector_step(evidence)}

    def _vector_step(self, evidence: Evidence) -> float:
        return self._weights.vector_scale[0] / evidence.vector_length

    def _add_up(self, keys: Mapping[int, int]) -> tuple[list[float], float]:
        """The sums and the length of an evidence whose features have these keys, so often each."""
        rarity, starts, table, width = self._weights.rarity, self._weights.starts, self._weights.table, len(self._weights.scale)
        kind = column_type(width)
        size = array(kind).itemsize
        sums: list[float] = [0] * width
        rows = self._rows(key for key in keys if key not in self._whole_rows)
        self._keep_whole(rows)
        total, lengths = 0, []
        for count in set(keys.values()):
            numbers, rarities, columns, values = [], [], [], []
            for key in [key for key, each in keys.items() if each == count]:
                if whole := self._whole_rows.get(key):
                    numbers.append(whole[0])
                    rarities.append(whole[1])
                elif key in rows:
                    row = rows[key]
                    start, end = starts[row], starts[row + 1]
                    middle = start + (end - start) // (1 + size) * size
                    columns.append(table[start:middle])
                    values.append(table[middle:end])
                    rarities.append(rarity[row])
            # Sublinear: what is said twice does not count twice.
            share = round((1 + math.log(count)) * SHARE_FINENESS)
            lengths.append(share * math.hypot(*rarities))
            total += share * sum(numbers)
            added: Iterable[float] = memoryview(b"".join(values)).cast("b")
            if count > 1:
                added = map(mul, added, repeat(share / SHARE_FINENESS))
            for column, value in zip(memoryview(b"".join(columns)).cast(kind), added, strict=True):
                sums[column] += value
        if total:
            sums = [each + more / SHARE_FINENESS for each, more in zip(sums, places_of(total, width), strict=True)]
        return sums, math.hypot(*lengths) * RARITY_STEP / SHARE_FINENESS

    def _rows(self, wanted: Iterable[int]) -> dict[int, int]:
        """The rows of the features that have one, by key."""
        keys, heads, found = self._weights.keys, self._weights.heads, {}
        for key in wanted:
            head = key >> 32 - HEAD_BITS
            end = heads[head + 1]
            row = bisect_left(keys, key, heads[head], end)
            if row < end and keys[row] == key:
                found[key] = row
        return found

    def _keep_whole(self, rows: Mapping[int, int]) -> None:
        """Keep those of the rows, by key, that are whole."""
        starts, table, width = self._weights.starts, self._weights.table, len(self._weights.scale)
        whole = {key: row for key, row in rows.items() if starts[row + 1] - starts[row] == width}
        numbers = as_numbers([table[starts[row] : starts[row + 1]] for row in whole.values()])
        rarities = [self._weights.rarity[row] for row in whole.values()]
        self._whole_rows |= zip(whole, zip(numbers, rarities, strict=True), strict=True)

    def _likely_blocks(self, evidence: Evidence) -> Sequence[tuple[int, int]]:
        topics = len(self._blocks)
        if topics == 1:
            return self._blocks
        # Imported here: where there are few topics, a start goes without.
        from heapq import nlargest

        # Of ten thousand topics, in C as far as it goes; each score as often as the evidence is long.
        raised = map(mul, evidence.sums, self._weights.scale[:topics])
        scores = list(map(add, map(mul, self._weights.topic_bias, repeat(evidence.length)), raised))
        lowest = nlargest(TOPICS_LOOKED_AT, scores)[-1]
        return [self._blocks[topic] for topic, score in enumerate(scores) if score >= lowest][:TOPICS_LOOKED_AT]

    def _read_block(self, first: int, last: int) -> _Block:
        of_labels = self._weights.label_columns[3 * first : 3 * last].tolist()
        columns = [*of_labels[::3], *of_labels[1::3], *of_labels[2::3]]
        numbers = bytes(self._weights.label_vectors[DIMENSIONS * first : DIMENSIONS * last])
        size = SIZE * (last - first)
        rows = [int.from_bytes(numbers[at : at + size], "little", signed=True) for at in range(0, len(numbers), size)]
        scales = [self._weights.scale[column] for column in columns]
        return _Block(list(self._weights.label_bias[first:last]), itemgetter(*columns), scales, rows)


def _keys(features: Iterable[str]) -> Counter[int]:
    # In C as far as it goes: a question has a hundred.
    return Counter(map(crc32, map(str.encode, features)))


def _meanings(evidence: Evidence, block: _Block) -> list[int]:
    """What the vector adds to each label of a block, in steps of the vectors' scale by the vector's length."""
    return places_of(sum(map(mul, evidence.vector, block.vectors)), len(block.bias))


def column_type(width: int) -> Literal["B", "H", "I"]:
    """The `array` type that holds a column's number where there are `width` columns."""
    return "B" if width <= 1 << 8 else "H" if width <= 1 << 16 else "I"


def softmax(scores: Mapping[str, float], sharpness: float) -> dict[str, float]:
    """Turn scores into confidences that add up to one; `sharpness` is learned from held-out questions."""
    top = max(scores.values())
    grown = {label: math.exp(sharpness * (score - top)) for label, score in scores.items()}
    total = sum(grown.values())
    return {label: value / total for label, value in grown.items()}
