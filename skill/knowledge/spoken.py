"""How what is heard sounds: its placeholders, its length, its reading grade, and wordings that have no place."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from skill.errors import Problem
from skill.knowledge import wording
from skill.knowledge.source import Keys, Source
from skill.knowledge.structure import SHARED, did_you_mean
from skill.speech import PLACEHOLDER, WORDS_A_MINUTE, fill, seconds

_EITHER_OR, _LIST, _CITED = ("first", "second"), ("items", "item"), ("publishers", "reviewed")

FILLED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("clarify", "clarify-again", "help-choice"), _EITHER_OR),
    **dict.fromkeys(("list", "list-next", "list-last", "list-all"), _LIST),
    **dict.fromkeys(("sources", "sources-unreviewed"), _CITED),
    "help-list": ("item",),
}
"""What is filled in by phrase, beside what every phrase may name."""


def check_spoken(sources: Mapping[str, Source], broken: Collection[str]) -> Iterator[Problem]:
    """Hold every text that is heard against wording.yaml. `broken` are the files that could not be read."""
    rules = _Rules(sources, broken)
    for spoken in rules.all_spoken():
        yield from rules.check(spoken)


def check_filled(source: Source, keys: Keys, text: str, known: Iterable[str]) -> Iterator[Problem]:
    """Every brace belongs to a placeholder that is filled in there."""
    for found in PLACEHOLDER.finditer(text):
        if found[1] not in known:
            cure = did_you_mean(found[1], sorted(known), "" if known else "leave braces out")
            yield source.problem(keys, f"{found[0]} is no placeholder here; {cure}")
    bare = PLACEHOLDER.sub("", text)
    if "{" in bare or "}" in bare:
        yield source.problem(keys, "a brace that belongs to no placeholder; write {emergency}, or leave braces out")


def each_name(data: Mapping[str, Any]) -> Iterator[tuple[Keys, str]]:
    yield ("name",), data["name"]
    for key in ("also", "heard_as"):
        for index, name in enumerate(data.get(key, ())):
            yield (key, index), name


@dataclass(frozen=True)
class _Spoken:
    """A text that is heard: where it stands, how long it may take, and what is said in the same breath."""

    source: Source
    keys: Keys
    text: str
    limit: str
    after: str = ""
    """said right after it, and counted in its time"""
    placeholders: tuple[str, ...] = ()
    """what may be filled in beside a locale's words"""


class _Rules:
    def __init__(self, sources: Mapping[str, Source], broken: Collection[str]) -> None:
        self._sources = sources
        self._broken = broken
        self._subjects = {stem: source for stem, source in sources.items() if stem not in SHARED}
        self._answers = {
            f"{stem}/{aspect}": answer
            for stem, source in self._subjects.items()
            for aspect, answer in source.data["answers"].items()
        }
        self._phrases: dict[str, Any] = sources["phrases"].data
        self._locales: dict[str, Any] = sources["locales"].data
        self._wording: dict[str, Any] = sources["wording"].data
        self._placeholders = {word for locale in self._locales.values() for word in locale["words"]}

    def all_spoken(self) -> Iterator[_Spoken]:
        phrases, emergencies = self._sources["phrases"], self._sources["emergencies"]
        for stem, source in self._subjects.items():
            yield _Spoken(source, ("name",), source.data["name"], "")
            for aspect, answer in source.data["answers"].items():
                keys = ("answers", aspect)
                yield _Spoken(source, (*keys, "label"), answer["label"], "")
                if "card_title" in answer:
                    yield _Spoken(source, (*keys, "card_title"), answer["card_title"], "")
                yield _Spoken(source, (*keys, "say"), answer["say"], "answer", self._after(stem, answer))
                if "more" in answer:
                    yield _Spoken(source, (*keys, "more"), answer["more"], "more", self._question(stem, answer, is_more=True))
        for sign, entry in emergencies.data["signs"].items():
            yield _Spoken(emergencies, ("signs", sign, "label"), entry["label"], "")
            yield _Spoken(emergencies, ("signs", sign, "say"), entry["say"], "emergency")
        yield _Spoken(phrases, ("disclaimer",), phrases.data["disclaimer"], "phrase")
        for key in ("offer", "offer_reprompt", "more_offer"):
            yield _Spoken(phrases, (key,), phrases.data[key], "phrase", placeholders=("label",))
        yield _Spoken(phrases, ("pair",), phrases.data["pair"], "", placeholders=("first", "second"))
        for name, phrase in phrases.data["speech"].items():
            filled = FILLED.get(name, ())
            for key, text in phrase.items():
                yield _Spoken(phrases, ("speech", name, key), text, "phrase", "", ("subjects", "example", *filled))

    def _after(self, stem: str, answer: Mapping[str, Any]) -> str:
        return f"{self._phrases['disclaimer']} {self._question(stem, answer)}"

    def _question(self, stem: str, answer: Mapping[str, Any], *, is_more: bool = False) -> str:
        """What is asked after an answer: whether to hear the next one or more, or else what they would like to know."""
        following, phrases = answer.get("next", ""), self._phrases
        if target := self._answers.get(following if "/" in following else f"{stem}/{following}"):
            return str(phrases["offer"].replace("{label}", target["label"]))
        if "more" in answer and not is_more:
            return str(phrases["more_offer"])
        return str(phrases["speech"].get("declined", {}).get("reprompt", ""))

    def check(self, spoken: _Spoken) -> Iterator[Problem]:
        source, keys, text = spoken.source, spoken.keys, spoken.text
        unfilled = list(check_filled(source, keys, text, {*self._placeholders, *spoken.placeholders}))
        if keys != ("name",):
            # A subject's name is held against this together with its other names.
            yield from unfilled
        for what, cure in wording.unspeakable(re.sub("[{}]", "", PLACEHOLDER.sub("x", text))):
            yield source.problem(keys, f"{what}; {cure}")
        for entry in self._wording["banned"]:
            if re.search(rf"(?<!\w){re.escape(entry['words'])}(?!\w)", text, re.IGNORECASE):
                yield source.problem(keys, f'"{entry["words"]}" has no place here; instead: {entry["instead"]}')
        if not spoken.limit:
            if re.search(r"[?,;:]$|\w\w\.$", text):
                yield source.problem(keys, f'"{text[-1]}" at the end of what is said inside a sentence; delete it')
            return
        if not re.search(r"[.?!\u2026]\"?$", text):
            yield source.problem(keys, "the text does not end like a sentence; end it with a full stop")
        if spoken.limit != "phrase" and "?" in text:
            yield source.problem(keys, "a question inside an answer; the skill adds its own at the end, so say it otherwise")
        if not unfilled:
            yield from self._length(spoken)

    def _length(self, spoken: _Spoken) -> Iterator[Problem]:
        limit, grade = self._wording["seconds"][spoken.limit], self._wording["grade"]
        longest = hardest = 0.0
        at_hardest = ""
        for name, locale in self._locales.items():
            set_aside = self._set_aside[name]
            heard = fill(spoken.text, locale["words"])
            longest = max(longest, seconds(f"{heard} {fill(spoken.after, locale['words'])}"))
            measured = wording.reading_grade(heard, set_aside)
            if measured > hardest:
                hardest, at_hardest = measured, wording.hardest_sentence(heard, set_aside)
        # Rounded up, so that what is too long never reads as if it just fitted.
        if longest > limit:
            over = math.ceil((longest - limit) * WORDS_A_MINUTE / 60)
            what = " with what follows it" if spoken.after else ""
            yield spoken.source.problem(
                spoken.keys, f"{math.ceil(longest)} seconds{what}, at most {limit}; leave out about {_counted(over, 'word')}"
            )
        # A name that only a broken file knows would count as a hard word.
        if spoken.limit != "phrase" and hardest > grade and not self._broken:
            shown = f"{math.ceil(hardest * 10) / 10:.1f}"
            measured_as = f"reading grade {shown}, at most {grade}"
            wrong = f'too hard: {measured_as}; use shorter words or sentences, first in "{at_hardest}"'
            yield spoken.source.problem(spoken.keys, wrong)

    @functools.cached_property
    def _set_aside(self) -> dict[str, wording.SetAside]:
        """By locale, what does not count as a hard word: the listed ones, and every name and pronounced word of a subject."""
        named = [name for source in self._subjects.values() for _, name in each_name(source.data)]
        said = [entry["text"] for source in self._subjects.values() for entry in source.data.get("pronounce", ())]
        listed = [*self._wording["set_aside"], *named, *said]
        return {name: wording.SetAside([*listed, *locale["words"].values()]) for name, locale in self._locales.items()}


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
