"""Scores an utterance's features with learned weights, straight from the compiled file: nothing is unpacked at start.

Three linear models share one sparse table: one reads the topic (a subject, an emergency, a command, or none), one the
aspect, one the whole answer. Their scores add up, so that a treatment question teaches every subject what treatment
sounds like.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from zlib import crc32


def feature_key(feature: str) -> int:
    """A feature's key in the table; two features of one key share its weights, about one in a million do."""
    return crc32(feature.encode())


class Weights(NamedTuple):
    """A sparse table. Row r belongs to `keys[r]` and holds `columns[starts[r]:starts[r + 1]]` with as many `values`."""

    keys: Sequence[int]
    """sorted"""
    rarity: Sequence[float]
    """inverse document frequency, by row"""
    starts: Sequence[int]
    columns: Sequence[int]
    values: Sequence[int]
    """in steps of `scale[column]`"""
    scale: Sequence[float]
    bias: Sequence[float]


def score_columns(weights: Weights, features: Sequence[str]) -> list[float]:
    """The score of every column: tf-idf with sublinear counts and unit length, times the weights."""
    present = _present(weights, features)
    length = _length(present)
    sums = [0.0] * len(weights.bias)
    for _, row, value in present:
        share = value / length
        start, end = weights.starts[row], weights.starts[row + 1]
        for column, weight in zip(weights.columns[start:end], weights.values[start:end], strict=True):
            sums[column] += share * weight
    return [bias + total * scale for bias, total, scale in zip(weights.bias, sums, weights.scale, strict=True)]


def feature_shares(weights: Weights, features: Sequence[str]) -> list[tuple[str, list[float]]]:
    """What each feature adds to every column, for explaining: the same sums as `score_columns`, taken apart."""
    present = _present(weights, features)
    length = _length(present)
    shares: list[tuple[str, list[float]]] = []
    for feature, row, value in present:
        added = [0.0] * len(weights.bias)
        for at in range(weights.starts[row], weights.starts[row + 1]):
            column = weights.columns[at]
            added[column] = value / length * weights.values[at] * weights.scale[column]
        shares.append((feature, added))
    return shares


def _present(weights: Weights, features: Sequence[str]) -> list[tuple[str, int, float]]:
    """The features that the table knows: (feature, row, tf-idf)."""
    present: list[tuple[str, int, float]] = []
    for feature, count in Counter(features).items():
        key = feature_key(feature)
        row = bisect_left(weights.keys, key)
        if row < len(weights.keys) and weights.keys[row] == key:
            present.append((feature, row, (1 + math.log(count)) * weights.rarity[row]))
    return present


def _length(present: Sequence[tuple[str, int, float]]) -> float:
    return math.sqrt(sum(value * value for _, _, value in present)) or 1.0


def softmax(scores: Mapping[str, float], sharpness: float) -> dict[str, float]:
    """Turn scores into confidences that add up to one; `sharpness` is learned from held-out questions."""
    top = max(scores.values())
    grown = {label: math.exp(sharpness * (score - top)) for label, score in scores.items()}
    total = sum(grown.values())
    return {label: value / total for label, value in grown.items()}
