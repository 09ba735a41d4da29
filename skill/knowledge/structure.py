"""Holds each file against its JSON Schema: the same one that an editor's program completes and checks with."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError

from skill.errors import Problem
from skill.knowledge.source import Keys, Source
from skill.places import SCHEMAS

SHARED = ("sources", "emergencies", "outside", "locales", "vocabulary", "phrases", "wording")
"""The files that are not a subject."""

_NAMES = {str: "text", bool: "true or false", int: "a number", list: "a list", dict: "a block of keys"}
_WANTED = {
    "string": "text",
    "object": "a block of keys",
    "array": "a list",
    "integer": "a whole number",
    "boolean": "true or false",
}


def schema_name(stem: str) -> str:
    return stem if stem in SHARED else "subject"


def check_structure(source: Source, stem: str) -> list[Problem]:
    """Find unknown and missing keys, wrong kinds of value and badly formed texts."""
    errors = _validator(schema_name(stem)).iter_errors(source.data)
    return [problem for error in errors for problem in _explain(source, error)]


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Say the nearest known word; or else `otherwise`, or as many of the known words as one line holds."""
    known = list(known)
    if near := difflib.get_close_matches(word, known, 1, 0.6):
        return f'did you mean "{near[0]}"?'
    if otherwise:
        return otherwise
    if len(known) <= 12:
        return f"known here: {', '.join(known)}"
    return f"known here: {', '.join(known[:11])} and {len(known) - 11} more"


def is_misspelled(word: str, unknown: Iterable[str], known: Iterable[str]) -> bool:
    """Whether `word` only seems to be missing: one of the unknown words means it."""
    known = list(known)
    return any(difflib.get_close_matches(other, known, 1, 0.6) == [word] for other in unknown)


def _explain(source: Source, error: ValidationError) -> Iterator[Problem]:
    keys: Keys = tuple(error.absolute_path)
    schema: Any = error.schema
    rule: str = str(error.validator)
    value: Any = error.instance
    wanted: Any = error.validator_value
    about = schema.get("description", "what knowledge/README.md shows")
    where = _where(keys)
    if rule in ("additionalProperties", "required"):
        yield from _wrong_keys(source, error, keys, where)
    elif rule == "type":
        yield source.problem(keys, f"{where}{_wrong_kind(value, wanted, schema, about)}")
    elif rule == "enum" and not isinstance(value, str):
        yield source.problem(keys, f"{where}{_wrong_kind(value, 'string', schema, about)}")
    elif rule == "enum":
        yield source.problem(keys, f'{where}"{_short(value)}" cannot stand here; {did_you_mean(value, wanted)}')
    elif "propertyNames" in error.absolute_schema_path:
        yield source.problem((*keys, value), f'{where}"{_short(value)}" cannot be a key here; write {about}', at_key=True)
    elif rule == "maxLength":
        yield source.problem(keys, f"{where}{len(value)} characters, at most {wanted}; shorten it")
    elif rule == "pattern":
        yield source.problem(keys, f"{where}{_ill_formed(value, wanted)}; write {about}")
    elif rule in ("minLength", "minItems", "minProperties"):
        yield source.problem(keys, f"{where}{'too little' if value else 'nothing'} stands here; write {about}")
    else:
        yield source.problem(keys, f"{where}{_short(value)} is out of bounds; write {about}")


def _wrong_keys(source: Source, error: ValidationError, keys: Keys, where: str) -> Iterator[Problem]:
    value: Any = error.instance
    schema: Any = error.schema
    known: dict[str, Any] = schema["properties"]
    unknown = [key for key in value if key not in known]
    if error.validator == "additionalProperties":
        for key in unknown:
            yield source.problem((*keys, key), f'unknown key "{_short(key)}"; {did_you_mean(key, known)}', at_key=True)
        return
    for key in schema["required"]:
        # A key that stands there in another spelling is a problem already.
        if error.message == f"'{key}' is a required property" and not is_misspelled(key, unknown, known):
            about = known[key]["description"]
            yield source.problem(keys, f'{where}"{key}" is missing; add it: {about}', at_key=True)


def _ill_formed(text: str, pattern: str) -> str:
    """Say what keeps `text` from fitting: the character that may stand nowhere in it, where the pattern tells."""
    if re.search(pattern, "aa"):
        for char in text:
            if not re.search(pattern, f"a{char}a"):
                shown = f'"{char}"' if char.isprintable() else "an invisible character"
                return f'{shown} in "{_short(text)}" cannot stand here'
    return f'"{_short(text)}" is not well formed'


def _wrong_kind(value: Any, wanted: str, schema: dict[str, Any], about: str) -> str:
    free = wanted == "string" and not {"pattern", "enum"} & schema.keys()
    if value is None:
        return f"nothing is read here; write {about}{', in double quotes' if free else ''}"
    if isinstance(value, bool) and wanted == "string":
        cure = f"write {about}" if "enum" in schema else "put the word in double quotes"
        return f"YAML reads this as {str(value).lower()}; {cure}"
    if free:
        cure = "put it in double quotes" if isinstance(value, int) else "write one text in double quotes"
    elif wanted == "array":
        cure = "begin each of its lines with a dash"
    elif wanted in ("integer", "boolean"):
        cure = f"write {about}, without quotation marks"
    else:
        cure = f"write {about}"
    return f"{_NAMES[type(value)]} where {_WANTED[wanted]} belongs; {cure}"


def _where(keys: Keys) -> str:
    named = [str(key) for key in keys if isinstance(key, str)]
    return f"{' > '.join(named)}: " if named else ""


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
