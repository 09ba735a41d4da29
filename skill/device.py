"""The local device: writes the request that Alexa would send for what was said, and reads the response as a speaker does.

Ids and the time are handed in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any, NamedTuple

from skill.recogniser import Recogniser

DEVICES = ("dot", "show")
"""A speaker without a screen, and one with."""


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
        recogniser: Recogniser,
        *,
        locale: str = "en-US",
        route: str = "",
        attributes: dict[str, Any] | None = None,
        has_screen: bool = False,
        ids: Ids = Ids(),  # noqa: B008 (an immutable tuple)
    ) -> None:
        self._recogniser = recogniser
        self._locale, self._route, self._ids = locale, route, ids
        self._interfaces = {"Alexa.Presentation.APL": {"runtime": {"maxVersion": "2024.3"}}} if has_screen else {}
        self._attributes = attributes
        self._is_new = attributes is None
        self._is_reprompted = False

    def request(self, said: str, timestamp: str) -> dict[str, Any]:
        """Write the request for `said`. `timestamp` is ISO 8601 in UTC."""
        rest = self._recogniser.after_invocation(said)
        if rest is not None:
            if not rest:
                return self.launch(timestamp)
            said = rest
        return self._envelope({"type": "IntentRequest", "intent": self._recogniser.match(said, self._route)}, timestamp)

    def launch(self, timestamp: str) -> dict[str, Any]:
        return self._envelope({"type": "LaunchRequest"}, timestamp)

    def end(self, reason: str, timestamp: str) -> dict[str, Any]:
        """Write the request that tells the skill its session is over: USER_INITIATED, ERROR or EXCEEDED_MAX_REPROMPTS."""
        return self._envelope({"type": "SessionEndedRequest", "reason": reason}, timestamp)

    def touch(self, arguments: list[Any], timestamp: str) -> dict[str, Any]:
        """Write the request for a touch on a screen that sends `arguments`."""
        touched = {"type": "Alexa.Presentation.APL.UserEvent", "arguments": arguments, "token": "local"}
        return self._envelope(touched, timestamp)

    def silence(self, timestamp: str) -> dict[str, Any] | None:
        """What a device sends when nobody speaks: nothing after the first silence, when it plays the reprompt itself."""
        if not self._is_reprompted:
            self._is_reprompted = True
            return None
        return self.end("EXCEEDED_MAX_REPROMPTS", timestamp)

    def hear(self, response: Mapping[str, Any]) -> Heard:
        """Read a response, and carry its session on."""
        body = response.get("response") or {}
        is_open = body.get("shouldEndSession") is False
        attributes = dict(response.get("sessionAttributes") or {})
        self._attributes = attributes if is_open else None
        self._is_new = not is_open
        self._is_reprompted = False
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
