"""Thresholds from held-out questions, among those that do nearly best."""

from __future__ import annotations

import pytest

from skill.understanding.reading import ANSWER, EMERGENCY, Tuned, choose, rank
from skill.understanding.tuning import Ranked, Scored, _alarm_cost, _nearly_best, tune

ANY = Tuned(1.0, emergency_above=0.5, refuse_below=0.5, clarify_above=0.5)

SURE = {"a/signs": 1.0, "b/signs": -1.0, "none": -1.0, "emergency/stroke": -1.0}
ALARMING = {"a/signs": -1.0, "b/signs": -1.0, "none": -1.0, "emergency/stroke": 1.0}
OUTSIDE = {"a/signs": -0.4, "b/signs": -1.0, "none": 0.4, "emergency/stroke": -1.0}

HELD_OUT = [
    *[Scored(SURE, ("a/signs",))] * 8,
    *[Scored(ALARMING, ("emergency",))] * 4,
    *[Scored(OUTSIDE, ("none",))] * 4,
]


def test_those_that_cost_nearly_as_little_are_as_good() -> None:
    tried = [ANY._replace(refuse_below=threshold) for threshold in (0.9, 0.7, 0.5, 0.3, 0.1)]
    costs = dict(zip(tried, (0.2, 0.21, 0.22, 0.4, 0.3), strict=True))
    for nearly, good in ((0.0, tried[:1]), (0.025, tried[:3]), (0.5, tried)):
        assert _nearly_best(tried, nearly, costs.__getitem__) == good


def test_what_is_told_apart_well_is_read_right() -> None:
    tuned = tune(HELD_OUT)
    read = [choose(rank(question.scores, tuned), tuned).kind for question in HELD_OUT]
    assert read == [ANSWER] * 8 + [EMERGENCY] * 4 + ["none"] * 4


@pytest.mark.parametrize(("wrong_answer", "refuse_below"), [(0.8, 0.02), (2.0, 0.54), (4.0, 0.78)])
def test_of_thresholds_as_good_those_are_taken_that_sure_confidences_would_ask_for(
    wrong_answer: float, refuse_below: float
) -> None:
    tuned = tune(HELD_OUT, wrong_answer)
    # What is outside has its own label here, and what is known is sure: anything between does as well.
    assert (tuned.refuse_below, tuned.clarify_above) == (refuse_below, 0.8)


@pytest.mark.parametrize(("right", "kind"), [(1, "none"), (3, ANSWER)])
def test_how_often_a_confidence_is_right_moves_the_threshold(right: int, kind: str) -> None:
    doubtful = {"a/signs": 0.4, "b/signs": -1.0, "none": 0.0, "emergency/stroke": -2.0}
    asked = [Scored(doubtful, ("a/signs" if at < right else "b/signs",)) for at in range(4)]
    tuned = tune([*HELD_OUT, *asked * 4], wrong_answer=2.0)
    assert choose(rank(doubtful, tuned), tuned).kind == kind
    assert choose(rank(SURE, tuned), tuned).kind == ANSWER


def test_a_threshold_lies_well_between_what_it_tells_apart_and_of_alarms_the_lowest_is_taken() -> None:
    tuned = tune(HELD_OUT)
    certain = rank(SURE, tuned)[0].confidence
    best_outside = max(each.confidence for each in rank(OUTSIDE, tuned) if each.id != "none")
    assert tuned.refuse_below == pytest.approx((certain + best_outside) / 2, abs=0.3)
    assert best_outside + 0.05 < tuned.refuse_below < certain - 0.05
    # Nothing calm is anywhere near an alarm, so the lowest threshold raises no false one.
    assert tuned.emergency_above == 0.01


def test_one_missed_emergency_outweighs_some_false_alarms() -> None:
    doubtful = {"a/signs": 0.2, "b/signs": -1.0, "none": -1.0, "emergency/stroke": 0.0}
    held_out = [*HELD_OUT, Scored(doubtful, ("emergency",)), *[Scored(doubtful, ("a/signs",))] * 3]
    tuned = tune(held_out)
    assert choose(rank(doubtful, tuned), tuned).kind == EMERGENCY


def test_how_many_emergencies_were_held_out_changes_no_cost() -> None:
    doubtful = {"a/signs": 0.6, "b/signs": -1.0, "none": -1.0, "emergency/stroke": 0.0}
    calm = [(SURE, "a/signs"), (doubtful, "a/signs")]
    emergencies = [(ALARMING, "emergency"), (doubtful, "emergency")]
    for above in (0.01, 0.9):
        tuned = ANY._replace(emergency_above=above)
        costs = [
            _alarm_cost([Ranked(rank(scores, tuned), (accept,)) for scores, accept in [*calm, *emergencies * times]], tuned)
            for times in (1, 10)
        ]
        assert costs[0] == pytest.approx(costs[1])
        assert costs[0] > 0
