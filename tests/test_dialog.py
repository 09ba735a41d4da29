"""The conversation, turn by turn, through the handler that Lambda runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from skill.adapters.local import LocalSkill
from skill.current import build_path
from skill.dialog import Dialog
from skill.turns import Session

CONVERSATIONS = {
    "yes takes what was offered": [
        ("why does my upper lip keep jumping", "lip-twitching/upper-lip"),
        ("yes", "lip-twitching/relief"),
    ],
    "no declines and keeps listening": [("tell me about caffeine", "caffeine/overview"), ("no", "none"), ("stop", "stop")],
    "more gives the second part, once": [
        ("tell me about bell's palsy", "bells-palsy/overview"),
        ("more", "more"),
        ("more", "more"),
    ],
    "repeat says it again": [("tell me about stress", "stress/overview"), ("repeat that", "repeat"), ("repeat", "repeat")],
    "repeat with nothing said": [("repeat", "repeat")],
    "a follow-up is about the last subject": [
        ("tell me about hemifacial spasm", "hemifacial-spasm/overview"),
        ("what are the symptoms", "hemifacial-spasm/signs"),
        ("how do they treat it", "hemifacial-spasm/treatment"),
    ],
    "what a cause has no answer for is asked of the symptom": [
        ("tell me about caffeine", "caffeine/overview"),
        ("should i see a doctor", "lip-twitching/seriousness"),
    ],
    "another subject is asked about in the same way": [
        ("how is tourette's treated", "tourettes/treatment"),
        ("and parkinson's", "parkinsons/treatment"),
        ("what about low potassium", "potassium/treatment"),
    ],
    "a new subject wins over the last": [
        ("what are the symptoms of low potassium", "potassium/signs"),
        ("can tiredness make my lip twitch", "fatigue/overview"),
    ],
    "an emergency interrupts": [
        ("tell me about seizures", "seizures/overview"),
        ("she is having one now and won't wake up", "emergency"),
    ],
    "start over welcomes again": [("tell me about caffeine", "caffeine/overview"), ("start over", "launch")],
    "help at any time": [
        ("tell me about caffeine", "caffeine/overview"),
        ("help", "help"),
        ("tell me about stress", "stress/overview"),
    ],
    "out of scope does not lose the thread": [
        ("tell me about caffeine", "caffeine/overview"),
        ("what's the weather tomorrow", "none"),
        ("what are the signs", "caffeine/signs"),
    ],
}


@pytest.mark.parametrize("turns", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
def test_a_conversation_goes_as_it_should(skill: LocalSkill, turns: list[tuple[str, str]]) -> None:
    assert [each.id for each in skill.ask_all([said for said, _ in turns])] == [answer_id for _, answer_id in turns]


def test_repeat_says_exactly_what_was_said(skill: LocalSkill) -> None:
    device = skill.device()
    first = skill.say(device, "tell me about stress").heard
    again = skill.say(device, "repeat that").heard
    assert (again.speech, again.reprompt, again.card) == (first.speech, first.reprompt, first.card)


def test_the_disclaimer_is_said_once_in_a_session(skill: LocalSkill) -> None:
    disclaimer = skill.app.knowledge.phrases.disclaimer
    device = skill.device()
    heard = [skill.say(device, said).heard.speech for said in ("tell me about stress", "tell me about caffeine", "yes")]
    assert [disclaimer in speech for speech in heard] == [True, False, False]


def test_no_emergency_waits_for_the_disclaimer(skill: LocalSkill) -> None:
    heard = skill.say(skill.device(), "my face is drooping and i can't speak").heard
    assert heard.speech.startswith("Call 911 now.")
    assert skill.app.knowledge.phrases.disclaimer not in heard.speech
    assert not heard.session_open


@pytest.mark.parametrize(
    ("said", "place"), [("the first one", 0), ("number two", 1), ("the second", 1), ("the latter please", 1), ("the former", 0)]
)
def test_an_either_or_is_chosen_by_place(skill: LocalSkill, said: str, place: int) -> None:
    options = ["caffeine/signs", "stress/signs"]
    device = skill.device(attributes={"options": options, "last": {"kind": "clarify", "id": "clarify"}})
    assert skill.say(device, said.removesuffix(" please")).answer_id == options[place]


def test_an_either_or_is_chosen_by_a_word_of_its_label(skill: LocalSkill) -> None:
    options = ["lip-twitching/upper-lip", "lip-twitching/lower-lip"]
    device = skill.device(attributes={"options": options})
    assert skill.say(device, "the lower").answer_id == options[1]


def test_an_either_or_can_be_repeated(skill: LocalSkill) -> None:
    options = ["caffeine/signs", "stress/signs"]
    exchange = skill.say(skill.device(attributes={"options": options, "last": {"kind": "clarify", "id": "clarify"}}), "repeat")
    assert exchange.answer_id == "repeat"
    assert all(skill.app.knowledge.answers[option].label in exchange.heard.speech for option in options)


def test_an_emergency_wins_over_an_either_or(skill: LocalSkill) -> None:
    device = skill.device(attributes={"options": ["lip-twitching/upper-lip", "lip-twitching/lower-lip"]})
    assert skill.say(device, "the lower one and now i can't lift my arm and my face has dropped").answer_id == "emergency"


def test_a_new_question_wins_over_an_either_or(skill: LocalSkill) -> None:
    device = skill.device(attributes={"options": ["lip-twitching/upper-lip", "lip-twitching/lower-lip"]})
    assert skill.say(device, "what are the symptoms of low potassium").answer_id == "potassium/signs"


def test_a_yes_to_an_either_or_asks_again_and_not_for_what_was_offered_before(skill: LocalSkill) -> None:
    device = skill.device(
        attributes={"options": ["caffeine/signs", "stress/signs"], "last": {"kind": "clarify", "id": "clarify"}}
    )
    assert skill.say(device, "yes").answer_id == "clarify"


def test_a_no_to_an_either_or_drops_it(skill: LocalSkill) -> None:
    device = skill.device(
        attributes={"options": ["caffeine/signs", "stress/signs"], "last": {"kind": "clarify", "id": "clarify"}}
    )
    skill.say(device, "no")
    assert skill.say(device, "the second one").answer_id != "stress/signs"


def test_an_answer_that_offers_nothing_next_offers_more(small_folder: Path) -> None:
    small = LocalSkill(small_folder)
    try:
        device = small.device()
        first = small.say(device, "what are the signs of elbow humming").heard
        assert first.speech.endswith(small.app.knowledge.phrases.more_offer)
        second = small.say(device, "yes")
        assert second.answer_id == "more"
        assert small.app.knowledge.answers["elbow-humming/signs"].more in second.heard.speech
    finally:
        build_path(small_folder).unlink()


@pytest.mark.parametrize(
    ("options", "last", "meant"),
    [
        (("tea/overview", "tea/treatment"), "stress/treatment", "tea/treatment"),
        (("tea/overview", "tea/treatment"), "tea/overview", "tea/treatment"),
        (("tea/overview", "tea/treatment"), "stress/signs", ""),
        (("tea/overview", "stress/overview"), "tea/overview", ""),
        (("tea/overview", "tea/treatment"), "", ""),
    ],
)
def test_what_was_said_last_tells_two_close_answers_about_one_subject_apart(
    options: tuple[str, ...], last: str, meant: str
) -> None:
    assert Dialog._settled(options, Session(answer_id=last)) == meant
