"""Everything the skill can say, in every locale: it is sound SSML, of the right length, and ends as its session does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
import yaml

from skill.adapters.local import LocalSkill
from skill.answering import UNKNOWN_LOCALE, Voice
from skill.device import plain_speech
from skill.knowledge.model import Knowledge
from skill.places import KNOWLEDGE
from skill.speech import Pronunciation, seconds, sentences, to_ssml
from skill.turns import Reply, Said

LOCALES = ("en-US", "en-CA", "en-GB", "en-AU", "en-IN", "de-DE")
"""Those that the skill knows, and one that it does not."""

TAGS = {"speak", "p", "s", "break", "say-as", "sub", "phoneme"}

MAX_SPEECH = 8_000
"""Characters that Alexa takes, markup included."""


class Rendered(NamedTuple):
    what: str
    limit: str
    """its row of `seconds` in knowledge/wording.yaml"""
    reply: Reply


@pytest.fixture(scope="module")
def knowledge(skill: LocalSkill) -> Knowledge:
    return skill.app.knowledge


@pytest.fixture(scope="module")
def wording() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((KNOWLEDGE / "wording.yaml").read_text(encoding="utf-8"))
    return data


@pytest.fixture(scope="module", params=LOCALES)
def locale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def everything(knowledge: Knowledge, locale: str) -> list[Rendered]:
    """Each reply that the voice of a locale can make."""
    rendered = list(_render(knowledge, Voice(knowledge, locale)))
    with_more = sum(bool(answer.more) for answer in knowledge.answers.values())
    assert len(rendered) == 5 * len(knowledge.answers) + with_more + len(knowledge.signs) + len(knowledge.phrases.speech)
    assert min(len(knowledge.answers), len(knowledge.signs), len(knowledge.phrases.speech)) > 0
    return rendered


def _render(knowledge: Knowledge, voice: Voice) -> Iterator[Rendered]:
    for answer in knowledge.answers.values():
        said = Said("answer", answer.id)
        yield Rendered(f"{answer.id} first", "answer", voice.answer(said._replace(with_disclaimer=True), answer.next))
        yield Rendered(f"{answer.id} again", "answer", voice.answer(said, answer.next))
        yield Rendered(f"{answer.id} offering more", "answer", voice.answer(said._replace(with_disclaimer=True), "more"))
        yield Rendered(f"{answer.id} sources", "phrase", voice.sources(answer.id))
        if answer.more:
            yield Rendered(f"{answer.id} more", "more", voice.answer(Said("more", answer.id), answer.next))
    for sign in knowledge.signs:
        yield Rendered(f"emergency {sign}", "emergency", voice.emergency(sign))
    labels = [answer.label for answer in knowledge.answers.values()]
    longest = max(knowledge.answers.values(), key=lambda answer: len(answer.label))
    for answer in knowledge.answers.values():
        yield Rendered(f"{answer.id} or {longest.id}", "phrase", voice.either_or("clarify", (answer.id, longest.id)))
    filled = {"first": labels[0], "second": labels[-1], "items": "stress, caffeine and low potassium", "item": "stress"}
    filled |= {"publishers": "NHS, MedlinePlus and MSD Manuals", "reviewed": "November 2026"}
    for name in knowledge.phrases.speech:
        yield Rendered(f"phrase {name}", "phrase", voice.phrase(name, **filled))


def _speak(ssml: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<speak>{ssml}</speak>")  # noqa: S314 (our own text)


def _is_sound(ssml: str) -> bool:
    try:
        return {element.tag for element in _speak(ssml).iter()} <= TAGS
    except ElementTree.ParseError:
        return False


def test_the_locales_are_those_of_the_knowledge(knowledge: Knowledge) -> None:
    assert set(knowledge.locales) == {*LOCALES[:-1], UNKNOWN_LOCALE}
    assert LOCALES[-1] not in knowledge.locales


def test_speech_is_xml_with_tags_that_alexa_knows(everything: list[Rendered]) -> None:
    assert [each.what for each in everything if not _is_sound(each.reply.ssml)] == []


def test_reprompts_are_xml_with_tags_that_alexa_knows(everything: list[Rendered]) -> None:
    assert [each.what for each in everything if not _is_sound(each.reply.reprompt_ssml)] == []


def test_every_part_of_the_speech_says_something(everything: list[Rendered]) -> None:
    silent = [each.what for each in everything if not each.reply.speech or not all(map(str.strip, each.reply.speech))]
    assert silent == []


def test_the_ssml_says_what_the_plain_speech_says(everything: list[Rendered]) -> None:
    assert [each.what for each in everything if plain_speech(each.reply.ssml) != " ".join(each.reply.speech)] == []
    assert [each.what for each in everything if plain_speech(each.reply.reprompt_ssml) != each.reply.reprompt] == []


def test_speech_and_reprompt_fit_into_what_alexa_takes(everything: list[Rendered]) -> None:
    assert [each.what for each in everything if len(f"<speak>{each.reply.ssml}</speak>") > MAX_SPEECH] == []
    assert [each.what for each in everything if len(f"<speak>{each.reply.reprompt_ssml}</speak>") > MAX_SPEECH] == []


def test_speech_takes_no_longer_than_the_wording_allows(everything: list[Rendered], wording: dict[str, Any]) -> None:
    said = [(each.what, seconds(" ".join(each.reply.speech)), wording["seconds"][each.limit]) for each in everything]
    assert [f"{what}: {length:.1f} s, at most {limit}" for what, length, limit in said if length > limit] == []


def test_a_reply_has_a_reprompt_exactly_when_its_session_is_open(everything: list[Rendered]) -> None:
    assert [each.what for each in everything if bool(each.reply.reprompt) != each.reply.open] == []
    assert [each.what for each in everything if bool(each.reply.reprompt_ssml) != each.reply.open] == []


def test_an_open_reply_ends_in_a_question(everything: list[Rendered]) -> None:
    of_open = [each for each in everything if each.reply.open]
    assert of_open
    assert [each.what for each in of_open if not sentences(each.reply.speech[-1])[-1].endswith("?")] == []


def test_a_closed_reply_asks_nothing(everything: list[Rendered]) -> None:
    of_closed = [each for each in everything if not each.reply.open]
    assert of_closed
    assert [each.what for each in of_closed if "?" in " ".join(each.reply.speech)] == []


def test_an_emergency_closes_the_session(everything: list[Rendered]) -> None:
    assert [each.what for each in everything if each.limit == "emergency" and each.reply.open] == []


def test_no_placeholder_is_left_unfilled(everything: list[Rendered]) -> None:
    assert [each.what for each in everything if re.search("[{}]", _all_text(each.reply))] == []


def test_no_number_of_another_locale_is_heard(everything: list[Rendered], knowledge: Knowledge, locale: str) -> None:
    own = knowledge.locales.get(locale, knowledge.locales[UNKNOWN_LOCALE]).numbers
    others = {number for other in knowledge.locales.values() for number in other.numbers} - set(own)
    assert others
    # "111" is not heard in "1-800-222-1111": a whole number has no digit or hyphen beside it.
    foreign = re.compile(rf"(?<![\d-])(?:{'|'.join(map(re.escape, others))})(?![\d-])")
    assert [f"{each.what}: {found[0]}" for each in everything if (found := foreign.search(_all_text(each.reply)))] == []


def test_an_emergency_names_a_number_of_its_locale(everything: list[Rendered], knowledge: Knowledge, locale: str) -> None:
    words = knowledge.locales.get(locale, knowledge.locales[UNKNOWN_LOCALE]).words
    wanted = (words["emergency"], words["crisis_line"])
    of_emergencies = [each for each in everything if each.limit == "emergency"]
    assert [each.what for each in of_emergencies if not any(number in each.reply.speech[0] for number in wanted)] == []


def test_every_telephone_number_is_marked_to_be_read_as_the_locale_says(
    everything: list[Rendered], knowledge: Knowledge, locale: str
) -> None:
    numbers = knowledge.locales.get(locale, knowledge.locales[UNKNOWN_LOCALE]).numbers
    unmarked = []
    for each in everything:
        heard = " ".join(each.reply.speech)
        marked = [str(element.text) for element in _speak(each.reply.ssml).iter() if element.tag in ("say-as", "sub")]
        for number in numbers:
            times = len(re.findall(rf"(?<![\w-]){re.escape(number)}(?![\w-])", heard))
            if times != marked.count(number):
                unmarked.append(f"{each.what}: {number}")
    assert unmarked == []


def test_cards_fit_into_what_alexa_takes(everything: list[Rendered]) -> None:
    assert [each.what for each in everything if len(each.reply.card_title) + len(each.reply.card_text) > MAX_SPEECH] == []
    assert [each.what for each in everything if bool(each.reply.card_title) != bool(each.reply.card_text)] == []


def test_an_offer_that_is_no_longer_known_becomes_the_closing_question(knowledge: Knowledge) -> None:
    voice, said = Voice(knowledge, "en-US"), Said("answer", next(iter(knowledge.answers)))
    assert voice.answer(said, "no-such/answer") == voice.answer(said, "")


def test_what_a_session_was_tampered_with_is_not_kept(knowledge: Knowledge) -> None:
    voice, answer_id = Voice(knowledge, "en-US"), next(iter(knowledge.answers))
    plain = voice.answer(Said("answer", answer_id))
    assert voice.answer(Said("answer", answer_id), "not-an-answer") == plain
    assert voice._rendered.cache_info().currsize == 1


def test_more_of_an_answer_that_has_none_is_the_answer(knowledge: Knowledge) -> None:
    answer = next(iter(knowledge.answers.values()))._replace(more="")
    voice = Voice(knowledge._replace(answers={answer.id: answer}), "en-US")
    assert voice.answer(Said("more", answer.id)).speech == voice.answer(Said("answer", answer.id)).speech


def _all_text(reply: Reply) -> str:
    return "\n".join((*reply.speech, reply.reprompt, plain_speech(reply.ssml), reply.card_title, reply.card_text))


@pytest.mark.parametrize(
    ("said", "marked"),
    [
        ("ALS, or als's?", "[ALS], or [als]'s?"),
        ("Signals of false ALSO.", "Signals of false ALSO."),
        ("Bell's palsy or a bell.", "[Bell's palsy] or a [bell]."),
        ("Bell's palsyx, x_bell, 1-800-2, 1-800.", "[Bell]'s palsyx, x_bell, [1-800]-2, [1-800]."),
        ("", ""),
    ],
)
def test_the_longest_run_of_whole_words_is_marked(said: str, marked: str) -> None:
    listed = [Pronunciation(text, alias="x") for text in ("als", "bell", "Bell's palsy", "palsy or")]
    ssml = to_ssml((said,), listed, {"1-800": "x"})
    assert re.sub("<sub[^>]*>", "[", ssml).replace("</sub>", "]") == f"<p>{f'<s>{marked}</s>' if marked else ''}</p>"
