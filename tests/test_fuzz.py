"""Hostile input, drawn by Hypothesis: a while in every run, and as long as one likes with `make fuzz`."""

from __future__ import annotations

import fuzzing
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skill.adapters.local import LocalSkill
from skill.adapters.reloading import LiveSkill
from skill.places import KNOWLEDGE

# Nothing is kept between runs, and no time is measured but the processor's: other work on the machine is no failure.
FOR_A_WHILE = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))

CHANCES = st.randoms(use_true_random=False)


@pytest.fixture(scope="module")
def doors(skill: LocalSkill) -> fuzzing.Doors:
    assert skill.app.problems == ()
    return fuzzing.Doors(LiveSkill(KNOWLEDGE))


@pytest.fixture(scope="module")
def loader(tmp_path_factory: pytest.TempPathFactory) -> fuzzing.Loader:
    return fuzzing.Loader(tmp_path_factory.mktemp("fuzzed"))


@settings(FOR_A_WHILE, max_examples=2_000)
@given(chance=CHANCES)
def test_both_doors_survive_whatever_comes_in(doors: fuzzing.Doors, chance: fuzzing.Chance) -> None:
    doors.try_one(chance)


@settings(FOR_A_WHILE, max_examples=300)
@given(chance=CHANCES)
def test_the_loader_survives_whatever_is_written(loader: fuzzing.Loader, chance: fuzzing.Chance) -> None:
    loader.try_one(chance)


def test_the_fuzzer_reaches_what_it_is_for(doors: fuzzing.Doors, loader: fuzzing.Loader) -> None:
    for number in range(300):
        doors.try_one(fuzzing.Chance(number))
    for number in range(40):
        loader.try_one(fuzzing.Chance(number))
    assert doors.statuses[200] > 100
    assert doors.statuses[400] > 50
    assert min(loader.found["sound"], loader.found["told"]) > 5


def test_the_fuzzer_sees_what_must_not_come_back(doors: fuzzing.Doors) -> None:
    said = {"outputSpeech": {"ssml": f"<speak>{fuzzing.CANARY}</speak>"}, "shouldEndSession": True}
    event = {"request": {"type": "LaunchRequest"}}
    with pytest.raises(AssertionError):
        fuzzing.check_response({"version": "1.0", "response": said}, event)
    with pytest.raises(fuzzing.ElementTree.ParseError):
        fuzzing.check_ssml("<speak>Tom & Jerry</speak>")
