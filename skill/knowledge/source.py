"""Reads one YAML file into plain data, and remembers where every part of it stands.

The file is read from YAML's events and not through `yaml.compose`: nesting is bounded (the C composer recurses without
a limit), and repeated keys, anchors and tags, none of which an editor needs, are refused with a place and a cure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from skill.errors import Problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 12

Keys = tuple[str | int, ...]


class Mark(NamedTuple):
    """A place in a file; line and column count from one."""

    line: int
    column: int


@dataclass(frozen=True)
class Source:
    """One file: its data, and the place of each key and value by the keys that lead to it."""

    path: str
    data: Any
    keys: dict[Keys, Mark]
    values: dict[Keys, Mark]

    def problem(self, keys: Keys, message: str, *, at_key: bool = False) -> Problem:
        """Make a problem at the value under `keys`, or at its key; at the nearest known part when there is none."""
        for end in range(len(keys), -1, -1):
            marks = self.keys if at_key and keys[:end] in self.keys else self.values
            if keys[:end] in marks:
                return Problem(self.path, *marks[keys[:end]], message)
        return Problem(self.path, 1, 1, message)


class _Refused(Exception):
    def __init__(self, mark: Mark, message: str) -> None:
        self.mark, self.message = mark, message


def read_source(file: Path, shown_as: str) -> tuple[Source | None, list[Problem]]:
    """Read `file`. Returns its data, or None with the problems that keep it from being read."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        return None, [Problem(shown_as, 1, 1, f"cannot be read: {error.strerror}; check that the file is there")]
    try:
        text = _decode(raw)
        if not text.strip():
            raise _Refused(Mark(1, 1), "the file is empty; start from the example in knowledge/README.md")
        builder = _Builder(_events(text))
        source = Source(shown_as, builder.document(), builder.keys, builder.values)
    except _Refused as refused:
        return None, [Problem(shown_as, *refused.mark, refused.message)]
    except yaml.MarkedYAMLError as error:
        mark, message = _explain(error, text)
        return None, [Problem(shown_as, *mark, message)]
    return source, [Problem(shown_as, *mark, message) for mark, message in builder.repeated]


def _decode(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise _Refused(Mark(1, 1), f"{len(raw):,} bytes, at most {MAX_BYTES:,}; split it into several subjects")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        mark = Mark(before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        raise _Refused(mark, "a character that is not UTF-8; save the file with the encoding UTF-8") from None
    if found := re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]", text):
        before_text = text[: found.start()]
        mark = Mark(before_text.count("\n") + 1, found.start() - before_text.rfind("\n"))
        raise _Refused(mark, f"an invisible control character ({ord(found[0]):#04x}); delete it and type the line anew")
    return text


def _events(text: str) -> Iterator[Any]:
    # The C parser is eight times faster but words its errors otherwise: on an error the Python parser tells it.
    fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return iter(list(yaml.parse(text, Loader=fast)))
    except yaml.YAMLError:
        return iter(list(yaml.parse(text, Loader=yaml.SafeLoader)))


class _Builder:
    """Turns events into data, with a bounded depth."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._resolver: Any = yaml.SafeLoader("")
        self.keys: dict[Keys, Mark] = {}
        self.values: dict[Keys, Mark] = {}
        self.repeated: list[tuple[Mark, str]] = []

    def document(self) -> Any:
        data, seen = None, 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                seen += 1
                if seen > 1:
                    raise _Refused(_mark(event), "a second document (---); one file holds one document, remove the line")
            elif isinstance(event, (yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent, yaml.AliasEvent)):
                data = self._value(event, ())
        return data

    def _value(self, event: Any, keys: Keys) -> Any:
        mark = _mark(event)
        self.values[keys] = mark
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _Refused(mark, "text that starts with & or *; put it in double quotes")
        if len(keys) > MAX_DEPTH:
            raise _Refused(mark, f"nested deeper than {MAX_DEPTH} levels; compare with knowledge/README.md")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if event.tag not in (None, "!"):
            raise _Refused(mark, f"a YAML tag ({event.tag}); put the text in double quotes")
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(item := next(self._events), yaml.SequenceEndEvent):
                items.append(self._value(item, (*keys, len(items))))
            return items
        return self._mapping(keys)

    def _mapping(self, keys: Keys) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            mark = _mark(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise _Refused(mark, "a key that is not plain text; put text with brackets or braces in double quotes")
            key = event.value
            if key in found:
                first = self.keys[(*keys, key)].line
                self.repeated.append((mark, f'the key "{key}" stands here again (first in line {first}); keep one of them'))
            self.keys[(*keys, key)] = mark
            found[key] = self._value(next(self._events), (*keys, key))
        return found

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        if event.tag not in (None, "!"):
            raise _Refused(_mark(event), f"text that starts with ! ({event.tag}); put it in double quotes")
        if not event.implicit[0] or event.style:
            return event.value
        tag = self._resolver.resolve(yaml.ScalarNode, event.value, (True, False)).rpartition(":")[2]
        if tag == "bool":
            return event.value.lower() in ("yes", "true", "on")
        if tag == "null":
            return None
        if tag == "int" and re.fullmatch(r"[-+]?[0-9]{1,15}", event.value):
            return int(event.value)
        return event.value


def _mark(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


_CURES = (
    ("mapping values are not allowed", "a second colon in the line; put the text after the first colon in double quotes"),
    ("while scanning a quoted scalar", "a quotation mark that is never closed; close it at the end of the text"),
    ("could not find expected ':'", "a key without a colon; write `key: value`, or put the text in double quotes"),
    ("cannot start any token", "text that starts with a special character; put it in double quotes"),
    ("unknown escape character", "a backslash inside double quotes; write two backslashes, or none"),
    ("did not find expected ',' or", "a bracket that is not closed, or a comma that is missing; close it with ] or }"),
    ("expected ',' or", "a bracket that is not closed, or a comma that is missing; close it with ] or }"),
    ("sequence entries are not allowed", "a dash that stands too far right; align it with the dashes above"),
    ("found undefined alias", "text that starts with *; put it in double quotes"),
    ("expected alphabetic or numeric character", "text that starts with & or *; put it in double quotes"),
    (
        "expected <block end>",
        "this line does not line up with those above, or a quotation mark stands inside quoted text; "
        'align it, or write \\" for a mark inside',
    ),
)


def _explain(error: yaml.MarkedYAMLError, text: str) -> tuple[Mark, str]:
    """Say a YAML error in an editor's words."""
    at = error.problem_mark or error.context_mark
    lines = text.splitlines() or [""]
    row = min(at.line, len(lines) - 1) if at else 0
    if "\t" in lines[row] and not lines[row][: lines[row].index("\t")].strip(" -"):
        return Mark(row + 1, lines[row].index("\t") + 1), "a tab in the indent; replace it by two spaces"
    said = f"{error.context or ''} {error.problem or ''}"
    for part, cure in _CURES:
        if part in said:
            if part == "while scanning a quoted scalar" and error.context_mark:
                at = error.context_mark
            return Mark(at.line + 1, at.column + 1) if at else Mark(1, 1), cure
    return Mark(row + 1, at.column + 1 if at else 1), f"not YAML ({error.problem}); compare with knowledge/README.md"
