"""What of an utterance counts as evidence. The same features are learned from at build time and looked up at run time."""

from __future__ import annotations

from itertools import pairwise

from skill.understanding.lexicon import Lexicon, Token

GRAM_SIZES = (3, 4)
MAX_CHARACTERS = 400
"""What goes beyond is not read; nobody asks a speaker so long a question."""


def features(lexicon: Lexicon, utterance: str) -> list[str]:
    """List the evidence in `utterance`; what occurs twice stands there twice.

    Words and pairs of words say what is asked. Names and groups of words that mean the same let one question teach the
    others. Letter runs across the gaps between words survive a recogniser that splits and joins them.
    """
    words = lexicon.words(utterance[:MAX_CHARACTERS])
    tokens = lexicon.tokens(words)
    shape = ["^", *map(_mark, tokens), "$"]
    found = [f"word {word}" for word in words]
    found += [f"pair {first} {second}" for first, second in zip(["^", *words], [*words, "$"], strict=True)]
    found += [f"about {token.subject}" for token in tokens if token.subject for _ in range(2)]
    found += [f"means {token.concept}" for token in tokens if token.concept]
    found += [f"shape {first} {second}" for first, second in pairwise(shape)]
    found += [f"shape {' '.join(shape[at : at + 3])}" for at in range(1, len(shape) - 3)]
    joined = "".join(words)
    found += [f"run {joined[at : at + size]}" for size in GRAM_SIZES for at in range(len(joined) - size + 1)]
    return found


def marked(lexicon: Lexicon, utterance: str) -> list[str]:
    """The words as they are read: fillers gone, mishearings mended, names as <subject> and synonyms as [concept]."""
    return [_mark(token) for token in lexicon.tokens(lexicon.words(utterance[:MAX_CHARACTERS]))]


def _mark(token: Token) -> str:
    if token.subject:
        return f"<{token.subject}>"
    return f"[{token.concept}]" if token.concept else token.text
