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
from ask_sdk_model.request_envelope import RequestEnvelope
from ask_sdk_model.response import Response
from ask_sdk_model.ui.simple_card import SimpleCard

from skill import screen
from skill.adapters.attributes import read_session, write_session
from skill.adapters.envelope import CAN_FULFILL, CONVERSATION, TOUCH, readable, skill_of, type_of
from skill.app import App
from skill.interaction_model import (
    BUILT_IN,
    CARRIER_SLOT,
    CHOICES,
    COMMANDS,
    QUESTION_SLOT,
    SUBJECT_SLOT,
    AspectIntent,
    aspect_intents,
    carrier_intents,
)
from skill.knowledge.model import Vocabulary
from skill.turns import CHOICE, COMMAND, LAUNCH, NOTHING_HEARD, UTTERANCE, Reply, Session, Turn

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

MAX_CARD = 7_500
"""Characters of a card's text; with its title Alexa allows 8,000."""

MAX_UTTERANCE = 8_000
"""Characters of an utterance that are read: far more than anyone says at a time. A hundred thousand would take seconds."""

log = logging.getLogger(__name__)


def build_handler(app: App, skill_id: str = "") -> Handler:
    """Make the function that Lambda calls with an event and a context.

    With a `skill_id`, what another skill sends gets an empty response: an error would be for its maker to set off.
    """
    skill = build_skill(app)

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        started = time.perf_counter()
        kind = type_of(event)
        if skill_id and skill_of(event) != skill_id:
            log.warning("refused type=%s: sent to another skill", kind)
            return {"version": "1.0", "response": {}}
        try:
            envelope = skill.serializer.deserialize(payload=json.dumps(readable(event)), obj_type=RequestEnvelope)
            response: Any = skill.serializer.serialize(skill.invoke(request_envelope=envelope, context=context))
        except Exception as error:
            # The SDK cannot read request types newer than itself, and fails before any handler runs.
            log.warning("unreadable request type=%s: %s in %s", kind, type(error).__name__, _last_frame(error))
            return _last_resort(app, kind)
        # On other requests the attributes are only sent back, and could hold anything.
        answer_id = (response.get("sessionAttributes") or {}).get("answer_id", "") if kind in CONVERSATION else ""
        # No words, user or device: what was asked about one's health is nobody's business.
        ms = round((time.perf_counter() - started) * 1000, 1)
        # On a Lambda the line is JSON, and what is extra a field of its own, which the dashboard counts by.
        extra = {"answer_id": answer_id, "outcome": "answer" if "/" in answer_id else answer_id, "ms": ms} if answer_id else {}
        log.info("turn type=%s answer_id=%s ms=%.1f", kind, answer_id, ms, extra=extra)
        return dict(response)

    return handler


def build_skill(app: App) -> CustomSkill:
    """Make the ask-sdk skill that every door invokes, with envelopes cut down by `readable`."""
    intents = _Intents(app.knowledge.vocabulary)
    builder = SkillBuilder()
    builder.add_request_handler(_Conversation(app, intents))
    builder.add_request_handler(_CanFulfill(app, intents))
    builder.add_request_handler(_NothingToSay())
    builder.add_exception_handler(_Apology(app))
    return builder.create()


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


class _Intents:
    """The intents of the interaction model, and the turn that each stands for."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._carriers = carrier_intents(vocabulary.openings)
        self._aspects: dict[str, AspectIntent] = aspect_intents(vocabulary.patterns)

    def turn(self, request: Any) -> Turn:
        """Read what the person said."""
        name, locale, slots = request.intent.name, request.locale or "", request.intent.slots or {}
        if name in COMMANDS:
            return Turn(COMMAND, locale, command=COMMANDS[name])
        if name in CHOICES:
            return Turn(CHOICE, locale, choice=CHOICES[name])
        if name in self._aspects:
            return self._aspect(self._aspects[name], slots.get(SUBJECT_SLOT), locale)
        parts = [self._carriers.get(name, ""), *(_value(slots.get(slot)) for slot in (CARRIER_SLOT, QUESTION_SLOT))]
        heard = " ".join(part for part in parts if part)
        # Alexa knows these words itself, and may all the same hand them on as a question: "help" is no cry for help then.
        if intent := BUILT_IN.get(heard.strip().lower()):
            return Turn(COMMAND, locale, command=COMMANDS[intent])
        return _asked(heard, locale)

    def _aspect(self, intent: AspectIntent, slot: Any, locale: str) -> Turn:
        """Alexa keeps the words of a sample to itself: any of them says the same, with the slot's value in its place."""
        heard = _value(slot)
        if heard:
            utterance = intent.patterns[0].replace(f"{{{SUBJECT_SLOT}}}", heard) if intent.patterns else heard
            return _asked(utterance, locale)._replace(subject=_resolved(slot), aspects=intent.aspects)
        return _asked(self._vocabulary.follow_ups.get(intent.aspects[0], ""), locale)


def _asked(utterance: str, locale: str) -> Turn:
    return Turn(UTTERANCE, locale, utterance[:MAX_UTTERANCE]) if utterance.strip() else Turn(NOTHING_HEARD, locale)


def _value(slot: Any) -> str:
    return (slot.value or "") if slot else ""


def _resolved(slot: Any) -> str:
    """The id of the value that entity resolution matched, the likeliest first; empty when it matched none."""
    authorities = (slot.resolutions.resolutions_per_authority or []) if slot and slot.resolutions else []
    return next((value.value.id for each in authorities for value in each.values or [] if value.value and value.value.id), "")


class _Conversation(AbstractRequestHandler):
    def __init__(self, app: App, intents: _Intents) -> None:
        self._app = app
        self._intents = intents

    def can_handle(self, handler_input: HandlerInput) -> bool:
        request: Any = handler_input.request_envelope.request
        return request.object_type in CONVERSATION or (request.object_type == TOUCH and bool(_touched(request)))

    def handle(self, handler_input: HandlerInput) -> Response:
        request: Any = handler_input.request_envelope.request
        if request.object_type == "LaunchRequest":
            turn = Turn(LAUNCH, request.locale or "")
        elif request.object_type == TOUCH:
            turn = Turn(CHOICE, request.locale or "", choice=_touched(request))
        else:
            turn = self._intents.turn(request)
        reply, session = self._app.reply(turn, read_session(_attributes(handler_input)))
        return write_response(handler_input, reply, session)


def _touched(request: Any) -> str:
    """The answer id that a touch on the screen asks for."""
    arguments = request.arguments or []
    return str(arguments[1]) if len(arguments) == 2 and arguments[0] == screen.CHOOSE else ""


class _CanFulfill(AbstractRequestHandler):
    """Alexa asks, before it chooses a skill, whether this one could answer. Nothing is said."""

    def __init__(self, app: App, intents: _Intents) -> None:
        self._app = app
        self._intents = intents

    def can_handle(self, handler_input: HandlerInput) -> bool:
        request: Any = handler_input.request_envelope.request
        return bool(request.object_type == CAN_FULFILL)

    def handle(self, handler_input: HandlerInput) -> Response:
        # Imported here: it is asked rarely, and a first answer needs none of it.
        from ask_sdk_model.canfulfill.can_fulfill_intent import CanFulfillIntent
        from ask_sdk_model.canfulfill.can_fulfill_intent_values import CanFulfillIntentValues
        from ask_sdk_model.canfulfill.can_fulfill_slot import CanFulfillSlot
        from ask_sdk_model.canfulfill.can_fulfill_slot_values import CanFulfillSlotValues
        from ask_sdk_model.canfulfill.can_understand_slot_values import CanUnderstandSlotValues

        request: Any = handler_input.request_envelope.request
        verdict = self._app.can_answer(self._intents.turn(request)).upper()
        slots = {
            name: CanFulfillSlot(
                # Free speech is understood as well as the question is; a subject, when it is one that we know.
                can_understand=CanUnderstandSlotValues("YES" if _resolved(slot) else verdict),
                can_fulfill=CanFulfillSlotValues("NO" if verdict == "NO" else "YES"),
            )
            for name, slot in (request.intent.slots or {}).items()
        }
        builder = handler_input.response_builder
        builder.set_can_fulfill_intent(CanFulfillIntent(can_fulfill=CanFulfillIntentValues(verdict), slots=slots))
        return builder.response


class _NothingToSay(AbstractRequestHandler):
    """Session ends, skill events and all that is no conversation: a reply with speech would be an error."""

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
        request: Any = handler_input.request_envelope.request
        if request.object_type not in CONVERSATION:
            return handler_input.response_builder.response
        return write_response(handler_input, self._app.apology(request.locale or ""), Session())


def write_response(handler_input: HandlerInput, reply: Reply, session: Session) -> Response:
    builder = handler_input.response_builder
    builder.speak(reply.ssml)
    if reply.open:
        builder.ask(reply.reprompt_ssml)
    builder.set_should_end_session(not reply.open)
    if reply.card_text:
        builder.set_card(SimpleCard(title=reply.card_title, content=reply.card_text[:MAX_CARD]))
    if (reply.card_text or reply.choices) and _has_screen(handler_input):
        # Imported here: the SDK's APL classes are a hundred modules, and most devices have no screen.
        from ask_sdk_model.interfaces.alexa.presentation.apl.render_document_directive import RenderDocumentDirective

        shown = screen.data_sources(reply)
        builder.add_directive(RenderDocumentDirective(token=screen.TOKEN, document=screen.DOCUMENT, datasources=shown))
    if handler_input.request_envelope.session is not None:
        handler_input.attributes_manager.session_attributes = write_session(reply, session)
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


def _last_frame(exception: BaseException) -> str:
    trace = exception.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace is not None else "nowhere"
