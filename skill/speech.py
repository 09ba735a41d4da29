"""Turns authored sentences into what a locale hears, and into SSML with every text escaped."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

WORDS_A_MINUTE = 150

PLACEHOLDER = re.compile(r"\{([a-z_]*)\}")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
_WORD = re.compile(r"\w+")
# As html.escape does, whose module would cost every start a table of two thousand character names.
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_QUOTED = _ESCAPED | str.maketrans({'"': "&quot;", "'": "&#x27;"})
_CONTROL = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], " ")


class Pronunciation(NamedTuple):
    """A word that a voice would say wrong, and one of: its sounds, what to read instead, or letter by letter."""

    text: str
    ipa: str = ""
    alias: str = ""
    spell: bool = False


def fill(text: str, words: Mapping[str, str]) -> str:
    """Put `words` in place of {placeholders}; twice, since a locale's word may stand in a subject's name."""
    for _ in range(2):
        text = PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), text)
    return text.translate(_CONTROL)


def first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def to_ssml(parts: Sequence[str], pronunciations: Iterable[Pronunciation], numbers: Mapping[str, str]) -> str:
    """Mark `parts` up: a paragraph each, a sentence tag each sentence, and every known word as it is to be read.

    The SDK wraps speech in <speak> without escaping, and Alexa answers broken SSML with a generic failure.
    """
    marks = _marks(tuple(pronunciations), tuple(numbers.items()))
    return "".join(f"<p>{''.join(_sentence(said, marks) for said in sentences(part))}</p>" for part in parts)


def sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(text.strip()) if part]


def seconds(text: str) -> float:
    """Reckon how long `text` takes to say; a telephone number is said digit by digit."""
    said = sum(len(word) if (word := re.sub(r"\W", "", raw)).isdigit() else 1 for raw in text.split())
    return said * 60 / WORDS_A_MINUTE


class _Marks:
    """The tags to put before and after what is listed, in small letters."""

    def __init__(self, pronunciations: tuple[Pronunciation, ...], numbers: tuple[tuple[str, str], ...]) -> None:
        tags = {entry.text.lower(): _pronounced(entry) for entry in pronunciations}
        tags |= {number.lower(): _number(said) for number, said in numbers}
        self._by_first_word: dict[str, list[tuple[str, tuple[str, str]]]] = {}
        for text in sorted(tags, key=len, reverse=True):
            if first := _WORD.match(text):
                self._by_first_word.setdefault(first[0], []).append((text, tags[text]))

    def found_in(self, text: str) -> Iterator[tuple[int, int, tuple[str, str]]]:
        """Where whole words are listed, the longest run of them first: start, end, and tags."""
        # One regular expression of all that is listed would take a start longer to compile than the answer takes.
        end = 0
        for word in _WORD.finditer(text):
            start = word.start()
            for listed, tags in self._by_first_word.get(word[0].lower(), ()) if start >= end else ():
                if text[start : start + len(listed)].lower() == listed and not _WORD.match(text, start + len(listed)):
                    end = start + len(listed)
                    yield start, end, tags
                    break


@lru_cache(maxsize=16)
def _marks(pronunciations: tuple[Pronunciation, ...], numbers: tuple[tuple[str, str], ...]) -> _Marks:
    return _Marks(pronunciations, numbers)


@lru_cache(maxsize=1_000)
def _sentence(text: str, marks: _Marks) -> str:
    """Mark a sentence up; kept, as all that is said comes from the knowledge, and most of it more than once."""
    out, done = [], 0
    for start, end, (before, after) in marks.found_in(text):
        out += [text[done:start].translate(_ESCAPED), before, text[start:end].translate(_ESCAPED), after]
        done = end
    return f"<s>{''.join(out)}{text[done:].translate(_ESCAPED)}</s>"


def _pronounced(entry: Pronunciation) -> tuple[str, str]:
    if entry.ipa:
        return f'<phoneme alphabet="ipa" ph="{entry.ipa.translate(_QUOTED)}">', "</phoneme>"
    if entry.alias:
        return f'<sub alias="{entry.alias.translate(_QUOTED)}">', "</sub>"
    return '<say-as interpret-as="characters">', "</say-as>"


def _number(said: str) -> tuple[str, str]:
    if said == "digits":
        return '<say-as interpret-as="digits">', "</say-as>"
    return f'<sub alias="{said.translate(_QUOTED)}">', "</sub>"
