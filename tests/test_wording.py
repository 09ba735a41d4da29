"""How hard a text is to read: names are set aside, and only whole ones."""

from __future__ import annotations

import re

import pytest

from skill.knowledge.wording import SetAside, hardest_sentence, reading_grade

NAMES = ["Bell's palsy", "Bell", "ALS", "amyotrophic lateral sclerosis", "22q deletion", "a-fib", "Parkinson's disease"]

TEXTS = [
    "Bell's palsy is not ALS.",
    "bell's palsy, Bell, bells and bellows",
    "ALS",
    "also alsatian ALS_x xALS als-like (ALS)",
    "It is Amyotrophic Lateral Sclerosis, amyotrophic lateral sclerosis or amyotrophic lateral.",
    "22Q deletion in 122q deletion and 22q deletions",
    "a-fib; a fib",
    "Parkinson's disease's signs",
    "\u0130\u0130\u0130 ALS \u0130 Bell",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_names_are_found_as_one_pattern_of_all_of_them_would_find_them(text: str) -> None:
    longest_first = sorted(NAMES, key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    assert SetAside(NAMES).shortened(text) == pattern.sub("it", text.lower())


def test_a_name_that_is_set_aside_is_no_hard_word() -> None:
    hard = "You may have amyotrophic lateral sclerosis."
    assert (
        reading_grade(hard, SetAside(NAMES))
        == reading_grade("You may have it.", SetAside([]))
        < reading_grade(hard, SetAside([]))
    )


def test_the_hardest_sentence_is_told_as_it_stands() -> None:
    text = "You may have Amyotrophic lateral sclerosis. An electromyography examination is unavoidable."
    assert hardest_sentence(text, SetAside(NAMES)) == "An electromyography examination is unavoidable."
    assert hardest_sentence("Rest. Hydration is considerable.", SetAside([])) == "Hydration is considerable."
