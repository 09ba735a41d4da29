"""Measures how a text sounds: its length, its reading grade, and wordings that have no place in a health answer."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from skill.speech import sentences

_VOWELS = re.compile(r"[aeiouy]+")
_LETTERS = re.compile(r"\w+")
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


class SetAside:
    """Names that do not count as hard words.

    Looked for by their first word: a pattern of thousands of names would be tried out at every word of every text.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._by_first: defaultdict[str, set[str]] = defaultdict(set)
        for name in names:
            if first := _LETTERS.search(name):
                self._by_first[first[0].lower()].add(name[first.start() :].lower())

    def shortened(self, text: str) -> str:
        """The text in small letters, with one short word in the place of each name, the longest that fits."""
        text = text.lower()
        out, end = [], 0
        for word in _LETTERS.finditer(text):
            if word.start() >= end:
                fitting = [name for name in self._by_first.get(word[0], ()) if _stands_at(name, text, word.start())]
                if fitting:
                    out += [text[end : word.start()], "it"]
                    end = word.start() + max(map(len, fitting))
        return "".join(out) + text[end:]


def _stands_at(name: str, text: str, start: int) -> bool:
    after = text[start + len(name) : start + len(name) + 1]
    return text.startswith(name, start) and not (after.isalnum() or after == "_")


def reading_grade(text: str, set_aside: SetAside) -> float:
    """The Flesch-Kincaid grade (Kincaid and others, 1975); each name `set_aside` counts as one short word."""
    text = set_aside.shortened(text)
    words = _WORD.findall(text)
    if not words:
        return 0.0
    return 0.39 * len(words) / len(sentences(text)) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def hardest_sentence(text: str, set_aside: SetAside) -> str:
    return max(sentences(text), key=lambda sentence: reading_grade(sentence, set_aside))


def unspeakable(text: str) -> Iterator[tuple[str, str]]:
    """What in `text` reads badly, as (what it is, what cures it)."""
    for pattern, what, cure in _UNSPEAKABLE:
        if found := pattern.search(text):
            # A match over the whole text, or one that cannot be seen, shows nothing.
            shown = f' ("{found[0]}")' if found[0].strip() and found[0].isprintable() and found[0] != text else ""
            yield f"{what}{shown}", cure
            text = pattern.sub("x", text)
