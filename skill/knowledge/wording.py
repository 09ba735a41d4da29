"""Measures how a text sounds: its length, its reading grade, and wordings that have no place in a health answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from skill.speech import sentences

_VOWELS = re.compile(r"[aeiouy]+")
_WORD = re.compile(r"[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*")

# What a voice stumbles over, or what shows that text was pasted from a page.
_UNSPEAKABLE = (
    (re.compile("[\u2018\u2019\u201c\u201d]"), "a curly quotation mark", "type a straight one"),
    (re.compile("[\u2013\u2014]"), "a long dash", "use a comma or a full stop"),
    (re.compile(r"https?:|www\."), "a web address", "name it in sources.yaml"),
    (re.compile(r"[*_#<>\[\]|~^\\&/]"), "a character that cannot be spoken", "write it in words"),
    (re.compile(r"\b(?:e\.g|i\.e|etc|vs|approx)\b"), "an abbreviation", "write it in words"),
    (
        re.compile(r"\b(?!911\b|999\b|112\b)\d[\d -]{2,}\d\b|\b(?:911|999|112|000|988)\b"),
        "a telephone number",
        "use a placeholder such as {emergency}",
    ),
    (re.compile(r"[^\x00-\x7f\u00c0-\u024f\u2018-\u201d\u2013\u2014]"), "a symbol", "write it in words"),
    (re.compile(r"\s{2,}|^\s|\s$"), "a double space, or one at an end", "delete it"),
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
    for name in sorted(set_aside, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "it", text, flags=re.IGNORECASE)
    words = _WORD.findall(text)
    if not words:
        return 0.0
    return 0.39 * len(words) / len(sentences(text)) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def hardest_sentence(text: str, set_aside: Iterable[str]) -> str:
    names = tuple(set_aside)
    return max(sentences(text), key=lambda sentence: reading_grade(sentence, names))


def unspeakable(text: str) -> Iterator[tuple[str, str]]:
    """What in `text` reads badly, as (what it is, what cures it)."""
    for pattern, what, cure in _UNSPEAKABLE:
        if found := pattern.search(text):
            shown = f' ("{found[0]}")' if found[0].strip() else ""
            yield f"{what}{shown}", cure
