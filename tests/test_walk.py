"""A random walk through the conversation: whatever is said, heard, touched or tampered with, no state is without a way out.

`WALK_TURNS=100000` makes it as long as that; without, it is as long as CI has time for, and the same each time.
"""

from __future__ import annotations

import copy
import functools
import json
import os
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from skill.adapters.attributes import read_session, write_session
from skill.adapters.local import LocalSkill
from skill.app import App
from skill.interaction_model import BUILT_IN, CHOICES, COMMANDS
from skill.knowledge.model import Knowledge
from skill.recogniser import ROUTES
from skill.screen import CHOOSE
from skill.speech import sentences
from skill.turns import CHOICE, COMMAND, LAUNCH, NOTHING_HEARD, UTTERANCE, Reply, Session, Turn

TURNS = int(os.environ.get("WALK_TURNS", "2000"))

STEPS = 50

LOCALES = ("en-US", "en-CA", "en-GB", "en-AU", "en-IN", "de-DE", "")

QUESTIONS = Path(__file__).parent / "questions"

KNOWN, KNOWN_ID = "what exactly is bell's palsy please", "bells-palsy/overview"

MAX_RESPONSE, MAX_SPEECH, MAX_CARD = 24_000, 8_000, 8_000

TIME = "2026-01-01T00:00:00Z"

NOT_ANSWERS = {"emergency", "none", "clarify", "repeat", "more", "list", "help", "launch", "stop"}

JUNK = st.sampled_from(["", "no-such/answer", "lip-twitching", "/", "list", "more", "{subjects}", "<p>&", "stop", "apology"])

NO_REPLY = Reply("none", ("",), "", "", "", True)

WHOLE = st.sampled_from([False, False, True])
"""Whether a turn goes through the handler, as a request."""

walked = {"turns": 0, "through the handler": 0}


class Walk(RuleBasedStateMachine):
    """One conversation after another; `session` is what is remembered between turns."""

    skill: LocalSkill
    app: App
    utterances: st.SearchStrategy[str]

    def __init__(self) -> None:
        super().__init__()
        self.session = Session()
        self.locale = "en-US"
        self.has_screen = False

    @initialize(locale=st.sampled_from(LOCALES), has_screen=st.booleans())
    def begin(self, locale: str, has_screen: bool) -> None:
        self.locale, self.has_screen = locale, has_screen

    @rule(data=st.data(), route=st.sampled_from(["", *ROUTES]), whole=WHOLE)
    def say(self, data: st.DataObject, route: str, whole: bool) -> None:
        said = data.draw(self.utterances)
        self.turn(Turn(UTTERANCE, self.locale, said) if said.strip() else Turn(NOTHING_HEARD, self.locale), whole, said, route)

    @rule(command=st.sampled_from(sorted({*COMMANDS.values(), "no-such-command"})))
    def command(self, command: str) -> None:
        self.turn(Turn(COMMAND, self.locale, command=command))

    @rule(said=st.sampled_from(sorted(BUILT_IN)))
    def command_by_its_word(self, said: str) -> None:
        self.turn(Turn(COMMAND, self.locale, command=COMMANDS[BUILT_IN[said]]), True, said)

    @rule(place=st.sampled_from([*CHOICES.values(), "", "hundredth"]))
    def choose(self, place: str) -> None:
        self.turn(Turn(CHOICE, self.locale, choice=place))

    @rule(data=st.data())
    def touch(self, data: st.DataObject) -> None:
        answer_id = data.draw(self.ids())
        request = self.skill.device(self.locale, attributes=self.attributes(), has_screen=True).touch([CHOOSE, answer_id], TIME)
        if answer_id:
            self.request(request)
        else:
            assert self.skill.send(self.skill.device(), request).response["response"] == {}

    @rule(data=st.data())
    def recognised(self, data: st.DataObject) -> None:
        """A subject and an aspect that the platform recognised, of which the skill may know nothing."""
        subject, _, aspect = data.draw(self.ids()).partition("/")
        said = data.draw(self.utterances)
        self.turn(Turn(UTTERANCE, self.locale, said, subject=subject, aspects=(aspect, "overview")))

    @rule(whole=WHOLE)
    def nothing_heard(self, whole: bool) -> None:
        self.turn(Turn(NOTHING_HEARD, self.locale), whole, "")

    @rule(whole=WHOLE)
    def launch(self, whole: bool) -> None:
        self.turn(Turn(LAUNCH, self.locale), whole, "open body signals")

    @rule()
    def silence(self) -> None:
        device = self.skill.device(self.locale, attributes=self.attributes())
        assert device.silence(TIME) is None
        ended = device.silence(TIME)
        assert ended is not None
        assert self.skill.send(device, ended).response["response"] == {}
        self.session = Session()

    @rule()
    def new_session(self) -> None:
        self.session = Session()

    @rule(locale=st.sampled_from(LOCALES))
    def travel(self, locale: str) -> None:
        self.locale = locale

    @rule(data=st.data())
    def tamper(self, data: st.DataObject) -> None:
        """Attributes of an older version, or of no version."""
        ids = self.ids()
        name = st.one_of(
            ids, JUNK, st.sampled_from(sorted(self.knowledge.phrases.speech)), st.sampled_from(sorted(self.knowledge.signs))
        )
        kinds = st.sampled_from(["answer", "more", "clarify", "list", "sources", "emergency", "phrase", "help", "", "oracle"])
        odd = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(ids, max_size=5))
        written = {
            "last": st.one_of(st.fixed_dictionaries({"kind": kinds, "id": name, "disclaimer": st.booleans()}), odd),
            **dict.fromkeys(("about", "before", "offered"), st.one_of(ids, JUNK, odd)),
            "list_of": st.one_of(st.sampled_from(sorted(self.knowledge.subjects)), JUNK, odd),
            "list_at": st.one_of(st.integers(-5, 40), odd),
            **dict.fromkeys(("options", "others"), st.one_of(st.lists(ids, max_size=4), odd)),
            **dict.fromkeys(("had_more", "had_disclaimer"), st.one_of(st.booleans(), odd)),
        }
        self.session = read_session(data.draw(st.fixed_dictionaries({}, optional=written)))

    @invariant()
    def there_is_a_way_out(self) -> None:
        stopped, _ = self.app.reply(Turn(COMMAND, self.locale, command="stop"), self.session)
        assert (stopped.answer_id, stopped.open) == ("stop", False)
        helped, _ = self.app.reply(Turn(COMMAND, self.locale, command="help"), self.session)
        assert (helped.answer_id, helped.open) == ("help", True)
        self.judge(helped)
        answered, _ = self.app.reply(Turn(UTTERANCE, self.locale, KNOWN), self.session)
        assert answered.answer_id == KNOWN_ID

    @property
    def knowledge(self) -> Knowledge:
        return self.app.knowledge

    def ids(self) -> st.SearchStrategy[str]:
        return st.one_of(st.sampled_from(sorted(self.knowledge.answers)), JUNK)

    def attributes(self) -> dict[str, Any]:
        written: dict[str, Any] = json.loads(json.dumps(write_session(NO_REPLY, self.session)))
        assert read_session(written) == self.session
        return written

    def turn(self, turn: Turn, whole: bool = False, said: str = "", route: str = "") -> None:
        """Take a turn: with `whole` as a request for what was said, through the handler, or else to the app at once."""
        if whole:
            locale = self.locale if self.locale in self.knowledge.locales else "en-US"
            device = self.skill.device(locale, route, self.attributes(), has_screen=self.has_screen)
            request = device.request(said, TIME)
            request["request"]["locale"] = self.locale
            self.request(request)
            return
        walked["turns"] += 1
        reply, self.session = self.app.reply(turn, self.session)
        self.judge(reply)
        if not reply.open:
            self.session = Session()

    def request(self, request: dict[str, Any]) -> None:
        walked["turns"] += 1
        walked["through the handler"] += 1
        exchange = self.skill.send(self.skill.device(), request)
        body = exchange.response["response"]
        assert len(json.dumps(exchange.response).encode()) <= MAX_RESPONSE
        assert isinstance(body["shouldEndSession"], bool)
        judge_speech(body["outputSpeech"]["ssml"], exchange.heard.speech)
        assert exchange.heard.session_open == bool(exchange.heard.reprompt)
        assert exchange.heard.session_open == ("?" in sentences(exchange.heard.speech)[-1])
        assert exchange.answer_id in NOT_ANSWERS | self.knowledge.answers.keys()
        self.session = read_session(exchange.heard.attributes) if exchange.heard.session_open else Session()

    def judge(self, reply: Reply) -> None:
        """Whatever was said, the reply is one that Alexa takes and a person can go on from."""
        judge_speech(f"<speak>{reply.ssml}</speak>", " ".join(reply.speech))
        assert reply.open == bool(reply.reprompt) == bool(reply.reprompt_ssml)
        if reply.open:
            judge_speech(f"<speak>{reply.reprompt_ssml}</speak>", reply.reprompt)
            assert sentences(reply.speech[-1])[-1].endswith("?")
        else:
            assert "?" not in " ".join(reply.speech)
        card = reply.card_title + reply.card_text
        assert len(card) <= MAX_CARD
        assert not re.search("[{}]", card + "".join(text for text, _ in reply.choices))
        assert reply.answer_id in NOT_ANSWERS | self.knowledge.answers.keys()


def judge_speech(ssml: str, speech: str) -> None:
    assert speech.strip()
    assert len(ssml) <= MAX_SPEECH
    assert not re.search("[{}<>]", speech)
    ElementTree.fromstring(ssml)  # noqa: S314 (our own text)


def spoken(knowledge: Knowledge) -> st.SearchStrategy[str]:
    """What people say: what the knowledge expects, questions it does not know, any text, and several of them in one breath."""
    files = [QUESTIONS / f"{name}.jsonl" for name in ("open", "emergencies-open")]
    asked = [json.loads(line)["text"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    commands = [text for label, texts in knowledge.samples.items() if label.startswith("command/") for text in texts[:5]]
    places = [text for texts in knowledge.vocabulary.ordinals.values() for text in texts]
    names = [name for subject in knowledge.subjects.values() for name in subject.names[:3]]
    carried = [f"{opening} {name}" for opening in knowledge.vocabulary.ellipses for name in names[::5]]
    known = [text for texts in knowledge.samples.values() for text in texts[:3]]
    groups = [commands, places, names, carried, known, asked]
    assert all(groups)
    one = st.one_of(*map(st.sampled_from, groups), st.sampled_from([KNOWN, "", "help", "stop"]), st.text(max_size=40))
    return st.one_of(one, one, one, st.lists(one, min_size=2, max_size=3).map(" ".join))


def test_no_walk_through_the_conversation_ends_without_a_way_out(
    skill: LocalSkill, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same few hundred utterances come up again and again: each is scored once, or most of the time would go into that.
    reader = copy.copy(skill.app.reader)
    monkeypatch.setattr(reader, "scores", functools.cache(reader.scores))
    Walk.skill, Walk.app, Walk.utterances = skill, App(skill.app.knowledge, reader), spoken(skill.app.knowledge)
    thorough = "WALK_TURNS" in os.environ
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=TURNS // 20,
            stateful_step_count=STEPS,
            derandomize=not thorough,
            # Shrinking a walk takes minutes, and the walk that failed is printed anyway.
            phases=[Phase.generate],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    with capsys.disabled():
        print(f" walked {walked['turns']:,} turns, {walked['through the handler']:,} of them through the handler ", end="")
    assert walked["turns"] >= TURNS
    assert walked["through the handler"] >= TURNS / 10
