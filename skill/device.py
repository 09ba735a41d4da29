"""The local device: writes the request that Alexa would send for what was said, and reads the response as a speaker does.

It exercises the skill's understanding, not Alexa's speech recognition. Ids and the time are handed in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any, NamedTuple

from skill.interaction_model import CARRIER_SLOT, COMMANDS, FALLBACK_INTENT, QUESTION_INTENT, QUESTION_SLOT, carrier_intents
from skill.normalize import normalize

DEVICES = ("dot", "show")
"""A speaker without a screen, and one with."""

ROUTES = ("carrier", "question")
"""The nets that free speech can be caught with."""

_MAIN_INTENT = {command: intent for intent, command in reversed(COMMANDS.items())}


class Ids(NamedTuple):
    """What a real device sends to say who it is; made up here."""

    application: str = "amzn1.ask.skill.local"
    user: str = "amzn1.ask.account.local"
    device: str = "amzn1.ask.device.local"
    session: str = "amzn1.echo-api.session.local"
    request: str = "amzn1.echo-api.request.local"


class Heard(NamedTuple):
    """What a speaker makes of a response."""

    speech: str
    ssml: str
    reprompt: str
    session_open: bool
    attributes: dict[str, Any]
    card: dict[str, Any] | None
    screen: dict[str, Any] | None


class Device:
    """A speaker in one locale, in one session."""

    def __init__(
        self,
        invocation_name: str,
        commands: Mapping[str, Sequence[str]],
        openings: Sequence[str],
        *,
        locale: str = "en-US",
        route: str = "carrier",
        attributes: dict[str, Any] | None = None,
        has_screen: bool = False,
        ids: Ids = Ids(),  # noqa: B008 (an immutable tuple)
    ) -> None:
        """`commands` are the ways to say each command, `openings` the words that carrier intents begin with."""
        verbs = "ask|tell|open|launch|start|use|run|talk to"
        name = re.escape(normalize(invocation_name))
        self._invocation = re.compile(rf"^(?:alexa )?(?:{verbs}) {name}\b(?: (?:to|about|for|and)\b)?")
        self._commands = {normalize(said): _MAIN_INTENT[name] for name, all_said in commands.items() for said in all_said}
        # The longest opening that fits is the one Alexa's recogniser favours: it leaves the least to guess.
        self._carriers = sorted(carrier_intents(openings).items(), key=lambda pair: -len(pair[1]))
        self._locale, self._route, self._ids = locale, route, ids
        self._interfaces = {"Alexa.Presentation.APL": {"runtime": {"maxVersion": "2024.3"}}} if has_screen else {}
        self._attributes = attributes
        self._is_new = attributes is None

    def request(self, said: str, timestamp: str) -> dict[str, Any]:
        """Write the request for `said`. `timestamp` is ISO 8601 in UTC."""
        plain = normalize(said)
        if found := self._invocation.match(plain):
            rest = plain[found.end() :].strip()
            if not rest:
                return self._envelope({"type": "LaunchRequest"}, timestamp)
            said = plain = rest
        return self._envelope({"type": "IntentRequest", "intent": self._intent(said, plain)}, timestamp)

    def launch(self, timestamp: str) -> dict[str, Any]:
        return self._envelope({"type": "LaunchRequest"}, timestamp)

    def end(self, reason: str, timestamp: str) -> dict[str, Any]:
        """Write the request that tells the skill its session is over: USER_INITIATED, ERROR or EXCEEDED_MAX_REPROMPTS."""
        return self._envelope({"type": "SessionEndedRequest", "reason": reason}, timestamp)

    def hear(self, response: Mapping[str, Any]) -> Heard:
        """Read a response, and carry its session on."""
        body = response.get("response") or {}
        is_open = body.get("shouldEndSession") is False
        attributes = dict(response.get("sessionAttributes") or {})
        self._attributes = attributes if is_open else None
        self._is_new = not is_open
        ssml = (body.get("outputSpeech") or {}).get("ssml", "")
        directives = body.get("directives") or []
        return Heard(
            speech=plain_speech(ssml),
            ssml=ssml,
            reprompt=plain_speech(((body.get("reprompt") or {}).get("outputSpeech") or {}).get("ssml", "")),
            session_open=is_open,
            attributes=attributes,
            card=body.get("card"),
            screen=next((each for each in directives if each["type"].startswith("Alexa.Presentation.APL")), None),
        )

    def _intent(self, said: str, plain: str) -> dict[str, Any]:
        if plain in self._commands:
            return _intent(self._commands[plain])
        if not plain:
            return _intent(FALLBACK_INTENT)
        words = " ".join(said.split())
        if self._route == "carrier":
            for name, opening in self._carriers:
                if words.lower().startswith(f"{opening} "):
                    return _intent(name, CARRIER_SLOT, words[len(opening) + 1 :])
        return _intent(QUESTION_INTENT, QUESTION_SLOT, words)

    def _envelope(self, request: dict[str, Any], timestamp: str) -> dict[str, Any]:
        ids = self._ids
        user, application = {"userId": ids.user}, {"applicationId": ids.application}
        return {
            "version": "1.0",
            "session": {
                "new": self._is_new,
                "sessionId": ids.session,
                "application": application,
                "attributes": self._attributes or {},
                "user": user,
            },
            "context": {
                "System": {
                    "application": application,
                    "user": user,
                    "device": {"deviceId": ids.device, "supportedInterfaces": self._interfaces},
                    "apiEndpoint": "https://api.amazonalexa.com",
                }
            },
            "request": {"requestId": ids.request, "timestamp": timestamp, "locale": self._locale, **request},
        }


def plain_speech(ssml: str) -> str:
    """What is heard of SSML: its text, with aliases kept as they are written."""
    text = re.sub(r"<[^>]*>", "", re.sub(r"</(?:s|p)>", " ", ssml))
    return " ".join(unescape(text).split())


def _intent(name: str, slot: str = "", value: str = "") -> dict[str, Any]:
    intent: dict[str, Any] = {"name": name, "confirmationStatus": "NONE"}
    if slot:
        intent["slots"] = {slot: {"name": slot, "value": value, "confirmationStatus": "NONE", "source": "USER"}}
    return intent
