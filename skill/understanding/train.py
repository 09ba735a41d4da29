"""Learns the weights from the knowledge's own examples. Runs at build time only: scikit-learn never ships."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.svm import LinearSVC

from skill.knowledge.model import OUTSIDE, Lesson
from skill.understanding.features import features
from skill.understanding.lexicon import Lexicon
from skill.understanding.linear import feature_key

SOFTNESS = 1.0
"""LinearSVC's C."""

TOLERANCE = 0.1
"""LinearSVC's tol; a tenth of it takes a third longer and answers no better."""

SEEN_TWICE = ("run ", "shape ")
"""Kinds of feature that have to occur in two examples: most that occur once are noise, and half of all."""

KEPT_WEIGHTS = 1_000_000
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
    """Train linear support vector machines, one label against the rest: for the topic, the aspect and the answer."""
    keys, counts = _count([features(lexicon, lesson.text) for lesson in lessons])
    weighting = TfidfTransformer(sublinear_tf=True).fit(counts)
    examples = weighting.transform(counts)
    wanted = [lesson.label for lesson in lessons]
    labels = sorted(set(wanted))
    topics_of = Counter(aspect_of(label) for label in labels)
    # An aspect that only one label has, such as an emergency's sign, tells that label apart by itself.
    own = {label for label in labels if topics_of[aspect_of(label)] > 1}
    heads = [
        _head(examples, [topic_of(label) for label in wanted]),
        _head(examples, [aspect_of(label) for label in wanted]),
        _head(examples, wanted, own),
    ]
    names = [f"{head} {name}" for head, (classes, _, _) in zip("tal", heads, strict=True) for name in classes]
    place = {name: at for at, name in enumerate(names)}
    columns = [
        (
            place[f"t {topic_of(label)}"],
            place[f"a {aspect_of(label)}"],
            place[f"l {label}" if label in own else f"a {aspect_of(label)}"],
        )
        for label in labels
    ]
    table = _table(keys, weighting.idf_, np.hstack([head[1] for head in heads]), np.hstack([head[2] for head in heads]))
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


def _head(examples: csr_matrix, wanted: list[str], kept: Collection[str] | None = None) -> tuple[list[str], Any, Any]:
    """Learn the labels of `wanted` (only those in `kept`): (their names, a column of weights each, their biases)."""
    classes = sorted(kept if kept is not None else set(wanted))
    weights, biases = np.zeros((examples.shape[1], len(classes))), np.zeros(len(classes))
    if len(set(wanted)) > 1:
        for at, name in enumerate(classes):
            machine = LinearSVC(C=SOFTNESS, tol=TOLERANCE, random_state=0).fit(examples, [label == name for label in wanted])
            weights[:, at], biases[at] = machine.coef_[0], machine.intercept_[0]
    return classes, weights, biases


def _table(keys: list[int], rarity: Any, weights: Any, bias: Any) -> dict[str, array[Any]]:
    """Keep the largest weights, in 127 steps of each column's largest."""
    if weights.size > KEPT_WEIGHTS:
        smallest = np.partition(np.abs(weights), -KEPT_WEIGHTS, axis=None)[-KEPT_WEIGHTS]
        weights = np.where(np.abs(weights) >= smallest, weights, 0)
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
    steps = csr_matrix(np.rint(weights / scale).astype(np.int8))
    steps.eliminate_zeros()
    # A feature that kept no weight is dropped: it would only lengthen the search.
    used = np.diff(steps.indptr) > 0
    steps, rarity = steps[used], rarity[used]
    return {
        "keys": array("I", np.asarray(keys)[used].tolist()),
        "rarity": array("f", rarity),
        "starts": array("I", steps.indptr.tolist()),
        "columns": array("B" if len(bias) <= 256 else "H", steps.indices.tolist()),
        "values": array("b", steps.data.tolist()),
        "scale": array("f", scale),
        "bias": array("f", bias),
    }
