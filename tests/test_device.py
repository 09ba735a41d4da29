"""The local device sends what Alexa would send, and carries a session as a speaker does."""

from __future__ import annotations

from typing import Any

import pytest

from skill.device import Device, Ids, plain_speech

NOW = "2026-11-22T10:00:00Z"

COMMANDS = {"stop": ["stop", "that's enough"], "more": ["tell me more"], "help": ["help"], "repeat": ["say that again"]}

OPENINGS = ["why", "why is", "why is my", "what's", "whats", "what", "tell me about", "i'm"]


def device(**changes: Any) -> Device:
    return Device("body signals", COMMANDS, OPENINGS, **changes)


def intent(said: str, **changes: Any) -> tuple[str, dict[str, str]]:
    """The intent's name, and the value of each slot."""
    found = device(**changes).request(said, NOW)["request"]["intent"]
    return found["name"], {name: slot["value"] for name, slot in found.get("slots", {}).items()}


def response(*, is_open: bool, attributes: dict[str, Any] | None = None, ssml: str = "<speak>Hi.</speak>") -> dict[str, Any]:
    body = {"outputSpeech": {"type": "SSML", "ssml": ssml}, "shouldEndSession": not is_open}
    return {"version": "1.0", "sessionAttributes": attributes or {}, "response": body}


@pytest.mark.parametrize(
    ("said", "name", "rest"),
    [
        ("why my lip", "CarrierWhyIntent", "my lip"),
        ("why is it", "CarrierWhyIsIntent", "it"),
        ("why is my lip twitching", "CarrierWhyIsMyIntent", "lip twitching"),
        ("Why Is My Lip Twitching?", "CarrierWhyIsMyIntent", "Lip Twitching?"),
        ("  why   is my\tlip ", "CarrierWhyIsMyIntent", "lip"),
        ("tell me about caffeine", "CarrierTellMeAboutIntent", "caffeine"),
        ("what's a tic", "CarrierWhat_sIntent", "a tic"),
        ("whats a tic", "CarrierWhatsIntent", "a tic"),
        ("i'm worried", "CarrierI_mIntent", "worried"),
    ],
)
def test_the_longest_opening_names_the_carrier(said: str, name: str, rest: str) -> None:
    assert intent(said) == (name, {"rest": rest})


@pytest.mark.parametrize("said", ["why", "why is my", "whyever not", "lip twitching", "whatsoever"])
def test_what_no_opening_carries_is_a_question(said: str) -> None:
    name, slots = intent(said)
    assert (name, slots.keys()) in [("QuestionIntent", {"question"}), ("CarrierWhyIsIntent", {"rest"})]
    assert " ".join([*(["why is"] if name == "CarrierWhyIsIntent" else []), *slots.values()]) == said


@pytest.mark.parametrize("said", ["why is my lip twitching", "what's a tic", "lip"])
def test_the_question_route_passes_everything_as_a_question(said: str) -> None:
    assert intent(said, route="question") == ("QuestionIntent", {"question": said})


@pytest.mark.parametrize("route", ["carrier", "question"])
@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("stop", "AMAZON.StopIntent"),
        ("STOP!", "AMAZON.StopIntent"),
        ("That’s enough.", "AMAZON.StopIntent"),
        ("help", "AMAZON.HelpIntent"),
        ("say that again", "AMAZON.RepeatIntent"),
        ("tell me more", "AMAZON.NextIntent"),
        ("ask body signals for help", "AMAZON.HelpIntent"),
    ],
)
def test_a_command_is_its_built_in_intent(said: str, name: str, route: str) -> None:
    assert intent(said, route=route) == (name, {})


@pytest.mark.parametrize("route", ["carrier", "question"])
@pytest.mark.parametrize("said", ["", "   ", "?!", "\N{LIPS}", "唇", "\x00\x1b[2J"[:1]])
def test_nothing_audible_is_a_fallback(said: str, route: str) -> None:
    assert intent(said, route=route) == ("AMAZON.FallbackIntent", {})


@pytest.mark.parametrize(
    ("said", "name", "slots"),
    [
        ("ask body signals why is my lip twitching", "CarrierWhyIsMyIntent", {"rest": "lip twitching"}),
        ("Alexa, ask Body Signals why is my lip twitching", "CarrierWhyIsMyIntent", {"rest": "lip twitching"}),
        ("tell body signals that's enough", "AMAZON.StopIntent", {}),
        ("ask body signals about caffeine", "QuestionIntent", {"question": "caffeine"}),
        ("ask body signals to tell me about caffeine", "CarrierTellMeAboutIntent", {"rest": "caffeine"}),
        # A connecting word is taken only whole.
        ("ask body signals tourettes", "QuestionIntent", {"question": "tourettes"}),
        ("ask body signals forgetfulness", "QuestionIntent", {"question": "forgetfulness"}),
        ("open body signals and what is this", "CarrierWhatIntent", {"rest": "is this"}),
    ],
)
def test_a_one_shot_invocation_asks_at_once(said: str, name: str, slots: dict[str, str]) -> None:
    assert intent(said) == (name, slots)


@pytest.mark.parametrize(
    "said", ["open body signals", "Alexa, start Body Signals!", "talk to body signals", "ask body signals to"]
)
def test_an_invocation_alone_launches(said: str) -> None:
    assert device().request(said, NOW)["request"]["type"] == "LaunchRequest"


@pytest.mark.parametrize("said", ["open body signalsman", "what are body signals", "body signals"])
def test_the_name_alone_or_in_a_question_is_no_invocation(said: str) -> None:
    assert device().request(said, NOW)["request"]["type"] == "IntentRequest"


def test_an_envelope_tells_locale_time_and_ids() -> None:
    ids = Ids("app", "user", "device", "session", "request")
    sent = device(locale="en-GB", ids=ids).launch(NOW)
    assert sent["request"] == {"type": "LaunchRequest", "requestId": "request", "timestamp": NOW, "locale": "en-GB"}
    assert sent["session"]["user"] == sent["context"]["System"]["user"] == {"userId": "user"}
    assert sent["context"]["System"]["device"]["deviceId"] == "device"
    assert sent["session"]["application"] == {"applicationId": "app"}
    assert sent["session"]["sessionId"] == "session"


@pytest.mark.parametrize("reason", ["USER_INITIATED", "ERROR", "EXCEEDED_MAX_REPROMPTS"])
def test_an_end_tells_its_reason(reason: str) -> None:
    sent = device().end(reason, NOW)["request"]
    assert (sent["type"], sent["reason"]) == ("SessionEndedRequest", reason)


def test_a_first_request_is_of_a_new_session() -> None:
    session = device().launch(NOW)["session"]
    assert (session["new"], session["attributes"]) == (True, {})


def test_an_open_session_is_carried_to_the_next_request() -> None:
    speaker = device()
    assert speaker.hear(response(is_open=True, attributes={"about": "a/b"})).session_open
    session = speaker.request("why is it", NOW)["session"]
    assert (session["new"], session["attributes"]) == (False, {"about": "a/b"})


def test_a_closed_session_is_dropped_though_its_attributes_are_heard() -> None:
    speaker = device(attributes={"about": "a/b"})
    heard = speaker.hear(response(is_open=False, attributes={"answer_id": "stop"}))
    assert (heard.session_open, heard.attributes) == (False, {"answer_id": "stop"})
    session = speaker.request("why is it", NOW)["session"]
    assert (session["new"], session["attributes"]) == (True, {})


def test_a_session_that_is_handed_in_goes_on() -> None:
    session = device(attributes={"about": "a/b"}).request("why is it", NOW)["session"]
    assert (session["new"], session["attributes"]) == (False, {"about": "a/b"})


def test_an_empty_response_is_silence_and_ends_the_session() -> None:
    heard = device().hear({"version": "1.0", "response": {}})
    assert heard == ("", "", "", False, {}, None, None)


def test_speech_reprompt_card_and_screen_are_heard_and_seen() -> None:
    sent = response(is_open=True)
    screen = {"type": "Alexa.Presentation.APL.RenderDocument", "token": "answer"}
    card = {"type": "Simple", "title": "A", "content": "B"}
    reprompt = {"outputSpeech": {"type": "SSML", "ssml": "<speak><s>Well?</s></speak>"}}
    sent["response"] |= {"reprompt": reprompt, "card": card, "directives": [{"type": "Dialog.Delegate"}, screen]}
    assert device().hear(sent) == ("Hi.", "<speak>Hi.</speak>", "Well?", True, {}, card, screen)


@pytest.mark.parametrize(
    ("ssml", "plain"),
    [
        ("<speak><p><s>One.</s><s>Two.</s></p><p><s>Three?</s></p></speak>", "One. Two. Three?"),
        ('<speak>Call <say-as interpret-as="digits">999</say-as>.</speak>', "Call 999."),
        ('<speak><sub alias="triple zero">000</sub></speak>', "000"),
        ("<speak>Tom &amp; Jerry &lt;3 &#39;hi&#39;</speak>", "Tom & Jerry <3 'hi'"),
        ("", ""),
    ],
)
def test_plain_speech_is_what_is_written_between_the_tags(ssml: str, plain: str) -> None:
    assert plain_speech(ssml) == plain
