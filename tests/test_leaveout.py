"""`check --deep`: hidden examples, the answers they do not reach, and what collides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skill.adapters.cli import main
from skill.knowledge.model import Lesson
from skill.understanding.leaveout import Asked, DeepReport

ASKED = tuple(
    Asked(Lesson(text, label, f"{label}.yaml:{line}"), taken_for, words)
    for line, (text, label, taken_for, words) in enumerate(
        [
            ("what helps", "a/treatment", "a/treatment", ()),
            ("what helps at night", "a/treatment", "a/signs", ("night",)),
            ("what helps by night", "a/treatment", "a/signs", ("night", "by")),
            ("what to do", "a/treatment", "none", ("what",)),
            ("how it looks", "a/signs", "a/signs", ()),
            ("my face droops", "emergency/stroke", "emergency", ()),
            ("a face of stone", "none", "emergency", ("face",)),
        ],
        1,
    )
)


def test_answers_are_ranked_by_how_hard_they_are_to_reach() -> None:
    rows = [tuple(row) for row in DeepReport(ASKED).reached()]
    assert rows == [("none", 1, 0, 0), ("a/treatment", 4, 1, 1), ("a/signs", 1, 1, 0), ("emergency", 1, 1, 0)]


def test_a_collision_names_both_answers_the_words_and_where_the_examples_stand() -> None:
    first, second = DeepReport(ASKED).collisions()
    assert (first.id, first.taken_for, first.times, first.words) == ("a/treatment", "a/signs", 2, ("night", "by"))
    assert [lesson.place for lesson in first.examples] == ["a/treatment.yaml:2", "a/treatment.yaml:3"]
    assert (second.id, second.taken_for) == ("none", "emergency")


def test_each_example_of_a_folder_is_hidden_once(small_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--deep", "--json", "--knowledge", str(small_folder)]) == 0
    deep = json.loads(capsys.readouterr().out)["deep"]
    asked = {row["id"]: row["asked"] for row in deep["answers"]}
    assert {"elbow-humming/overview", "elbow-humming/signs", "elbow-humming/treatment", "emergency", "none"} == set(asked)
    assert asked["emergency"] == 4 * 21
    assert all(row["right"] + row["refused"] <= row["asked"] for row in deep["answers"])


def test_broken_knowledge_is_not_asked(small_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small_folder / "elbow-humming.yaml").write_text("name: [", encoding="utf-8")
    assert main(["check", "--deep", "--knowledge", str(small_folder)]) == 1
    assert "hidden" not in capsys.readouterr().out
