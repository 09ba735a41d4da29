"""The editors' page, knowledge/README.md: its example is sound, and the commands it shows exist."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from skill.adapters.cli import build_parser
from skill.knowledge.check import check_sources, notices
from skill.knowledge.load import read_folder
from skill.knowledge.source import Source
from skill.places import KNOWLEDGE, PROJECT

PAGE = (KNOWLEDGE / "README.md").read_text(encoding="utf-8")

SCHEMA_LINE = "# yaml-language-server: $schema=schema/subject.json\n"

RUNS_SKILL = [".venv/bin/python", "-m", "skill"]


def fenced(language: str) -> list[str]:
    """The blocks of the page in one language, without their fences."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Every command line shown that runs the skill, through make or by itself."""
    lines = [line for block in fenced("sh") for line in block.splitlines()]
    return [line for line in lines if not line.startswith("cp ")]


def skill_arguments(command: str) -> list[str]:
    """What the skill gets to see of a command line; of `make TARGET Q="..."`, by the Makefile's own recipe."""
    words = shlex.split(command)
    if words[0] == "make":
        target, question = words[1], words[2].removeprefix("Q=")
        recipe = re.search(rf"^{target}:.*\n\t@\$\(RUN\) -m skill (.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
        assert recipe is not None, f"the Makefile has no target {target} that runs the skill"
        return [question if word == "$$Q" else word for word in shlex.split(recipe[1])]
    assert words[:3] == RUNS_SKILL
    return words[3:]


@pytest.fixture
def example() -> str:
    [found] = [block for block in fenced("yaml") if block.startswith(SCHEMA_LINE)]
    return found


def read_with(folder: Path, example: str) -> dict[str, Source]:
    """Put the example into `folder`, and read the folder."""
    (folder / "chiming-knees.yaml").write_text(example, encoding="utf-8")
    sources, problems = read_folder(folder)
    assert problems == []
    assert "chiming-knees" in sources
    return sources


def test_the_example_has_no_problem(small_folder: Path, example: str) -> None:
    assert check_sources(read_with(small_folder, example), "knowledge") == []


def test_the_example_has_no_notice_but_the_missing_review(small_folder: Path, example: str) -> None:
    told = notices(read_with(small_folder, example))
    assert [notice.message for notice in told if "chiming-knees" in notice.path] == ["no clinician has reviewed this file yet"]


def test_the_example_has_no_problem_as_a_cause_either(small_folder: Path, example: str) -> None:
    cause = example.replace("kind: symptom", "kind: cause").replace("# rank:", "rank:")
    cause = cause.replace("# cause_of: lip-twitching", "cause_of: elbow-humming")
    sources = read_with(small_folder, cause)
    assert sources["chiming-knees"].data["cause_of"] == "elbow-humming"
    assert check_sources(sources, "knowledge") == []


def test_the_example_shows_every_key_of_a_subject(example: str) -> None:
    schema = json.loads((KNOWLEDGE / "schema" / "subject.json").read_text(encoding="utf-8"))["properties"]
    shown = yaml.safe_load(example.replace("# cause_of:", "cause_of:").replace("# rank:", "rank:"))
    assert set(shown) == set(schema)
    assert set(shown["answers"]["overview"]) == set(schema["answers"]["additionalProperties"]["properties"])
    in_pronounce = {key for entry in shown["pronounce"] for key in entry}
    assert in_pronounce == set(schema["pronounce"]["items"]["properties"])


MISTAKES = {
    'unknown key "nxt"; did you mean "next"?': ("next: relief", "nxt: relief"),
    '"sources" is missing; add it': ("    sources: [nhs-twitching] #", "    #"),
    '"K" in "Knee bells?" cannot stand here': ('"knee bells"\n      -', '"Knee bells?"\n      -'),
    '"..." is also under ...': ("can a knee really ring", "what is the weather"),
    '"..." stands already at ...': ("can a knee really ring", "knee bells."),
    '"releif" is no answer': ("next: relief", "next: releif"),
    '"..." is not in sources.yaml': ("nhs-twitching] #", "nhs-twiching] #"),
    "33 seconds with what follows it, at most 25": (
        "It's a made-up thing, ",
        "It's a made-up thing, so it does no harm. " * 4 + "It's made up, ",
    ),
    "reading grade 9.7, at most 7": (
        "It's a made-up thing, so it does no harm.",
        "Physiological investigation demonstrates unequivocally inconsequential vibrations.",
    ),
    '"..." has no place here': ("it does no harm", "there is nothing to worry about"),
    'a telephone number ("911")': ("ask your {family_doctor}", "call 911"),
    "this line does not line up with those above": ("    ask: ", "   ask: "),
    "a quotation mark that is closed only in line 38": ('ask your {family_doctor}."', "ask your {family_doctor}."),
    "a second colon in the line": ('label: "what chiming knees are"', "label: what: chiming"),
}
"""Each message in the page's table, and what to write for what in the example to get it."""


def test_every_message_explained_has_its_mistake() -> None:
    assert re.findall(r"^\| `(.*?)` \|", PAGE, re.MULTILINE) == list(MISTAKES)


@pytest.mark.parametrize("message", MISTAKES)
def test_every_message_explained_is_what_check_says(small_folder: Path, example: str, message: str) -> None:
    right, wrong = MISTAKES[message]
    assert right in example
    (small_folder / "chiming-knees.yaml").write_text(example.replace(right, wrong, 1), encoding="utf-8")
    sources, problems = read_folder(small_folder)
    problems = [problem for problem in problems if "chiming-knees" in problem.path] or check_sources(sources, "knowledge")
    said = re.escape(message).replace(r"\.\.\.", ".+")
    assert [problem.message for problem in problems if re.search(said, problem.message)] != [], problems


@pytest.mark.parametrize("command", commands())
def test_every_command_shown_can_be_typed(command: str) -> None:
    # The parser ends the program, and so this test, on a word that it does not know.
    assert callable(build_parser().parse_args(skill_arguments(command)).run)
