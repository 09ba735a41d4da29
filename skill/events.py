"""Ready requests: one for every answer, emergency and request type, as Alexa would send them. For `sam local invoke -e`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skill.device import Device
from skill.interaction_model import BUILT_IN
from skill.knowledge.model import Knowledge

END_REASONS = ("USER_INITIATED", "ERROR", "EXCEEDED_MAX_REPROMPTS")

TIME = "2026-01-01T00:00:00Z"
"""Fixed, so that the same knowledge gives the same files; only the web service looks at it."""

Request = dict[str, Any]


def events(knowledge: Knowledge, device: Device) -> Iterator[tuple[str, Request]]:
    """Each request and a name for it. `device` has to be in no session yet."""
    yield "launch", device.launch(TIME)
    for words, intent in BUILT_IN.items():
        yield f"intent-{intent.removeprefix('AMAZON.').removesuffix('Intent').lower()}", device.request(words, TIME)
    yield "intent-fallback", device.request("", TIME)
    for label, samples in knowledge.samples.items():
        topic, _, rest = label.partition("/")
        if label in knowledge.answers or topic == "emergency":
            kind = "answer" if label in knowledge.answers else topic
            yield f"{kind}-{label.replace('/', '-') if kind == 'answer' else rest}", device.request(samples[0], TIME)
    first = next(iter(knowledge.answers))
    asked = device.request(knowledge.samples[first][0], TIME)
    yield "can-fulfill", _sessionless(asked, {**asked["request"], "type": "CanFulfillIntentRequest"})
    yield "touch", device.touch(["choose", first], TIME)
    for reason in END_REASONS:
        yield f"session-ended-{reason.lower().replace('_', '-')}", device.end(reason, TIME)
    launch = device.launch(TIME)
    yield "session-resumed", _with(launch, {"type": "SessionResumedRequest", "originIpAddress": ""})
    yield "exception-encountered", _sessionless(launch, {"type": "System.ExceptionEncountered", "error": _ERROR, "cause": _CAUSE})
    yield "connections-response", _with(launch, {"type": "Connections.Response", "name": "Print", "token": "local"})
    for name in ("SkillEnabled", "SkillDisabled", "SkillPermissionAccepted"):
        yield f"event-{name.lower()}", _sessionless(launch, {"type": f"AlexaSkillEvent.{name}"})
    yield "unknown-type", _with(launch, {"type": "Alexa.SomethingNew"})


_ERROR = {"type": "INVALID_RESPONSE", "message": "A response was not valid."}
_CAUSE = {"requestId": "amzn1.echo-api.request.local"}


def _with(request: Request, inner: Request) -> Request:
    return {**request, "request": {**request["request"], **inner}}


def _sessionless(request: Request, inner: Request) -> Request:
    return {name: part for name, part in _with(request, inner).items() if name != "session"}
