"""Runs the real handler on this machine: what is said goes out as Alexa's request and comes back as its response."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from skill.adapters.alexa import Handler, build_handler
from skill.app import App
from skill.device import Device, Heard
from skill.evaluation import Answered
from skill.interaction_model import build_model
from skill.places import KNOWLEDGE, PROJECT
from skill.recogniser import Recogniser
from skill.screen import CHOOSE
from skill.understanding.reading import EMERGENCY


class Exchange(NamedTuple):
    """One request and its response, and what a speaker makes of it."""

    text: str
    request: dict[str, Any]
    response: dict[str, Any]
    heard: Heard
    milliseconds: float

    @property
    def answer_id(self) -> str:
        return str(self.heard.attributes.get("answer_id", "none"))

    @property
    def candidates(self) -> list[tuple[str, float]]:
        return [(name, confidence) for name, confidence in self.heard.attributes.get("candidates", ())]

    def as_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "answer_id": self.answer_id,
            "candidates": [{"id": name, "confidence": confidence} for name, confidence in self.candidates],
            "speech": self.heard.speech,
            "ssml": self.heard.ssml,
            "reprompt": self.heard.reprompt,
            "session_open": self.heard.session_open,
            "card": self.heard.card,
            "screen": self.heard.screen,
            "request": self.request,
            "response": self.response,
            "milliseconds": round(self.milliseconds, 2),
        }


class LocalSkill:
    """The skill as Lambda runs it, with a local device in front."""

    def __init__(self, folder: Path = KNOWLEDGE, told: Callable[[str], None] = lambda said: None) -> None:
        """Load the knowledge of `folder`; the product's own is served by the very handler in `lambda/`."""
        self.app = App.load(folder, told)
        self._handler: Handler = _lambda_handler() if folder.resolve() == KNOWLEDGE else build_handler(self.app)
        self._recognisers: dict[str, Recogniser] = {}

    def device(
        self,
        locale: str = "en-US",
        route: str = "",
        attributes: dict[str, Any] | None = None,
        *,
        has_screen: bool = False,
    ) -> Device:
        if locale not in self._recognisers:
            self._recognisers[locale] = Recogniser(build_model(self.app.knowledge, locale))
        return Device(self._recognisers[locale], locale=locale, route=route, attributes=attributes, has_screen=has_screen)

    def say(self, device: Device, text: str) -> Exchange:
        return self.send(device, device.request(text, now()), text)

    def send(self, device: Device, request: dict[str, Any], text: str = "") -> Exchange:
        started = time.perf_counter()
        response = self.handle(request)
        milliseconds = (time.perf_counter() - started) * 1000
        return Exchange(text, request, response, device.hear(response), milliseconds)

    def handle(self, request: dict[str, Any]) -> dict[str, Any]:
        """What the handler that Lambda runs responds to a request."""
        return self._handler(request, None)

    def converse(self, device: Device, turns: Iterable[tuple[str, str]]) -> Iterator[Exchange | None]:
        """Have a conversation: each turn is a kind and its text. Of a silence that the device fills itself, nothing comes.

        The kinds are `say`, `touch` (an answer id that the screen offers) and `silence`.
        """
        for kind, text in turns:
            if kind == "say":
                yield self.say(device, text)
                continue
            request = device.touch([CHOOSE, text], now()) if kind == "touch" else device.silence(now())
            yield self.send(device, request) if request else None

    def ask_all(self, texts: Sequence[str], locale: str = "en-US", route: str = "") -> list[Answered]:
        """Say `texts` in one session, and return what became of each."""
        device = self.device(locale, route)
        return [_answered(exchange) for exchange in self.converse(device, (("say", text) for text in texts)) if exchange]


def _answered(exchange: Exchange) -> Answered:
    best, confidence = exchange.candidates[0] if exchange.candidates else ("", 0.0)
    return Answered(exchange.answer_id, EMERGENCY if best.startswith(f"{EMERGENCY}/") else best, confidence)


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _lambda_handler() -> Handler:
    # `lambda` is a keyword, so no import statement can name the package; Lambda loads it by name as well.
    if str(PROJECT) not in sys.path:
        sys.path.insert(0, str(PROJECT))
    handler: Handler = importlib.import_module("lambda.lambda_function").handler
    return handler
