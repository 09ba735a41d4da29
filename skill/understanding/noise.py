"""Mishears sentences as recognisers do: words split, joined, and swapped for what sounds alike. A build tool."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from skill.understanding.sounds import sounds_of

WORDS = Path(__file__).parent / "words.txt"
"""The words that have a vector: those of the model, the commonest first, and those that the knowledge has beside."""

COMMON_WORDS = 12_000
"""Recognisers write rare words rarely."""

SHORTEST = 4
"""Shorter words are left alone: hardly anything is left of one that is misheard."""

CHOICES = 12
"""Of so many of the commonest words that fit, one is chosen."""


class Mishearing:
    """A recogniser on a bad day; the same `seed` mishears the same sentences in the same way."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 (not for secrets)
        self._alike: defaultdict[str, list[str]] = defaultdict(list)
        common = WORDS.read_text(encoding="utf-8").split()[:COMMON_WORDS]
        for word, sound in zip(common, sounds_of(common), strict=True):
            self._alike[sound].append(word)

    def of(self, text: str) -> str:
        """Mishear one word of `text`, which is normalised: split it, join it with the next, or swap it for what sounds alike."""
        words = text.split()
        long = [at for at, word in enumerate(words) if len(word) >= SHORTEST]
        if not long:
            return text
        at = self._random.choice(long)
        kind = self._random.choice(("split", "join", "swap", "swap"))
        if kind == "join" and at + 1 < len(words):
            words[at : at + 2] = [words[at] + words[at + 1]]
        elif kind == "split":
            middle = self._random.randint(2, len(words[at]) - 2)
            words[at] = f"{words[at][:middle]} {words[at][middle:]}"
        else:
            words[at] = self._swapped(words[at])
        return " ".join(words)

    def _swapped(self, word: str) -> str:
        [sound] = sounds_of([word])
        whole = [other for other in self._alike[sound] if other != word and abs(len(other) - len(word)) <= 2]
        pairs: list[tuple[Sequence[str], Sequence[str]]] = []
        for middle in range(1, len(sound)):
            first = [other for other in self._alike[sound[:middle]] if other[0] == word[0]]
            if first and (second := self._alike[sound[middle:]]):
                pairs.append((first, second))
        if pairs and (not whole or self._random.random() < 0.5):
            return " ".join(self._random.choice(part[:CHOICES]) for part in self._random.choice(pairs))
        return self._random.choice(whole[:CHOICES]) if whole else word
