"""How words sound: what a recogniser confuses gets one code, so that "see shores" and "seizures" are the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPELLINGS = [
    (re.compile(spelling, re.MULTILINE), sound)
    for spelling, sound in (
        ("^kn", "n"),
        ("^wr", "r"),
        ("^ps", "s"),
        ("ph", "f"),
        ("gh(?=t|$)", ""),
        ("c(?=[eiy]|ae)", "s"),
        ("tch|ch|sh|zh|ti(?=o)|ci(?=a|o)|si(?=o)|dge|j", "s"),
        # Half of the English world does not speak the last r of "doctor".
        ("[aeo]r$", "a"),
        ("g(?=[ei])", "s"),
        ("x", "ks"),
    )
]
"""Spellings whose letters do not tell their sound; the order matters."""

_SOUNDS = str.maketrans({**dict.fromkeys("aeiouyhw", ""), **dict(zip("bpdtgkqcfvmnlrsz", "PPTTKKKKFFNNLRSS", strict=True))})
"""Vowels are misheard first of all; voiced and voiceless, m and n, s and sh are told apart by little."""

_REPEATED = re.compile(r"(.)\1+")


def sounds_of(words: Sequence[str]) -> list[str]:
    """The consonants of each normalised word as a recogniser may confuse them; may be empty.

    Coarser than double metaphone, which answers a little worse here and keeps b and p, t and d, m and n apart.
    """
    # All words in one go, a line each: a question has a dozen, and a search for each spelling in each takes five times as long.
    text = "\n".join(words)
    for spelling, sound in _SPELLINGS:
        text = spelling.sub(sound, text)
    return _REPEATED.sub(r"\1", text.translate(_SOUNDS)).split("\n") if words else []
