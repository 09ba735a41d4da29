"""Measures how a text sounds: its length, its reading grade, and wordings that have no place in a health answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from skill.speech import sentences

_VOWELS = re.compile(r"[aeiouy]+")
_WORD = re.compile(r"[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*")

# What a voice stumbles over, or what shows that text was pasted from a page.
_UNSPEAKABLE = (
    (re.compile("[\u2018\u2019\u201c\u201d]"), "a curly quotation mark", "type a straight one"),
    (re.compile("[\u2010\u2011]"), "a hyphen that is not a plain one", "type it anew"),
    (re.compile("[\u2012-\u2015\u2212]"), "a long dash", "use a comma or a full stop"),
    (re.compile("[\u00a0\u00ad\u2000-\u200f\u202a-\u202f\u2060\ufeff]"), "an invisible character", "delete it and type a space"),
    (re.compile(r"(?:https?:|www\.)\S*"), "a web address", "name it in sources.yaml"),
    (re.compile(r"[*_#<>\[\]|~^\\&/@=+`]"), "a character that cannot be spoken", "write it in words"),
    (re.compile(r"\b(?:e\.g|i\.e|etc|vs|approx)\b", re.IGNORECASE), "an abbreviation", "write it in words"),
    (
        re.compile(r"\b\d[\d -]{2,}\d\b|\b(?:911|999|112|000|988|111|811)\b"),
        "a telephone number",
        "use a placeholder such as {emergency}, or write another number in words",
    ),
    (
        re.compile(r"[^\x00-\xa0\xad\u00c0-\u024f\u2000-\u201d\u202a-\u202f\u2060\u2212\ufeff]|[\u00d7\u00f7]"),
        "a symbol",
        "write it in words",
    ),
    (re.compile(r"\s{2,}|^\s|\s$"), "a double space, or one at an end", "delete it"),
    (re.compile('^[^"]*"[^"]*$'), "a quotation mark without its partner", "close it, or leave it out"),
    (re.compile("!"), "an exclamation mark", "end with a full stop: calm helps"),
)


def syllables(word: str) -> int:
    """Count a word's syllables by its groups of vowels, less the silent endings.

    The libraries that count better are under the GPL or fetch a dictionary when they run.
    """
    word = re.sub(r"[^a-z]", "", word.lower())
    count = len(_VOWELS.findall(word))
    if count > 1 and re.search(r"[^aeiouyl]e$|[^aeioutd]ed$|[^aeiouscxzhg]es$", word):
        count -= 1
    return max(count, 1)


def reading_grade(text: str, set_aside: Iterable[str] = ()) -> float:
    """The Flesch-Kincaid grade (Kincaid and others, 1975); each name `set_aside` counts as one short word."""
    text = _any_of(tuple(set_aside)).sub("it", text)
    words = _WORD.findall(text)
    if not words:
        return 0.0
    return 0.39 * len(words) / len(sentences(text)) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


@lru_cache(maxsize=16)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(filter(None, names), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first)) or '(?!)'})(?!\w)", re.IGNORECASE)


def hardest_sentence(text: str, set_aside: Iterable[str]) -> str:
    names = tuple(set_aside)
    return max(sentences(text), key=lambda sentence: reading_grade(sentence, names))


def unspeakable(text: str) -> Iterator[tuple[str, str]]:
    """What in `text` reads badly, as (what it is, what cures it)."""
    for pattern, what, cure in _UNSPEAKABLE:
        if found := pattern.search(text):
            # A match over the whole text, or one that cannot be seen, shows nothing.
            shown = f' ("{found[0]}")' if found[0].strip() and found[0].isprintable() and found[0] != text else ""
            yield f"{what}{shown}", cure
            text = pattern.sub("x", text)
