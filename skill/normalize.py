"""The one normaliser, for authored questions and for what was heard."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = re.compile("['\u2018\u2019\u02bc`]")
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_SPELLED = re.compile(r"\b(?:[a-z] ){1,}[a-z]\b")


def normalize(text: str) -> str:
    """Fold case, accents, apostrophes, punctuation and spelled letters: `A. L. S.` becomes `als`, `Bell's` `bells`."""
    text = unicodedata.normalize("NFKD", text).casefold()
    text = _APOSTROPHES.sub("", text)
    text = _NOT_A_WORD.sub(" ", "".join(char for char in text if not unicodedata.combining(char))).strip()
    return _SPELLED.sub(_join_letters, text)


def _join_letters(found: re.Match[str]) -> str:
    letters = found[0].split()
    # "i" and "a" are words of their own: "am i a d j" holds one spelled name, "a d j".
    if all(letter in "ia" for letter in letters):
        return found[0]
    kept = []
    while letters and letters[0] == "i":
        kept.append(letters.pop(0))
    return " ".join([*kept, "".join(letters)])
