"""Matches what was said against an interaction model, as Alexa would: an intent, its slots, and entity resolution.

It exercises the model and the skill, not Alexa's speech recognition, which also takes what is only like a sample.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from skill.interaction_model import (
    BUILT_IN,
    CARRIER_SLOT,
    FALLBACK_INTENT,
    QUESTION_SLOT,
    SUBJECT_SLOT,
)
from skill.normalize import normalize

STRUCTURED, QUESTION, CARRIER = "structured", "question", "carrier"

ROUTES = (STRUCTURED, QUESTION, CARRIER)
"""The nets that a question can be caught with. Without a choice of one, the tightest that fits takes it."""

_LAUNCH_WORDS = "ask|tell|open|launch|start|use|run|talk to"

Intent = dict[str, Any]


class _Pattern(NamedTuple):
    intent: str
    slot: str
    words: re.Pattern[str]
    length: int
    """of the words beside the slot"""


class Recogniser:
    """An interaction model, ready to match against."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        language = model["interactionModel"]["languageModel"]
        name = re.escape(normalize(language["invocationName"]))
        self._invocation = re.compile(rf"^(?:alexa )?(?:{_LAUNCH_WORDS}) {name}\b(?: (?:to|about|for|and)\b)?")
        self._types = {each["name"]: dict(_values(each)) for each in language["types"]}
        self._slot_types: dict[tuple[str, str], str] = {}
        self._whole = {normalize(said): intent for said, intent in BUILT_IN.items()}
        """by sample without a slot: its intent"""
        self._patterns: list[_Pattern] = []
        self._carriers: list[tuple[str, str]] = []
        self._question_intent = ""
        for intent in language["intents"]:
            self._slot_types |= {(intent["name"], slot["name"]): slot["type"] for slot in intent.get("slots", ())}
            for sample in intent["samples"]:
                self._learn(intent["name"], sample)
        # The longest opening that fits is the one a recogniser favours: it leaves the least to guess.
        self._carriers.sort(key=lambda pair: -len(pair[1]))

    def _learn(self, intent: str, sample: str) -> None:
        found = re.search(r"\{(\w+)\}", sample)
        if found is None:
            self._whole.setdefault(normalize(sample), intent)
        elif found[1] == CARRIER_SLOT:
            self._carriers.append((intent, sample[: found.start()].strip()))
        elif found[1] == QUESTION_SLOT:
            self._question_intent = intent
        else:
            before, after = (normalize(part) for part in (sample[: found.start()], sample[found.end() :]))
            words = re.compile(" ".join(filter(None, [re.escape(before), "(.+)", re.escape(after)])))
            self._patterns.append(_Pattern(intent, found[1], words, len(before) + len(after)))

    def after_invocation(self, said: str) -> str | None:
        """What follows "ask body signals" in `said`: nothing where the skill is only opened, None where it is not named."""
        plain = normalize(said)
        found = self._invocation.match(plain)
        return plain[found.end() :].strip() if found else None

    def match(self, said: str, route: str = "") -> Intent:
        """The intent of a request for `said`, by one of the routes or, without, by the tightest that fits."""
        plain = normalize(said)
        if not plain:
            return _intent(FALLBACK_INTENT)
        whole = self._whole.get(plain)
        if whole and (route in ("", STRUCTURED) or (whole, SUBJECT_SLOT) not in self._slot_types):
            return _intent(whole)
        if route in ("", STRUCTURED) and (found := self._structured(plain, is_listed=not route)):
            return found
        words = " ".join(said.split())
        if route != QUESTION:
            for name, opening in self._carriers:
                if words.lower().startswith(f"{opening} "):
                    return _intent(name, CARRIER_SLOT, words[len(opening) + 1 :])
        return self._with_slot(self._question_intent, QUESTION_SLOT, words)

    def _structured(self, plain: str, *, is_listed: bool) -> Intent | None:
        """A sample with a slot. A custom type is a hint: with `is_listed`, only its own values count for it."""
        fits: list[tuple[bool, int, _Pattern, str]] = []
        for pattern in self._patterns:
            if found := pattern.words.fullmatch(plain):
                known = self._types[self._slot_types[pattern.intent, pattern.slot]]
                fits.append((found[1] in known, pattern.length, pattern, found[1]))
        best = max(fits, key=lambda fit: fit[:2], default=None)
        if best is None or (is_listed and not best[0]):
            return None
        return self._with_slot(best[2].intent, best[2].slot, best[3])

    def _with_slot(self, intent: str, slot: str, value: str) -> Intent:
        slot_type = self._slot_types[intent, slot]
        return _intent(intent, slot, value, _resolutions(slot_type, self._types[slot_type].get(normalize(value))))


def _values(slot_type: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every way to say each value, and the value; of two the first."""
    values: dict[str, Mapping[str, str]] = {}
    for value in slot_type["values"]:
        resolved = {"name": value["name"]["value"], **({"id": value["id"]} if "id" in value else {})}
        for text in (value["name"]["value"], *value["name"].get("synonyms", ())):
            values.setdefault(normalize(text), resolved)
    yield from values.items()


def _resolutions(slot_type: str, value: Mapping[str, str] | None) -> dict[str, Any]:
    authority: dict[str, Any] = {
        "authority": f"amzn1.er-authority.echo-sdk.amzn1.ask.skill.local.{slot_type}",
        "status": {"code": "ER_SUCCESS_MATCH" if value else "ER_SUCCESS_NO_MATCH"},
    }
    if value:
        authority["values"] = [{"value": dict(value)}]
    return {"resolutionsPerAuthority": [authority]}


def _intent(name: str, slot: str = "", value: str = "", resolutions: Mapping[str, Any] | None = None) -> Intent:
    intent: Intent = {"name": name, "confirmationStatus": "NONE"}
    if slot:
        filled: dict[str, Any] = {"name": slot, "value": value, "confirmationStatus": "NONE", "source": "USER"}
        if resolutions:
            filled["resolutions"] = dict(resolutions)
        intent["slots"] = {slot: filled}
    return intent
