"""Learns the weights from the knowledge's own examples. Runs at build time only: scikit-learn never ships."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfTransformer

from skill.knowledge.model import OUTSIDE, Lesson
from skill.normalize import normalize
from skill.understanding.features import features
from skill.understanding.lanes import SIZE, as_numbers
from skill.understanding.lexicon import Lexicon
from skill.understanding.linear import HEAD_BITS, RARITY_STEP, TOPICS_LOOKED_AT, column_type, feature_key
from skill.understanding.machines import Machine, train_machines
from skill.understanding.noise import Mishearing
from skill.understanding.vectors import DIMENSIONS, WordVectors

MISHEARINGS = 2
"""In how many ways each lesson is learned as it may be misheard. With the second, fewer misheard questions are lost; it makes
learning three fifths longer and the file a tenth larger (see `CONTRIBUTING.md`)."""

ATTEMPTS = 2
"""How often a lesson is misheard until it differs, as what is split or joined may be mended: with five, all differ, and what was
not misheard is understood a little less."""

KEPT_WEIGHTS = 1_000_000
"""How many weights the table keeps: the largest. Each takes two bytes of the deployed package."""

FEWEST_WEIGHTS = 60
"""How many a column may keep at least, where there are many thousands of columns."""

MOST_COLUMNS = 256
"""How many columns a feature may speak for: one that speaks for more tells them apart no more, and costs time."""

WHOLE_ABOVE = 6
"""A row is kept whole where it speaks for more than a sixth of the columns: it takes more room and less time. Columns and
bytes of another row are always fewer than a whole one's."""


class Recipe(NamedTuple):
    """What is weighed differently where there is little to learn from."""

    fewest: int
    """in how many examples a feature has to occur, unless it is a word; each lesson is learned from two or three times"""
    vector: float
    """the length of an example's vector beside that of its features, which is one"""
    own: float
    """what an answer's own machine adds to the score beside those of its topic and its aspect"""
    run_on: bool
    """whether letter runs go on from one word to the next: half as many again to look up"""


MANY = Recipe(fewest=3, vector=0.5, own=1.0, run_on=False)

FEW_LESSONS = 2_500

FEW = Recipe(fewest=1, vector=1.0, own=0.25, run_on=True)
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

    Where questions are spoken, each lesson is learned from as it was written and, as often as `MISHEARINGS` says, as a
    recogniser may mishear it; else twice as it was written.
    """
    heard = [lexicon.words(lesson.text) for lesson in lessons]
    copies = [_misheard(lessons, heard, lexicon, seed) for seed in range(MISHEARINGS)] if is_spoken else [heard]
    words = [*heard, *chain.from_iterable(copies)]
    wanted = [lesson.label for lesson in lessons] * (1 + len(copies))
    labels = sorted(set(wanted), key=lambda label: (topic_of(label), label))
    recipe = MANY if len(lessons) > FEW_LESSONS else FEW
    keys, counts = _count(words, lexicon, recipe)
    weighting = TfidfTransformer(sublinear_tf=True).fit(counts)
    # As the table holds it, so that an example weighs what a question will.
    steps = np.minimum(np.rint(weighting.idf_ / RARITY_STEP), 255).astype(np.uint8)
    weighting.idf_ = steps * RARITY_STEP
    examples = hstack([weighting.transform(counts), csr_matrix(recipe.vector * _meanings(words, vectors))], "csr")
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
    topic_starts = np.searchsorted([topic_of(label) for label in labels], [*topics, "\uffff"]).tolist()
    means = recipe.vector * np.array([sum(machines[column].vector for column in three) for three in columns])
    return Model(
        labels,
        {
            **_table(keys, steps, machines),
            **_meaning_table(means, topic_starts),
            "topic_bias": array("f", [machines[column].bias for column in topics.values()]),
            "topic_starts": array("I", topic_starts),
            "label_columns": array("I", [column for three in columns for column in three]),
            "label_bias": array("f", [sum(machines[column].bias for column in three) for three in columns]),
            "run_on": array("B", [recipe.run_on]),
        },
    )


def _misheard(lessons: Sequence[Lesson], words: Sequence[Sequence[str]], lexicon: Lexicon, seed: int) -> list[list[str]]:
    """The words of each lesson as they may be misheard, and come out different from `words` although the lexicon mends some."""
    mishearing, misheard = Mishearing(seed), []
    for lesson, meant in zip(lessons, words, strict=True):
        heard = (lexicon.words(mishearing.of(normalize(lesson.text))) for _ in range(ATTEMPTS))
        misheard.append(next((each for each in heard if each != meant), list(meant)))
    return misheard


def _columns(members: dict[bytes, int], wanted: Sequence[str], name_of: Callable[[str], str]) -> dict[str, int]:
    """Give each name, in order, a column for the examples it is wanted in; what has the same examples shares a column."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, label in enumerate(wanted):
        rows[name_of(label)].append(row)
    return {name: members.setdefault(np.array(rows[name], dtype=np.int32).tobytes(), len(members)) for name in sorted(rows)}


def _count(words: Sequence[Sequence[str]], lexicon: Lexicon, recipe: Recipe) -> tuple[Any, csr_matrix]:
    """Count the features of each example: (their keys, sorted, and a row of counts for each example)."""
    # As keys and not as texts: of a large knowledge they fill memory.
    found, lengths = array("I"), []
    for each in words:
        before = len(found)
        found.extend(map(feature_key, features(each, lexicon.tokens(each), run_on=recipe.run_on)))
        lengths.append(len(found) - before)
    keys, columns = np.unique(np.frombuffer(found, dtype=np.uint32), return_inverse=True)
    rows = np.repeat(np.arange(len(words)), lengths)
    counts = csr_matrix((np.ones(len(columns)), (rows, columns)), shape=(len(words), len(keys)))
    word_keys = [feature_key(f"word {word}") for word in sorted({word for each in words for word in each})]
    kept = (np.bincount(counts.indices, minlength=len(keys)) >= recipe.fewest) | np.isin(keys, word_keys)
    return keys[kept], counts[:, kept]


def _meanings(words: Sequence[Sequence[str]], vectors: WordVectors) -> Any:
    """The vector of each example, as `linear.gather` makes it."""
    place: dict[str, int] = {}
    columns = [place.setdefault(word, len(place)) for each in words for word in each]
    of_words = np.zeros((len(place), DIMENSIONS), dtype=np.float32)
    for word, at in place.items():
        if (steps := vectors.of(word)) is not None:
            of_words[at] = steps
    rows = np.repeat(np.arange(len(words)), [len(each) for each in words])
    sums = csr_matrix((np.ones(len(columns), dtype=np.float32), (rows, columns)), shape=(len(words), len(place))) @ of_words
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return sums / np.where(lengths == 0, 1, lengths)


def _table(keys: Any, rarity: Any, machines: Sequence[Machine]) -> dict[str, array[Any]]:
    """Keep the largest weights of all, in 127 steps of each column's largest; `rarity` in steps."""
    rows = np.concatenate([machine.places for machine in machines])
    values = np.concatenate([machine.values for machine in machines])
    columns = np.repeat(np.arange(len(machines)), [len(machine.values) for machine in machines])
    largest = max(KEPT_WEIGHTS, FEWEST_WEIGHTS * len(machines))
    if len(values) > largest:
        kept = np.sort(np.argpartition(-np.abs(values), largest)[:largest])
        values, rows, columns = values[kept], rows[kept], columns[kept]
    # What the feature adds, seen once.
    values = values * rarity[rows] * RARITY_STEP
    scale = np.full(len(machines), 1e-9)
    np.maximum.at(scale, columns, np.abs(values) / 127)
    steps = np.rint(values / scale[columns]).astype(np.int8)
    # By row, the strongest first, as far as a row may go.
    order = np.lexsort((columns, -np.abs(values), rows))
    rank = np.arange(len(order)) - np.searchsorted(rows[order], rows[order])
    order = order[(steps[order] != 0) & (rank < MOST_COLUMNS)]
    # A feature that kept no weight is dropped: it would only lengthen the search.
    used, counts = np.unique(rows[order], return_counts=True)
    starts, table = _packed(counts, columns[order], steps[order], len(machines))
    heads = np.searchsorted(keys[used] >> (32 - HEAD_BITS), np.arange((1 << HEAD_BITS) + 1))
    return {
        "heads": array("I", heads.tolist()),
        "keys": array("I", keys[used].tolist()),
        "rarity": array("B", rarity[used].tolist()),
        "starts": array("I", starts.tolist()),
        "table": array("b", table.tobytes()),
        "scale": array("f", scale),
    }


def _packed(counts: Any, columns: Any, values: Any, width: int) -> tuple[Any, Any]:
    """The starts and the bytes of rows that hold so many values each, one row after the other."""
    kind = column_type(width)
    size = array(kind).itemsize
    is_whole = counts * WHOLE_ABOVE > width
    lengths = np.where(is_whole, width, counts * (1 + size))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    table = np.zeros(starts[-1], dtype=np.int8)
    row = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    at = starts[row] + np.where(is_whole[row], columns, counts[row] * size + place)
    table[at] = values
    pairs = np.flatnonzero(~is_whole[row])
    numbers = columns[pairs].astype(kind).view(np.int8).reshape(-1, size)
    for byte in range(size):
        table[starts[row[pairs]] + place[pairs] * size + byte] = numbers[:, byte]
    return starts, table


def _meaning_table(means: Any, topic_starts: Sequence[int]) -> dict[str, array[Any]]:
    """The vectors of all labels, a block after the other, in 127 steps of the largest number."""
    scale = max(float(np.abs(means).max()) / 127, 1e-9)
    steps = np.rint(means / scale).astype(np.int8)
    blocks = [steps] if len(topic_starts) - 1 <= TOPICS_LOOKED_AT else np.split(steps, topic_starts[1:-1])
    numbers = b"".join(
        number.to_bytes(SIZE * len(block), "little", signed=True)
        for block in blocks
        for number in as_numbers([row.tobytes() for row in block.T])
    )
    return {"label_vectors": array("I", numbers), "vector_scale": array("f", [scale])}
