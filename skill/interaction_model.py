"""Which intents the skill has, and what each stands for: the words that Alexa and the skill agree on.

Alexa hands a skill an intent and slot values, never the whole utterance. Three nets catch what is said: intents for an
aspect with a subject in a slot, one intent for any question, and one intent for each opening with free speech after it.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from skill.knowledge.model import Knowledge
from skill.normalize import normalize
from skill.speech import fill

COMMANDS = {
    "AMAZON.StopIntent": "stop",
    "AMAZON.CancelIntent": "stop",
    "AMAZON.NavigateHomeIntent": "stop",
    "AMAZON.HelpIntent": "help",
    "AMAZON.RepeatIntent": "repeat",
    "AMAZON.YesIntent": "yes",
    "AMAZON.NoIntent": "no",
    "AMAZON.StartOverIntent": "start-over",
    "TellMoreIntent": "more",
    "AMAZON.NextIntent": "more",
    "AMAZON.PreviousIntent": "previous",
    "ListIntent": "list",
    "SourcesIntent": "sources",
    "CorrectionIntent": "correct",
}
"""What each steering intent asks for; of several, the first has the ways to say it as its samples.

None of the skill's own is named like one of Amazon's without its prefix: AMAZON.MoreIntent exists.
"""

MAIN_INTENT = {command: intent for intent, command in reversed(COMMANDS.items())}

BUILT_IN = {
    "stop": "AMAZON.StopIntent",
    "cancel": "AMAZON.CancelIntent",
    "go home": "AMAZON.NavigateHomeIntent",
    "help": "AMAZON.HelpIntent",
    "repeat": "AMAZON.RepeatIntent",
    "yes": "AMAZON.YesIntent",
    "no": "AMAZON.NoIntent",
    "start over": "AMAZON.StartOverIntent",
    "next": "AMAZON.NextIntent",
    "previous": "AMAZON.PreviousIntent",
}
"""What Alexa knows of these intents by itself, in a word or two."""

FALLBACK_INTENT = "AMAZON.FallbackIntent"
FALLBACK_SENSITIVITY = "LOW"
"""How readily Alexa keeps speech from the skill: as little as can be, since an emergency may be told in any words."""

QUESTION_INTENT, QUESTION_SLOT, QUESTION_TYPE = "QuestionIntent", "question", "QUESTION"
"""Its one sample is a slot of a custom type: free speech passes through it."""

CARRIER_SLOT = "rest"
"""Of type AMAZON.SearchQuery, which needs words before it: the opening that names the intent."""

CHOICES = {f"Choose{place.capitalize()}Intent": place for place in ("first", "second", "third", "last")}
"""The intents that choose one of a few by its place."""

SUBJECT_SLOT, SUBJECT_TYPE = "subject", "SUBJECT"

_SUBJECT = f"{{{SUBJECT_SLOT}}}"

SAMPLE = r"[^\W\d_](?:[^\W\d_]|[ .'_-])*"
"""What a sample or a slot's value may hold: letters, spaces, dots, apostrophes, underscores and hyphens."""


class Limit(NamedTuple):
    """A ceiling of the platform."""

    most: int
    what: str
    cure: str


# As developers report them (SMAPI and console errors; ask-cli issue 9 for the size, kanzi issues 82 and 263 for values).
INTENTS = Limit(250, "intents", "delete openings from vocabulary.yaml: each makes an intent")
VALUES = Limit(50_000, "slot values, synonyms among them", "delete rare names from the subjects, or lower SAMPLES in load.py")
CHARACTERS = Limit(1_000_000, "characters", "lower SAMPLES in load.py, or delete rare names from the subjects")
VALUE_LENGTH, SAMPLE_LENGTH = 140, 200


class AspectIntent(NamedTuple):
    """Asks for an aspect of a subject. Some patterns ask for several: "what is ..." for an overview or a definition."""

    aspects: tuple[str, ...]
    patterns: tuple[str, ...]
    """questions with {subject}"""


def carrier_intents(openings: Iterable[str]) -> dict[str, str]:
    """The carrier intents, and the words each begins with: `CarrierHowLongIntent` begins with "how long"."""
    return {f"Carrier{_camel(opening)}Intent": opening for opening in openings}


def aspect_intents(patterns: Mapping[str, Sequence[str]]) -> dict[str, AspectIntent]:
    """The aspect intents by name. No pattern may stand in two intents: those of several aspects make one of their own."""
    aspects: defaultdict[str, list[str]] = defaultdict(list)
    for aspect, texts in patterns.items():
        for text in texts:
            aspects[text].append(aspect)
    groups: defaultdict[tuple[str, ...], list[str]] = defaultdict(list, {(aspect,): [] for aspect in patterns})
    for text, wanted in aspects.items():
        groups[tuple(wanted)].append(text)
    return {
        f"{'Or'.join(_camel(aspect.replace('-', ' ')) for aspect in wanted)}Intent": AspectIntent(wanted, tuple(texts))
        for wanted, texts in groups.items()
    }


def build_model(knowledge: Knowledge, locale: str) -> dict[str, Any]:
    """Make the interaction model of a locale: the same knowledge gives the same bytes."""
    vocabulary = knowledge.vocabulary
    taken: set[str] = set(BUILT_IN)
    intents: list[dict[str, Any]] = []
    for name, command in COMMANDS.items():
        said = knowledge.samples[f"command/{command}"] if MAIN_INTENT[command] == name else ()
        intents.append(_intent(name, _fresh(said, taken)))
    intents.append(_intent(FALLBACK_INTENT))
    intents += [_intent(name, _fresh(vocabulary.ordinals[place], taken)) for name, place in CHOICES.items()]
    for name, intent in aspect_intents(vocabulary.patterns).items():
        follow_ups = knowledge.samples.get(f"follow-up/{intent.aspects[0]}", ()) if len(intent.aspects) == 1 else ()
        # A pattern that begins with the subject would take whole sentences, "permanent lip twitch", from the question intent.
        patterns = [pattern for pattern in intent.patterns if not pattern.startswith(_SUBJECT)]
        intents.append(_intent(name, _fresh([*patterns, *follow_ups], taken), {SUBJECT_SLOT: SUBJECT_TYPE}))
    intents.append(_intent(QUESTION_INTENT, [f"{{{QUESTION_SLOT}}}"], {QUESTION_SLOT: QUESTION_TYPE}))
    for name, opening in carrier_intents(vocabulary.openings).items():
        # Where an aspect intent begins with the same words, it or a shorter opening takes what this one would.
        if _fresh([f"{opening} {_SUBJECT}"], taken):
            intents.append(_intent(name, [f"{opening} {{{CARRIER_SLOT}}}"], {CARRIER_SLOT: "AMAZON.SearchQuery"}))
    language = {
        "invocationName": knowledge.phrases.invocation_name,
        "intents": intents,
        "types": [
            _type(SUBJECT_TYPE, _subjects(knowledge, locale)),
            _type(QUESTION_TYPE, ((None, (question,)) for question in _questions(knowledge))),
        ],
        "modelConfiguration": {"fallbackIntentSensitivity": {"level": FALLBACK_SENSITIVITY}},
    }
    return {"interactionModel": {"languageModel": language}}


def to_json(model: Mapping[str, Any]) -> str:
    """As it is committed: a line for each intent's samples would be as long as the file, so one sample a line."""
    return json.dumps(model, indent=1, ensure_ascii=False) + "\n"


def model_problems(model: Mapping[str, Any]) -> list[str]:
    """Everything that Alexa would refuse, each with its cure."""
    language = model["interactionModel"]["languageModel"]
    return [
        *_sample_problems(language["intents"]),
        *_value_problems(language["types"]),
        *_size_problems(language, len(json.dumps(model, ensure_ascii=False))),
    ]


def _sample_problems(intents: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for intent in intents:
        slots = {slot["name"]: slot["type"] for slot in intent.get("slots", ())}
        if not re.fullmatch(r"(AMAZON\.)?[A-Za-z][A-Za-z_]*", intent["name"]):
            yield f'the intent "{intent["name"]}" has a name that Alexa refuses; use letters and underscores'
        for sample in intent["samples"]:
            named = re.findall(r"\{(\w+)\}", sample)
            bare = re.sub(r"\{\w+\}", "", sample).strip()
            plain = re.sub(r"\{\w+\}", "{}", sample.lower())
            if plain in owners and owners[plain] != intent["name"]:
                yield f'"{sample}" is a sample of {owners[plain]} and of {intent["name"]}; keep it in one'
            owners[plain] = intent["name"]
            if bare and not re.fullmatch(SAMPLE, bare):
                yield f'the sample "{sample}" of {intent["name"]} holds what Alexa refuses; use letters, write digits as words'
            if len(sample) > SAMPLE_LENGTH:
                yield f'the sample "{sample[:40]}..." of {intent["name"]} is longer than {SAMPLE_LENGTH} characters; shorten it'
            if missing := [name for name in named if name not in slots]:
                yield f'the sample "{sample}" of {intent["name"]} names {missing[0]}, which the intent has no slot for; add it'
            if any(slots.get(name) == "AMAZON.SearchQuery" for name in named) and (len(named) > 1 or not bare):
                yield f'the sample "{sample}" of {intent["name"]} needs words beside its search query, and no other slot'


def _value_problems(types: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for each in types:
        ids = [value["id"] for value in each["values"] if "id" in value]
        if len(ids) != len(set(ids)):
            yield f"the type {each['name']} has an id twice; give each value one of its own"
        for text in _texts(each):
            if not re.fullmatch(SAMPLE, text):
                yield f'the value "{text}" of {each["name"]} holds what Alexa refuses; use letters, write digits as words'
            if len(text) > VALUE_LENGTH:
                yield f'the value "{text[:40]}..." of {each["name"]} is longer than {VALUE_LENGTH} characters; shorten it'


def _size_problems(language: Mapping[str, Any], characters: int) -> Iterator[str]:
    values = sum(len(list(_texts(each))) for each in language["types"])
    for limit, count in ((INTENTS, len(language["intents"])), (VALUES, values), (CHARACTERS, characters)):
        if count > limit.most:
            yield f"the model has {count:,} {limit.what}; Alexa takes {limit.most:,}; {limit.cure}"


def _texts(slot_type: Mapping[str, Any]) -> Iterator[str]:
    for value in slot_type["values"]:
        yield from (value["name"]["value"], *value["name"].get("synonyms", ()))


def _fresh(texts: Iterable[str], taken: set[str]) -> list[str]:
    """Those that no earlier intent has: Alexa refuses a sample in two. Case and dots tell none apart by ear."""
    kept = []
    for text in texts:
        plain = text if _SUBJECT in text else normalize(text)
        if plain not in taken:
            taken.add(plain)
            kept.append(text)
    return kept


def _intent(name: str, samples: Sequence[str] = (), slots: Mapping[str, str] | None = None) -> dict[str, Any]:
    intent: dict[str, Any] = {"name": name, "samples": list(samples)}
    if slots:
        intent["slots"] = [{"name": slot, "type": kind} for slot, kind in slots.items()]
    return intent


def _type(name: str, values: Iterable[tuple[str | None, Iterable[str]]]) -> dict[str, Any]:
    rows = []
    for value_id, texts in values:
        first, *synonyms = dict.fromkeys(texts)
        row: dict[str, Any] = {"id": value_id} if value_id else {}
        row["name"] = {"value": first, **({"synonyms": synonyms} if synonyms else {})}
        rows.append(row)
    return {"name": name, "values": rows}


def _subjects(knowledge: Knowledge, locale: str) -> Iterator[tuple[str, list[str]]]:
    words = (knowledge.locales.get(locale) or knowledge.locales["unknown"]).words
    for subject in knowledge.subjects.values():
        yield subject.id, [fill(name, words) for name in subject.names]


def _questions(knowledge: Knowledge) -> list[str]:
    """What the question intent is to expect: the ways to ask for each answer, and to tell of each emergency."""
    asked = [texts for label, texts in knowledge.samples.items() if not label.startswith(("command/", "follow-up/"))]
    return list({normalize(text): text for texts in asked for text in texts if len(text) <= VALUE_LENGTH}.values())


def _camel(opening: str) -> str:
    # Intent names hold letters and underscores only; "what's" and "whats" have to differ, "i" and "I'm" too.
    return "".join(word.replace("'", "_").capitalize() for word in opening.split())
