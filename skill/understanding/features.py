"""What of an utterance counts as evidence. The same features are learned from at build time and looked up at run time."""

from __future__ import annotations

from collections.abc import Sequence

from skill.understanding.lexicon import Token
from skill.understanding.sounds import sounds_of

RUN = 4
"""Letters of a run."""

SOUND_LENGTHS = range(3, 10)
"""Consonants of a sound that counts: shorter ones fit too many words."""

SOUND_WORDS = 2
"""A name is heard as up to so many words."""


def features(words: Sequence[str], tokens: Sequence[Token], *, run_on: bool = False) -> list[str]:
    """List the evidence in the words that a lexicon read, and its tokens for them; what occurs twice stands there twice.

    Words and pairs of words say what is asked. Names and groups of words that mean the same let one question teach the
    others. Letter runs, and sounds of one or two words, survive a recogniser that mishears them. Runs that go on across
    the gaps between words, where they are to `run_on`, are half of all evidence.
    """
    shape = ["^", *map(mark, tokens), "$"]
    found = [f"word {word}" for word in words]
    found += [f"pair {first} {second}" for first, second in zip(["^", *words], [*words, "$"], strict=True)]
    found += [f"about {token.subject}" for token in tokens if token.subject for _ in range(2)]
    found += [f"means {token.concept}" for token in tokens if token.concept]
    # Where nothing is marked, words and their pairs say it already.
    marked = [False, *(bool(token.subject or token.concept) for token in tokens), False]
    found += [f"shape {' '.join(shape[at : at + 2])}" for at in range(len(shape) - 1) if any(marked[at : at + 2])]
    found += [f"shape {' '.join(shape[at : at + 3])}" for at in range(1, len(shape) - 3) if any(marked[at : at + 3])]
    for letters in ["".join(words)] if run_on else words:
        found += [f"run {letters[at : at + RUN]}" for at in range(len(letters) - RUN + 1)]
    sounds = sounds_of(words)
    for at, first in enumerate(sounds):
        for end in range(at + 1, min(at + SOUND_WORDS, len(sounds)) + 1):
            sound = "".join(sounds[at:end])
            if first and len(sound) in SOUND_LENGTHS:
                found.append(f"sound {sound}")
    return found


def mark(token: Token) -> str:
    """A token as it is read: a name as <subject>, a synonym as [concept]."""
    if token.subject:
        return f"<{token.subject}>"
    return f"[{token.concept}]" if token.concept else token.text
