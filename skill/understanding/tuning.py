"""Finds the thresholds on held-out questions, and shows how far confidences can be trusted. A build tool."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from skill.knowledge.model import OUTSIDE
from skill.understanding.linear import softmax
from skill.understanding.reading import ANSWER, CLARIFY, EMERGENCY, Interpretation, Reader, Tuned, decide

MISSED_EMERGENCY = 3
"""How many false alarms one missed emergency weighs. Every second held-out question is an emergency or sounds like one;
in life very few are, so a false alarm weighs more there than it seems to here."""

WRONG_ANSWER = 2
"""How many refusals of a fair question one wrong answer weighs."""


HELPFUL_EITHER_OR, POINTLESS_EITHER_OR = 0.7, 2
"""What an either/or weighs in refusals, with the right answer among the two and without."""


class Scored(NamedTuple):
    """A held-out question: the score of each label, and what may be answered."""

    scores: dict[str, float]
    accept: tuple[str, ...]


class Bin(NamedTuple):
    """Held-out questions of like confidence."""

    lowest: float
    asked: int
    confidence: float
    """their mean"""
    right: float
    """the share of them that was right"""


def tune(reader: Reader, questions: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[Tuned, list[Bin]]:
    """Find the thresholds on `questions` (text, accepted ids), which must not be among those `reader` learned from."""
    scored = [Scored(reader.scores(text), accept) for text, accept in questions]
    steps = [step / 100 for step in range(1, 100)]
    sharpness = min((step / 4 for step in range(2, 60)), key=lambda sharpness: _surprise(scored, sharpness))
    tuned = Tuned(sharpness, emergency_above=1.0, refuse_below=0.0, clarify_above=2.0)
    tuned = min((tuned._replace(emergency_above=step) for step in steps), key=lambda tuned: _alarm_cost(scored, tuned))
    grid = (tuned._replace(refuse_below=low, clarify_above=high) for low in steps[9::3] for high in steps[9::5])
    tuned = min(grid, key=lambda tuned: _answer_cost(scored, tuned))
    return tuned, _reliability(scored, tuned)


def save(tuned: Tuned, path: Path) -> None:
    path.write_text(json.dumps(tuned._asdict(), indent=2) + "\n", encoding="utf-8")


def _surprise(scored: Sequence[Scored], sharpness: float) -> float:
    """The mean log loss: lowest where confidences are as sure as they are right."""
    total = 0.0
    for question in scored:
        confidences = softmax(question.scores, sharpness)
        total -= math.log(max(1e-9, sum(share for label, share in confidences.items() if _public(label) in question.accept)))
    return total / len(scored)


def _alarm_cost(scored: Sequence[Scored], tuned: Tuned) -> int:
    missed = false = 0
    for question in scored:
        alarmed = decide(question.scores, tuned).kind == EMERGENCY
        wanted = EMERGENCY in question.accept
        missed += wanted and not alarmed
        false += alarmed and not wanted
    return MISSED_EMERGENCY * missed + false


def _answer_cost(scored: Sequence[Scored], tuned: Tuned) -> float:
    cost = 0.0
    for question in scored:
        read = decide(question.scores, tuned)
        if read.kind == CLARIFY:
            cost += HELPFUL_EITHER_OR if set(read.options()) & set(question.accept) else POINTLESS_EITHER_OR
        elif (answered := _answer_id(read)) not in question.accept:
            cost += 1 if answered == OUTSIDE else WRONG_ANSWER
    return cost


def _reliability(scored: Sequence[Scored], tuned: Tuned) -> list[Bin]:
    bins: list[Bin] = []
    reads = [(decide(question.scores, tuned), question.accept) for question in scored]
    for tenth in range(10):
        inside = [(read, accept) for read, accept in reads if min(int(read.confidence * 10), 9) == tenth]
        if inside:
            mean = sum(read.confidence for read, _ in inside) / len(inside)
            right = sum(_answer_id(read) in accept for read, accept in inside) / len(inside)
            bins.append(Bin(tenth / 10, len(inside), mean, right))
    return bins


def _answer_id(read: Interpretation) -> str:
    return read.id if read.kind == ANSWER else read.kind


def _public(label: str) -> str:
    return EMERGENCY if label.startswith(f"{EMERGENCY}/") else label
