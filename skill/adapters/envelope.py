"""Cuts a request down to what the skill reads, of the kinds that the SDK expects. Everything else goes no further.

The SDK fails on a request type, an enum value or a date that it does not know, before any handler runs: what a newer
Alexa adds would cost people their answers. And what is cut off, who the person and the device are, cannot leak. The time is for
the web service, which looks at the event itself: to read it the SDK would load python-dateutil, a tenth of a start.
"""

from __future__ import annotations

from typing import Any

CONVERSATION = ("LaunchRequest", "IntentRequest")
"""The requests that someone waits for an answer to."""

TOUCH = "Alexa.Presentation.APL.UserEvent"
CAN_FULFILL = "CanFulfillIntentRequest"

MATCHED = "ER_SUCCESS_MATCH"


def type_of(event: Any) -> str:
    """The request's type; `unknown` for what is no type, which must not be repeated into a log."""
    kind = _object(_object(event).get("request")).get("type")
    return kind if isinstance(kind, str) and kind.replace(".", "").isalnum() and len(kind) < 80 else "unknown"


def skill_of(event: Any) -> str:
    """The id of the skill that the event was sent to; empty where it names none."""
    event = _object(event)
    # The context has it always, the session where there is one.
    for part in (_object(_system(event)), _object(event.get("session"))):
        if found := _texts(_object(part.get("application")), "applicationId"):
            return found["applicationId"]
    return ""


def readable(event: Any) -> dict[str, Any]:
    """The envelope with only what the skill reads. The event stays as it is."""
    event = _object(event)
    request, session, system = (_object(each) for each in (event.get("request"), event.get("session"), _system(event)))
    kind = type_of(event)
    kept: dict[str, Any] = {"type": kind, **_texts(request, "requestId", "locale")}
    if kind in ("IntentRequest", CAN_FULFILL):
        kept["intent"] = _intent(_object(request.get("intent")))
    if kind == TOUCH:
        arguments = request.get("arguments")
        kept["arguments"] = [each for each in arguments if isinstance(each, str)] if isinstance(arguments, list) else []
    envelope: dict[str, Any] = {"version": "1.0", "request": kept}
    # What a device says of its APL is not read: the document is of a version that each of them shows.
    if "Alexa.Presentation.APL" in _object(_object(system.get("device")).get("supportedInterfaces")):
        envelope["context"] = {"System": {"device": {"supportedInterfaces": {"Alexa.Presentation.APL": {}}}}}
    if "session" in event:
        envelope["session"] = {"new": session.get("new") is True, "attributes": _object(session.get("attributes"))}
    return envelope


def _intent(intent: dict[str, Any]) -> dict[str, Any]:
    slots = {str(name): _slot(str(name), _object(slot)) for name, slot in _object(intent.get("slots")).items()}
    return {"name": "", **_texts(intent, "name"), "slots": slots}


def _slot(name: str, slot: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {"name": name, **_texts(slot, "value")}
    authorities = _object(slot.get("resolutions")).get("resolutionsPerAuthority")
    matched = [_matched(_object(each)) for each in authorities] if isinstance(authorities, list) else []
    if found := [each for each in matched if each]:
        kept["resolutions"] = {"resolutionsPerAuthority": found}
    return kept


def _matched(authority: dict[str, Any]) -> dict[str, Any] | None:
    """One authority's match; nothing when it has none, or a status that came after this SDK."""
    if _object(authority.get("status")).get("code") != MATCHED:
        return None
    values = authority.get("values")
    rows = [_object(_object(each).get("value")) for each in values] if isinstance(values, list) else []
    return {
        "authority": str(authority.get("authority", "")),
        "status": {"code": MATCHED},
        "values": [{"value": _texts(row, "name", "id")} for row in rows],
    }


def _system(event: dict[str, Any]) -> Any:
    return _object(event.get("context")).get("System")


def _texts(data: dict[str, Any], *names: str) -> dict[str, str]:
    return {name: data[name] for name in names if isinstance(data.get(name), str)}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
