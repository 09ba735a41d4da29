"""The local device sends what Alexa would send, and carries a session as a speaker does."""

from __future__ import annotations

from typing import Any

import pytest

from skill.device import Device, Ids, plain_speech
from skill.interaction_model import carrier_intents
from skill.recogniser import Recogniser

NOW = "2026-11-22T10:00:00Z"

COMMANDS = {
    "AMAZON.StopIntent": ["stop", "that's enough"],
    "TellMoreIntent": ["tell me more"],
    "AMAZON.HelpIntent": [],
    "AMAZON.RepeatIntent": ["say that again"],
}

OPENINGS = ["why", "why is", "why is my", "what's", "whats", "what", "tell me about", "i'm"]

SIGNS = ["what are the signs of {subject}", "{subject} symptoms", "signs of {subject} please"]

SUBJECTS = [
    {"id": "caffeine", "name": {"value": "caffeine", "synonyms": ["coffee", "k fein"]}},
    {"id": "bells-palsy", "name": {"value": "Bell's palsy"}},
]


def _with_slot(name: str, slot: str, kind: str, samples: list[str]) -> dict[str, Any]:
    return {"name": name, "slots": [{"name": slot, "type": kind}], "samples": samples}


MODEL = {
    "interactionModel": {
        "languageModel": {
            "invocationName": "body signals",
            "intents": [
                *({"name": name, "samples": samples} for name, samples in COMMANDS.items()),
                {"name": "ChooseFirstIntent", "samples": ["the first", "number one"]},
                _with_slot("SignsIntent", "subject", "SUBJECT", [*SIGNS, "what are the signs"]),
                _with_slot("QuestionIntent", "question", "QUESTION", ["{question}"]),
                *(
                    _with_slot(name, "rest", "AMAZON.SearchQuery", [f"{opening} {{rest}}"])
                    for name, opening in carrier_intents(OPENINGS).items()
                ),
            ],
            "types": [
                {"name": "SUBJECT", "values": SUBJECTS},
                {"name": "QUESTION", "values": [{"name": {"value": "is it the coffee"}}]},
            ],
        }
    }
}


def device(**changes: Any) -> Device:
    return Device(Recogniser(MODEL), **changes)


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
        ("tell me more", "TellMoreIntent"),
        ("next", "AMAZON.NextIntent"),
        ("cancel", "AMAZON.CancelIntent"),
        ("ask body signals for help", "AMAZON.HelpIntent"),
    ],
)
def test_a_command_is_its_built_in_intent(said: str, name: str, route: str) -> None:
    assert intent(said, route=route) == (name, {})


def resolved(said: str, **changes: Any) -> tuple[str, str, str, str]:
    """The intent, the slot's value, the status of entity resolution, and the id that it found."""
    found = device(**changes).request(said, NOW)["request"]["intent"]
    slot = next(iter(found["slots"].values()))
    authority = slot["resolutions"]["resolutionsPerAuthority"][0]
    ids = [each["value"].get("id", "") for each in authority.get("values", [])]
    return found["name"], slot["value"], authority["status"]["code"], ids[0] if ids else ""


MATCH, NO_MATCH = "ER_SUCCESS_MATCH", "ER_SUCCESS_NO_MATCH"


@pytest.mark.parametrize("route", ["", "structured"])
@pytest.mark.parametrize(
    ("said", "value", "subject"),
    [
        ("what are the signs of caffeine", "caffeine", "caffeine"),
        ("What are the signs of coffee?", "coffee", "caffeine"),
        ("k fein symptoms", "k fein", "caffeine"),
        ("signs of Bell’s palsy please", "bells palsy", "bells-palsy"),
    ],
)
def test_a_listed_subject_in_a_sample_is_resolved(said: str, value: str, subject: str, route: str) -> None:
    assert resolved(said, route=route) == ("SignsIntent", value, MATCH, subject)


def test_a_custom_type_is_a_hint_and_no_enumeration() -> None:
    assert resolved("what are the signs of tea", route="structured") == ("SignsIntent", "tea", NO_MATCH, "")
    # Without a net forced on it, what is not listed goes the way of free speech.
    assert intent("what are the signs of tea") == ("CarrierWhatIntent", {"rest": "are the signs of tea"})


def test_of_several_samples_the_one_that_leaves_a_listed_value_wins() -> None:
    assert resolved("signs of coffee please", route="structured") == ("SignsIntent", "coffee", MATCH, "caffeine")


def test_a_sample_without_a_slot_takes_its_words_whole() -> None:
    assert intent("what are the signs") == ("SignsIntent", {})
    assert intent("what are the signs", route="carrier") == ("CarrierWhatIntent", {"rest": "are the signs"})
    assert intent("what are the signs", route="question") == ("QuestionIntent", {"question": "what are the signs"})


@pytest.mark.parametrize("route", ["", "structured", "carrier", "question"])
def test_a_place_is_a_choice_on_every_route(route: str) -> None:
    assert intent("Number one!", route=route) == ("ChooseFirstIntent", {})


def test_a_question_is_resolved_when_it_is_listed() -> None:
    assert resolved("is it the coffee", route="question")[2] == MATCH
    assert resolved("is it the tea", route="question")[2] == NO_MATCH


def test_silence_is_filled_by_the_device_once_and_then_ends_the_session() -> None:
    speaker = device()
    assert speaker.silence(NOW) is None
    ended = speaker.silence(NOW)
    assert ended is not None
    assert (ended["request"]["type"], ended["request"]["reason"]) == ("SessionEndedRequest", "EXCEEDED_MAX_REPROMPTS")
    speaker.hear(response(is_open=True))
    assert speaker.silence(NOW) is None


def test_a_touch_sends_what_the_screen_gave_it() -> None:
    sent = device(has_screen=True).touch(["choose", "a/b"], NOW)["request"]
    assert (sent["type"], sent["arguments"]) == ("Alexa.Presentation.APL.UserEvent", ["choose", "a/b"])


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
