"""An engine taught with labelled questions alone: no names, no synonyms, no thresholds but those it finds itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from skill.knowledge.model import OUTSIDE, Lesson
from skill.understanding.lexicon import EMPTY, Lexicon
from skill.understanding.linear import Weights
from skill.understanding.reading import EMERGENCY, Reader, Tuned, answered
from skill.understanding.train import learn
from skill.understanding.tuning import Scored, tune
from skill.understanding.vectors import WordVectors

FOLDS = 3
"""Each part of the questions is held out once, and asked of an engine taught with the others."""

UNTAUGHT = 10
"""Where no question is labelled `none`: while a part is held out, one answer in so many is not taught at all, and its
questions have to be refused."""

WRONG_ANSWER = 0.8
"""How many refusals a wrong answer weighs: where nothing is known of the subject, hardly one is worse than the other."""

UNTUNED = Tuned(sharpness=1.0, emergency_above=1.0, refuse_below=0.0, clarify_above=2.0)


def teach(questions: Sequence[tuple[str, str]], *, may_refuse: bool = True) -> Reader:
    """Build an engine from `questions` (text, answer id), with thresholds from cross-validation if it `may_refuse`."""
    lessons = [Lesson(text, f"{EMERGENCY}/{EMERGENCY}" if label == EMERGENCY else label, "") for text, label in questions]
    tuned = tune([scored for fold in range(FOLDS) for scored in _held_out(lessons, fold)], WRONG_ANSWER, standard_errors=0.0)
    if not may_refuse:
        tuned = tuned._replace(refuse_below=UNTUNED.refuse_below, clarify_above=UNTUNED.clarify_above)
    return _reader(lessons, tuned)


def answer(reader: Reader, text: str) -> tuple[str, str, float]:
    """Ask one question by itself: (answered id, likeliest candidate's id, its confidence)."""
    read = reader.read(text)
    best = read.candidates[0]
    return answered(read), _public(best.id), best.confidence


def _held_out(lessons: Sequence[Lesson], fold: int) -> Iterator[Scored]:
    labels = {lesson.label for lesson in lessons}
    answers = sorted(labels - {OUTSIDE, f"{EMERGENCY}/{EMERGENCY}"})
    untaught = set() if OUTSIDE in labels else set(answers[fold::UNTAUGHT])
    taught = [lesson for at, lesson in enumerate(lessons) if at % FOLDS != fold and lesson.label not in untaught]
    reader = _reader(taught, UNTUNED)
    for lesson in lessons[fold::FOLDS]:
        yield Scored(reader.scores(lesson.text), (OUTSIDE if lesson.label in untaught else _public(lesson.label),))


def _public(label: str) -> str:
    return EMERGENCY if label.startswith(f"{EMERGENCY}/") else label


def _reader(lessons: Sequence[Lesson], tuned: Tuned) -> Reader:
    vectors = WordVectors()
    lexicon = Lexicon(EMPTY, vectors)
    # "bells-palsy/treatment" tells in words what its questions are about.
    named = [Lesson(re.sub("[^a-z0-9]", " ", label), label, "") for label in sorted({lesson.label for lesson in lessons})]
    # Mishearing them costs half a point on questions that were typed; nobody says of a file how it came to be.
    model = learn([*lessons, *named], lexicon, vectors, is_spoken=False)
    weights: dict[str, Any] = {name: memoryview(model.weights[name]) for name in Weights._fields}
    return Reader(lexicon, vectors, model.labels, Weights(**weights), tuned)
