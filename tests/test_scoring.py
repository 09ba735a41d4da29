"""Scores are added up in large numbers: they come out as a plain loop adds them, however rows are kept."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

from skill.knowledge.model import Lesson
from skill.understanding import linear, train
from skill.understanding.lanes import as_numbers, places_of, sum_of
from skill.understanding.lexicon import EMPTY, Lexicon
from skill.understanding.linear import RARITY_STEP, Scorer, Weights
from skill.understanding.reading import Reader, Tuned
from skill.understanding.vectors import WordVectors

ASPECTS = ("causes", "treatment", "danger")
RARITY = 40
OPENINGS = ("what brings on", "how do i treat", "how bad is", "tell me about")


@pytest.mark.parametrize("width", [1, 2, 7, 128])
@pytest.mark.parametrize("most", [1, 1 << 15])
def test_products_add_up(width: int, most: int) -> None:
    chance = random.Random(width)  # noqa: S311 (not for secrets)
    rows = [[chance.choice((-128, 127, chance.randint(-128, 127))) for _ in range(width)] for _ in range(64)]
    # The largest that can come about: each place at its limit, and each factor too.
    rows[:2], factors = [[-128] * width, [127] * width], [chance.choice((-most, most)) for _ in rows]
    packed = as_numbers([bytes(value & 0xFF for value in row) for row in rows])
    wanted = [sum(factor * value for factor, value in zip(factors, place, strict=True)) for place in zip(*rows, strict=True)]
    assert places_of(sum(factor * row for factor, row in zip(factors, packed, strict=True)), width) == wanted


@pytest.mark.parametrize("count", [1, 2, 9])
def test_rows_are_added_up_in_one_go(count: int) -> None:
    chance = random.Random(count)  # noqa: S311 (not for secrets)
    rows = [chance.randbytes(64) for _ in range(count)]
    assert sum_of(rows) == sum(as_numbers(rows))
    assert places_of(sum_of(rows), 64) == [sum(place) for place in zip(*(memoryview(row).cast("b") for row in rows), strict=True)]


def test_nothing_adds_up_to_nothing() -> None:
    assert places_of(sum_of([]), 3) == [0, 0, 0]


def test_a_place_goes_to_its_limits() -> None:
    lowest, highest = ((1 << 24) * number for number in as_numbers([b"\x80\0", b"\0\x7f"]))
    assert places_of(lowest + highest, 2) == [-(1 << 31), 127 << 24]


@pytest.mark.parametrize(("kind", "width"), [("B", 40), ("B", 256), ("H", 300), ("I", 70_000)])
def test_rows_are_packed_whole_or_by_column(kind: str, width: int) -> None:
    chance = random.Random(width)  # noqa: S311 (not for secrets)
    rows = [sorted(chance.sample(range(width), count)) for count in (1, 3, min(width, 256), 2)]
    values = [[chance.randint(-127, 127) for _ in row] for row in rows]
    counts = np.array([len(row) for row in rows])
    starts, table = train._packed(counts, np.concatenate(rows), np.concatenate(values), width)
    assert linear.column_type(width) == kind
    scorer = _of_table(starts, table, width)
    for row, (columns, numbers) in enumerate(zip(rows, values, strict=True)):
        wanted = [0] * width
        for column, number in zip(columns, numbers, strict=True):
            wanted[column] = number
        # Once from the table, and once as it was kept.
        for _ in range(2):
            sums, length = scorer._add_up({row: 1})
            assert (sums, length) == (wanted, RARITY_STEP * RARITY)
        sums, length = scorer._add_up({row: 3})
        assert sums == pytest.approx([(1 + math.log(3)) * number for number in wanted], rel=0.001)
        assert length == pytest.approx((1 + math.log(3)) * RARITY_STEP * RARITY, rel=0.001)


def test_features_that_are_not_known_add_nothing() -> None:
    scorer = _of_table(np.array([0, 2]), bytes(2), 2)
    assert scorer._add_up({}) == scorer._add_up({7: 1, 8: 2}) == ([0.0, 0.0], 0.0)


def test_what_is_said_over_and_over_stays_in_its_place(reader: Reader, lessons: list[Lesson]) -> None:
    words = ["headache"] * 10_000
    evidence = reader._scorer.gather(words, [])
    once = reader._scorer.gather(words[:1], [])
    assert evidence.vector_length == linear.LONGEST > once.vector_length > 1
    assert reader._scorer.scores(evidence) == pytest.approx(reader._scorer.scores(once), abs=0.01)


def _of_table(starts: Any, table: Any, width: int) -> Scorer:
    weights: dict[str, Any] = {name: [] for name in Weights._fields}
    # The keys are the rows' numbers, which all begin with the same bits.
    rows = len(starts) - 1
    weights |= {"heads": [0, rows], "keys": range(rows), "rarity": [RARITY] * rows, "scale": [1.0] * width}
    weights |= {"starts": starts.tolist(), "table": memoryview(table), "topic_starts": [0, 0]}
    return Scorer(Weights(**weights), WordVectors(), [])


@pytest.fixture(scope="module")
def lessons() -> list[Lesson]:
    """Of twelve subjects, three aspects each."""
    return [
        Lesson(f"{opening} {name} {aspect} {number}", f"{name}/{aspect}", "")
        for number, name in enumerate(
            ["ash", "birch", "cedar", "elm", "fir", "gum", "hazel", "ivy", "juniper", "larch", "maple", "oak"]
        )
        for aspect in ASPECTS
        for opening in OPENINGS
    ]


@pytest.fixture(params=["few topics", "many topics", "many lessons"])
def reader(request: pytest.FixtureRequest, lessons: list[Lesson], monkeypatch: pytest.MonkeyPatch) -> Reader:
    if request.param == "many lessons":
        monkeypatch.setattr(train, "FEW_LESSONS", len(lessons) - 1)
    if request.param == "many topics":
        for module in (linear, train):
            monkeypatch.setattr(module, "TOPICS_LOOKED_AT", 5)
    vectors = WordVectors()
    lexicon = Lexicon(EMPTY, vectors)
    model = train.learn(lessons, lexicon, vectors)
    weights: dict[str, Any] = {name: memoryview(model.weights[name]) for name in Weights._fields}
    return Reader(lexicon, vectors, model.labels, Weights(**weights), Tuned(1.0, 0.5, 0.5, 2.0))


def test_what_was_learned_is_read(reader: Reader, lessons: list[Lesson]) -> None:
    right = [max(scores, key=scores.__getitem__) == lesson.label for lesson in lessons if (scores := reader.scores(lesson.text))]
    assert all(right)


def test_shares_add_up_to_the_score(reader: Reader) -> None:
    text, label = "how do i treat elm treatment 3", "elm/treatment"
    scorer = reader._scorer
    words, tokens = reader._heard(text)
    found = reader._features(words, tokens)
    added = (
        sum(scorer.shares(scorer.gather(words, found), found, label).values())
        + scorer._weights.label_bias[scorer._labels.index(label)]
    )
    assert reader.scores(text)[label] == pytest.approx(added)


def test_where_there_are_many_topics_the_likeliest_are_scored(reader: Reader) -> None:
    topics = {label.partition("/")[0] for label in reader.scores("how bad is larch danger 9")}
    assert "larch" in topics
    assert len(topics) == (12 if linear.TOPICS_LOOKED_AT > 12 else 5)


def test_lessons_are_misheard_in_ways_that_mending_does_not_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    lexicon = Lexicon(EMPTY, WordVectors())
    lessons = [Lesson("my upper lip keeps twitching at night", "upper/causes", "")] * 30
    words = [lexicon.words(lesson.text) for lesson in lessons]
    undone = []
    for attempts in (1, 10):
        monkeypatch.setattr(train, "ATTEMPTS", attempts)
        misheard = train._misheard(lessons, words, lexicon, seed=0)
        undone.append(sum(heard == meant for heard, meant in zip(misheard, words, strict=True)))
    assert undone[0] > undone[1] == 0
    # What holds no word that could be misheard stays.
    assert train._misheard([Lesson("is it me", "a/b", "")], [["is", "it", "me"]], lexicon, seed=0) == [["is", "it", "me"]]
