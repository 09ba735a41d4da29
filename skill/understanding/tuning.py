"""Finds the thresholds on held-out questions. A build tool."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, pstdev
from typing import NamedTuple

from skill.knowledge.model import OUTSIDE
from skill.understanding.linear import softmax
from skill.understanding.reading import CLARIFY, EMERGENCY, UNKNOWN, Candidate, Tuned, answered, choose, rank

MISSED_EMERGENCY = 100
"""How many false alarms one missed emergency weighs."""

EMERGENCIES = 0.01
"""How much of what is said to the skill in life is taken to be an emergency: of held-out questions far more are."""

WRONG_ANSWER = 2
"""How many refusals of a fair question one wrong answer weighs."""

NEARLY = 0.003
"""What cost an utterance is no difference between alarms: 1,850 held-out questions tell the share of false ones no better, and
the very best alarm jumps with a few more examples."""

HELPFUL_EITHER_OR, POINTLESS_EITHER_OR = 0.7, 2
"""What an either/or weighs in refusals, with the right answer among the two and without."""


class Scored(NamedTuple):
    """A held-out question: the score of each label, and what may be answered."""

    scores: dict[str, float]
    accept: tuple[str, ...]


class Ranked(NamedTuple):
    """A held-out question's candidates, at one sharpness."""

    candidates: Sequence[Candidate]
    accept: tuple[str, ...]


def tune(scored: Sequence[Scored], wrong_answer: float = WRONG_ANSWER, standard_errors: float = 1.0) -> Tuned:
    """Find the thresholds on questions that the engine which scored them has not learned from.

    Of alarms that cost nearly least the one is taken that goes off first, as the safest. Of thresholds of answers whose cost is
    within so many `standard_errors` of the lowest (one, after Breiman et al., Classification and Regression Trees, 1984),
    those next to (and, for answers, above) what would cost least if every confidence were as sure as it is right. So a few
    more examples, which make others do best by a hair, move nothing.
    """
    tuned = Tuned(1.0, emergency_above=1.0, refuse_below=0.0, clarify_above=2.0)
    # An engine that has learned nothing of what is outside refuses by its thresholds alone: they tell better there.
    unknown = [-9.0, *(-step / 5 for step in range(1, 13))] if any(OUTSIDE in question.scores for question in scored) else []
    for _ in range(2):
        for name, some in (("sharpness", [step / 4 for step in range(4, 50)]), ("unknown", unknown or [tuned.unknown])):
            tried = [tuned._replace(**{name: value}) for value in some]
            tuned = min(tried, key=lambda tuned: _surprise(scored, tuned))
    ranked = [Ranked(rank(question.scores, tuned), question.accept) for question in scored]
    steps = [step / 100 for step in range(1, 100)]
    if any(EMERGENCY in question.accept for question in scored):
        tried = [tuned._replace(emergency_above=step) for step in steps]
        tuned = _nearly_best(tried, NEARLY, lambda tuned: _alarm_cost(ranked, tuned))[0]
    # The two lean on each other: only what is refused is looked at for an either/or.
    tried = [tuned._replace(refuse_below=refuse, clarify_above=clarify) for refuse in steps[1::4] for clarify in steps[9::10]]
    costs = {tuned: _answer_costs(ranked, tuned, wrong_answer) for tuned in tried}
    best = min(costs.values(), key=fmean)
    good = _nearly_best(tried, standard_errors * pstdev(best) / math.sqrt(len(best)), lambda tuned: fmean(costs[tuned]))
    # Of a confidence p an answer costs (1 - p) * wrong_answer, a refusal one; and so of an either/or. Where both cost the same,
    # to be unsure is better than to be wrong.
    refuse = max(0.0, 1 - 1 / wrong_answer)
    clarify = (POINTLESS_EITHER_OR - 1) / (POINTLESS_EITHER_OR - HELPFUL_EITHER_OR)
    safe = [tuned for tuned in good if tuned.refuse_below > refuse] or good
    return min(safe, key=lambda tuned: abs(tuned.refuse_below - refuse) + abs(tuned.clarify_above - clarify))


def save(tuned: Tuned, path: Path) -> None:
    path.write_text(json.dumps(tuned._asdict(), indent=2) + "\n", encoding="utf-8")


def _surprise(scored: Sequence[Scored], tuned: Tuned) -> float:
    """The mean log loss: lowest where confidences are as sure as they are right."""
    total = 0.0
    for question in scored:
        confidences = softmax({**question.scores, UNKNOWN: tuned.unknown}, tuned.sharpness)
        total -= math.log(max(1e-9, sum(share for label, share in confidences.items() if _public(label) in question.accept)))
    return total / len(scored)


def _nearly_best(tried: Sequence[Tuned], nearly: float, cost: Callable[[Tuned], float]) -> list[Tuned]:
    """Those whose mean cost is `nearly` the lowest, in their order."""
    costs = list(map(cost, tried))
    return [tuned for tuned, each in zip(tried, costs, strict=True) if each <= min(costs) + nearly]


def _alarm_cost(ranked: Sequence[Ranked], tuned: Tuned) -> float:
    """The mean cost of an utterance in life, where emergencies are rare."""
    missed: list[bool] = []
    false: list[bool] = []
    for question in ranked:
        alarmed = choose(question.candidates, tuned).kind == EMERGENCY
        if EMERGENCY in question.accept:
            missed.append(not alarmed)
        else:
            false.append(alarmed)
    return MISSED_EMERGENCY * EMERGENCIES * _share(missed) + (1 - EMERGENCIES) * _share(false)


def _answer_costs(ranked: Sequence[Ranked], tuned: Tuned, wrong_answer: float) -> list[float]:
    """The cost of each question."""
    costs: list[float] = []
    for question in ranked:
        read = choose(question.candidates, tuned)
        if read.kind == CLARIFY:
            costs.append(HELPFUL_EITHER_OR if set(read.options()) & set(question.accept) else POINTLESS_EITHER_OR)
        elif (answer_id := answered(read)) in question.accept:
            costs.append(0)
        else:
            costs.append(1 if answer_id == OUTSIDE else wrong_answer)
    return costs


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else 0.0


def _public(label: str) -> str:
    return EMERGENCY if label.startswith(f"{EMERGENCY}/") else label or OUTSIDE
