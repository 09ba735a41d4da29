"""Scores what an utterance may mean with learned weights, straight from the mapped files: nothing is unpacked at start.

Each label's score is the sum of three linear models, one that tells topics apart (a subject, an emergency, a command, or
none), one the aspects, one the whole answers: so a treatment question teaches every subject what treatment sounds like.
The models see an utterance's features, in a sparse table, and the mean of what its words mean, a short vector.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import nlargest
from operator import mul
from typing import NamedTuple
from zlib import crc32

from skill.understanding.vectors import DIMENSIONS, WordVectors

TOPICS_LOOKED_AT = 32
"""Where there are more topics, the labels of so many of the likeliest are scored."""


def _sumprod(some: Iterable[float], others: Iterable[float]) -> float:
    return sum(map(mul, some, others), 0.0)


# In C, and twice as fast, from Python 3.12 on.
sumprod: Callable[[Iterable[float], Iterable[float]], float] = getattr(math, "sumprod", _sumprod)


def feature_key(feature: str) -> int:
    """A feature's key in the table; two features of one key share its weights, about one in a million do."""
    return crc32(feature.encode())


class Weights(NamedTuple):
    """What was learned. Row r of the sparse table belongs to `keys[r]` and holds `columns[starts[r]:starts[r + 1]]`.

    Columns begin with the topics. Labels are sorted by topic: those of topic t are `topic_starts[t]` up to, and not
    including, `topic_starts[t + 1]`.
    """

    keys: Sequence[int]
    """sorted"""
    rarity: Sequence[float]
    """inverse document frequency, by row; and, last, that of a feature never seen"""
    starts: Sequence[int]
    columns: memoryview
    values: memoryview
    """as many as `columns`, in steps of `scale[column]`"""
    scale: Sequence[float]
    topic_bias: Sequence[float]
    topic_starts: Sequence[int]
    label_columns: memoryview
    """for each label three: of its topic, its aspect and its own"""
    label_bias: Sequence[float]
    label_vectors: Sequence[float]
    """for each label `DIMENSIONS`"""


class Evidence(NamedTuple):
    """What an utterance shows."""

    rows: Sequence[tuple[str, int, float]]
    """the features that the table knows: (feature, row, share)"""
    vector: Sequence[float]


def gather(weights: Weights, vectors: WordVectors, words: Sequence[str], features: Sequence[str]) -> Evidence:
    """Weigh `features` by tf-idf with sublinear counts and unit length, and the vectors of `words` by rarity."""
    rows: list[tuple[str, int, float]] = []
    for feature, count in Counter(features).items():
        if (row := _row(weights, feature)) >= 0:
            rows.append((feature, row, (1 + math.log(count)) * weights.rarity[row]))
    length = math.sqrt(sum(share * share for _, _, share in rows)) or 1.0
    mean = [0.0] * DIMENSIONS
    for word in words:
        if (steps := vectors.of(word)) is not None:
            rarity = weights.rarity[_row(weights, f"word {word}")]
            mean = [total + rarity * step for total, step in zip(mean, steps, strict=True)]
    size = math.sqrt(sumprod(mean, mean)) or 1.0
    return Evidence([(feature, row, value / length) for feature, row, value in rows], [total / size for total in mean])


def score_labels(weights: Weights, evidence: Evidence) -> dict[int, float]:
    """The score of each label, by its place; only of the likeliest topics where there are many. Zero is undecided.

    Labels that trail far behind are scored too: small shares of many emergencies add up to an alarm.
    """
    sums = [0.0] * len(weights.scale)
    columns, values, starts = weights.columns, weights.values, weights.starts
    for _, row, share in evidence.rows:
        start, end = starts[row], starts[row + 1]
        for column, value in zip(columns[start:end], values[start:end], strict=True):
            sums[column] += share * value
    found: dict[int, float] = {}
    scale, bias = weights.scale, weights.label_bias
    for label in _likely_labels(weights, sums):
        topic, aspect, own = _columns(weights, label)
        found[label] = (
            bias[label]
            + sums[topic] * scale[topic]
            + sums[aspect] * scale[aspect]
            + sums[own] * scale[own]
            + sumprod(evidence.vector, _vector(weights, label))
        )
    return found


def shares(weights: Weights, evidence: Evidence, label: int) -> dict[str, float]:
    """What each feature adds to the score of one label, for explaining; "meaning" is the share of the vector."""
    wanted = _columns(weights, label)
    added = {
        feature: sum(
            share * weights.values[at] * weights.scale[weights.columns[at]] * wanted.count(weights.columns[at])
            for at in range(weights.starts[row], weights.starts[row + 1])
        )
        for feature, row, share in evidence.rows
    }
    return {**added, "meaning": sumprod(evidence.vector, _vector(weights, label))}


def _row(weights: Weights, feature: str) -> int:
    """The feature's row, or -1."""
    key = feature_key(feature)
    row = bisect_left(weights.keys, key)
    return row if row < len(weights.keys) and weights.keys[row] == key else -1


def _likely_labels(weights: Weights, sums: Sequence[float]) -> Iterable[int]:
    topics = len(weights.topic_bias)
    if topics <= TOPICS_LOOKED_AT:
        return range(len(weights.label_bias))
    scores = [bias + total * scale for bias, total, scale in zip(weights.topic_bias, sums, weights.scale, strict=False)]
    likeliest = nlargest(TOPICS_LOOKED_AT, range(topics), key=scores.__getitem__)
    return [label for topic in likeliest for label in range(weights.topic_starts[topic], weights.topic_starts[topic + 1])]


def _columns(weights: Weights, label: int) -> list[int]:
    return weights.label_columns[3 * label : 3 * label + 3].tolist()


def _vector(weights: Weights, label: int) -> Sequence[float]:
    return weights.label_vectors[DIMENSIONS * label : DIMENSIONS * (label + 1)]


def softmax(scores: Mapping[str, float], sharpness: float) -> dict[str, float]:
    """Turn scores into confidences that add up to one; `sharpness` is learned from held-out questions."""
    top = max(scores.values())
    grown = {label: math.exp(sharpness * (score - top)) for label, score in scores.items()}
    total = sum(grown.values())
    return {label: value / total for label, value in grown.items()}
