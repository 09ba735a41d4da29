"""The rules across knowledge files: ids, links and clashes. Every problem says what cures it."""

from __future__ import annotations

import datetime
import functools
import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from skill.errors import Problem
from skill.knowledge.model import OUTSIDE
from skill.knowledge.source import Keys, Source
from skill.knowledge.spoken import check_filled, check_spoken, each_name
from skill.knowledge.structure import SHARED, check_structure, did_you_mean, is_misspelled
from skill.normalize import normalize

SITUATIONS = {
    "launch": True,
    "help": True,
    "stop": False,
    "refuse": True,
    "nothing-heard": True,
    "nothing-to-repeat": True,
    "nothing-more": True,
    "declined": True,
    "clarify": True,
    "clarify-again": True,
    "ask-again": True,
    "list": True,
    "list-next": True,
    "list-last": True,
    "list-all": True,
    "nothing-before": True,
    "sources": True,
    "sources-unreviewed": True,
    "help-answer": True,
    "help-list": True,
    "help-choice": True,
    "apology": False,
}
"""Every phrase the dialog speaks, and whether it leaves the session open."""

_EITHER_OR = {"first": "the first answer's label", "second": "the second answer's label"}
_ITEMS = {"items": "the names of the causes"}
_CITED = {"publishers": "who the facts come from", "reviewed": "the month of the last review"}

_NEEDED: dict[Keys, dict[str, str]] = {
    ("offer",): {"label": "the answer's label"},
    ("offer_reprompt",): {"label": "the answer's label"},
    ("pair",): {"first": "the first name", "second": "the second name"},
    **{("speech", name, "say"): _EITHER_OR for name in ("clarify", "clarify-again", "help-choice")},
    **{("speech", name, "say"): _ITEMS for name in ("list", "list-next", "list-last", "list-all")},
    **{("speech", name, "say"): _CITED for name in ("sources", "sources-unreviewed")},
}
"""The placeholders that a phrase says nothing without."""

_REFUSED = "what the skill does not know"

COMMANDS = ("stop", "help", "repeat", "more", "list", "previous", "sources", "correct", "yes", "no", "start-over")

RESERVED = ("command", "emergency", "follow-up", OUTSIDE)
"""What stands before the slash of labels that are no answers."""

FEW_QUESTIONS = 12
"""Below this many ways to ask, an answer is hard to reach."""


def check_sources(sources: Mapping[str, Source], folder: str) -> list[Problem]:
    """Find every problem of the files in `sources`, by their names; `folder` is named where a file is missing."""
    structure = {stem: check_structure(source, stem) for stem, source in sources.items() if source.data is not None}
    problems = [problem for found in structure.values() for problem in found]
    for name in SHARED:
        if name not in sources:
            problems.append(Problem(f"{folder}/{name}.yaml", 1, 1, "the file is missing; take it from the skill's own folder"))
    if not any(stem not in SHARED for stem in sources):
        problems.append(Problem(folder, 1, 1, "no subject is here; write one as knowledge/README.md shows"))
    # The rules below rely on the right keys and kinds of value: they are held against the files that have them, once
    # the shared files do. What such a file says about one that has not is left until that one is mended.
    sound = {stem: source for stem, source in sources.items() if structure.get(stem) == []}
    if all(name in sound for name in SHARED):
        broken = sources.keys() - sound.keys()
        problems += [*_Rules(sound, broken).all(), *check_spoken(sound, broken)]
    return problems


def notices(sources: Mapping[str, Source]) -> list[Problem]:
    """What an editor should know although nothing is wrong: unreviewed files, unseen sources, few questions."""
    found: list[Problem] = []
    for stem, source in sources.items():
        review = source.data.get("clinician_review", "")
        if review.lower() == "not yet":
            found.append(source.problem(("clinician_review",), "no clinician has reviewed this file yet", at_key=True))
        if "$schema=" not in source.first_line:
            schema = stem if stem in SHARED else "subject"
            cure = f"make it `# yaml-language-server: $schema=schema/{schema}.json`"
            found.append(Problem(source.path, 1, 1, f"line 1 names no schema, so editors cannot help; {cure}"))
        if stem == "sources":
            unseen = [name for name, entry in source.data.items() if entry["seen"] == "memory"]
            found += [source.problem((name, "seen"), f'"{name}" is cited from memory; open its page') for name in unseen]
        elif stem not in SHARED:
            for aspect, answer in source.data["answers"].items():
                if (count := len(answer["ask"])) < FEW_QUESTIONS:
                    text = f"{count} ways to ask; write {FEW_QUESTIONS} or more, so that it is found"
                    found.append(source.problem(("answers", aspect, "ask"), text, at_key=True))
    return found


class _Rules:
    def __init__(self, sources: Mapping[str, Source], broken: Collection[str]) -> None:
        self._sources = sources
        self._broken = broken
        self._data: dict[str, Any] = {stem: source.data for stem, source in sources.items()}
        self._subjects = {stem: source for stem, source in sources.items() if stem not in SHARED}
        self._answers = {
            f"{stem}/{aspect}": answer
            for stem, source in self._subjects.items()
            for aspect, answer in source.data["answers"].items()
        }
        self._locales: dict[str, Any] = self._data["locales"]
        self._placeholders = {word for locale in self._locales.values() for word in locale["words"]}

    def all(self) -> Iterator[Problem]:
        yield from self._dates()
        yield from self._kinds()
        yield from self._names()
        yield from self._links()
        yield from self._pronunciations()
        yield from self._questions()
        yield from self._shared_questions()
        yield from self._locale_words()
        yield from self._phrases()
        yield from self._emergencies()

    def _dates(self) -> Iterator[Problem]:
        for stem, source in self._sources.items():
            entries: list[tuple[Keys, str]] = (
                [((name, "seen_on"), entry["seen_on"]) for name, entry in source.data.items()] if stem == "sources" else []
            )
            if "reviewed_on" in source.data:
                entries.append((("reviewed_on",), source.data["reviewed_on"]))
            for keys, day in entries:
                try:
                    datetime.date.fromisoformat(day)
                except ValueError:
                    yield source.problem(keys, f"{day} is no day of the calendar; write year-month-day: 2026-11-22")

    def _kinds(self) -> Iterator[Problem]:
        symptoms = [stem for stem, source in self._subjects.items() if source.data["kind"] == "symptom"]
        for stem, source in self._subjects.items():
            if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", stem):
                text = f'the file name "{stem}" cannot be an id; begin it with a letter, use small letters, digits and hyphens'
                yield Problem(source.path, 1, 1, text)
            elif stem in RESERVED:
                yield Problem(source.path, 1, 1, f'the file name "{stem}" means something else to the skill; choose another')
            is_cause = source.data["kind"] == "cause"
            for key in ("cause_of", "rank"):
                if is_cause and key not in source.data:
                    yield source.problem(("kind",), f'a cause needs "{key}"; add it in a line below this one', at_key=True)
                elif not is_cause and key in source.data:
                    yield source.problem(
                        (key,), f'only a cause has "{key}"; delete the line, or make the kind cause', at_key=True
                    )
            of = source.data.get("cause_of", "")
            if is_cause and of and of not in (*symptoms, *self._broken):
                cure = did_you_mean(of, symptoms, "" if symptoms else "write a file for the symptom first")
                yield source.problem(("cause_of",), f'"{of}" is no symptom; {cure}')

    def _names(self) -> Iterator[Problem]:
        seen: dict[str, str] = {}
        for stem, source in self._subjects.items():
            for keys, name in each_name(source.data):
                plain = normalize(name)
                yield from check_filled(source, keys, name, self._placeholders)
                if not plain:
                    yield source.problem(keys, f'"{name}" says nothing; write words')
                elif seen.setdefault(plain, stem) != stem:
                    text = f'the name "{name}" also belongs to {self._subjects[seen[plain]].path}; keep it in one file'
                    yield source.problem(keys, text)

    def _links(self) -> Iterator[Problem]:
        for stem, source in self._subjects.items():
            for aspect, answer in source.data["answers"].items():
                yield from self._cited(source, ("answers", aspect, "sources"), answer["sources"])
                following = answer.get("next", "")
                target = following if "/" in following or not following else f"{stem}/{following}"
                if target == f"{stem}/{aspect}":
                    yield source.problem(("answers", aspect, "next"), f'"{following}" offers itself; name another answer')
                elif target and not self._is_answer(target):
                    known = [*source.data["answers"], *self._answers]
                    yield source.problem(
                        ("answers", aspect, "next"), f'"{following}" is no answer; {did_you_mean(following, known)}'
                    )

    def _is_answer(self, answer_id: str) -> bool:
        return answer_id in self._answers or answer_id.partition("/")[0] in self._broken

    def _cited(self, source: Source, keys: Keys, cited: list[str]) -> Iterator[Problem]:
        for index, name in enumerate(cited):
            if name not in self._data["sources"]:
                text = f'"{name}" is not in sources.yaml; {did_you_mean(name, self._data["sources"], "add it there")}'
                yield source.problem((*keys, index), text)

    def _pronunciations(self) -> Iterator[Problem]:
        seen: dict[str, tuple[str, list[Any]]] = {}
        for source in self._subjects.values():
            for index, entry in enumerate(source.data.get("pronounce", ())):
                keys, word = ("pronounce", index), entry["text"]
                if not word[:1].isalnum():
                    yield source.problem(
                        keys, f'"{word}" begins with no letter or digit, and would never be found; leave out what comes before'
                    )
                ways = [way for way in ("ipa", "alias", "spell") if entry.get(way)]
                if not ways:
                    yield source.problem(keys, f'"{word}" has no way to say it; add one of ipa, alias or spell: true')
                elif len(ways) > 1:
                    yield source.problem(keys, f'"{word}" has {" and ".join(ways)}; keep one of them')
                said = [entry.get(way) for way in ("ipa", "alias", "spell")]
                place, first = seen.setdefault(word.lower(), (f"{source.path}:{source.values[keys].line}", said))
                if first != said:
                    yield source.problem(keys, f'"{word}" is said otherwise in {place}; make both the same')

    def _questions(self) -> Iterator[Problem]:
        """The same words cannot lead to two places, nor stand twice under one."""
        seen: dict[str, tuple[str, str]] = {}
        for source, keys, text, label in self._asked():
            plain = normalize(text)
            if not plain:
                yield source.problem(keys, f'"{text}" says nothing; write words')
                continue
            first_label, first_place = seen.setdefault(plain, (label, ""))
            place = f"{source.path}:{source.values[keys].line}"
            if not first_place:
                seen[plain] = (label, place)
            elif first_label == label:
                yield source.problem(keys, f'"{text}" stands already at {first_place}; delete one')
            else:
                yield source.problem(keys, f'"{text}" is also under {first_label} ({first_place}); keep it under one')

    def _asked(self) -> Iterator[tuple[Source, Keys, str, str]]:
        """All that is listed, the shared files first: a clash is told where the subject has it."""
        groups: list[tuple[Source, Keys, list[str], str]] = []
        emergencies, outside, phrases = (self._sources[name] for name in ("emergencies", "outside", "phrases"))
        for command, texts in phrases.data["commands"].items():
            groups.append((phrases, ("commands", command), texts, f"the command {command}"))
        for sign, data in emergencies.data["signs"].items():
            groups.append((emergencies, ("signs", sign, "heard"), data["heard"], f"the emergency {sign}"))
        for label, texts in emergencies.data["not_emergencies"].items():
            groups.append((emergencies, ("not_emergencies", label), texts, _REFUSED if label == OUTSIDE else label))
        vocabulary = self._sources["vocabulary"]
        for aspect, data in vocabulary.data["aspects"].items():
            groups.append((vocabulary, ("aspects", aspect, "follow_up"), data["follow_up"], f"the follow-up {aspect}"))
        for group, data in outside.data["groups"].items():
            groups.append((outside, ("groups", group, "ask"), data["ask"], _REFUSED))
        for stem, source in self._subjects.items():
            for aspect, answer in source.data["answers"].items():
                groups.append((source, ("answers", aspect, "ask"), answer["ask"], f"{stem}/{aspect}"))
        for source, keys, texts, label in groups:
            for index, text in enumerate(texts):
                yield source, (*keys, index), text, label

    def _shared_questions(self) -> Iterator[Problem]:
        source = self._sources["vocabulary"]
        aspects: dict[str, Any] = source.data["aspects"]
        known = {*aspects, *(aspect for subject in self._subjects.values() for aspect in subject.data["answers"])}
        for aspect, data in aspects.items():
            for index, text in enumerate(data["ask"]):
                unfilled = list(check_filled(source, ("aspects", aspect, "ask", index), text, ["subject"]))
                yield from unfilled
                if not unfilled and "{subject}" not in text:
                    wrong = "{subject} is missing; put it where the subject's name belongs"
                    yield source.problem(("aspects", aspect, "ask", index), wrong)
            for index, other in enumerate(data.get("instead", ())):
                if other not in known and not self._broken:
                    wrong = f'"{other}" is no aspect; {did_you_mean(other, sorted(known))}'
                    yield source.problem(("aspects", aspect, "instead", index), wrong)

    def _locale_words(self) -> Iterator[Problem]:
        source = self._sources["locales"]
        if "unknown" not in self._locales:
            yield source.problem((), 'the locale "unknown" is missing; add it, for people whose locale we do not know')
        every = {word for locale in self._locales.values() for word in locale["words"]}
        for name, locale in self._locales.items():
            for word in sorted(every - set(locale["words"])):
                yield source.problem((name, "words"), f'{name} has no "{word}", which others have; add it', at_key=True)
            for word, text in locale["words"].items():
                yield from check_filled(source, (name, "words", word), text, ())
                for number in re.findall(r"\d[\d -]*\d", text):
                    if number not in locale["numbers"]:
                        wrong = f'{number} is not among the numbers of {name}; add "{number}": "digits" there'
                        yield source.problem((name, "words", word), wrong)

    def _phrases(self) -> Iterator[Problem]:
        source, data = self._sources["phrases"], self._data["phrases"]
        for group, known, what in (("speech", SITUATIONS, "phrase"), ("commands", COMMANDS, "command")):
            unknown = [name for name in data[group] if name not in known]
            for name in known:
                if name not in data[group] and not is_misspelled(name, unknown, known):
                    yield source.problem((group,), f'the {what} "{name}" is missing; add it', at_key=True)
            for name in unknown:
                wrong = f'"{name}" is no {what} of the skill; {did_you_mean(name, known)}'
                yield source.problem((group, name), wrong, at_key=True)
        for keys, words in _NEEDED.items():
            text = functools.reduce(lambda part, key: part.get(key, {}), keys, data)
            missing = [word for word in words if text and f"{{{word}}}" not in text]
            for word in missing:
                yield source.problem(keys, f"{{{word}}} is missing; put it where {words[word]} belongs")
        for key in ("offer", "more_offer"):
            if not data[key].endswith("?"):
                yield source.problem((key,), f'"{key}" keeps the microphone open; end it in a question')
        for name in filter(data["speech"].__contains__, SITUATIONS):
            yield from self._session(source, name, SITUATIONS[name])

    def _session(self, source: Source, name: str, opens: bool) -> Iterator[Problem]:
        """An open session ends in a question and has a reprompt, a closed one neither: certification rejects the rest."""
        keys, phrase = ("speech", name), source.data["speech"][name]
        does = "keeps the microphone open" if opens else "ends the session"
        if opens and "reprompt" not in phrase:
            yield source.problem(keys, f'"{name}" {does}; add a reprompt', at_key=True)
        if not opens and "reprompt" in phrase:
            yield source.problem((*keys, "reprompt"), f'"{name}" {does}; delete its reprompt', at_key=True)
        for key in phrase.keys() if opens else ("say",):
            if phrase[key].endswith("?") != opens:
                cure = "end it in a question" if opens else "end it in a full stop"
                yield source.problem((*keys, key), f'"{name}" {does}; {cure}')

    def _emergencies(self) -> Iterator[Problem]:
        source, data = self._sources["emergencies"], self._data["emergencies"]
        for sign, entry in data["signs"].items():
            keys = ("signs", sign, "say")
            yield from self._cited(source, ("signs", sign, "sources"), entry["sources"])
            opening = " ".join(entry["say"].split()[:10])
            if not re.search(r"\{(emergency|crisis_line)\}", opening):
                wrong = "no {emergency} or {crisis_line} among the first ten words; begin with the call"
                yield source.problem(keys, wrong)
            if entry["say"].count("{emergency}") + entry["say"].count("{crisis_line}") < 2:
                yield source.problem(keys, "{emergency} or {crisis_line} stands here only once; say it again near the end")
        for label in data["not_emergencies"]:
            if label != OUTSIDE and not self._is_answer(label):
                text = f'"{label}" is no answer; {did_you_mean(label, [*self._answers, OUTSIDE])}'
                yield source.problem(("not_emergencies", label), text, at_key=True)


def flatten(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems by file and line, each once."""
    return [problem for problem, _ in itertools.groupby(sorted(problems))]
