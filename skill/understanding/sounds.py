"""How words sound: what a recogniser confuses gets one code, so that "see shores" and "seizures" are the same."""

from __future__ import annotations

import re

_SPELLINGS = [
    (re.compile(spelling), sound)
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

_ANY_SPELLING = re.compile("|".join(spelling.pattern for spelling, _ in _SPELLINGS))

_SOUNDS = str.maketrans({**dict.fromkeys("aeiouyhw", ""), **dict(zip("bpdtgkqcfvmnlrsz", "PPTTKKKKFFNNLRSS", strict=True))})
"""Vowels are misheard first of all; voiced and voiceless, m and n, s and sh are told apart by little."""

_REPEATED = re.compile(r"(.)\1+")


def sound_of(word: str) -> str:
    """The consonants of a normalised word as a recogniser may confuse them; may be empty.

    Coarser than double metaphone, which answers a little worse here and keeps b and p, t and d, m and n apart.
    """
    # Most words are spelled as they sound, and one look is quicker than ten.
    if _ANY_SPELLING.search(word):
        for spelling, sound in _SPELLINGS:
            word = spelling.sub(sound, word)
    return _REPEATED.sub(r"\1", word.translate(_SOUNDS))
