"""How words sound: what a recogniser confuses gets one code, so that "see shores" and "seizures" are the same."""

from __future__ import annotations

from collections.abc import Sequence

_SPELLINGS = (
    ("\nkn", "\nn"),
    ("\nwr", "\nr"),
    ("\nps", "\ns"),
    ("ph", "f"),
    *((f"gh{after}", after) for after in "t\n"),
    *((f"c{after}", f"s{after}") for after in ("e", "i", "y", "ae")),
    *((spelling, "s") for spelling in ("tch", "ch", "sh", "zh", "dge", "j")),
    *((f"{before}io", "so") for before in "ts"),
    # Half of the English world does not speak the last r of "doctor".
    *((f"{vowel}r\n", "a\n") for vowel in "aeo"),
    *((f"g{after}", f"s{after}") for after in "ei"),
    ("x", "ks"),
)
"""Spellings whose letters do not tell their sound, where each word has a line of its own; the order matters."""

_SOUNDS = str.maketrans({**dict.fromkeys("aeiouyhw", ""), **dict(zip("bpdtgkqcfvmnlrsz", "PPTTKKKKFFNNLRSS", strict=True))})
"""Vowels are misheard first of all; voiced and voiceless, m and n, s and sh are told apart by little."""

_DOUBLE = [(2 * sound, sound) for sound in "PTKFNLRS0123456789"]


def sounds_of(words: Sequence[str]) -> list[str]:
    """The consonants of each normalised word as a recogniser may confuse them; may be empty.

    Coarser than double metaphone, which answers a little worse here and keeps b and p, t and d, m and n apart.
    """
    # All words in one go, and no regular expressions: a question has a dozen words, and a start has milliseconds.
    text = "\n".join(["", *words, ""])
    for spelling, sound in _SPELLINGS:
        text = text.replace(spelling, sound)
    text = text.translate(_SOUNDS)
    for double, sound in _DOUBLE:
        while double in text:
            text = text.replace(double, sound)
    return text.split("\n")[1:-1]
