"""Learns the weights from the knowledge's own examples. Runs at build time only: scikit-learn never ships."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfTransformer

from skill.knowledge.model import OUTSIDE, Lesson
from skill.normalize import normalize
from skill.understanding.features import features
from skill.understanding.lexicon import Lexicon
from skill.understanding.linear import feature_key
from skill.understanding.machines import Machine, train_machines
from skill.understanding.noise import Mishearing
from skill.understanding.vectors import DIMENSIONS, WordVectors

KEPT_WEIGHTS = 1_000_000
"""How many weights the table keeps: the largest. Each takes two bytes of the deployed package."""

FEWEST_WEIGHTS = 60
"""How many a column may keep at least, where there are many thousands of columns."""

MOST_COLUMNS = 256
"""How many columns a feature may speak for: one that speaks for more tells them apart no more, and costs time."""


class Recipe(NamedTuple):
    """What is weighed differently where there is little to learn from."""

    fewest: int
    """in how many examples a feature has to occur, unless it is a word; each lesson is learned from twice"""
    vector: float
    """the length of an example's vector beside that of its features, which is one"""
    own: float
    """what an answer's own machine adds to the score beside those of its topic and its aspect"""


MANY = Recipe(fewest=3, vector=0.5, own=1.0)

FEW_LESSONS = 2_500

FEW = Recipe(fewest=1, vector=1.0, own=0.25)
"""Of no more than `FEW_LESSONS` every trace counts, words are often new and only their meaning is known, and an answer has
but a handful where its topic and its aspect have dozens."""


class Model(NamedTuple):
    """What was learned: the labels, sorted by topic, and the fields of `linear.Weights` as arrays."""

    labels: list[str]
    weights: dict[str, array[Any]]


def topic_of(label: str) -> str:
    """`caffeine/signs` is about caffeine; `emergency/stroke` about an emergency."""
    return label.partition("/")[0]


def aspect_of(label: str) -> str:
    return label.partition("/")[2] or OUTSIDE


def learn(lessons: Sequence[Lesson], lexicon: Lexicon, vectors: WordVectors, *, is_spoken: bool = True) -> Model:
    """Train linear support vector machines, one against the rest: for each topic, each aspect and each answer.

    Each lesson is learned from twice, the second time as a recogniser may mishear it where questions are spoken.
    """
    wanted = [lesson.label for lesson in lessons] * 2
    labels = sorted(set(wanted), key=lambda label: (topic_of(label), label))
    texts = [normalize(lesson.text) for lesson in lessons]
    words = [lexicon.words(text) for text in [*texts, *(map(Mishearing(seed=0).of, texts) if is_spoken else texts)]]
    recipe = MANY if len(lessons) > FEW_LESSONS else FEW
    keys, counts = _count(words, lexicon, recipe.fewest)
    weighting = TfidfTransformer(sublinear_tf=True).fit(counts)
    rarity = weighting.idf_
    meanings = _meanings(words, dict(zip(keys.tolist(), rarity, strict=True)), vectors)
    examples = hstack([weighting.transform(counts), csr_matrix(recipe.vector * meanings)], "csr")
    unseen = np.log1p(len(words)) + 1
    members: dict[bytes, int] = {}
    topics, aspects, own = (_columns(members, wanted, name_of) for name_of in (topic_of, aspect_of, str))
    groups = [np.frombuffer(rows, dtype=np.int32) for rows in members]
    shared = {*topics.values(), *aspects.values()}
    siblings = {own[label]: groups[topics[topic_of(label)]] for label in labels if own[label] not in shared}
    kept = max(FEWEST_WEIGHTS, 4 * KEPT_WEIGHTS // len(groups))
    machines = [
        each if column in shared else each.scaled(recipe.own)
        for column, each in enumerate(train_machines(examples, groups, siblings, kept))
    ]
    columns = [(topics[topic_of(label)], aspects[aspect_of(label)], own[label]) for label in labels]
    return Model(
        labels,
        {
            **_table(keys, np.append(rarity, unseen), machines),
            "topic_bias": array("f", [machines[column].bias for column in topics.values()]),
            "topic_starts": array("I", np.searchsorted([topic_of(label) for label in labels], [*topics, "\uffff"]).tolist()),
            "label_columns": array("I", [column for three in columns for column in three]),
            "label_bias": array("f", [sum(machines[column].bias for column in three) for three in columns]),
            "label_vectors": array(
                "f", np.ravel([recipe.vector * sum(machines[column].vector for column in three) for three in columns])
            ),
        },
    )


def _columns(members: dict[bytes, int], wanted: Sequence[str], name_of: Callable[[str], str]) -> dict[str, int]:
    """Give each name, in order, a column for the examples it is wanted in; what has the same examples shares a column."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, label in enumerate(wanted):
        rows[name_of(label)].append(row)
    return {name: members.setdefault(np.array(rows[name], dtype=np.int32).tobytes(), len(members)) for name in sorted(rows)}


def _count(words: Sequence[Sequence[str]], lexicon: Lexicon, fewest: int) -> tuple[Any, csr_matrix]:
    """Count the features of each example: (their keys, sorted, and a row of counts for each example)."""
    # As keys and not as texts: of a large knowledge they fill memory.
    found, lengths = array("I"), []
    for each in words:
        before = len(found)
        found.extend(map(feature_key, features(lexicon, each)))
        lengths.append(len(found) - before)
    keys, columns = np.unique(np.frombuffer(found, dtype=np.uint32), return_inverse=True)
    rows = np.repeat(np.arange(len(words)), lengths)
    counts = csr_matrix((np.ones(len(columns)), (rows, columns)), shape=(len(words), len(keys)))
    word_keys = [feature_key(f"word {word}") for word in sorted({word for each in words for word in each})]
    kept = (np.bincount(counts.indices, minlength=len(keys)) >= fewest) | np.isin(keys, word_keys)
    return keys[kept], counts[:, kept]


def _meanings(words: Sequence[Sequence[str]], rarity: dict[int, float], vectors: WordVectors) -> Any:
    """The vector of each example, as `linear.gather` makes it."""
    place: dict[str, int] = {}
    columns = [place.setdefault(word, len(place)) for each in words for word in each]
    weighted = np.zeros((len(place), DIMENSIONS), dtype=np.float32)
    for word, at in place.items():
        if (steps := vectors.of(word)) is not None:
            weighted[at] = np.array(steps) * rarity[feature_key(f"word {word}")]
    rows = np.repeat(np.arange(len(words)), [len(each) for each in words])
    sums = csr_matrix((np.ones(len(columns), dtype=np.float32), (rows, columns)), shape=(len(words), len(place))) @ weighted
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return sums / np.where(lengths == 0, 1, lengths)


def _table(keys: Any, rarity: Any, machines: Sequence[Machine]) -> dict[str, array[Any]]:
    """Keep the largest weights of all, in 127 steps of each column's largest."""
    values = np.concatenate([machine.values for machine in machines])
    rows = np.concatenate([machine.places for machine in machines])
    columns = np.repeat(np.arange(len(machines)), [len(machine.values) for machine in machines])
    largest = max(KEPT_WEIGHTS, FEWEST_WEIGHTS * len(machines))
    if len(values) > largest:
        kept = np.sort(np.argpartition(-np.abs(values), largest)[:largest])
        values, rows, columns = values[kept], rows[kept], columns[kept]
    scale = np.full(len(machines), 1e-9)
    np.maximum.at(scale, columns, np.abs(values) / 127)
    steps = np.rint(values / scale[columns]).astype(np.int8)
    # By row, the strongest first, as far as a row may go.
    order = np.lexsort((columns, -np.abs(values), rows))
    rank = np.arange(len(order)) - np.searchsorted(rows[order], rows[order])
    order = order[(steps[order] != 0) & (rank < MOST_COLUMNS)]
    # A feature that kept no weight is dropped: it would only lengthen the search.
    used, starts = np.unique(rows[order], return_index=True)
    return {
        "keys": array("I", keys[used].tolist()),
        "rarity": array("f", [*rarity[used], rarity[-1]]),
        "starts": array("I", [*starts.tolist(), len(order)]),
        "columns": array("B" if len(machines) <= 256 else "H" if len(machines) <= 65_536 else "I", columns[order].tolist()),
        "values": array("b", steps[order].tolist()),
        "scale": array("f", scale),
    }
