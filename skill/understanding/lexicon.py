"""Finds the words the knowledge lists in what was heard: mishearings mended, fillers dropped, names and synonyms marked."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, TypedDict

from skill.knowledge.model import Subject, Vocabulary
from skill.normalize import normalize
from skill.understanding.vectors import WordVectors


class Entries(TypedDict):
    """All that is listed, normalised, and what it stands for."""

    fillers: dict[str, str]
    heard_as: dict[str, str]
    subjects: dict[str, str]
    ellipses: dict[str, str]
    concepts: dict[str, str]


EMPTY = Entries(fillers={}, heard_as={}, subjects={}, ellipses={}, concepts={})
"""The entries of a lexicon that lists no word."""

SHORTEST_PART = 3
"""Letters of a word that was joined to another one."""


class Token(NamedTuple):
    """A word, or several that make one name."""

    text: str
    subject: str = ""
    """the subject it names"""
    concept: str = ""
    """the group of words that mean the same"""


class Lexicon:
    """Finds what `lexicon_entries` lists."""

    def __init__(self, entries: Entries, vectors: WordVectors) -> None:
        self._entries, self._vectors = entries, vectors
        self._fillers, self._heard_as = _Listing(entries["fillers"]), _Listing(entries["heard_as"])
        self._marked = _Listing({**entries["concepts"], **entries["subjects"]})
        self._ellipses = _Listing(entries["ellipses"])

    def words(self, utterance: str) -> list[str]:
        """Normalise, drop fillers, mend mishearings. What holds nothing but fillers stays as it is."""
        heard = self._whole(normalize(utterance).split())
        if self._fillers.may_be_in(heard):
            heard = [word for text, found in self._fillers.found_in(heard) if found is None for word in text.split()] or heard
        if not self._heard_as.may_be_in(heard):
            return heard
        return [word for text, found in self._heard_as.found_in(heard) for word in (text if found is None else found).split()]

    def tokens(self, words: Sequence[str]) -> list[Token]:
        """Mark the subjects' names, and the words that mean the same as others."""
        subjects, concepts = self._entries["subjects"], self._entries["concepts"]
        return [
            Token(text, subject=subjects[text]) if text in subjects else Token(text, concept=concepts.get(text, ""))
            for text, _ in self._marked.found_in(words)
        ]

    def carried_on(self, utterance: str) -> str:
        """The subject of "and caffeine": an opening that carries the last question on, and a subject's name alone."""
        words = normalize(utterance).split()
        opening = self._ellipses.longest(words)
        if not 0 < opening < len(words):
            return ""
        tokens = self.tokens(self.words(" ".join(words[opening:])))
        return tokens[0].subject if len(tokens) == 1 else ""

    def _whole(self, heard: list[str]) -> list[str]:
        """Join what was split, and split what was joined: "twit ching", "upperlip". Only a word that nobody knows is touched."""
        if all(map(self._knows, heard)):
            return heard
        joined: list[str] = []
        for word in heard:
            if joined and self._knows(joined[-1] + word) and not (self._knows(joined[-1]) and self._knows(word)):
                joined[-1] += word
            else:
                joined.append(word)
        return [part for word in joined for part in ([word] if self._knows(word) else self._split(word))]

    def _split(self, word: str) -> list[str]:
        """Two known words that make up `word`, of one length as nearly as may be; or else the word itself."""
        places = range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)
        for at in sorted(places, key=lambda at: abs(2 * at - len(word))):
            if self._knows(word[:at]) and self._knows(word[at:]):
                return [word[:at], word[at:]]
        return [word]

    def _knows(self, word: str) -> bool:
        # What an editor lists is whole, however rare it is elsewhere.
        return self._vectors.of(word) is not None or word in self._listed_words

    @cached_property
    def _listed_words(self) -> set[str]:
        listings = (self._fillers, self._heard_as, self._marked, self._ellipses)
        return {word for listing in listings for text in listing.entries for word in text.split()}


class _Listing:
    """Words and runs of words, and what each stands for."""

    def __init__(self, entries: Mapping[str, str]) -> None:
        self.entries = entries
        self._reach: dict[str, int] = {}
        """by the first word of what is listed, how many words the longest has"""
        for text in entries:
            first, _, rest = text.partition(" ")
            self._reach[first] = max(self._reach.get(first, 1), 2 + rest.count(" ") if rest else 1)

    def may_be_in(self, words: Sequence[str]) -> bool:
        """Whether anything begins with one of `words`: of most lists, nothing does."""
        return not self._reach.keys().isdisjoint(words)

    def longest(self, words: Sequence[str], at: int = 0) -> int:
        """How many words the longest entry has that begins at a place of `words`; or none."""
        for length in range(min(self._reach.get(words[at], 0), len(words) - at) if words else 0, 0, -1):
            if " ".join(words[at : at + length]) in self.entries:
                return length
        return 0

    def found_in(self, words: Sequence[str]) -> Iterator[tuple[str, str | None]]:
        """Walk over `words`, taking the longest listed run at each place; (text, its entry or None)."""
        at = 0
        while at < len(words):
            taken = self.longest(words, at) if words[at] in self._reach else 0
            text = " ".join(words[at : at + taken]) if taken > 1 else words[at]
            yield text, self.entries[text] if taken else None
            at += taken or 1


def lexicon_entries(subjects: Mapping[str, Subject], vocabulary: Vocabulary, placeholders: Mapping[str, str]) -> Entries:
    """Normalise every listed word. `placeholders` are filled in where a subject's name holds one."""
    names: dict[str, str] = {}
    for subject in subjects.values():
        for name in subject.names:
            for word, text in placeholders.items():
                name = name.replace(f"{{{word}}}", text)
            names.setdefault(normalize(name), subject.id)
    return Entries(
        fillers={normalize(filler): "" for filler in vocabulary.fillers},
        heard_as={normalize(heard): normalize(word) for word, all_heard in vocabulary.heard_as.items() for heard in all_heard},
        subjects=names,
        ellipses={normalize(opening): "" for opening in vocabulary.ellipses},
        concepts={normalize(word): group for group, words in vocabulary.alike.items() for word in words},
    )
