"""Holds each file against its JSON Schema: the same one that an editor's program completes and checks with."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError

from skill.errors import Problem
from skill.knowledge.source import Keys, Source

SHARED = ("sources", "emergencies", "outside", "locales", "vocabulary", "phrases", "wording")
"""The files that are not a subject."""

SCHEMAS = Path(__file__).resolve().parents[2] / "knowledge" / "schema"

_NAMES = {str: "text", bool: "true or false", int: "a number", list: "a list", dict: "a block of keys", type(None): "nothing"}
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


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Say the nearest known word, or all of them when they are few."""
    known = list(known)
    if near := difflib.get_close_matches(word, known, 1, 0.6):
        return f'did you mean "{near[0]}"?'
    if len(known) <= 12:
        return f"known here: {', '.join(known)}"
    return f"{len(known)} are known"


def _explain(source: Source, error: ValidationError) -> Iterator[Problem]:
    keys: Keys = tuple(error.absolute_path)
    schema: Any = error.schema
    rule: str = str(error.validator)
    value: Any = error.instance
    wanted: Any = error.validator_value
    about = schema.get("description", "")
    where = _where(keys)
    if rule == "additionalProperties":
        known = schema["properties"]
        for key in value:
            if key not in known:
                yield source.problem((*keys, key), f'unknown key "{key}"; {did_you_mean(key, known)}', at_key=True)
    elif rule == "required":
        for key in schema["required"]:
            if key not in value and error.message.startswith(f"'{key}'"):
                hint = schema["properties"][key].get("description", "")
                yield source.problem(keys, f'{where}"{key}" is missing; add it: {hint}', at_key=True)
    elif rule == "type":
        yield source.problem(keys, f"{where}{_wrong_kind(value, wanted)}")
    elif rule == "enum":
        options = [str(option) for option in wanted]
        yield source.problem(keys, f'{where}"{value}" is not one of {", ".join(options)}; {did_you_mean(str(value), options)}')
    elif "propertyNames" in error.absolute_schema_path:
        yield source.problem((*keys, value), f'"{value}" cannot be a key here; write {about}', at_key=True)
    elif rule == "maxLength":
        yield source.problem(keys, f"{where}{len(value)} characters, at most {wanted}; shorten it")
    else:
        # Named as JSON Schema names them; each says what the field wants in its description.
        wrong = {
            "pattern": f'"{_short(value)}" is not well formed',
            "minLength": "nothing is here",
            "minItems": "nothing is here",
            "minProperties": "nothing is here",
        }.get(rule, f"{_short(value)} is out of bounds")
        yield source.problem(keys, f"{where}{wrong}; write {about}")


def _wrong_kind(value: Any, wanted: str) -> str:
    if isinstance(value, bool) and wanted == "string":
        return f"YAML reads this as {str(value).lower()}; put the word in double quotes"
    if value is None:
        return f"nothing after the colon; write {_WANTED[wanted]}"
    if wanted == "string":
        cure = "put it in double quotes" if isinstance(value, int) else "write one text in double quotes"
    elif wanted == "array":
        cure = "begin each line with a dash"
    else:
        cure = f"write {_WANTED[wanted]}"
    return f"{_NAMES[type(value)]} where {_WANTED[wanted]} belongs; {cure}"


def _where(keys: Keys) -> str:
    named = [str(key) for key in keys if isinstance(key, str)]
    return f"{' > '.join(named)}: " if named else ""


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
