"""What an editor is told: one broken knowledge file a test, with the exact lines that name the place, the fault and the cure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from skill.errors import KnowledgeError, Problem
from skill.knowledge.check import check_sources, flatten
from skill.knowledge.load import load_knowledge, read_folder
from skill.knowledge.structure import SHARED
from tests.conftest import SUBJECT

ELBOW = "elbow-humming"
"""The one subject of `small_folder`; its text is `SUBJECT`, and all line numbers below count in it."""

ALSO = 'also: ["humming elbow", "elbow hum"]'
LABEL = '"how to quiet it"'
QUESTION = '"what helps against elbow humming"'
SAY = '"Elbow humming stops when the elbow rests."'
FIRST_SAY = '"Elbow humming is a made-up thing. It is here for a test."'
MORE = '"Some elbows hum in tune with a fridge."'
REVIEWED = "reviewed_on: 2026-11-22"

AS_HEARD = (
    "write one way to say it as a speech recogniser writes it: "
    "small letters, spaces, apostrophes, hyphens and dots; numbers as words"
)
WHAT_IS_SAID = "what is said first: the answer, then why, then what to do"
WHAT_IT_IS_ABOUT = 'what the answer is about, short: it is heard after "Would you like to hear"'
DAY_OF_REVIEW = "the day an editor last held the file against its sources, as year-month-day: 2026-11-22"
HOW_COMMON = "how common the cause is, from 1 (everyday) to 5 (very rare)"
UNALIGNED = "this line does not line up with those above; give it as many spaces as the line it belongs beside"
SPECIAL = "text that starts with a special character; put it in double quotes"
NO_SENTENCE = "the text does not end like a sentence; end it with a full stop"
TELEPHONE = "use a placeholder such as {emergency}, or write another number in words"
PLACEHOLDERS = "advice_line, als, crisis_line, emergency, family_doctor, poison_line, water_pills"


def broken(name: str, old: str, new: str, *lines: str) -> ParameterSet:
    """A case: the subject's file with `old` replaced, and the lines that are told, without the path they begin with."""
    assert SUBJECT.count(old), f"{name}: the sound file has no {old!r}"
    return pytest.param(SUBJECT.replace(old, new, 1), [f"knowledge/{ELBOW}.yaml:{line}" for line in lines], id=name)


def told(folder: Path) -> list[str]:
    """Every problem of `folder`, as `check` prints them."""
    sources, problems = read_folder(folder)
    found = flatten([*problems, *check_sources(sources, str(folder))])
    return [str(problem).replace(f"{folder.parent}/", "") for problem in found]


@pytest.fixture(scope="module")
def sound_files() -> dict[str, str]:
    """The texts of `small_folder` by file name, kept from the first test on: it takes a while to make."""
    return {}


@pytest.fixture
def folder(sound_files: dict[str, str], request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """`small_folder`, as new."""
    if not sound_files:
        made: Path = request.getfixturevalue("small_folder")
        sound_files.update({file.name: file.read_text(encoding="utf-8") for file in made.glob("*.yaml")})
    folder = tmp_path / "knowledge"
    folder.mkdir(exist_ok=True)
    for name, text in sound_files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_sound_folder_has_no_problem(folder: Path) -> None:
    assert len(load_knowledge(folder).knowledge.answers) == 3
    assert told(folder) == []


# How a file is written.


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(b"", "1:1: the file is empty; start from the example in knowledge/README.md", id="empty"),
        pytest.param(b" \n\n", "1:1: the file is empty; start from the example in knowledge/README.md", id="only spaces"),
        pytest.param(b"# soon\n", "1:1: the file is empty; start from the example in knowledge/README.md", id="only a comment"),
        pytest.param(
            b'name: "x"\nalso: ["\xc3\xa9t\xe9"]\n',
            "2:11: a character that is not UTF-8; save the file with the encoding UTF-8",
            id="Latin-1",
        ),
        pytest.param(
            SUBJECT.encode("utf-16"), "1:1: a character that is not UTF-8; save the file with the encoding UTF-8", id="UTF-16"
        ),
        pytest.param(
            b'name: "x\x07"\n',
            "1:9: an invisible control character (0x07); delete it and type the line anew",
            id="control character",
        ),
        pytest.param(b"#" * 2_000_001, "1:1: 2,000,001 bytes, at most 2,000,000; split it into several subjects", id="too big"),
        pytest.param(
            b"also: " + b"[" * 100_000,
            "1:19: nested deeper than 12 levels; compare with knowledge/README.md",
            id="a hundred thousand brackets",
        ),
        pytest.param(
            b"%YAML 2.0\n---\nname: x\n",
            "1:1: a line that starts with %; delete it, or put the text in double quotes",
            id="another YAML version",
        ),
        pytest.param(
            b"%TAG x\nname: x\n", "1:6: a line that starts with %; delete it, or put the text in double quotes", id="a directive"
        ),
        pytest.param(
            b"name: x\n...\nkind: y\n",
            "3:1: something after the end (...), or a line that starts with %; delete one of the two",
            id="text after the end",
        ),
        pytest.param(
            b"- name\n", "1:1: a list where a block of keys belongs; write what knowledge/README.md shows", id="a list of all"
        ),
        pytest.param(
            b"hello\n", "1:1: text where a block of keys belongs; write what knowledge/README.md shows", id="no key at all"
        ),
    ],
)
def test_a_file_that_is_no_knowledge_is_told(folder: Path, content: bytes, line: str) -> None:
    (folder / f"{ELBOW}.yaml").write_bytes(content)
    assert told(folder) == [f"knowledge/{ELBOW}.yaml:{line}"]


def test_a_file_that_cannot_be_opened_is_told(folder: Path) -> None:
    (folder / "knee.yaml").mkdir()
    assert told(folder) == ["knowledge/knee.yaml:1:1: cannot be read: Is a directory; check that it is a file you may open"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        broken("tab as indent", "    say: " + SAY, "\tsay: " + SAY, "33:1: a tab in the indent; replace it by two spaces"),
        broken("tab after spaces", "    next: signs", "  \tnext: signs", "16:3: a tab in the indent; replace it by two spaces"),
        broken(
            "unquoted colon",
            SAY,
            "Elbow humming: it stops.",
            "33:23: a second colon in the line; put the text after the first colon in double quotes",
        ),
        broken(
            "quotation mark never closed",
            SAY,
            SAY[:-1],
            "33:10: a quotation mark that is never closed; close it at the end of the text",
        ),
        broken(
            "quotation mark closed by the next one",
            FIRST_SAY,
            FIRST_SAY[:-1],
            "15:10: a quotation mark that is closed only in line 19; close it at the end of its text",
        ),
        broken(
            "quotation mark never opened", SAY, SAY[1:], "33:10: a quotation mark without its partner; close it, or leave it out"
        ),
        broken(
            "quote inside quotes",
            SAY,
            '"Elbow "humming" stops."',
            '33:18: a quotation mark ended the text; write \\" for a mark inside it, or delete what follows',
        ),
        broken(
            "quote inside quotes in brackets",
            ALSO,
            'also: ["a "loud" elbow"]',
            '4:12: a quotation mark ended the text; write \\" for a mark inside it',
        ),
        broken(
            "apostrophe inside single quotes",
            SAY,
            "'Elbow humming doesn't stop.'",
            "33:31: an apostrophe ended the text; put the whole text in double quotes",
        ),
        broken("dash too far right", f"      - {QUESTION}", f"        - {QUESTION}", f"31:9: {UNALIGNED}"),
        broken("dash too far left", f"      - {QUESTION}", f"     - {QUESTION}", f"31:6: {UNALIGNED}"),
        broken("key too far right", "    next: signs", "      next: signs", f"16:7: {UNALIGNED}"),
        broken("key too far left", "    next: signs", "   next: signs", f"16:4: {UNALIGNED}"),
        broken(
            "key below unquoted text",
            "kind: symptom\n",
            "kind: symptom\n  rank: 3\n",
            f"4:3: {UNALIGNED}, or give the line above its colon",
        ),
        broken("dash without a space", f"- {QUESTION}", f"-{QUESTION}", "31:7: a dash without a space after it; add the space"),
        broken("colon without a space", f"say: {SAY}", f"say:{SAY}", "33:5: a colon without a space after it; add the space"),
        broken(
            "key without colon",
            "    next: signs",
            "    next signs",
            "16:5: a key without a colon; write `key: value`, or put the text in double quotes",
        ),
        broken("anchor", SAY, "&Elbow humming stops.", "33:10: text that starts with & or *; put it in double quotes"),
        broken("alias", SAY, "*Elbow humming stops.", "33:10: text that starts with & or *; put it in double quotes"),
        broken(
            "asterisks around a word",
            SAY,
            "*Elbow* humming stops.",
            "33:10: text that starts with & or *; put it in double quotes",
        ),
        broken(
            "anchor at a key",
            "    next: signs",
            "    &next next: signs",
            "16:5: a key that is not plain text; put text with brackets, braces or signs in double quotes",
        ),
        broken("tag", SAY, "!Elbow humming stops.", "33:10: text that starts with !; put it in double quotes"),
        broken(
            "exclamation mark before a text",
            SAY,
            "! Elbow humming stops.",
            "33:10: text that starts with !; put it in double quotes",
        ),
        broken(
            "Python tag",
            SAY,
            "!!python/object/apply:os.system [x]",
            "33:10: a word that starts with !; delete it, or put the text in double quotes",
        ),
        broken(
            "two documents",
            "answers:\n",
            "---\nanswers:\n",
            "8:1: a second document (---); one file holds one document, remove the line",
        ),
        broken(
            "unclosed bracket",
            ALSO,
            ALSO[:-1],
            "4:7: a bracket or brace that is never closed; close it, or put the text in double quotes",
        ),
        broken(
            "missing comma",
            ALSO,
            ALSO.replace(",", ""),
            "4:24: a comma or a closing bracket is missing; add it before this place",
        ),
        broken(
            "two commas",
            ALSO,
            ALSO.replace(",", ",,"),
            "4:24: a comma or bracket where a text belongs; delete it, or put the text in double quotes",
        ),
        broken(
            "bracket closed twice",
            ALSO,
            ALSO + "]",
            "4:37: a bracket or brace that was never opened; delete it, or put the text in double quotes",
        ),
        broken(
            "text after a bracket",
            SAY,
            "[Elbow] humming stops.",
            "33:18: text after a closing bracket or brace; put the whole text in double quotes",
        ),
        broken("text starting with @", SAY, "@Elbow humming stops.", f"33:10: {SPECIAL}"),
        broken("text starting with %", SAY, "%Elbow humming stops.", f"33:10: {SPECIAL}"),
        broken("text starting with a backtick", SAY, "`Elbow` humming stops.", f"33:10: {SPECIAL}"),
        broken("text starting with |", SAY, "| Elbow humming stops.", f"33:10: {SPECIAL}"),
        broken("text starting with >", SAY, ">Elbow humming stops.", f"33:10: {SPECIAL}"),
        broken("text starting with ?", SAY, "? Elbow humming stops.", f"33:10: {SPECIAL}"),
        broken("text starting with a comma", SAY, ", elbow humming stops.", f"33:10: {SPECIAL}"),
        broken(
            "text starting with a dash",
            SAY,
            "- Elbow humming stops.",
            "33:10: a dash after a colon; put the text in double quotes, or begin the list in a new line",
        ),
        broken(
            "text starting with #",
            SAY,
            "# Elbow humming stops.",
            f"33:9: answers > treatment > say: nothing is read here; write {WHAT_IS_SAID}, in double quotes",
        ),
        broken(
            "deep nesting",
            ALSO,
            f"also: {'[' * 20}{']' * 20}",
            "4:19: nested deeper than 12 levels; compare with knowledge/README.md",
        ),
        broken(
            "backslash", SAY, '"Elbow\\humming stops."', "33:17: a backslash inside double quotes; write two backslashes, or none"
        ),
        broken(
            "half a character",
            SAY,
            '"Elbow \\ud83d humming."',
            "33:19: a backslash with a number that is no character; type the character itself",
        ),
        broken(
            "number past all characters",
            SAY,
            '"Elbow \\U00110000 humming."',
            "33:19: a backslash with a number that is no character; type the character itself",
        ),
        broken(
            "line break inside a text",
            SAY,
            '"Elbow humming stops\\nnow."',
            "33:10: a line break or a control character inside the text; write it without one, in double quotes",
        ),
        broken(
            "list as a key",
            "    next: signs",
            "    [next]: signs",
            "16:5: a key that is not plain text; put text with brackets, braces or signs in double quotes",
        ),
        broken(
            "repeated key",
            "    next: signs",
            "    next: signs\n    next: treatment",
            '17:5: the key "next" stands here again (first in line 16); keep one of them',
        ),
        broken(
            "repeated answer",
            "  treatment:\n",
            "  signs:\n",
            '27:3: the key "signs" stands here again (first in line 18); keep one of them',
        ),
    ],
)
def test_a_slip_of_the_pen_is_told(folder: Path, text: str, lines: list[str]) -> None:
    (folder / f"{ELBOW}.yaml").write_text(text, encoding="utf-8")
    assert told(folder) == lines


@pytest.mark.parametrize("style", [">\n      ", ">-\n      ", "|\n      ", ""], ids=["folded", "stripped", "kept", "plain"])
def test_a_text_may_be_written_without_quotation_marks(folder: Path, style: str) -> None:
    text = SUBJECT.replace(SAY, style + SAY.strip('"'))
    (folder / f"{ELBOW}.yaml").write_text(text, encoding="utf-8")
    assert told(folder) == []
    assert load_knowledge(folder).knowledge.answers["elbow-humming/treatment"].say == SAY.strip('"')


# Keys and kinds of value.


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        broken(
            "unquoted no",
            LABEL,
            "no",
            "28:12: answers > treatment > label: YAML reads this as false; put the word in double quotes",
        ),
        broken(
            "unquoted yes",
            LABEL,
            "Yes",
            "28:12: answers > treatment > label: YAML reads this as true; put the word in double quotes",
        ),
        broken(
            "unquoted no in a list",
            QUESTION,
            "no",
            "31:9: answers > treatment > ask: YAML reads this as false; put the word in double quotes",
        ),
        broken(
            "unquoted null",
            LABEL,
            "null",
            f"28:12: answers > treatment > label: nothing is read here; write {WHAT_IT_IS_ABOUT}, in double quotes",
        ),
        broken("nothing after a dash", f" {QUESTION}", "", f"31:8: answers > treatment > ask: nothing is read here; {AS_HEARD}"),
        broken(
            "unquoted number",
            LABEL,
            "42",
            "28:12: answers > treatment > label: a number where text belongs; put it in double quotes",
        ),
        broken(
            "list where text belongs",
            SAY,
            "[a, b]",
            "33:10: answers > treatment > say: a list where text belongs; write one text in double quotes",
        ),
        broken(
            "unquoted placeholder",
            'name: "elbow humming"',
            "name: {als}",
            "2:7: name: a block of keys where text belongs; write one text in double quotes",
        ),
        broken(
            "text where a list belongs",
            "[nhs-twitching]",
            "nhs-twitching",
            "17:14: answers > overview > sources: text where a list belongs; begin each of its lines with a dash",
        ),
        broken(
            "text where an answer belongs",
            "answers:\n",
            'answers:\n  causes: "cold"\n',
            "9:11: answers > causes: text where a block of keys belongs; write one answer",
        ),
        broken("unknown key", "next: signs", "nxt: signs", '16:5: unknown key "nxt"; did you mean "next"?'),
        broken(
            "unknown key like no other",
            "next: signs",
            "weight: signs",
            '16:5: unknown key "weight"; known here: label, ask, say, more, card_title, next, sources',
        ),
        broken("misspelled key that is needed", f"say: {SAY}", f"sya: {SAY}", '33:5: unknown key "sya"; did you mean "say"?'),
        broken("missing key", f"    say: {SAY}\n", "", f'27:3: answers > treatment: "say" is missing; add it: {WHAT_IS_SAID}'),
        broken(
            "missing key of the file", "kind: symptom\n", "", '2:1: "kind" is missing; add it: symptom, or cause (of a symptom)'
        ),
        broken(
            "empty list",
            "[nhs-twitching]",
            "[]",
            "17:14: answers > overview > sources: nothing stands here; "
            "write where the facts come from: one or more ids of sources.yaml",
        ),
        broken("empty text", SAY, '""', f"33:10: answers > treatment > say: nothing stands here; write {WHAT_IS_SAID}"),
        broken(
            "id with capitals",
            "  treatment:",
            "  Treatment:",
            '27:3: answers: "Treatment" cannot be a key here; write an aspect: small letters, digits and hyphens',
        ),
        broken("wrong kind", "symptom\n", "sympton\n", '3:7: kind: "sympton" cannot stand here; did you mean "symptom"?'),
        broken(
            "wrong kind like no other",
            "symptom\n",
            "illness\n",
            '3:7: kind: "illness" cannot stand here; known here: symptom, cause',
        ),
        broken(
            "kind read as true",
            "symptom\n",
            "yes\n",
            "3:7: kind: YAML reads this as true; write symptom, or cause (of a symptom)",
        ),
        broken(
            "rank out of bounds",
            "symptom\n",
            f"cause\ncause_of: {ELBOW}\nrank: 9\n",
            f"5:7: rank: 9 is out of bounds; write {HOW_COMMON}",
        ),
        broken(
            "rank in quotation marks",
            "symptom\n",
            f'cause\ncause_of: {ELBOW}\nrank: "3"\n',
            f"5:7: rank: text where a whole number belongs; write {HOW_COMMON}, without quotation marks",
        ),
        broken(
            "not a date", "2026-11-22", "yesterday", f'5:14: reviewed_on: "yesterday" is not well formed; write {DAY_OF_REVIEW}'
        ),
        broken("only a year", "2026-11-22", "2026", f"5:14: reviewed_on: a number where text belongs; write {DAY_OF_REVIEW}"),
        broken(
            "question with digits",
            QUESTION,
            '"what helps in 3 days"',
            f'31:9: answers > treatment > ask: "3" in "what helps in 3 days" cannot stand here; {AS_HEARD}',
        ),
        broken(
            "question with capitals",
            QUESTION,
            '"What helps"',
            f'31:9: answers > treatment > ask: "W" in "What helps" cannot stand here; {AS_HEARD}',
        ),
        broken(
            "question with a question mark",
            QUESTION,
            '"what helps?"',
            f'31:9: answers > treatment > ask: "?" in "what helps?" cannot stand here; {AS_HEARD}',
        ),
        broken(
            "question with a curly apostrophe",
            QUESTION,
            '"what\u2019s good"',
            f'31:9: answers > treatment > ask: "\u2019" in "what\u2019s good" cannot stand here; {AS_HEARD}',
        ),
        broken(
            "question with a space that does not break",
            QUESTION,
            '"what\u00a0helps"',
            f'31:9: answers > treatment > ask: an invisible character in "what\u00a0helps" cannot stand here; {AS_HEARD}',
        ),
        broken(
            "question that begins with a space",
            QUESTION,
            '" what helps"',
            f'31:9: answers > treatment > ask: " what helps" is not well formed; {AS_HEARD}',
        ),
        broken(
            "label too long",
            LABEL,
            f'"{"hum " * 20}"',
            "28:12: answers > treatment > label: 80 characters, at most 60; shorten it",
        ),
        broken(
            "unknown way to pronounce",
            REVIEWED,
            f'pronounce: [{{text: "hum", alais: "x"}}]\n{REVIEWED}',
            '5:27: unknown key "alais"; did you mean "alias"?',
        ),
    ],
)
def test_a_wrong_key_or_kind_of_value_is_told(folder: Path, text: str, lines: list[str]) -> None:
    (folder / f"{ELBOW}.yaml").write_text(text, encoding="utf-8")
    assert told(folder) == lines


# What one file says about itself and others.


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        broken(
            "cause without cause_of and rank",
            "symptom\n",
            "cause\n",
            '3:1: a cause needs "cause_of"; add it in a line below this one',
            '3:1: a cause needs "rank"; add it in a line below this one',
        ),
        broken(
            "symptom with rank",
            "symptom\n",
            "symptom\nrank: 3\n",
            '4:1: only a cause has "rank"; delete the line, or make the kind cause',
        ),
        broken(
            "cause of nothing known",
            "symptom\n",
            "cause\ncause_of: knee\nrank: 3\n",
            '4:11: "knee" is no symptom; write a file for the symptom first',
        ),
        broken("next dangling", "next: signs", "next: sings", '16:11: "sings" is no answer; did you mean "signs"?'),
        broken(
            "next in another file dangling",
            "next: signs",
            "next: elbow-huming/signs",
            '16:11: "elbow-huming/signs" is no answer; did you mean "elbow-humming/signs"?',
        ),
        broken("next offers itself", "next: signs", "next: overview", '16:11: "overview" offers itself; name another answer'),
        broken(
            "source dangling",
            "[nhs-twitching]",
            "[nhs-twiching]",
            '17:15: "nhs-twiching" is not in sources.yaml; did you mean "nhs-twitching"?',
        ),
        broken("source like no other", "[nhs-twitching]", "[x]", '17:15: "x" is not in sources.yaml; add it there'),
        broken(
            "date that does not exist",
            "2026-11-22",
            "2026-02-30",
            "5:14: 2026-02-30 is no day of the calendar; write year-month-day: 2026-11-22",
        ),
        broken(
            "question under two answers",
            QUESTION,
            '"why does my elbow hum"',
            '31:9: "why does my elbow hum" is also under elbow-humming/overview (knowledge/elbow-humming.yaml:13); '
            "keep it under one",
        ),
        broken(
            "question twice in one answer",
            QUESTION,
            '"how do i stop my elbow-humming"',
            '31:9: "how do i stop my elbow-humming" stands already at knowledge/elbow-humming.yaml:30; delete one',
        ),
        broken(
            "pronunciation with two ways",
            REVIEWED,
            f'pronounce: [{{text: "hum", ipa: "h", alias: "x"}}]\n{REVIEWED}',
            '5:13: "hum" has ipa and alias; keep one of them',
        ),
        broken(
            "pronunciation with no way",
            REVIEWED,
            f'pronounce: [{{text: "hum", spell: false}}]\n{REVIEWED}',
            '5:13: "hum" has no way to say it; add one of ipa, alias or spell: true',
        ),
        broken(
            "pronunciation that begins with a sign",
            REVIEWED,
            f'pronounce:\n  - {{text: "+hum", alias: "x"}}\n{REVIEWED}',
            '6:5: "+hum" begins with no letter or digit, and would never be found; leave out what comes before',
        ),
        broken(
            "conflicting pronunciations",
            REVIEWED,
            f'pronounce:\n  - {{text: "hum", alias: "x"}}\n  - {{text: "Hum", alias: "y"}}\n{REVIEWED}',
            '7:5: "Hum" is said otherwise in knowledge/elbow-humming.yaml:6; make both the same',
        ),
        broken("name without a word", '"elbow hum"]', '"..."]', '4:25: "..." says nothing; write words'),
        broken(
            "unknown placeholder in a name", '"elbow hum"]', '"{al}"]', '4:25: {al} is no placeholder here; did you mean "als"?'
        ),
    ],
)
def test_what_does_not_fit_together_is_told(folder: Path, text: str, lines: list[str]) -> None:
    (folder / f"{ELBOW}.yaml").write_text(text, encoding="utf-8")
    assert told(folder) == lines


# How texts sound.

LONG = " ".join(["The elbow hums a low note."] * 14)
HARD = "Electromyographic abnormalities necessitate neurological investigation."


def spoken(name: str, text: str, *wrong: str) -> ParameterSet:
    return broken(name, SAY, f'"{text}"', *(f"33:10: {message}" for message in wrong))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        spoken("curly apostrophe", "It\u2019s gone.", 'a curly quotation mark ("\u2019"); type a straight one'),
        spoken("curly quotation marks", "It is \u201cgone\u201d.", 'a curly quotation mark ("\u201c"); type a straight one'),
        spoken("long dash", "It hums \u2014 a bit.", 'a long dash ("\u2014"); use a comma or a full stop'),
        spoken(
            "hyphen that does not break", "It hums non\u2011stop.", 'a hyphen that is not a plain one ("\u2011"); type it anew'
        ),
        spoken("space that does not break", "It\u00a0hums.", "an invisible character; delete it and type a space"),
        spoken("banned wording", "You must rest.", '"must" has no place here; instead: say what helps, and why'),
        spoken("emergency number", "Call 911 now.", f'a telephone number ("911"); {TELEPHONE}'),
        spoken("telephone number", "Call 0800 1111 now.", f'a telephone number ("0800 1111"); {TELEPHONE}'),
        spoken("address", "See https://hum.org/a now.", 'a web address ("https://hum.org/a"); name it in sources.yaml'),
        spoken("markdown", "It is **low**.", 'a character that cannot be spoken ("*"); write it in words'),
        spoken("ampersand", "Rest & wait.", 'a character that cannot be spoken ("&"); write it in words'),
        spoken("symbol", "It hums at 40\u00b0.", 'a symbol ("\u00b0"); write it in words'),
        spoken("emoji", "It hums \U0001f600.", 'a symbol ("\U0001f600"); write it in words'),
        spoken("abbreviation", "It hums, e.g. at night.", 'an abbreviation ("e.g"); write it in words'),
        spoken("exclamation mark", "It hums!", 'an exclamation mark ("!"); end with a full stop: calm helps'),
        spoken("double space", "It  hums.", "a double space, or one at an end; delete it"),
        spoken(
            "question inside an answer",
            "Does it hum? It does.",
            "a question inside an answer; the skill adds its own at the end, so say it otherwise",
        ),
        spoken("missing full stop", "It hums", NO_SENTENCE),
        spoken("unknown placeholder", "Call {emergancy} now.", '{emergancy} is no placeholder here; did you mean "emergency"?'),
        spoken("placeholder of a phrase", "It is {label}.", f"{{label}} is no placeholder here; known here: {PLACEHOLDERS}"),
        spoken("stray brace", "It hums}.", "a brace that belongs to no placeholder; write {emergency}, or leave braces out"),
        spoken(
            "placeholder with a capital",
            "Call {Emergency} now.",
            "a brace that belongs to no placeholder; write {emergency}, or leave braces out",
        ),
        spoken("too long an answer", LONG, "42 seconds with what follows it, at most 25; leave out about 43 words"),
        broken(
            "too long a second part",
            MORE,
            f'"{LONG}"',
            "25:11: 40 seconds with what follows it, at most 25; leave out about 36 words",
        ),
        spoken("too hard", HARD, f'too hard: reading grade 45.4, at most 7; use shorter words or sentences, first in "{HARD}"'),
        broken(
            "label like a sentence", LABEL, '"how to rest."', '28:12: "." at the end of what is said inside a sentence; delete it'
        ),
        broken(
            "label like a question", LABEL, '"how to rest?"', '28:12: "?" at the end of what is said inside a sentence; delete it'
        ),
        spoken(
            "two faults of one text",
            "You must rest!",
            '"must" has no place here; instead: say what helps, and why',
            'an exclamation mark ("!"); end with a full stop: calm helps',
        ),
    ],
)
def test_what_does_not_sound_well_is_told(folder: Path, text: str, lines: list[str]) -> None:
    (folder / f"{ELBOW}.yaml").write_text(text, encoding="utf-8")
    assert told(folder) == lines


# A subject beside another.

KNEE = SUBJECT.replace("elbow", "knee").replace("Elbow", "Knee")


def test_a_second_sound_subject_is_no_problem(folder: Path) -> None:
    (folder / "knee-humming.yaml").write_text(KNEE, encoding="utf-8")
    assert told(folder) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        pytest.param(
            '"humming knee"',
            '"humming elbow"',
            '4:8: the name "humming elbow" also belongs to knowledge/elbow-humming.yaml; keep it in one file',
            id="name used by two subjects",
        ),
        pytest.param(
            '"how do i stop my knee humming"',
            '"how do i stop my elbow humming"',
            '30:9: "how do i stop my elbow humming" is also under elbow-humming/treatment '
            "(knowledge/elbow-humming.yaml:30); keep it under one",
            id="question of another subject",
        ),
        pytest.param(
            "symptom\n",
            "cause\ncause_of: elbow-huming\nrank: 2\n",
            '4:11: "elbow-huming" is no symptom; did you mean "elbow-humming"?',
            id="cause_of dangling",
        ),
    ],
)
def test_what_two_subjects_both_claim_is_told(folder: Path, old: str, new: str, line: str) -> None:
    assert old in KNEE
    (folder / "knee-humming.yaml").write_text(KNEE.replace(old, new, 1), encoding="utf-8")
    assert told(folder) == [f"knowledge/knee-humming.yaml:{line}"]


@pytest.mark.parametrize(
    ("stem", "message"),
    [
        ("Knee_Humming", "cannot be an id; begin it with a letter, use small letters, digits and hyphens"),
        ("2-knees", "cannot be an id; begin it with a letter, use small letters, digits and hyphens"),
        ("emergency", "means something else to the skill; choose another"),
        ("command", "means something else to the skill; choose another"),
        ("follow-up", "means something else to the skill; choose another"),
        ("none", "means something else to the skill; choose another"),
    ],
)
def test_a_file_name_that_is_no_id_is_told(folder: Path, stem: str, message: str) -> None:
    (folder / f"{stem}.yaml").write_text(KNEE, encoding="utf-8")
    assert told(folder) == [f'knowledge/{stem}.yaml:1:1: the file name "{stem}" {message}']


# Shared files. Editors change them, so places are counted from the changed line, and changes do not rest on wording.

SIGN = """\
signs:
  hum:
    label: "a loud hum"
    say: "Call {emergency} now. Call {emergency} from a phone."
    sources: [nhs-twitching]
    heard: ["my elbow hums so loud that it hurts"]
"""


def shared(name: str, file: str, old: str, new: str, *lines: str) -> ParameterSet:
    """A case: in the shared `file` the first match of the pattern `old` replaced; `^+2` is two lines below its start."""
    return pytest.param(file, old, new, lines, id=name)


def sign(name: str, old: str, new: str, *lines: str) -> ParameterSet:
    assert old in SIGN
    return shared(name, "emergencies", r"(?m)^signs:\n", SIGN.replace(old, new), *lines)


@pytest.mark.parametrize(
    ("file", "old", "new", "lines"),
    [
        sign("sound sign", "hum", "hum"),
        sign(
            "emergency without the number first",
            '"Call {emergency} now.',
            '"Sit down, breathe in and out, wait a bit, then call {emergency}.',
            "^+3:10: no {emergency} or {crisis_line} among the first ten words; begin with the call",
        ),
        sign(
            "emergency with the number said once",
            " Call {emergency} from a phone.",
            " Stay there.",
            "^+3:10: {emergency} or {crisis_line} stands here only once; say it again near the end",
        ),
        sign(
            "emergency with an unknown source",
            "nhs-tw",
            "nsh-tw",
            '^+4:15: "nsh-twitching" is not in sources.yaml; did you mean "nhs-twitching"?',
        ),
        sign(
            "emergency asks",
            "from a phone.",
            "from a phone. Can you?",
            "^+3:10: a question inside an answer; the skill adds its own at the end, so say it otherwise",
        ),
        shared(
            "not an emergency, with an unknown answer",
            "emergencies",
            r"(?m)^not_emergencies:\n",
            'not_emergencies:\n  elbow-humming/sings: ["my elbow dies of boredom"]\n',
            '^+1:3: "elbow-humming/sings" is no answer; did you mean "elbow-humming/signs"?',
        ),
        shared(
            "locale without a word",
            "locales",
            r"en-GB:\n  words:\n    emergency: .*\n",
            "en-GB:\n  words:\n",
            '^+1:3: en-GB has no "emergency", which others have; add it',
        ),
        shared(
            "locale with an undeclared number",
            "locales",
            r"en-GB:\n  words:\n    emergency: .*\n",
            'en-GB:\n  words:\n    emergency: "12345"\n',
            '^+2:16: 12345 is not among the numbers of en-GB; add "12345": "digits" there',
        ),
        shared(
            "locale with a placeholder in a word",
            "locales",
            r"en-GB:\n  words:\n    emergency: .*\n",
            'en-GB:\n  words:\n    emergency: "{als}"\n',
            "^+2:16: {als} is no placeholder here; leave braces out",
        ),
        shared(
            "locale with a small country",
            "locales",
            r"(?m)^en-GB:",
            "en-gb:",
            '^:1: "en-gb" cannot be a key here; write a locale such as en-GB, or unknown',
        ),
        shared(
            "unknown locale missing",
            "locales",
            r"(?s)\n(en-US:\n.*\n)unknown:\n",
            "\n\\1en-ZA:\n",
            '^+1:1: the locale "unknown" is missing; add it, for people whose locale we do not know',
        ),
        shared(
            "missing phrase",
            "phrases",
            r"(?m)^speech:\n((?:.*\n)*?)  stop:\n    say: .*\n",
            "speech:\n\\1",
            '^:1: the phrase "stop" is missing; add it',
        ),
        shared(
            "misspelled phrase",
            "phrases",
            r"(?m)^  stop:\n    say:",
            "  stpo:\n    say:",
            '^:3: "stpo" is no phrase of the skill; did you mean "stop"?',
        ),
        shared(
            "missing command",
            "phrases",
            r"(?m)^commands:\n((?:.*\n)*?)  repeat:\n(?:    - .*\n)+",
            "commands:\n\\1",
            '^:1: the command "repeat" is missing; add it',
        ),
        shared(
            "misspelled command",
            "phrases",
            r"(?m)^  repeat:",
            "  repaet:",
            '^:3: "repaet" is no command of the skill; did you mean "repeat"?',
        ),
        shared(
            "missing reprompt",
            "phrases",
            r"(?m)^  help:\n(    say: .*\n)    reprompt: .*\n",
            "  help:\n\\1",
            '^:3: "help" keeps the microphone open; add a reprompt',
        ),
        shared(
            "open phrase without a question",
            "phrases",
            r"(?m)^  help:\n    say: .*\n",
            '  help:\n    say: "Ask on."\n',
            '^+1:10: "help" keeps the microphone open; end it in a question',
        ),
        shared(
            "closed phrase with a question",
            "phrases",
            r"(?m)^  stop:\n    say: .*\n",
            '  stop:\n    say: "Shall we go?"\n',
            '^+1:10: "stop" ends the session; end it in a full stop',
        ),
        shared(
            "closed phrase with a reprompt",
            "phrases",
            r"(?m)^  stop:\n    say: .*\n",
            '  stop:\n    say: "Goodbye."\n    reprompt: "Are you there?"\n',
            '^+2:5: "stop" ends the session; delete its reprompt',
        ),
        shared(
            "offer without its label",
            "phrases",
            r"(?m)^offer: .*",
            'offer: "Would you like more?"',
            "^:8: {label} is missing; put it where the answer's label belongs",
        ),
        shared(
            "offer that asks nothing",
            "phrases",
            r"(?m)^offer: .*",
            'offer: "You can hear {label}."',
            '^:8: "offer" keeps the microphone open; end it in a question',
        ),
        shared(
            "pair without its second",
            "phrases",
            r"(?m)^pair: .*",
            'pair: "{first}"',
            "^:7: {second} is missing; put it where the second name belongs",
        ),
        shared(
            "placeholder of another phrase",
            "phrases",
            r"(?m)^  stop:\n    say: .*\n",
            '  stop:\n    say: "Goodbye, {first}."\n',
            "^+1:10: {first} is no placeholder here; known here: "
            "advice_line, als, crisis_line, emergency, example, family_doctor, poison_line, subjects, water_pills",
        ),
        shared(
            "unquoted no as a command",
            "phrases",
            r'(?m)^  "no":\n',
            "  no:\n    - no\n",
            "^+1:7: commands > no: YAML reads this as false; put the word in double quotes",
        ),
        shared(
            "source without https",
            "sources",
            r"(?m)^nhs-twitching:\n((?:  .*\n)*?)  address: .*\n",
            'nhs-twitching:\n  address: "www.nhs.uk"\n\\1',
            '^+1:12: nhs-twitching > address: "www.nhs.uk" is not well formed; write its address, which begins with https://',
        ),
        shared(
            "source seen on no day",
            "sources",
            r"(?m)^  seen_on: .*\n",
            "  seen_on: 2026-13-01\n",
            "^:12: 2026-13-01 is no day of the calendar; write year-month-day: 2026-11-22",
        ),
        shared(
            "shared question without the subject",
            "vocabulary",
            r'(?m)^      - "what is \{subject\}"\n',
            '      - "what is the subject"\n',
            "^:9: {subject} is missing; put it where the subject's name belongs",
        ),
        shared(
            "shared question with a misspelled subject",
            "vocabulary",
            r'(?m)^      - "what is \{subject\}"\n',
            '      - "what is {subjct}"\n',
            '^:9: {subjct} is no placeholder here; did you mean "subject"?',
        ),
        shared(
            "aspect instead of another, dangling",
            "vocabulary",
            r"(?m)^    instead: .*\n",
            "    instead: [treatmnet]\n",
            '^:15: "treatmnet" is no aspect; did you mean "treatment"?',
        ),
        shared(
            "seconds out of bounds",
            "wording",
            r"(?m)^  answer: .*\n",
            "  answer: 90\n",
            "^:11: seconds > answer: 90 is out of bounds; write the longest a first answer may take, from 1 to 60 seconds",
        ),
        shared(
            "group of questions to refuse with a space",
            "outside",
            r"(?m)^  far:",
            "  far away:",
            '^:3: groups: "far away" cannot be a key here; write a group: small letters, digits and hyphens',
        ),
    ],
)
def test_a_broken_shared_file_is_told(folder: Path, file: str, old: str, new: str, lines: tuple[str, ...]) -> None:
    path = folder / f"{file}.yaml"
    before = path.read_text(encoding="utf-8")
    found = re.search(old, before)
    assert found is not None
    path.write_text(before[: found.start()] + found.expand(new) + before[found.end() :], encoding="utf-8")
    start = before.count("\n", 0, found.start()) + 1
    expected = [re.sub(r"^\^(\+\d+)?", lambda at: f"{start + int(at[1] or 0)}", line) for line in lines]
    assert told(folder) == [f"knowledge/{file}.yaml:{line}" for line in expected]


@pytest.mark.parametrize(
    ("file", "pattern", "label"),
    [
        pytest.param("phrases", r'(?m)^  repeat:\n    - "(.*)"', "the command repeat", id="a command"),
        pytest.param("emergencies", r"(?m)^  stroke:\n    heard:\n    - (.*)", "the emergency stroke", id="an emergency"),
        pytest.param("emergencies", r"(?m)^  none:\n  - (.*)", "what the skill does not know", id="not an emergency"),
        pytest.param("outside", r"(?m)^    - (.*)", "what the skill does not know", id="a question to refuse"),
        pytest.param("vocabulary", r'(?m)^    follow_up:\n      - "(.*)"', "the follow-up overview", id="a follow-up"),
    ],
)
def test_a_question_that_stands_in_a_shared_file_is_told_where_the_subject_has_it(
    folder: Path, file: str, pattern: str, label: str
) -> None:
    text = (folder / f"{file}.yaml").read_text(encoding="utf-8")
    found = re.search(pattern, text)
    assert found is not None
    place = f"knowledge/{file}.yaml:{text.count(chr(10), 0, found.start(1)) + 1}"
    (folder / f"{ELBOW}.yaml").write_text(SUBJECT.replace(QUESTION, f'"{found[1]}"'), encoding="utf-8")
    assert told(folder) == [f'knowledge/elbow-humming.yaml:31:9: "{found[1]}" is also under {label} ({place}); keep it under one']


@pytest.mark.parametrize("name", SHARED)
def test_a_missing_shared_file_is_told(folder: Path, name: str) -> None:
    (folder / f"{name}.yaml").unlink()
    assert told(folder) == [f"knowledge/{name}.yaml:1:1: the file is missing; take it from the skill's own folder"]


@pytest.mark.parametrize("name", SHARED)
def test_a_shared_file_that_cannot_be_read_is_not_called_missing(folder: Path, name: str) -> None:
    (folder / f"{name}.yaml").write_text("", encoding="utf-8")
    assert told(folder) == [f"knowledge/{name}.yaml:1:1: the file is empty; start from the example in knowledge/README.md"]


def test_a_folder_without_a_subject_is_told(folder: Path) -> None:
    (folder / f"{ELBOW}.yaml").unlink()
    assert told(folder) == ["knowledge:1:1: no subject is here; write one as knowledge/README.md shows"]


# Several problems.


def test_problems_of_several_files_come_at_once_and_sorted(folder: Path) -> None:
    (folder / "wrist.yaml").write_text('name: "wrist', encoding="utf-8")
    (folder / "knee-humming.yaml").write_text(KNEE.replace("next: signs", "nxt: signs"), encoding="utf-8")
    wrong = SUBJECT.replace(SAY, '"It hums"').replace("next: signs", "next: sings").replace(QUESTION, '"why does my elbow hum"')
    (folder / f"{ELBOW}.yaml").write_text(wrong, encoding="utf-8")
    assert told(folder) == [
        'knowledge/elbow-humming.yaml:16:11: "sings" is no answer; did you mean "signs"?',
        'knowledge/elbow-humming.yaml:31:9: "why does my elbow hum" is also under elbow-humming/overview '
        "(knowledge/elbow-humming.yaml:13); keep it under one",
        f"knowledge/elbow-humming.yaml:33:10: {NO_SENTENCE}",
        'knowledge/knee-humming.yaml:16:5: unknown key "nxt"; did you mean "next"?',
        "knowledge/wrist.yaml:1:7: a quotation mark that is never closed; close it at the end of the text",
    ]


def test_several_problems_of_one_file_come_in_the_order_of_its_lines(folder: Path) -> None:
    wrong = SUBJECT.replace(LABEL, "no").replace("kind: symptom\n", "kind: illness\n").replace("next: signs", "nxt: signs")
    (folder / f"{ELBOW}.yaml").write_text(wrong, encoding="utf-8")
    assert [line.split(":")[1] for line in told(folder)] == ["3", "16", "28"]


def test_a_repeated_key_does_not_hide_other_problems(folder: Path) -> None:
    wrong = SUBJECT.replace("    next: signs", "    next: signs\n    next: sings").replace(SAY, '"It hums"')
    (folder / f"{ELBOW}.yaml").write_text(wrong, encoding="utf-8")
    assert told(folder) == [
        'knowledge/elbow-humming.yaml:17:5: the key "next" stands here again (first in line 16); keep one of them',
        'knowledge/elbow-humming.yaml:17:11: "sings" is no answer; did you mean "signs"?',
        f"knowledge/elbow-humming.yaml:34:10: {NO_SENTENCE}",
    ]


def test_what_points_at_a_broken_file_is_not_told_too(folder: Path) -> None:
    (folder / "knee-humming.yaml").write_text('name: "knee', encoding="utf-8")
    wrong = SUBJECT.replace("symptom\n", "cause\ncause_of: knee-humming\nrank: 2\n").replace(
        "next: signs", "next: knee-humming/signs"
    )
    (folder / f"{ELBOW}.yaml").write_text(wrong, encoding="utf-8")
    assert told(folder) == [
        "knowledge/knee-humming.yaml:1:7: a quotation mark that is never closed; close it at the end of the text"
    ]


def test_the_loader_tells_all_that_the_check_tells(folder: Path) -> None:
    (folder / "wrist.yaml").write_text("", encoding="utf-8")
    (folder / f"{ELBOW}.yaml").write_text(SUBJECT.replace(SAY, '"It hums"'), encoding="utf-8")
    with pytest.raises(KnowledgeError) as refused:
        load_knowledge(folder)
    assert [str(problem).replace(f"{folder.parent}/", "") for problem in refused.value.problems] == told(folder)
    assert [problem.message for problem in refused.value.problems] == [
        NO_SENTENCE,
        "the file is empty; start from the example in knowledge/README.md",
    ]


# Whatever is in a file.

MARKS = "\n\n\n  \t-:?,[]{}#&*!|>'\"%@`\\"
WORDS = (
    "name",
    "kind",
    "also",
    "rank",
    "answers",
    "speech",
    "null",
    "no",
    "42",
    "2026-02-30",
    "{emergency}",
    "<<",
    "\u00e9",
    "\u2019",
)
PIECES = st.sampled_from([*MARKS, *WORDS, "  ", "- ", ": ", "---\n", "...\n", "\\n", "\\ud800"])

CHANGES = st.lists(
    st.tuples(st.integers(0, len(SUBJECT)), st.integers(0, 40), st.lists(PIECES, max_size=3).map("".join)), max_size=4
)
"""Where the sound subject is cut, how much is taken out, and what is put in."""

MANY = settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])


def changed(changes: list[tuple[int, int, str]]) -> str:
    text = SUBJECT
    for at, length, put in changes:
        text = text[:at] + put + text[at + length :]
    return text


def problems_of(folder: Path) -> tuple[Problem, ...]:
    try:
        load_knowledge(folder)
    except KnowledgeError as error:
        return error.problems
    return ()


def assert_each_can_be_told(problems: tuple[Problem, ...], folder: Path, lines: int) -> None:
    """Each problem is one line, at a place that the file has, with what is wrong and what cures it."""
    for problem in problems:
        assert problem.path.startswith(str(folder))
        assert 1 <= problem.line <= lines + 1
        assert problem.column >= 1
        assert problem.message.splitlines() == [problem.message]
        assert not re.search("[\x00-\x1f\x7f-\x9f\ud800-\udfff]", problem.message)
        assert "; " in problem.message


@MANY
@given(name=st.sampled_from([ELBOW, *SHARED]), content=st.binary(max_size=200))
@example(name=ELBOW, content=b"\xff\xfe")
@example(name="phrases", content=b"a: !!binary x")
def test_any_bytes_are_told_and_never_raise(folder: Path, name: str, content: bytes) -> None:
    file = folder / f"{name}.yaml"
    sound = file.read_bytes()
    file.write_bytes(content)
    problems = problems_of(folder)
    # Hypothesis runs all its examples in one folder.
    file.write_bytes(sound)
    assert {problem.path for problem in problems} == {str(file)}
    assert_each_can_be_told(problems, folder, len(content.splitlines()))


@MANY
@given(text=CHANGES.map(changed) | st.lists(PIECES, max_size=40).map("".join))
@example(text='name: "\\ud800"')
@example(text='? "a\\e[31mb"\n: x\n')
@example(text="rank: " + "9" * 5000)
def test_any_text_is_told_and_never_raises(folder: Path, text: str) -> None:
    (folder / f"{ELBOW}.yaml").write_text(text, encoding="utf-8")
    assert_each_can_be_told(problems_of(folder), folder, len(re.split("\r\n|[\r\n\x85\u2028\u2029]", text)))
