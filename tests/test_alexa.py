"""Real envelopes through the real handler: what each gets, and what must never leave it or be logged."""

from __future__ import annotations

import copy
import json
import logging
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from skill.adapters.alexa import Handler, build_handler
from skill.adapters.local import LocalSkill
from skill.answering import Voice
from skill.app import App
from skill.turns import Reply, Session, Turn

REQUESTS = Path(__file__).parent / "requests"

JSON = Any


class Expected(NamedTuple):
    """The kind of response to a request."""

    speaks: bool
    session_open: bool | None
    """None: the response leaves it as it is"""
    answer_id: str = ""
    """in the response's session attributes; empty when the skill adds none"""


NOTHING = Expected(speaks=False, session_open=None)
SILENT = Expected(speaks=False, session_open=None)
"""Nothing for an ear, though not nothing at all."""

EXPECTED = {
    "launch": Expected(True, True, "launch"),
    "stop": Expected(True, False, "stop"),
    "cancel": Expected(True, False, "stop"),
    "navigate-home": Expected(True, False, "stop"),
    "help": Expected(True, True, "help"),
    "repeat": Expected(True, True, "repeat"),
    "yes": Expected(True, True, "lip-twitching/relief"),
    "no": Expected(True, True, "none"),
    "start-over": Expected(True, True, "launch"),
    "next": Expected(True, True, "more"),
    "more": Expected(True, True, "more"),
    "fallback": Expected(True, True, "none"),
    "fallback-first": Expected(True, True, "none"),
    "carrier": Expected(True, True, "lip-twitching/causes"),
    "carrier-with-unknown-keys": Expected(True, True, "lip-twitching/causes"),
    "carrier-without-session": Expected(True, True),
    "question": Expected(True, True, "lip-twitching/seriousness"),
    "question-empty-slot": Expected(True, True, "none"),
    "question-slot-without-value": Expected(True, True, "none"),
    "question-without-slots": Expected(True, True, "none"),
    "question-other-slot": Expected(True, True, "none"),
    "question-in-unknown-locale": Expected(True, True, "lip-twitching/causes"),
    "unknown-intent": Expected(True, True, "none"),
    "unknown-intent-without-slots": Expected(True, True, "none"),
    "unknown-locale": Expected(True, True, "launch"),
    "no-locale": Expected(True, True, "launch"),
    "unknown-resolution-status": Expected(True, True, "lip-twitching/seriousness"),
    "unknown-type": NOTHING,
    "session-ended-user": NOTHING,
    "session-ended-error": NOTHING,
    "session-ended-max-reprompts": NOTHING,
    "session-ended-unknown-reason": NOTHING,
    "session-ended-unknown-error": NOTHING,
    "exception-encountered": NOTHING,
    "can-fulfill-intent": SILENT,
    "skill-enabled": NOTHING,
    "apl-user-event": NOTHING,
}

DECIDED_BY_THE_DIALOG = ["previous"]
"""Built-in intents that the skill may learn: a spoken, open answer is all that is asked of them here."""

TAMPERED: dict[str, JSON] = {
    "null": None,
    "a list": [1, 2],
    "text": "lip-twitching/causes",
    "a number": 5,
    "true": True,
    "nested a hundred deep": json.loads('{"last": ' * 100 + "1" + "}" * 100),
    "ten thousand keys": {str(number): number for number in range(10_000)},
    "keys of other types as text": {"1": 1, "": "", "None": None},
    "last is null": {"last": None},
    "last is a list": {"last": ["answer", "lip-twitching/causes"]},
    "last is text": {"last": "answer"},
    "last is empty": {"last": {}},
    "last holds numbers": {"last": {"kind": 1, "id": 2, "disclaimer": 3}},
    "last of no kind": {"last": {"kind": "oracle", "id": "lip-twitching/causes"}},
    "an answer that is gone": {"last": {"kind": "answer", "id": "no-such/answer"}, "about": "no-such/answer"},
    "an answer without aspect": {"last": {"kind": "answer", "id": "lip-twitching"}, "about": "lip-twitching"},
    "a more that is gone": {"last": {"kind": "more", "id": "no-such/answer"}},
    "a phrase that is gone": {"last": {"kind": "phrase", "id": "no-such-phrase"}},
    "an emergency that is gone": {"last": {"kind": "emergency", "id": "no-such-sign"}},
    "an answer as emergency": {"last": {"kind": "emergency", "id": "lip-twitching/causes"}},
    "an offer that is gone": {"last": {"kind": "answer", "id": "lip-twitching/causes"}, "offered": "no-such/answer"},
    "an offer of more of nothing": {"offered": "more"},
    "an offer that is a number": {"offered": 7},
    "an offer that is an object": {"offered": {"id": "lip-twitching/causes"}},
    "about nothing": {"about": "/"},
    "about a list": {"about": ["lip-twitching", "causes"]},
    "a disclaimer that is text": {"had_disclaimer": "yes"},
    "an answer id that is a list": {"answer_id": [], "candidates": {"a": 1}},
    "markup": {"about": "</speak><audio src='x'/>", "offered": "<break/>", "last": {"kind": "<s>", "id": "&"}},
    "100 kB of text": {"about": "a" * 100_000, "offered": "b" * 100_000},
    "another script": {"about": "口唇", "offered": "\N{LIPS}", "last": {"kind": "réponse", "id": "حركة"}},
    "placeholders": {"about": "{subjects}", "offered": "{emergency}"},
}


class ExplodingApp(App):
    """Fails at every reply, with the words of the person in the message."""

    def reply(self, turn: Turn, session: Session) -> tuple[Reply, Session]:
        raise ValueError(f"cannot answer {turn.utterance} in {session}")


class SpeechlessApp(ExplodingApp):
    """Cannot even apologise."""

    def apology(self, locale: str) -> Reply:
        raise LookupError(f"no words in {locale}")


@pytest.fixture(scope="module")
def handler(skill: LocalSkill) -> Handler:
    return build_handler(skill.app)


@pytest.fixture(scope="module")
def exploding(skill: LocalSkill) -> Handler:
    return build_handler(ExplodingApp(skill.app.knowledge, skill.app.reader))


@pytest.fixture(scope="module")
def speechless(skill: LocalSkill) -> Handler:
    return build_handler(SpeechlessApp(skill.app.knowledge, skill.app.reader))


def envelope(name: str) -> dict[str, JSON]:
    data: dict[str, JSON] = json.loads((REQUESTS / f"{name}.json").read_text(encoding="utf-8"))
    return data


def with_attributes(name: str, attributes: JSON) -> dict[str, JSON]:
    event = envelope(name)
    event["session"]["attributes"] = attributes
    return event


def asking(words: str) -> dict[str, JSON]:
    event = envelope("question")
    event["request"]["intent"]["slots"]["question"]["value"] = words
    return event


def spoken(response: dict[str, JSON]) -> str:
    return str(response["response"].get("outputSpeech", {}).get("ssml", ""))


def apology_in(skill: LocalSkill, locale: str) -> str:
    return f"<speak>{Voice(skill.app.knowledge, locale).phrase('apology').ssml}</speak>"


def test_every_recorded_request_is_expected_to_get_something() -> None:
    assert {file.stem for file in REQUESTS.glob("*.json")} == {*EXPECTED, *DECIDED_BY_THE_DIALOG}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_request_gets_the_right_kind_of_response(handler: Handler, name: str) -> None:
    event = envelope(name)
    wanted = EXPECTED[name]
    response = handler(event, None)
    body = response["response"]
    assert response["version"] == "1.0"
    assert ("outputSpeech" in body) == wanted.speaks
    assert body.get("shouldEndSession") == (None if wanted.session_open is None else not wanted.session_open)
    assert ("reprompt" in body) == bool(wanted.session_open)
    if wanted.answer_id:
        assert response["sessionAttributes"]["answer_id"] == wanted.answer_id


@pytest.mark.parametrize("name", [name for name, wanted in EXPECTED.items() if wanted is NOTHING])
def test_where_speech_would_be_an_error_there_is_no_card_or_directive_either(handler: Handler, name: str) -> None:
    assert handler(envelope(name), None)["response"] == {}


def test_a_touch_of_nothing_to_choose_does_not_lose_what_the_session_remembers(handler: Handler) -> None:
    event = envelope("apl-user-event")
    assert handler(event, None)["sessionAttributes"] == event["session"]["attributes"] != {}


@pytest.mark.parametrize("name", DECIDED_BY_THE_DIALOG)
def test_a_built_in_intent_always_gets_a_spoken_answer(handler: Handler, name: str) -> None:
    body = handler(envelope(name), None)["response"]
    assert body["shouldEndSession"] is False
    assert body["outputSpeech"]["type"] == "SSML"


@pytest.mark.parametrize("name", [*EXPECTED, *DECIDED_BY_THE_DIALOG])
def test_a_response_is_json_and_small_enough_for_alexa(handler: Handler, name: str) -> None:
    assert len(json.dumps(handler(envelope(name), None), allow_nan=False)) < 24_000


@pytest.mark.parametrize("locale", ["en-US", "en-GB", "en-CA", "en-AU", "en-IN", "de-DE", ""])
def test_the_locale_of_the_request_chooses_the_words(skill: LocalSkill, handler: Handler, locale: str) -> None:
    event = envelope("launch")
    event["request"]["locale"] = locale
    assert spoken(handler(event, None)) == f"<speak>{Voice(skill.app.knowledge, locale).phrase('launch').ssml}</speak>"


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="a list"),
        pytest.param("LaunchRequest", id="text"),
        pytest.param(7, id="a number"),
        pytest.param({}, id="an empty object"),
        pytest.param({"request": None}, id="request null"),
        pytest.param({"request": []}, id="request a list"),
        pytest.param({"request": {}}, id="request empty"),
        pytest.param({"request": {"type": 5}}, id="type a number"),
        pytest.param({"request": {"type": ["LaunchRequest"]}}, id="type a list"),
        pytest.param({"request": {"type": "IntentRequest\nturn type=x"}}, id="type with a line break"),
        pytest.param({"Records": [{"eventSource": "aws:s3"}]}, id="an event of another service"),
    ],
)
def test_what_is_no_envelope_gets_an_empty_response(handler: Handler, event: JSON) -> None:
    assert handler(event, None)["response"] == {}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("request", "intent"), None),
        (("request", "intent"), "QuestionIntent"),
        (("request", "intent"), {}),
        (("request", "intent", "slots"), []),
        (("request", "intent", "slots"), {"question": None}),
        (("request", "intent", "confirmationStatus"), "MAYBE"),
        (("request", "timestamp"), "yesterday"),
        (("session",), "none"),
        (("session", "user"), 5),
        (("context",), []),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else json.dumps(value),
)
def test_someone_who_asked_is_answered_however_odd_the_envelope(handler: Handler, path: tuple[str, ...], value: JSON) -> None:
    event = envelope("question")
    inner = event
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    assert spoken(handler(event, None)).startswith("<speak><p>")


@pytest.mark.parametrize("attributes", TAMPERED.values(), ids=TAMPERED.keys())
@pytest.mark.parametrize("name", ["repeat", "yes", "no", "more", "help", "carrier"])
def test_tampered_attributes_never_break_a_turn(
    handler: Handler, name: str, attributes: JSON, caplog: pytest.LogCaptureFixture
) -> None:
    response = handler(with_attributes(name, attributes), None)
    assert [record.levelname for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert response["response"]["shouldEndSession"] is False
    assert spoken(response).startswith("<speak><p>")
    assert "{" not in spoken(response)
    assert response["sessionAttributes"]["answer_id"]


def test_there_are_twenty_tampered_shapes_or_more() -> None:
    assert len(TAMPERED) >= 20


def test_the_attributes_of_one_response_carry_the_next_request(handler: Handler) -> None:
    first = handler(envelope("carrier"), None)["sessionAttributes"]
    again = handler(with_attributes("repeat", json.loads(json.dumps(first))), None)
    assert again["sessionAttributes"]["last"] == first["last"]
    assert spoken(again) == spoken(handler(envelope("carrier"), None))


def test_an_event_is_left_as_it_came(handler: Handler) -> None:
    event = with_attributes("repeat", ["tampered"])
    before = copy.deepcopy(event)
    handler(event, None)
    assert event == before


@pytest.mark.parametrize("locale", ["en-US", "en-GB", "fr-FR"])
@pytest.mark.parametrize("name", ["launch", "question", "help"])
def test_a_crash_gets_the_apology(skill: LocalSkill, exploding: Handler, name: str, locale: str) -> None:
    event = envelope(name)
    event["request"]["locale"] = locale
    response = exploding(event, None)
    assert spoken(response) == apology_in(skill, locale)
    assert response["response"]["shouldEndSession"] is True
    assert "reprompt" not in response["response"]
    assert response["sessionAttributes"]["answer_id"] == "none"


def test_what_the_sdk_fails_on_gets_the_apology(skill: LocalSkill, handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skill.adapters.alexa.readable", lambda event: event)
    assert spoken(handler(envelope("unknown-resolution-status"), None)) == apology_in(skill, "")


def test_a_crash_tells_where_but_not_what_was_said(exploding: Handler, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        response = exploding(asking("zanzibar quagga"), None)
    assert "failed: ValueError in ExplodingApp.reply:" in caplog.text
    for hidden in ("zanzibar", "quagga", "cannot answer", "Traceback"):
        assert hidden not in caplog.text
        assert hidden not in json.dumps(response)


@pytest.mark.parametrize("name", ["launch", "question", "session-ended-user", "unknown-resolution-status"])
def test_without_even_an_apology_the_response_is_empty(speechless: Handler, name: str, caplog: pytest.LogCaptureFixture) -> None:
    assert speechless(envelope(name), None)["response"] == {}
    assert "no words in" not in caplog.text


@pytest.mark.parametrize("name", [*EXPECTED, *DECIDED_BY_THE_DIALOG])
def test_no_one_can_be_told_from_the_log_or_the_attributes(handler: Handler, name: str, caplog: pytest.LogCaptureFixture) -> None:
    event = envelope(name)
    slots = event["request"].get("intent", {}).get("slots", {})
    said = [slot["value"] for slot in slots.values() if slot.get("value")]
    with caplog.at_level(logging.DEBUG):
        response = handler(event, None)
    # A conversation and what is not both leave their one line.
    assert len([record for record in caplog.records if record.name == "skill.adapters.alexa"]) == 1
    for hidden in ["SCRUBBED", "amzn1", *said]:
        assert hidden not in caplog.text
        assert hidden not in json.dumps(response.get("sessionAttributes", {}))


@pytest.mark.parametrize(
    "words", ["zanzibar quagga", "my name is zanzibar and my lip twitches", "call me zanzibar", "stop zanzibar"]
)
@pytest.mark.parametrize("which", ["handler", "exploding"])
def test_nothing_that_was_said_is_kept_or_logged(
    request: pytest.FixtureRequest, which: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    handle: Handler = request.getfixturevalue(which)
    with caplog.at_level(logging.DEBUG):
        response = handle(asking(words), None)
    assert caplog.records
    assert "zanzibar" not in caplog.text.lower()
    assert "zanzibar" not in json.dumps(response).lower()


def test_attributes_that_are_only_sent_back_are_not_logged(handler: Handler, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        handler(with_attributes("session-ended-user", {"answer_id": "zanzibar\nfaked line"}), None)
    assert [record.name for record in caplog.records] == ["skill.adapters.alexa"]
    assert "zanzibar" not in caplog.text


def test_a_turn_is_logged_with_its_answer_id(handler: Handler, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        handler(envelope("carrier"), None)
    [record] = caplog.records
    assert record.getMessage().startswith("turn type=IntentRequest answer_id=lip-twitching/causes ms=")


def test_the_fields_of_a_turn_are_counted_by(handler: Handler, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for name in ("carrier", "help", "fallback", "session-ended-user"):
            handler(envelope(name), None)
    counted = [(vars(record).get("answer_id"), vars(record).get("outcome")) for record in caplog.records]
    assert counted == [("lip-twitching/causes", "answer"), ("help", "help"), ("none", "none"), (None, None)]


@pytest.mark.parametrize("name", ["carrier", "carrier-without-session", "session-ended-user", "skill-enabled"])
def test_only_the_skill_it_was_made_for_is_answered(skill: LocalSkill, name: str, caplog: pytest.LogCaptureFixture) -> None:
    event = envelope(name)
    mine = event["context"]["System"]["application"]["applicationId"]
    assert build_handler(skill.app, mine)(event, None) == build_handler(skill.app)(event, None)
    caplog.clear()
    assert build_handler(skill.app, "amzn1.ask.skill.other")(event, None) == {"version": "1.0", "response": {}}
    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert record.exc_info is None
    assert mine not in caplog.text


@pytest.mark.parametrize("event", [None, [], {}, {"context": {"System": []}}, {"session": {"application": {"applicationId": 5}}}])
def test_what_names_no_skill_is_refused_where_one_is_asked_for(skill: LocalSkill, event: JSON) -> None:
    assert build_handler(skill.app, "amzn1.ask.skill.mine")(event, None) == {"version": "1.0", "response": {}}
