"""What must not pass from one place to another: test questions into the knowledge, and words of Python's own into speech."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from skill.adapters.alexa import build_handler
from skill.adapters.local import LocalSkill
from skill.answering import Voice
from skill.app import App
from skill.dialog import Dialog
from skill.interaction_model import COMMANDS
from skill.knowledge.model import Knowledge, Locale, Phrase
from skill.normalize import normalize
from skill.places import KNOWLEDGE
from skill.turns import COMMAND, LAUNCH, NOTHING_HEARD, UTTERANCE, Reply, Said, Session, Turn
from skill.understanding.reading import CARRY_ON, CLARIFY, Candidate, Interpretation

HELD_OUT = [Path(name) for name in os.environ.get("HELD_OUT_QUESTIONS", "").split()]
"""More question files that the knowledge must not hold: those of a reviewer, named in the environment."""

QUESTIONS = [*sorted((Path(__file__).parent / "questions").glob("*.jsonl")), *HELD_OUT]

ONLY_WORD = "zub"
"""The only word of a knowledge that has no other."""


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)
    elif isinstance(data, str):
        yield data


@pytest.fixture(scope="module")
def authored() -> dict[str, str]:
    """Every text of the knowledge files, normalised, and the file it stands in."""
    found: dict[str, str] = {}
    for file in KNOWLEDGE.glob("*.yaml"):
        for text in _texts(yaml.safe_load(file.read_text(encoding="utf-8"))):
            found.setdefault(normalize(text), file.name)
    assert len(found) > 1_000
    return found


def questions(file: Path) -> dict[str, str]:
    """The questions of a file, normalised, by their ids; the turns of dialogues are no questions of their own."""
    asked = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {each["id"]: normalize(each["text"]) for each in asked if "text" in each}


def test_no_question_of_the_tests_stands_in_the_knowledge(authored: dict[str, str]) -> None:
    assert QUESTIONS
    asked = {name: text for file in QUESTIONS for name, text in questions(file).items()}
    assert len(asked) > 1_000
    assert [f"{name}: {text} is in {authored[text]}" for name, text in asked.items() if text in authored] == []


def test_no_question_stands_in_two_files_of_the_tests() -> None:
    seen: dict[str, Path] = {}
    twice = [name for file in QUESTIONS for name, text in questions(file).items() if seen.setdefault(text, file) != file]
    assert twice == []


# Python holds no sentence meant for an ear. Where every text of the knowledge is one made-up word, so is every reply.


class FakeReader:
    """Reads every utterance in the one way it is told."""

    def __init__(self, read: Interpretation) -> None:
        self._read = read

    def read(self, utterance: str, *others: Any, **more: Any) -> Interpretation:
        return self._read


@pytest.fixture(scope="module")
def wordless(skill: LocalSkill) -> Knowledge:
    """The product's knowledge with its ids and links, and one word for every text."""
    real = skill.app.knowledge
    phrases = real.phrases
    return real._replace(
        answers={
            name: answer._replace(label=ONLY_WORD, say=f"{ONLY_WORD}.", more=f"{ONLY_WORD}.", title=ONLY_WORD)
            for name, answer in real.answers.items()
        },
        subjects={
            name: subject._replace(name=ONLY_WORD, names=(ONLY_WORD,), reviewed=ONLY_WORD)
            for name, subject in real.subjects.items()
        },
        signs={name: sign._replace(label=ONLY_WORD, say=f"{ONLY_WORD}.") for name, sign in real.signs.items()},
        phrases=phrases._replace(
            disclaimer=f"{ONLY_WORD}.",
            offer="{label}?",
            offer_reprompt="{label}?",
            more_offer=f"{ONLY_WORD}?",
            pair="{first} {second}",
            speech={
                name: Phrase("{subjects} {example}.", "{subjects} {example}?" if phrase.reprompt else "")
                for name, phrase in phrases.speech.items()
            }
            | dict.fromkeys(("clarify", "clarify-again", "help-choice"), Phrase("{first} {second}?", "{first} {second}?"))
            | dict.fromkeys(("list", "list-next", "list-last", "list-all"), Phrase("{items}?", "{item}?"))
            | dict.fromkeys(("sources", "sources-unreviewed"), Phrase("{publishers} {reviewed}?", "{example}?")),
        ),
        locales={name: Locale(dict.fromkeys(locale.words, ONLY_WORD), {}) for name, locale in real.locales.items()},
        citations={
            name: citation._replace(title=ONLY_WORD, publisher=ONLY_WORD, address=ONLY_WORD)
            for name, citation in real.citations.items()
        },
        pronunciations=(),
        example=ONLY_WORD,
    )


def words_of(reply: Reply) -> set[str]:
    texts = (*reply.speech, reply.reprompt, reply.card_title, reply.card_text)
    marked = re.sub(r"</?[ps]>", " ", reply.ssml + reply.reprompt_ssml)
    return set(re.findall(r"[^\W_]+", " ".join((*texts, marked)).lower()))


def _read_as(kind: str, name: str) -> Interpretation:
    label = {"answer": name, "none": "none"}.get(kind, f"{kind}/{name}")
    return Interpretation(kind, name, 1.0, (Candidate(label, 1.0),))


EITHER_OR = Interpretation(
    CLARIFY, "lip-twitching/causes", 0.5, (Candidate("lip-twitching/causes", 0.5), Candidate("lip-twitching/relief", 0.5))
)


READINGS = {
    "an answer": _read_as("answer", "lip-twitching/causes"),
    "an emergency": _read_as("emergency", "stroke"),
    "nothing known": _read_as("none", ""),
    "an either or": EITHER_OR,
    "another subject": _read_as(CARRY_ON, "caffeine"),
    "a follow-up": _read_as("follow-up", "treatment"),
    "a follow-up to nothing": _read_as("follow-up", "no-such-aspect"),
    **{f"the command {name}": _read_as("command", name) for name in sorted({*COMMANDS.values()})},
}

SESSIONS = {
    "a new session": Session(),
    "after an answer": Session(
        Said("answer", "lip-twitching/causes", True), "lip-twitching/causes", "lip-twitching/relief", True
    ),
    "after an answer that offered nothing": Session(Said("answer", "lip-twitching/causes"), "lip-twitching/causes", "", True),
    "after more": Session(Said("more", "lip-twitching/causes"), "lip-twitching/causes", "lip-twitching/relief", True),
    "after an either or": Session(Said("clarify", "clarify"), options=("lip-twitching/causes", "lip-twitching/relief")),
    "after a list": Session(
        Said("list", "lip-twitching"),
        "lip-twitching/causes",
        "list",
        options=("stress/overview", "fatigue/overview"),
        list_of="lip-twitching",
    ),
    "after sources": Session(Said("sources", "lip-twitching/causes"), "lip-twitching/causes"),
    "after an answer that others were close to": Session(
        Said("answer", "stress/signs"), "stress/signs", others=("caffeine/signs", "fatigue/signs"), before="stress/overview"
    ),
    "after a phrase": Session(Said("phrase", "help")),
    "after an emergency": Session(Said("emergency", "stroke")),
}

TURNS = {
    "launch": Turn(LAUNCH, "en-US"),
    "silence": Turn(NOTHING_HEARD, "en-US"),
    **{name: Turn(COMMAND, "en-GB", command=name) for name in sorted({*COMMANDS.values()})},
}


@pytest.mark.parametrize("session", SESSIONS.values(), ids=SESSIONS.keys())
@pytest.mark.parametrize("read", READINGS.values(), ids=READINGS.keys())
def test_whatever_is_read_the_reply_has_no_word_of_pythons_own(
    wordless: Knowledge, read: Interpretation, session: Session
) -> None:
    dialog = Dialog(wordless, FakeReader(read))  # type: ignore[arg-type]
    reply, _ = dialog.reply(Turn(UTTERANCE, "en-US", "anything"), session)
    assert words_of(reply) == {ONLY_WORD}


@pytest.mark.parametrize("session", SESSIONS.values(), ids=SESSIONS.keys())
@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS.keys())
def test_whatever_is_done_the_reply_has_no_word_of_pythons_own(wordless: Knowledge, turn: Turn, session: Session) -> None:
    reply, _ = Dialog(wordless, FakeReader(_read_as("none", ""))).reply(turn, session)  # type: ignore[arg-type]
    assert words_of(reply) == {ONLY_WORD}


def test_no_answer_emergency_or_phrase_has_a_word_of_pythons_own(wordless: Knowledge) -> None:
    voice = Voice(wordless, "en-US")
    replies = [voice.answer(Said("answer", name, with_disclaimer=True), answer.next) for name, answer in wordless.answers.items()]
    replies += [voice.answer(Said("more", name), "more") for name in wordless.answers]
    replies += [voice.emergency(name) for name in wordless.signs]
    replies += [voice.sources(name) for name in wordless.answers]
    filled = dict.fromkeys(("first", "second", "items", "item", "publishers", "reviewed"), ONLY_WORD)
    replies += [voice.phrase(name, **filled) for name in wordless.phrases.speech]
    assert len(replies) > 100
    assert set().union(*map(words_of, replies)) == {ONLY_WORD}


class FailingApp(App):
    def reply(self, turn: Turn, session: Session) -> tuple[Reply, Session]:
        raise RuntimeError


def test_the_apology_of_the_handler_has_no_word_of_pythons_own(wordless: Knowledge) -> None:
    handler = build_handler(FailingApp(wordless, FakeReader(_read_as("none", ""))))  # type: ignore[arg-type]
    requests = Path(__file__).parent / "requests"
    for name in ("carrier", "question"):
        event = json.loads((requests / f"{name}.json").read_text(encoding="utf-8"))
        ssml = handler(event, None)["response"]["outputSpeech"]["ssml"]
        assert set(re.findall(r"\w+", re.sub("<[^>]*>", " ", ssml).lower())) == {ONLY_WORD}
