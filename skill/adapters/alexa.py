"""Translates between Alexa's envelopes and turns, with the ask-sdk. Decides nothing."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from ask_sdk_core.dispatch_components.exception_components import AbstractExceptionHandler
from ask_sdk_core.dispatch_components.request_components import AbstractRequestHandler
from ask_sdk_core.handler_input import HandlerInput
from ask_sdk_core.skill import CustomSkill
from ask_sdk_core.skill_builder import SkillBuilder
from ask_sdk_model.intent_request import IntentRequest
from ask_sdk_model.launch_request import LaunchRequest
from ask_sdk_model.request_envelope import RequestEnvelope
from ask_sdk_model.response import Response
from ask_sdk_model.ui.simple_card import SimpleCard

from skill import screen
from skill.app import App
from skill.interaction_model import CARRIER_SLOT, COMMANDS, QUESTION_SLOT, carrier_intents
from skill.turns import COMMAND, LAUNCH, NOTHING_HEARD, UTTERANCE, Reply, Said, Session, Turn

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

MAX_CARD = 7_500
"""Characters of a card's text; with its title Alexa allows 8,000."""

CONVERSATION = ("LaunchRequest", "IntentRequest")
"""The requests that someone waits for an answer to."""

log = logging.getLogger(__name__)


def build_handler(app: App) -> Handler:
    """Make the function that Lambda calls with an event and a context."""
    builder = SkillBuilder()
    builder.add_request_handler(_Conversation(app))
    builder.add_request_handler(_NothingToSay())
    builder.add_exception_handler(_Apology(app))
    skill: CustomSkill = builder.create()

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        started = time.perf_counter()
        kind = _type_of(event)
        try:
            envelope = skill.serializer.deserialize(payload=json.dumps(_readable(event)), obj_type=RequestEnvelope)
            response: Any = skill.serializer.serialize(skill.invoke(request_envelope=envelope, context=context))
        except Exception as error:
            # The SDK cannot read request types and enum values newer than itself, and fails before any handler runs.
            log.warning("unreadable request type=%s: %s in %s", kind, type(error).__name__, _last_frame(error))
            return _last_resort(app, kind)
        # On other requests the attributes are only sent back, and could hold anything.
        answer_id = (response.get("sessionAttributes") or {}).get("answer_id", "") if kind in CONVERSATION else ""
        # No words, user or device: what was asked about one's health is nobody's business.
        log.info("turn type=%s answer_id=%s ms=%.1f", kind, answer_id, (time.perf_counter() - started) * 1000)
        return dict(response)

    return handler


def _readable(event: Any) -> Any:
    """The event, less session attributes that are no object: those would cost the person the answer."""
    session = event.get("session") if isinstance(event, dict) else None
    if not isinstance(session, dict) or isinstance(session.get("attributes"), dict):
        return event
    return {**event, "session": {**session, "attributes": {}}}


def _last_resort(app: App, kind: str) -> dict[str, Any]:
    """The apology without the SDK; nothing where speech would be an error, or where there is no apology either."""
    response: dict[str, Any] = {}
    if kind in CONVERSATION:
        try:
            ssml = f"<speak>{app.apology('').ssml}</speak>"
            response = {"outputSpeech": {"type": "SSML", "ssml": ssml}, "shouldEndSession": True}
        except Exception as error:
            log.error("no apology: %s in %s", type(error).__name__, _last_frame(error))
    return {"version": "1.0", "response": response}


class _Conversation(AbstractRequestHandler):
    def __init__(self, app: App) -> None:
        self._app = app
        self._carriers = carrier_intents(app.knowledge.vocabulary.openings)

    def can_handle(self, handler_input: HandlerInput) -> bool:
        return isinstance(handler_input.request_envelope.request, (LaunchRequest, IntentRequest))

    def handle(self, handler_input: HandlerInput) -> Response:
        turn = read_turn(handler_input, self._carriers)
        reply, session = self._app.reply(turn, read_session(_attributes(handler_input)))
        return write_response(handler_input, reply, session)


class _NothingToSay(AbstractRequestHandler):
    """Session ends, skill events, touches and all that is no conversation: a reply with speech would be an error."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        return True

    def handle(self, handler_input: HandlerInput) -> Response:
        return handler_input.response_builder.response


class _Apology(AbstractExceptionHandler):
    def __init__(self, app: App) -> None:
        self._app = app

    def can_handle(self, handler_input: HandlerInput, exception: Exception) -> bool:
        return True

    def handle(self, handler_input: HandlerInput, exception: Exception) -> Response:
        # The traceback names code, not what was said: messages of exceptions could hold that, so they stay out.
        log.error("failed: %s in %s", type(exception).__name__, _last_frame(exception))
        if not isinstance(handler_input.request_envelope.request, (LaunchRequest, IntentRequest)):
            return handler_input.response_builder.response
        reply = self._app.apology(handler_input.request_envelope.request.locale or "")
        return write_response(handler_input, reply, Session())


def read_turn(handler_input: HandlerInput, carriers: Mapping[str, str]) -> Turn:
    """Read what the person did. `carriers` are the carrier intents, with the words each begins with."""
    request: Any = handler_input.request_envelope.request
    locale = request.locale or ""
    if isinstance(request, LaunchRequest):
        return Turn(LAUNCH, locale)
    name = request.intent.name
    if name in COMMANDS:
        return Turn(COMMAND, locale, command=COMMANDS[name])
    slots = request.intent.slots or {}
    heard = [carriers.get(name, ""), *(slots[slot].value for slot in (CARRIER_SLOT, QUESTION_SLOT) if slot in slots)]
    utterance = " ".join(part for part in heard if part)
    return Turn(UTTERANCE, locale, utterance) if utterance else Turn(NOTHING_HEARD, locale)


def read_session(attributes: Mapping[str, Any]) -> Session:
    """Read what was remembered. Whatever is not as this version writes it is forgotten."""
    last = attributes.get("last")
    said = None
    if isinstance(last, dict) and isinstance(last.get("kind"), str) and isinstance(last.get("id"), str):
        said = Said(last["kind"], last["id"], last.get("disclaimer") is True)
    about, offered, options = (attributes.get(name) for name in ("about", "offered", "options"))
    return Session(
        said,
        about if isinstance(about, str) else "",
        offered if isinstance(offered, str) else "",
        attributes.get("had_disclaimer") is True,
        tuple(each for each in options if isinstance(each, str)) if isinstance(options, list) else (),
    )


def write_response(handler_input: HandlerInput, reply: Reply, session: Session) -> Response:
    builder = handler_input.response_builder
    builder.speak(reply.ssml)
    if reply.open:
        builder.ask(reply.reprompt_ssml)
    builder.set_should_end_session(not reply.open)
    if reply.card_text:
        builder.set_card(SimpleCard(title=reply.card_title, content=reply.card_text[:MAX_CARD]))
    if reply.card_text and _has_screen(handler_input):
        # Imported here: the SDK's APL classes are a hundred modules, and most devices have no screen.
        from ask_sdk_model.interfaces.alexa.presentation.apl.render_document_directive import RenderDocumentDirective

        shown = screen.data_sources(reply.card_title, reply.card_text)
        builder.add_directive(RenderDocumentDirective(token=screen.TOKEN, document=screen.DOCUMENT, datasources=shown))
    if handler_input.request_envelope.session is not None:
        handler_input.attributes_manager.session_attributes = {
            "answer_id": reply.answer_id,
            "candidates": [[name, round(confidence, 3)] for name, confidence in reply.candidates],
            "last": {"kind": session.said.kind, "id": session.said.id, "disclaimer": session.said.with_disclaimer}
            if session.said
            else None,
            "about": session.answer_id,
            "offered": session.offered,
            "had_disclaimer": session.had_disclaimer,
            "options": list(session.options),
        }
    return builder.response


def _has_screen(handler_input: HandlerInput) -> bool:
    """Whether the device shows APL: one that does not refuses a response that holds it."""
    context: Any = handler_input.request_envelope.context
    device = context.system.device if context and context.system else None
    interfaces = device.supported_interfaces if device else None
    return bool(interfaces and interfaces.alexa_presentation_apl)


def _attributes(handler_input: HandlerInput) -> Mapping[str, Any]:
    session = handler_input.request_envelope.session
    return (session.attributes or {}) if session is not None else {}


def _type_of(event: Any) -> str:
    request = event.get("request") if isinstance(event, dict) else None
    kind = request.get("type") if isinstance(request, dict) else None
    # A type is made of letters and dots; anything else is not repeated into a log.
    return kind if isinstance(kind, str) and kind.replace(".", "").isalnum() and len(kind) < 80 else "unknown"


def _last_frame(exception: BaseException) -> str:
    trace = exception.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace is not None else "nowhere"
