"""Finds the words the knowledge lists in what was heard: mishearings mended, fillers dropped, names and synonyms marked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypedDict, TypeVar

from skill.knowledge.model import Subject, Vocabulary
from skill.normalize import normalize

Listed = TypeVar("Listed")


class Entries(TypedDict):
    """All that is listed, normalised, and what it stands for."""

    fillers: dict[str, str]
    heard_as: dict[str, str]
    subjects: dict[str, str]
    ellipses: dict[str, str]
    concepts: dict[str, str]
    reach: dict[str, int]
    """for the first word of what is listed in several words, how many the longest has; most words begin nothing longer"""


EMPTY = Entries(fillers={}, heard_as={}, subjects={}, ellipses={}, concepts={}, reach={})
"""The entries of a lexicon that lists no word."""


class Token(NamedTuple):
    """A word, or several that make one name."""

    text: str
    subject: str = ""
    """the subject it names"""
    concept: str = ""
    """the group of words that mean the same"""


class Lexicon:
    """Finds what `lexicon_entries` lists."""

    def __init__(self, entries: Entries) -> None:
        self._fillers = entries["fillers"]
        self._heard_as = entries["heard_as"]
        self._tokens = {word: Token(word, concept=group) for word, group in entries["concepts"].items()}
        self._tokens |= {name: Token(name, subject=subject) for name, subject in entries["subjects"].items()}
        self._ellipses = entries["ellipses"]
        self._reach = entries["reach"]

    def words(self, utterance: str) -> list[str]:
        """Normalise, drop fillers, mend listed mishearings. What holds nothing but fillers stays as it is."""
        heard = normalize(utterance).split()
        kept = [word for text, found in self._longest(heard, self._fillers) if found is None for word in text.split()]
        mended: list[str] = []
        for text, found in self._longest(kept or heard, self._heard_as):
            mended += (text if found is None else found).split()
        return mended

    def tokens(self, words: Sequence[str]) -> list[Token]:
        """Mark the subjects' names, and the words that mean the same as others."""
        return [found or Token(text) for text, found in self._longest(words, self._tokens)]

    def carried_on(self, utterance: str) -> str:
        """The subject of "and caffeine": an opening that carries the last question on, and a subject's name alone."""
        words = normalize(utterance).split()
        for length in range(min(self._reach.get(words[0], 1), len(words) - 1) if words else 0, 0, -1):
            if " ".join(words[:length]) in self._ellipses:
                tokens = self.tokens(self.words(" ".join(words[length:])))
                return tokens[0].subject if len(tokens) == 1 else ""
        return ""

    def _longest(self, words: Sequence[str], listed: Mapping[str, Listed]) -> Iterator[tuple[str, Listed | None]]:
        """Walk over `words`, taking the longest listed run at each place; (text, its entry or None)."""
        at, end = 0, len(words)
        while at < end:
            text, taken = words[at], 1
            for length in range(min(self._reach.get(text, 1), end - at), 1, -1):
                if (run := " ".join(words[at : at + length])) in listed:
                    text, taken = run, length
                    break
            yield text, listed.get(text)
            at += taken


def lexicon_entries(subjects: Mapping[str, Subject], vocabulary: Vocabulary, placeholders: Mapping[str, str]) -> Entries:
    """Normalise every listed word. `placeholders` are filled in where a subject's name holds one."""
    names: dict[str, str] = {}
    for subject in subjects.values():
        for name in subject.names:
            for word, text in placeholders.items():
                name = name.replace(f"{{{word}}}", text)
            names.setdefault(normalize(name), subject.id)
    entries = Entries(
        fillers={normalize(filler): "" for filler in vocabulary.fillers},
        heard_as={normalize(heard): normalize(word) for word, all_heard in vocabulary.heard_as.items() for heard in all_heard},
        subjects=names,
        ellipses={normalize(opening): "" for opening in vocabulary.ellipses},
        concepts={normalize(word): group for group, words in vocabulary.alike.items() for word in words},
        reach={},
    )
    for listed in (entries[part] for part in ("fillers", "heard_as", "subjects", "ellipses", "concepts")):
        for words in map(str.split, listed):
            if len(words) > 1:
                entries["reach"][words[0]] = max(len(words), entries["reach"].get(words[0], 0))
    return entries
