"""The one normaliser, for authored questions and for what was heard."""

from __future__ import annotations

from itertools import groupby


class _Plain(dict[int, str]):
    """For `str.translate`: letters and digits stay, apostrophes and accents go, and all else parts words."""

    def __missing__(self, code: int) -> str:
        import unicodedata

        # Only asked for, never kept: nothing that was said is.
        return "" if unicodedata.combining(chr(code)) else " "


# All of ASCII, which `translate` then does in C: faster than a regular expression, and at no cost to a start.
_PLAIN = _Plain({code: chr(code) if chr(code).isalnum() else " " for code in range(128)})
_PLAIN |= dict.fromkeys(map(ord, "'\u2018\u2019\u02bc`"), "")


def normalize(text: str) -> str:
    """Fold case, accents, apostrophes, punctuation and spelled letters: `A. L. S.` becomes `als`, `Bell's` `bells`."""
    if not text.isascii():
        # Imported here, as above: most of what is heard is plain, and a start is measured in milliseconds.
        import unicodedata

        text = unicodedata.normalize("NFKD", text)
    words = text.casefold().translate(_PLAIN).split()
    if [len(word) for word in words].count(1) < 2:
        return " ".join(words)
    runs = ((is_spelled, list(run)) for is_spelled, run in groupby(words, _is_letter))
    return " ".join(word for is_spelled, run in runs for word in (_spelled(run) if is_spelled else run))


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isalpha()


def _spelled(letters: list[str]) -> list[str]:
    """Words of one letter each: a name that is spelled, or else "i" and "a", which are words of their own."""
    if all(letter in "ia" for letter in letters):
        return letters
    # "Am i a d j" holds one spelled name, "a d j".
    first = next(at for at, letter in enumerate(letters) if letter != "i")
    return [*letters[:first], "".join(letters[first:])]
