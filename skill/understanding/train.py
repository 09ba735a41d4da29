"""Learns the weights from the knowledge's own examples. Runs at build time only: scikit-learn never ships."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.svm import LinearSVC

from skill.knowledge.model import OUTSIDE, Lesson
from skill.understanding.features import features
from skill.understanding.lexicon import Lexicon
from skill.understanding.linear import feature_key

SOFTNESS = 0.5
"""LinearSVC's C. Found with `python -m skill tune`."""

SEEN_TWICE = ("run ", "shape ")
"""Kinds of feature that have to occur in two examples: most that occur once are noise, and half of all."""

KEPT_WEIGHTS = 600_000
"""How many weights the table keeps: the largest. Each takes two bytes of the deployed package."""


class Model(NamedTuple):
    """What was learned: the labels, where their scores are, and the sparse table of `linear.Weights` as arrays."""

    labels: list[str]
    columns: list[tuple[int, int, int]]
    """for each label, the columns of its topic, its aspect and its own"""
    table: dict[str, array[Any]]


def topic_of(label: str) -> str:
    """`caffeine/signs` is about caffeine; `emergency/stroke` about an emergency."""
    return label.partition("/")[0]


def aspect_of(label: str) -> str:
    return label.partition("/")[2] or OUTSIDE


def learn(lessons: Sequence[Lesson], lexicon: Lexicon) -> Model:
    """Train one linear support vector machine each for topic, aspect and answer, one against the rest."""
    keys, counts = _count([features(lexicon, lesson.text) for lesson in lessons])
    weighting = TfidfTransformer(sublinear_tf=True).fit(counts)
    examples = weighting.transform(counts)
    wanted = [lesson.label for lesson in lessons]
    heads = [_head(examples, [named(label) for label in wanted]) for named in (topic_of, aspect_of, str)]
    table = _table(keys, weighting.idf_, np.hstack([head[1] for head in heads]), np.hstack([head[2] for head in heads]))
    topics, aspects, labels = (head[0] for head in heads)
    columns = [
        (topics.index(topic_of(label)), len(topics) + aspects.index(aspect_of(label)), len(topics) + len(aspects) + at)
        for at, label in enumerate(labels)
    ]
    return Model(labels, columns, table)


def _count(found: Sequence[Sequence[str]]) -> tuple[list[int], csr_matrix]:
    """Count each example's features; columns in the order of the features' keys."""
    examples_with = Counter(feature for example in found for feature in set(example))
    kept = {feature for feature, count in examples_with.items() if count > 1 or not feature.startswith(SEEN_TWICE)}
    keys = sorted({feature_key(feature) for feature in kept})
    column = {key: index for index, key in enumerate(keys)}
    rows = [Counter(column[feature_key(feature)] for feature in example if feature in kept) for example in found]
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter((key for row in rows for key in row), dtype=np.int32)
    values = np.fromiter((count for row in rows for count in row.values()), dtype=np.float64)
    return keys, csr_matrix((values, columns, starts), shape=(len(rows), len(keys)))


def _head(examples: csr_matrix, wanted: list[str]) -> tuple[list[str], Any, Any]:
    classes = sorted(set(wanted))
    if len(classes) == 1:
        return classes, np.zeros((examples.shape[1], 1)), np.zeros(1)
    machine = LinearSVC(C=SOFTNESS, random_state=0).fit(examples, wanted)
    weights, bias = machine.coef_.T, machine.intercept_
    if len(classes) == 2:
        # With two classes scikit-learn learns one column, for the second.
        weights, bias = np.hstack([-weights, weights]), np.hstack([-bias, bias])
    return list(machine.classes_), weights, bias


def _table(keys: list[int], rarity: Any, weights: Any, bias: Any) -> dict[str, array[Any]]:
    """Keep the largest weights, in 127 steps of each column's largest."""
    if weights.size > KEPT_WEIGHTS:
        smallest = np.partition(np.abs(weights), -KEPT_WEIGHTS, axis=None)[-KEPT_WEIGHTS]
        weights = np.where(np.abs(weights) >= smallest, weights, 0)
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
    steps = csr_matrix(np.rint(weights / scale).astype(np.int8))
    steps.eliminate_zeros()
    return {
        "keys": array("I", keys),
        "rarity": array("f", rarity),
        "starts": array("I", steps.indptr.tolist()),
        "columns": array("H", steps.indices.tolist()),
        "values": array("b", steps.data.tolist()),
        "scale": array("f", scale),
        "bias": array("f", bias),
    }
