"""Reads a folder of knowledge files. Any folder in the format works, whatever its subjects are."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from skill.errors import KnowledgeError, Problem
from skill.knowledge.check import check_sources
from skill.knowledge.model import (
    OUTSIDE,
    Answer,
    Citation,
    Knowledge,
    Lesson,
    Locale,
    Phrase,
    Phrases,
    Sign,
    Subject,
    Taught,
    Vocabulary,
)
from skill.knowledge.source import Source, read_source
from skill.knowledge.structure import SHARED
from skill.places import shown_path
from skill.speech import Pronunciation

QUESTIONS_A_NAME = 3
"""In how many shared questions each name of a subject is learned."""

SAMPLES = 40
"""How many ways to ask for an answer, or to tell of an emergency, Alexa is given: enough to know what to expect."""

STEERING_SAMPLES = 500
"""How many ways to give a command, or to ask on: an intent of its own is to catch them. What it misses is understood too."""


def load_knowledge(folder: Path) -> Taught:
    """Read and check `folder`. Raises KnowledgeError with every problem when there is any."""
    sources, problems = read_folder(folder)
    problems += check_sources(sources, shown_path(folder))
    if problems:
        raise KnowledgeError(sorted(problems))
    return build(sources)


def read_folder(folder: Path, instead: Mapping[str, Path] | None = None) -> tuple[dict[str, Source], list[Problem]]:
    """Read every YAML file of `folder` by its name; `instead` holds files to read in place of, or beside, those."""
    # A leading dot marks what an operating system keeps beside a file: no editor wrote it.
    files = {file.stem: file for file in sorted(folder.glob("*.yaml")) if not file.name.startswith(".")}
    sources: dict[str, Source] = {}
    misnamed = sorted(folder.glob("*.yml"))
    problems = [Problem(shown_path(file), 1, 1, "a name that ends in .yml is not read; end it in .yaml") for file in misnamed]
    for stem, file in {**files, **(instead or {})}.items():
        sources[stem], found = read_source(file, shown_path(file))
        problems += found
    return sources, problems


def build(sources: Mapping[str, Source]) -> Taught:
    """Turn checked files into knowledge and lessons."""
    shared = {name: sources[name].data for name in SHARED}
    aspects = shared["vocabulary"]["aspects"]
    subjects = {stem: source for stem, source in sources.items() if stem not in SHARED}
    answers = {answer.id: answer for stem, source in subjects.items() for answer in _answers(stem, source)}
    emergencies = sources["emergencies"]
    lessons = tuple(_lessons(sources, subjects, aspects))
    knowledge = Knowledge(
        answers=answers,
        subjects={stem: _subject(stem, source.data) for stem, source in subjects.items()},
        signs={
            name: Sign(name, sign["label"], sign["say"], tuple(sign["sources"]), _place(emergencies, "signs", name))
            for name, sign in emergencies.data["signs"].items()
        },
        phrases=_phrases(shared["phrases"]),
        locales={name: Locale(locale["words"], locale["numbers"]) for name, locale in shared["locales"].items()},
        citations={
            name: Citation(source["title"], source["publisher"], source["address"]) for name, source in shared["sources"].items()
        },
        pronunciations=_pronunciations(subjects),
        vocabulary=_vocabulary(shared["vocabulary"]),
        example=_example(subjects),
        samples=_samples(lessons),
    )
    return Taught(knowledge, lessons)


def _answers(stem: str, source: Source) -> Iterator[Answer]:
    for aspect, answer in source.data["answers"].items():
        following = answer.get("next", "")
        yield Answer(
            id=f"{stem}/{aspect}",
            label=answer["label"],
            say=answer["say"],
            more=answer.get("more", ""),
            next=following if "/" in following or not following else f"{stem}/{following}",
            title=answer.get("card_title", source.data["name"]),
            sources=tuple(answer["sources"]),
            place=_place(source, "answers", aspect),
        )


def _subject(stem: str, data: Mapping[str, Any]) -> Subject:
    return Subject(
        id=stem,
        name=data["name"],
        kind=data["kind"],
        cause_of=data.get("cause_of", ""),
        names=(data["name"], *data.get("also", ()), *data.get("heard_as", ())),
        aspects=tuple(data["answers"]),
        rank=data.get("rank", 0),
        reviewed=_month(data["reviewed_on"]),
        has_clinician_review=data["clinician_review"].lower() != "not yet",
    )


def _month(day: str) -> str:
    year, month, _ = day.split("-")
    return f"{calendar.month_name[int(month)]} {year}"


def _phrases(data: Mapping[str, Any]) -> Phrases:
    return Phrases(
        invocation_name=data["invocation_name"],
        disclaimer=data["disclaimer"],
        offer=data["offer"],
        offer_reprompt=data["offer_reprompt"],
        more_offer=data["more_offer"],
        pair=data["pair"],
        speech={name: Phrase(phrase["say"], phrase.get("reprompt", "")) for name, phrase in data["speech"].items()},
    )


def _vocabulary(data: Mapping[str, Any]) -> Vocabulary:
    return Vocabulary(
        alike={name: tuple(words) for name, words in data["alike"].items()},
        heard_as={word: tuple(heard) for word, heard in data["heard_as"].items()},
        fillers=tuple(data["fillers"]),
        openings=tuple(data["openings"]),
        ellipses=tuple(data["ellipses"]),
        ordinals={place: tuple(said) for place, said in data["ordinals"].items()},
        instead={name: tuple(aspect.get("instead", ())) for name, aspect in data["aspects"].items()},
        patterns={name: tuple(aspect["ask"]) for name, aspect in data["aspects"].items()},
        follow_ups={name: aspect["follow_up"][0] for name, aspect in data["aspects"].items()},
    )


def _pronunciations(subjects: Mapping[str, Source]) -> tuple[Pronunciation, ...]:
    found = {
        entry["text"]: Pronunciation(entry["text"], entry.get("ipa", ""), entry.get("alias", ""), entry.get("spell", False))
        for source in subjects.values()
        for entry in source.data.get("pronounce", ())
    }
    return tuple(found.values())


def _example(subjects: Mapping[str, Source]) -> str:
    symptoms = [source.data for source in subjects.values() if source.data["kind"] == "symptom"]
    first = (symptoms or [source.data for source in subjects.values()])[0]
    asked: str = next(iter(first["answers"].values()))["ask"][0]
    return asked


def _lessons(sources: Mapping[str, Source], subjects: Mapping[str, Source], aspects: Mapping[str, Any]) -> Iterator[Lesson]:
    for stem, source in subjects.items():
        names = [source.data["name"], *source.data.get("also", ()), *source.data.get("heard_as", ())]
        for aspect, answer in source.data["answers"].items():
            label = f"{stem}/{aspect}"
            yield from _said(source, ("answers", aspect, "ask"), label, answer["ask"])
            place = _place(source, "answers", aspect)
            for text in _shared_questions(names, aspects.get(aspect, {}).get("ask", ())):
                yield Lesson(text, label, place)
    emergencies, outside, phrases = sources["emergencies"], sources["outside"], sources["phrases"]
    for aspect, data in aspects.items():
        yield from _said(sources["vocabulary"], ("aspects", aspect, "follow_up"), f"follow-up/{aspect}", data["follow_up"])
    for sign, data in emergencies.data["signs"].items():
        yield from _said(emergencies, ("signs", sign, "heard"), f"emergency/{sign}", data["heard"])
    for label, said in emergencies.data["not_emergencies"].items():
        yield from _said(emergencies, ("not_emergencies", label), label, said)
    for group, data in outside.data["groups"].items():
        yield from _said(outside, ("groups", group, "ask"), OUTSIDE, data["ask"])
    for command, said in phrases.data["commands"].items():
        yield from _said(phrases, ("commands", command), f"command/{command}", said)


def _shared_questions(names: Sequence[str], patterns: Sequence[str]) -> Iterator[str]:
    """Ask the shared questions about a subject: each name in a few of them, and each question with a few names."""
    for number in range(max(len(names) * QUESTIONS_A_NAME, len(patterns)) if patterns else 0):
        name = names[number % len(names)]
        yield patterns[(number + number // len(names)) % len(patterns)].replace("{subject}", name)


def _samples(lessons: Sequence[Lesson]) -> dict[str, tuple[str, ...]]:
    """What Alexa is given of the lessons; what is outside it is not to expect."""
    found: dict[str, list[str]] = {}
    for lesson in lessons:
        topic = lesson.label.partition("/")[0]
        said = found.setdefault(lesson.label, [])
        if topic != OUTSIDE and len(said) < (STEERING_SAMPLES if topic in ("command", "follow-up") else SAMPLES):
            said.append(lesson.text)
    return {label: tuple(said) for label, said in found.items() if said}


def _said(source: Source, keys: tuple[str, ...], label: str, texts: list[str]) -> Iterator[Lesson]:
    for index, text in enumerate(texts):
        yield Lesson(text, label, _place(source, *keys, index))


def _place(source: Source, *keys: str | int) -> str:
    mark = source.values[keys] if isinstance(keys[-1], int) else source.keys[keys]
    return f"{source.path}:{mark.line}"
