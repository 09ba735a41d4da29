"""Reads one YAML file into plain data, and remembers where every part of it stands.

The file is read from YAML's events and not through `yaml.compose`: nesting is bounded (the C composer recurses without
a limit), and repeated keys, anchors and tags, none of which an editor needs, are refused with a place and a cure.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from skill.errors import Problem

MAX_BYTES = 2_000_000
MAX_DEPTH = 12

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

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
    """None when the file cannot be read"""
    keys: dict[Keys, Mark]
    values: dict[Keys, Mark]
    first_line: str = ""

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


def read_source(file: Path, shown_as: str) -> tuple[Source, list[Problem]]:
    """Read `file`, and find what is wrong with how it is written. What cannot be read at all has no data."""
    unread = Source(shown_as, None, {}, {})
    try:
        raw = file.read_bytes()
    except OSError as error:
        return unread, [Problem(shown_as, 1, 1, f"cannot be read: {error.strerror}; check that it is a file you may open")]
    try:
        text = _decode(raw)
        builder = _Builder(_events(text))
        data = builder.document()
        if data is None:
            raise _Refused(Mark(1, 1), "the file is empty; start from the example in knowledge/README.md")
    except _Refused as refused:
        return unread, [Problem(shown_as, *refused.mark, refused.message)]
    except yaml.MarkedYAMLError as error:
        mark, message = _explain(error, text)
        return unread, [Problem(shown_as, *mark, message)]
    except (ValueError, OverflowError):
        # The Python parser asks chr() for what is no character; the C parser says so itself.
        return unread, [Problem(shown_as, 1, 1, "a backslash with a number that is no character; type the character itself")]
    source = Source(shown_as, data, builder.keys, builder.values, text.partition("\n")[0])
    return source, [Problem(shown_as, *mark, message) for mark, message in builder.found]


def _decode(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise _Refused(Mark(1, 1), f"{len(raw):,} bytes, at most {MAX_BYTES:,}; split it into several subjects")
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        mark = Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise _Refused(mark, "a character that is not UTF-8; save the file with the encoding UTF-8") from None
    if found := re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]", text):
        before_text = text[: found.start()]
        mark = Mark(before_text.count("\n") + 1, found.start() - before_text.rfind("\n"))
        raise _Refused(mark, f"an invisible control character ({ord(found[0]):#04x}); delete it and type the line anew")
    return text


def _events(text: str) -> Iterator[Any]:
    """Read one event at a time, so that what the builder refuses is never read to its end."""
    # The C parser is twenty times faster but words its errors otherwise: on an error the Python parser tells it.
    fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    seen = 0
    try:
        for event in yaml.parse(text, Loader=fast):
            yield event
            seen += 1
    except yaml.YAMLError as error:
        if "invalid Unicode" in str(error):
            # The Python parser lets half of a character pair through, and fails on others with no YAML error.
            raise
        yield from islice(yaml.parse(text, Loader=yaml.SafeLoader), seen, None)


class _Builder:
    """Turns events into data, with a bounded depth."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._resolver: Any = yaml.SafeLoader("")
        self.keys: dict[Keys, Mark] = {}
        self.values: dict[Keys, Mark] = {}
        self.found: list[tuple[Mark, str]] = []
        """what is wrong although it can be read"""

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
        if event.tag is not None:
            raise _Refused(mark, "a word that starts with !; delete it, or put the text in double quotes")
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
            if not isinstance(event, yaml.ScalarEvent) or event.anchor is not None or event.tag is not None:
                raise _Refused(mark, "a key that is not plain text; put text with brackets, braces or signs in double quotes")
            key = self._text(event)
            if key in found:
                first = self.keys[(*keys, key)].line
                self.found.append((mark, f'the key "{key}" stands here again (first in line {first}); keep one of them'))
            self.keys[(*keys, key)] = mark
            found[key] = self._value(next(self._events), (*keys, key))
        return found

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        if event.tag is not None:
            raise _Refused(_mark(event), "text that starts with !; put it in double quotes")
        if not event.implicit[0] or event.style:
            return self._text(event)
        tag = self._resolver.resolve(yaml.ScalarNode, event.value, (True, False)).rpartition(":")[2]
        if tag == "bool":
            return event.value.lower() in ("yes", "true", "on")
        if tag == "null":
            return None
        if tag == "int" and re.fullmatch(r"[-+]?[0-9]{1,15}", event.value):
            return int(event.value)
        return self._text(event)

    def _text(self, event: Any) -> str:
        """The text of `event`, on one line and fit to be printed: its problems are told here, and nowhere else."""
        text: str = event.value.rstrip("\n") if event.style in ("|", ">") else event.value
        if _UNPRINTABLE.search(text):
            wrong = "a line break or a control character inside the text; write it without one, in double quotes"
            self.found.append((_mark(event), wrong))
        return _UNPRINTABLE.sub(" ", text)


def _mark(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


class _Cure(NamedTuple):
    part: str
    """how the parser's message is known"""
    message: str
    at_start: bool = False
    """whether the mistake stands where the part began that could not be read, and not where the reading ended"""


_SPECIAL = "text that starts with a special character; put it in double quotes"

_CURES = (
    _Cure("while scanning a quoted scalar", "a quotation mark that is never closed; close it at the end of the text", True),
    _Cure("could not find expected ':'", "a key without a colon; write `key: value`, or put the text in double quotes", True),
    _Cure("cannot start any token", _SPECIAL),
    _Cure("while scanning a block scalar", _SPECIAL, True),
    _Cure("while scanning an anchor", "text that starts with & or *; put it in double quotes", True),
    _Cure("while scanning an alias", "text that starts with & or *; put it in double quotes", True),
    _Cure("while scanning a tag", "text that starts with !; put it in double quotes", True),
    _Cure("while parsing a tag", "text that starts with !; put it in double quotes", True),
    _Cure("mapping keys are not allowed", _SPECIAL),
    _Cure("while parsing a block node", _SPECIAL),
    _Cure("while parsing a flow node", "a comma or bracket where a text belongs; delete it, or put the text in double quotes"),
    _Cure("sequence entries are not", "a dash after a colon; put the text in double quotes, or begin the list in a new line"),
    _Cure("invalid Unicode", "a backslash with a number that is no character; type the character itself"),
    _Cure("escape", "a backslash inside double quotes; write two backslashes, or none"),
    _Cure("double-quoted scalar", "a backslash inside double quotes; write two backslashes, or none"),
    _Cure("incompatible YAML document", "a line that starts with %; delete it, or put the text in double quotes"),
    _Cure("directive", "a line that starts with %; delete it, or put the text in double quotes"),
    _Cure("'<document start>'", "something after the end (...), or a line that starts with %; delete one of the two"),
)

_UNALIGNED = "this line does not line up with those above; give it as many spaces as the line it belongs beside"


def _explain(error: yaml.MarkedYAMLError, text: str) -> tuple[Mark, str]:
    """Say a YAML error in an editor's words."""
    at: Any = error.problem_mark or error.context_mark
    start: Any = error.context_mark or at
    # Lines as YAML counts them: the marks come from there.
    lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", text)
    row = min(at.line, len(lines) - 1)
    if "\t" in lines[row] and not lines[row][: lines[row].index("\t")].strip(" -"):
        return Mark(row + 1, lines[row].index("\t") + 1), "a tab in the indent; replace it by two spaces"
    said = f"{error.context or ''} {error.problem or ''}"
    before = lines[row][: at.column]
    if "expected <block end>" in said:
        return _explain_misplaced(said, at, before, text)
    if "expected ',' or" in said:
        return _explain_bracket(start, at, text)
    if "mapping values are not allowed" in said:
        if re.search(r":\s", before) or before.lstrip(" -").startswith('"'):
            cure = "a second colon in the line; put the text after the first colon in double quotes"
            return Mark(at.line + 1, at.column + 1), cure
        column = len(before) - len(before.lstrip()) + 1
        return Mark(at.line + 1, column), f"{_UNALIGNED}, or give the line above its colon"
    if "could not find expected ':'" in said and (squeezed := re.match(r" *(?:- +)?(?:(-)|[a-z_-]+(:))\S", lines[start.line])):
        sign = "dash" if squeezed[1] else "colon"
        return Mark(start.line + 1, start.column + 1), f"a {sign} without a space after it; add the space"
    for part, message, at_start in _CURES:
        if part in said:
            mark = start if at_start else at
            return Mark(mark.line + 1, mark.column + 1), message
    return Mark(row + 1, at.column + 1), f"not YAML ({error.problem}); compare with knowledge/README.md"


def _explain_misplaced(said: str, at: Any, before: str, text: str) -> tuple[Mark, str]:
    """Say why something stands where a block should have ended: a quotation mark too few or too many, or the indent."""
    here = Mark(at.line + 1, at.column + 1)
    last = _token_before(text, at)
    if said.endswith(("found ']'", "found '}'")):
        return here, "a bracket or brace that was never opened; delete it, or put the text in double quotes"
    if isinstance(last, yaml.ScalarToken) and last.style and last.end_mark.line == at.line:
        start = last.start_mark
        if start.line < at.line:
            wrong = f"a quotation mark that is closed only in line {at.line + 1}; close it at the end of its text"
            return Mark(start.line + 1, start.column + 1), wrong
        if last.style == "'":
            return here, "an apostrophe ended the text; put the whole text in double quotes"
        return here, 'a quotation mark ended the text; write \\" for a mark inside it, or delete what follows'
    if before.strip(" -"):
        return here, "text after a closing bracket or brace; put the whole text in double quotes"
    return here, _UNALIGNED


def _explain_bracket(start: Any, at: Any, text: str) -> tuple[Mark, str]:
    last = _token_before(text, at)
    if isinstance(last, yaml.ScalarToken) and last.style == '"' and last.end_mark.index == at.index:
        return Mark(at.line + 1, at.column + 1), 'a quotation mark ended the text; write \\" for a mark inside it'
    if start.line == at.line:
        return Mark(at.line + 1, at.column + 1), "a comma or a closing bracket is missing; add it before this place"
    wrong = "a bracket or brace that is never closed; close it, or put the text in double quotes"
    return Mark(start.line + 1, start.column + 1), wrong


def _token_before(text: str, at: Any) -> Any:
    """The last thing that could be read before the error."""
    last = None
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if token.start_mark.index >= at.index:
                break
            last = token
    except yaml.YAMLError:
        pass
    return last
